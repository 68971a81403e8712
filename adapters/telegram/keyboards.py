"""Inline keyboards within Telegram's limits, and rankings by taps: what has been tapped so far is in the button itself.

At most 3 buttons a row, 20 characters a label, 64 bytes a token. A tap on an item of a ranking carries `t:order:` until the
order is complete or "Done" is tapped; only then it carries an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.markup import escape
from bot.speak import Button, Message
from bot.taps import LONGEST, ranking_token
from knowledge.model import Knowledge, Language, Question
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

PER_ROW, LONGEST_LABEL, MOST_BUTTONS = 3, 20, 100
ORDER = "t:order"


def keyboard(message: Message, link: tuple[str, str] | None = None) -> InlineKeyboardMarkup | None:
    """The buttons of a message: answers first, the ways round the question in rows of their own, a link last."""
    rows = [*_rows(message.buttons), *_rows(message.more)]
    if link is not None:
        rows.append([InlineKeyboardButton(label(link[0]), url=link[1])])
    return InlineKeyboardMarkup(rows) if rows else None


def label(text: str) -> str:
    """A label short enough to be read whole on a phone."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1].rstrip() + "…"


def _rows(buttons: Iterable[Button]) -> list[list[InlineKeyboardButton]]:
    fitting = [button for button in buttons if len(button.token.encode()) <= LONGEST][:MOST_BUTTONS]
    made = [InlineKeyboardButton(label(button.label), callback_data=button.token) for button in fitting]
    per_row = 2 if len(made) in (2, 4) else PER_ROW
    return [made[at : at + per_row] for at in range(0, len(made), per_row)]


def explained(message: Message, knowledge: Knowledge, language: str) -> str:
    """The Markdown of a message, with what its choices mean where a label cannot say it."""
    question = knowledge.questions.get(message.question or "")
    if question is None or message.name != "ask":
        return message.markdown
    words = knowledge.words(language)
    if question.choices:
        meant: Mapping[str, tuple[str, str]] = {
            c: (words.questions[question.id].choices[c].label, words.questions[question.id].choices[c].means)
            for c in question.choices
        }
    else:
        meant = {c: (words.criteria[c].short, words.criteria[c].means) for c in question.items}
    lines = [f"- **{escape(name)}**: {escape(means)}" for name, means in meant.values() if means]
    return "\n\n".join(filter(None, (message.markdown, "\n".join(lines))))


# --- rankings ----------------------------------------------------------------------------------------------------------


def order_token(question: Question, so_far: tuple[str, ...]) -> str:
    """A tap in an order that is not complete yet."""
    return ranking_token(question, so_far).replace("k:", f"{ORDER}:", 1)


def ordered(token: str, knowledge: Knowledge) -> tuple[Question, tuple[str, ...]] | None:
    """The question and the order so far of such a tap; None for any other token."""
    match token.split(":"):
        case ["t", "order", id, places] if id in knowledge.questions:
            question = knowledge.questions[id]
            chosen = [int(place) for place in places.split(",") if place.isdigit()]
            return question, tuple(dict.fromkeys(question.items[n] for n in chosen if n < len(question.items)))
        case _:
            return None


def ranking(message: Message, question: Question, so_far: tuple[str, ...], words: Language) -> Message:
    """A ranking question after some taps: the order so far in its text, what is left on its buttons."""
    names = " › ".join(escape(words.criteria[item].short) for item in so_far)
    text = f"{message.markdown}\n\n**{names}**" if so_far else message.markdown
    return message.model_copy(update={"markdown": text, "buttons": tuple(_ranking_buttons(question, so_far, words))})


def _ranking_buttons(question: Question, so_far: tuple[str, ...], words: Language) -> Iterator[Button]:
    left = [item for item in question.items if item not in so_far]
    for item in left:
        after = (*so_far, item)
        last = len(left) <= 2  # the one that remains has its place
        full = (*after, *(other for other in left if other != item)) if last else after
        token = ranking_token(question, full) if last else order_token(question, after)
        yield Button(label=f"{len(after)}. {words.criteria[item].short}", token=token)
    if so_far:
        yield Button(label=words.sentences["button_done"], token=ranking_token(question, so_far))
        yield Button(label=words.sentences["telegram_start_over"], token=order_token(question, ()))
