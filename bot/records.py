"""What a store keeps and gives back, whatever keeps it: ids are text, times UTC milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Writes = list[Callable[[], object]]
"""What is to be written, decided on and not yet done."""
LONGEST_WAIT_MS = 3_600_000
"""No message waits longer for its next try. A time farther away was written before the clock was set back."""


@dataclass(frozen=True)
class Delivery:
    """A raw delivery of a platform with the keys that make it unique and put it in order."""

    platform: str
    delivery_key: str
    message_key: str | None
    place: str | None
    order: str
    received_at: int
    raw: str


@dataclass(frozen=True)
class Received:
    """A delivery in the inbox."""

    number: int
    platform: str
    place: str
    raw: str
    received_at: int


@dataclass(frozen=True)
class Conversation:
    """What is known of a conversation without its events."""

    id: str
    platform: str
    tenant: str
    place: str
    person: str
    started_at: int
    last_at: int
    status: str
    language: str
    knowledge: str
    address: str


@dataclass(frozen=True)
class Given:
    """An advice as it was given; `text` is the JSON of the time, byte for byte."""

    event_number: int
    at: int
    knowledge: str
    digest: str
    recommended: str | None
    verdict: str
    text: str


@dataclass(frozen=True)
class Outgoing:
    """A message to be sent. `attempts` counts every try, `failures` those that may be its own fault; `parts` have arrived."""

    number: int
    conversation: str
    platform: str
    place: str
    address: str
    kind: str
    about: int | None
    body: str
    status: str
    attempts: int
    started_at: int | None
    sent_as: str | None
    why: str | None = None
    created_at: int = 0
    failures: int = 0
    parts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line of the transcript."""

    event_number: int
    at: int
    person: str | None  # None is the advisor
    message: str
    text: str

    @property
    def speaker(self) -> Literal["person", "advisor"]:
        """Which side said it."""
        return "advisor" if self.person is None else "person"
