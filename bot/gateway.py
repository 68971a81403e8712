"""What the sender needs of a platform, and what a try to send may come to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bot.records import Outgoing
from bot.speak import Message

Arrived = Callable[[int, str], Awaitable[None]]
"""Notes that a part of a message has arrived, and as what; returns when that is on disk."""


class Failed(Exception):
    """A try that failed. `blameless`: nothing would have arrived just then, whatever was sent; it does not count.

    The next try is after `retry_after` seconds if the platform said so.
    """

    def __init__(self, why: str, retry_after: float | None = None, *, blameless: bool = False) -> None:
        self.why, self.retry_after, self.blameless = why, retry_after, blameless
        super().__init__(why)


class NotSent(Failed):
    """The message is known not to have arrived."""


class Unknown(Failed):
    """Nobody knows whether the message arrived: a cut connection, a time-out."""


class Unsendable(Exception):
    """This message will never be accepted; the next may be."""


class PlaceClosed(Exception):
    """Nothing can be sent to this place any more (blocked, deleted, forbidden, uninstalled), or to this person at it."""


class Absent(Exception):
    """Looking for a message after an ambiguous send: it surely is not there, or only those parts of it."""

    def __init__(self, why: str = "", parts: Mapping[int, str] | None = None) -> None:
        self.parts = dict(parts or {})
        super().__init__(why)


class Gateway(Protocol):
    """What the sender needs of a platform."""

    platform: str
    per_place_ms: int
    overall_ms: int

    async def send(self, outgoing: Outgoing, message: Message, earlier: str | None, arrived: Arrived) -> str | None:
        """Deliver what has not arrived yet; returns the platform's id of the message.

        `earlier` is the id of the message to edit for `settle`. `arrived` is to be awaited after each part but the last.
        """

    async def find(self, outgoing: Outgoing) -> str | None:
        """After an ambiguous send: the id if it arrived; None if the platform cannot tell; raises Absent if it did not."""
