"""Conversations looked up for `/advise` and App Home: a person's own, and for reviewers those of others. Reads only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.slack.address import PLATFORM
from bot.engine import fold
from bot.store import Store
from knowledge.model import Knowledge, Language

SHOWN = 10
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Past:
    """A conversation somebody started."""

    id: str
    place: str
    address: str
    last_at: int
    status: str
    process: str | None

    @property
    def unfinished(self) -> bool:
        """Whether it can be gone on with."""
        return self.status in ("open", "paused")

    @property
    def channel(self) -> str | None:
        """The channel where it is held; None for direct messages."""
        parts = self.place.split(":")
        return parts[2] if len(parts) == 4 else None

    def line(self, words: Language) -> str:
        """Date, process and status, in words."""
        name = self.process or words.sentences["slack_unnamed"]
        name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"
        date = datetime.fromtimestamp(self.last_at / 1000, UTC).strftime("%Y-%m-%d")
        status = words.sentences[f"slack_status_{self.status}"]
        return words.sentences["slack_list_line"].format(date=date, process=name, status=status)


def own(store: Store, person: str) -> list[Past]:
    """The conversations of a person in this workspace, the latest first."""
    return _latest(store, "person = ?", (person,))


def others(store: Store, team: str, person: str) -> list[Past]:
    """The conversations of everybody else in this workspace, the latest first. For reviewers only."""
    return _latest(store, "tenant = ? AND person != ?", (team, person))


def _latest(store: Store, where: str, values: tuple[str, ...]) -> list[Past]:
    rows = store.rows(
        "SELECT id, place, address, last_at, status, process FROM conversations"  # noqa: S608  conditions of this file
        f" WHERE platform = ? AND {where} ORDER BY last_at DESC LIMIT ?",
        (PLATFORM, *values, SHOWN),
    )
    return [Past(*row) for row in rows]


def answers(store: Store, id: str, knowledge: Knowledge) -> str:
    """The answers that stand in a conversation, as a form or an answer file carries them."""
    case = fold(store.events(id), knowledge)
    found = case.answers if case is not None else {}
    return json.dumps({question: answer.model_dump(mode="json") for question, answer in found.items()})
