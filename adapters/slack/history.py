"""A person's own conversations, looked up for `/advise` and App Home. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.slack.address import PLATFORM
from bot.store import Store
from knowledge.model import Language

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

    def line(self, words: Language) -> str:
        """Date, process and status, in words."""
        name = self.process or words.sentences["slack_unnamed"]
        name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"
        date = datetime.fromtimestamp(self.last_at / 1000, UTC).strftime("%Y-%m-%d")
        status = words.sentences[f"slack_status_{self.status}"]
        return words.sentences["slack_list_line"].format(date=date, process=name, status=status)


def own(store: Store, person: str) -> list[Past]:
    """The conversations of a person in this workspace, the latest first."""
    rows = store.reading.execute(
        "SELECT id, place, address, last_at, status, process FROM conversations"
        " WHERE platform = ? AND person = ? ORDER BY last_at DESC LIMIT ?",
        (PLATFORM, person, SHOWN),
    )
    return [Past(*row) for row in rows]
