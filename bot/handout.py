"""An advice as it was given, to take along: the decision memo, Markdown, a web page, JSON, or its pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, get_args

from pydantic import ValidationError

from bot.advice.advice import Advice
from bot.export import file_name
from bot.markup import escape
from bot.page import render
from bot.records import Conversation, Given
from bot.speak import Message, Which
from bot.turn_store import TurnStore
from bot.worded import worded_for
from knowledge.model import Knowledge

Form = Literal["memo", "memo_md", "md", "options", "money", "html", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
EXPORT = "export."
"""Begins the name of a message whose text is the content of a file; the rest is the form."""
ENDINGS: Mapping[str, str] = {"memo": "html", "memo_md": "md", "options": "png", "money": "png"}
"""Forms whose files end otherwise than they are called."""


def name_of(message: Message, mark: str) -> str | None:
    """The name of the file that a message is sent as, told apart by `mark`; None if it is sent as text."""
    if message.picture is not None:
        return file_name(f"{message.which}-{mark}", "png")
    form = message.name.removeprefix(EXPORT)
    if form == message.name:
        return None
    return file_name(f"{'memo' if form.startswith('memo') else 'advice'}-{mark}", ENDINGS.get(form, form))


def advice_of(given: Given) -> Advice | None:
    """The advice as a value; None if it is of a form that this version does not know."""
    try:
        return Advice.from_json(json.loads(given.text))
    except (ValidationError, KeyError, TypeError):
        return None


def memo_of(given: Given, conversation: str, language: str, base: Knowledge, form: Literal["md", "html"]) -> str | None:
    """The decision memo of an advice, dated on its day; None if the advice can no longer be read."""
    advice = advice_of(given)
    return _memo(advice, given, conversation, language, base, form) if advice is not None else None


def handout(store: TurnStore, conversation: Conversation, today: Knowledge, form: Form) -> Message | None:
    """The message that carries the advice given last in one of the forms; None if there is nothing to hand out."""
    given = store.latest_advice(conversation.id)
    advice = advice_of(given) if given is not None else None
    if given is None or advice is None:
        return None
    language = conversation.language
    base = worded_for(store, given.knowledge, today)
    match form:
        case "options" | "money":
            return _pictured(advice, given, base, language, form)
        case "json":
            content = json.dumps(json.loads(given.text), ensure_ascii=False, indent=2)
        case "memo" | "memo_md":
            content = _memo(advice, given, conversation.id, language, base, "html" if form == "memo" else "md")
        case _:
            content = render(advice, base, language, form)
    return Message(name=f"{EXPORT}{form}", markdown=content)


def _memo(advice: Advice, given: Given, conversation: str, language: str, base: Knowledge, form: Literal["md", "html"]) -> str:
    from bot.memo import memo, memo_page

    write, day = memo_page if form == "html" else memo, datetime.fromtimestamp(given.at / 1000, UTC).date()
    return write(advice, base, language, day, conversation)


def _pictured(advice: Advice, given: Given, base: Knowledge, language: str, which: Which) -> Message:
    """The message that carries a picture, or says why there is none."""
    from bot.chart_words import cheapest, has_money

    words = base.words(language)
    if which == "money" and not has_money(advice):
        return Message(name="note", markdown=escape(words.sentences["no_money_picture"]))
    title = cheapest(advice, words, language) if which == "money" else advice.headline
    return Message(name="picture", markdown=f"**{escape(title)}**", picture=given.event_number, which=which)
