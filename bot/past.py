"""What is kept of a past advisory, as values, and who wants to see which of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.events import Event
from bot.records import Given, Line


@dataclass(frozen=True)
class Viewer:
    """Who asks: `platform:tenant:user`, whether they may read others' transcripts, and the name for the audit."""

    person: str
    reviewer: bool
    name: str = ""


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; None is no condition. Times are UTC milliseconds of the last event: since <= last < until."""

    platform: str | None = None
    person: str | None = None  # who started it
    since: int | None = None
    until: int | None = None
    kind: str | None = None
    recommended: str | None = None
    outcome: str | None = None  # what was chosen in the end
    verdict: str | None = None
    status: str | None = None
    unknowns: bool | None = None
    reviewed: bool | None = None
    flagged: bool | None = None


@dataclass(frozen=True)
class Summary:
    """One conversation as lists show it."""

    id: str
    platform: str
    person: str
    started_at: int
    last_at: int
    status: str
    language: str
    knowledge: str
    process: str | None
    kind: str | None
    recommended: str | None
    verdict: str | None
    unknowns: int
    reviewed: int  # 0 or 1, as is `flagged`
    flagged: int
    chosen: str | None

    @property
    def cursor(self) -> str:
        """Where the next page goes on."""
        return f"{self.last_at}.{self.id}"


@dataclass(frozen=True)
class Review:
    """What a reviewer made of it."""

    at: int
    reviewer: str
    verdict: str
    note: str
    flag: int  # 0 or 1


@dataclass(frozen=True)
class Outcome:
    """What was chosen in the end, and what happened."""

    at: int
    person: str
    chosen: str
    happened: str


@dataclass(frozen=True)
class Transcript:
    """Everything kept of one conversation. Events are in order; the place in the tuple is the event's number."""

    summary: Summary
    lines: tuple[Line, ...]
    events: tuple[Event, ...]
    advice: tuple[Given, ...]
    reviews: tuple[Review, ...] = field(default=())
    outcomes: tuple[Outcome, ...] = field(default=())
