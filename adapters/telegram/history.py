"""One's own advisories: the list, a card for each, and the question before one is deleted. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.markup import escape
from bot.speak import Button, Message
from bot.store import Store
from knowledge.model import Language

SHOWN = 10
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Past:
    """An advisory of somebody."""

    id: str
    started_at: int
    last_at: int
    status: str
    process: str | None
    recommended: str | None

    def name(self, words: Language) -> str:
        """What it is about, short enough for a line."""
        name = self.process or words.sentences["telegram_unnamed"]
        return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


_COLUMNS = "id, started_at, last_at, status, process, recommended"


def own(store: Store, person: str) -> list[Past]:
    """A person's own advisories, the latest first."""
    rows = store.rows(
        f"SELECT {_COLUMNS} FROM conversations WHERE person = ? ORDER BY last_at DESC, rowid DESC LIMIT ?",  # noqa: S608  constants
        (person, SHOWN),
    )
    return [Past(*row) for row in rows]


def one(store: Store, person: str, id: str) -> Past | None:
    """One advisory, if it is the person's own."""
    row = store.row(
        f"SELECT {_COLUMNS} FROM conversations WHERE id = ? AND person = ?",  # noqa: S608  constants
        (id, person),
    )
    return Past(*row) if row else None


def kept(store: Store, person: str) -> tuple[int, int]:
    """How many advisories of a person are stored, and since when."""
    ((count, since),) = store.rows("SELECT count(*), min(started_at) FROM conversations WHERE person = ?", (person,))
    return int(count), int(since or 0)


def listed(past: Sequence[Past], words: Language) -> Message:
    """The list of advisories, a button for each."""
    said = words.sentences
    lines = []
    for number, each in enumerate(past, start=1):
        line = said["telegram_history_line"].format(
            number=number, date=day(each.last_at), process=each.name(words), status=said[f"telegram_status_{each.status}"]
        )
        lines.append(escape(line))
    buttons = tuple(Button(label=str(number), token=f"t:card:{each.id}") for number, each in enumerate(past, start=1))
    return Message(name="history", markdown="\n\n".join([said["telegram_history"], *lines]), buttons=buttons)


def card(each: Past, words: Language, link: str) -> Message:
    """One advisory with what can be done with it; `link` reopens it."""
    said = words.sentences
    option = words.options.get(each.recommended or "")
    text = said["telegram_card"].format(
        status=said[f"telegram_status_{each.status}"], started=day(each.started_at), last=day(each.last_at)
    )
    advice = said["telegram_card_advice"].format(option=option.name) if option else ""
    lines = [f"**{escape(each.name(words))}**", *(escape(line) for line in (text, advice) if line)]
    lines.append(escape(said["telegram_link"].format(link=link)))
    go_on = said.get(f"telegram_open_{each.status}", said["telegram_open_open"])
    buttons = [Button(label=go_on, token=f"t:open:{each.id}")]
    if each.status == "advised":
        buttons.append(Button(label=said["telegram_export"], token=f"t:export:{each.id}"))
    buttons.append(Button(label=said["telegram_delete"], token=f"t:forget:{each.id}"))
    return Message(
        name="advisory",
        markdown="\n\n".join(lines),
        buttons=tuple(buttons),
        more=(Button(label=said["telegram_all"], token="t:history"),),  # noqa: S106  a button's token
    )


def delete_question(each: Past, words: Language) -> Message:
    """Whether one advisory is to be deleted."""
    said = words.sentences
    buttons = (
        Button(label=said["telegram_delete_yes"], token=f"t:forget:{each.id}:yes"),
        Button(label=said["telegram_keep"], token=f"t:card:{each.id}"),
    )
    return Message(name="delete", markdown=escape(said["telegram_delete_sure"].format(process=each.name(words))), buttons=buttons)


def day(at: int) -> str:
    """A time of the database as a date."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")
