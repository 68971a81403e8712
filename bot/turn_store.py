"""What a turn needs of a store, whatever keeps it: SQLite is `bot/store.py`; a store for several machines would be another.

Rules of any store (`tests/test_store_conformance.py` holds it to them): writing happens inside `transaction`, or is drafted for
one; what a transaction wrote is durable when it ends, and there whole or not at all. Outside a transaction, reading sees what
is committed. All that goes wrong is a StoreError in words; IntegrityError is what contradicts, undone alone in its `savepoint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from bot.answers import Answer
from bot.events import Event, Happened
from bot.records import Conversation, Delivery, Given, Line, Outgoing, Received, Writes
from knowledge.model import PrivateWords


class Lock(Protocol):
    """What one process holds at a time."""

    def acquire(self, wait: float) -> None:
        """Take it, trying for `wait` seconds. Raises Locked."""

    def close(self) -> None:
        """Give it back."""


class TurnStore(Protocol):
    """Inbox, conversations and outbox."""

    path: Path

    def close(self) -> None:
        """Give back what it holds; nothing that was committed depends on it."""

    def platform_lock(self, platform: str) -> Lock:
        """What a process holds for as long as it serves a platform on this store."""

    # --- transactions --------------------------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, durable when the block ends."""

    def savepoint(self) -> AbstractContextManager[None]:
        """One turn inside a transaction: undone alone if it fails."""

    def snapshot(self) -> AbstractContextManager[None]:
        """What this thread reads in the block is all of one moment."""

    def drafted(self) -> AbstractContextManager[Writes]:
        """What this thread writes in the block is only noted, to be applied in a transaction; reads see nothing of it."""

    def apply(self, draft: Writes) -> None:
        """Write what was drafted."""

    def later(self, do: Callable[[], object]) -> None:
        """Do something after what was written so far: now, or when the draft of this thread is applied."""

    def others_wrote(self) -> int:
        """Another number once another process has committed anything; what this one writes does not count."""

    def rehearse(self) -> None:
        """Store a long message and undo it, durably: raises the StoreError that a real one would raise now."""

    def index(self) -> None:
        """Do what was put off until there is nothing else to do."""

    # --- inbox ---------------------------------------------------------------------------------------------------------

    def put(self, deliveries: Iterable[Delivery]) -> int:
        """Store deliveries that are new by both of their keys; one without a place is set aside. Returns how many were new."""

    def waiting(self, platform: str, limit: int) -> list[Received]:
        """The oldest unprocessed delivery of each place, at most `limit` places."""

    def settle(self, number: int, status: Literal["done", "ignored", "aside"], why: str | None = None) -> bool:
        """Mark a waiting delivery as dealt with; False if it no longer waits, because another process was first."""

    def backlog(self, platform: str) -> int:
        """How many deliveries wait."""

    # --- conversations -------------------------------------------------------------------------------------------------

    def conversation(self, id: str) -> Conversation | None:
        """One conversation by its id."""

    def latest_at(self, place: str) -> Conversation | None:
        """The conversation begun last at a place."""

    def held_at(self, places: Sequence[str]) -> list[Conversation]:
        """The conversations at these places, at most 20, the one spoken in last first, whatever the clock said."""

    def begin(self, conversation: Conversation) -> None:
        """Store a new conversation."""

    def note(self, id: str, **columns: str | int | None) -> None:
        """Update what the list of conversations shows."""

    def events(self, conversation: str) -> list[Event]:
        """All events of a conversation, in order."""

    def append(self, conversation: str, number: int, event: Event) -> None:
        """Store the next event; a second one of the same number is an IntegrityError."""

    def answered(
        self,
        conversation: str,
        number: int,
        event: Happened,
        said: str,
        before: Mapping[str, Answer],
        after: Mapping[str, Answer],
    ) -> None:
        """Store how the answers changed in one event."""

    def write(self, conversation: str, lines: Iterable[Line]) -> None:
        """Add lines to the transcript."""

    def strike_private(self, conversation: str, events: Iterable[int], words: PrivateWords, now: int) -> None:
        """Strike the private data that these events hold out of the whole conversation."""

    def advised(
        self,
        conversation: str,
        number: int,
        at: int,
        knowledge: str,
        digest: str,
        recommended: str | None,
        verdict: str,
        advice: str,
    ) -> None:
        """Store an advice as it was given."""

    def advice_at(self, conversation: str, event_number: int) -> Given | None:
        """The advice given at an event."""

    def latest_advice(self, conversation: str) -> Given | None:
        """The advice given last."""

    def keep_knowledge(self, version: str, files: Mapping[str, str], at: int) -> None:
        """Store a knowledge base whole, once."""

    def knowledge_files(self, version: str) -> dict[str, str] | None:
        """The files of a stored knowledge base."""

    # --- outbox --------------------------------------------------------------------------------------------------------

    def enqueue(self, conversation: Conversation, address: str, kind: str, body: str, about: int | None, now: int) -> int | None:
        """Put a message in the outbox; returns its number, which a drafted one has not got yet."""

    def due(self, platform: str, now: int, limit: int) -> list[Outgoing]:
        """The first unsent message of each place whose time has come."""

    def outgoing(self, number: int) -> Outgoing | None:
        """One message of the outbox."""

    def last_asked(self, conversation: str) -> int | None:
        """The outbox number of the latest message with buttons."""

    def later_edit(self, number: int, about: int | None) -> bool:
        """Whether a later edit of the same message waits."""

    def sending(self, numbers: Sequence[int], now: int, why: str | None = None) -> None:
        """Mark messages as on their way."""

    def arrived(self, number: int, parts: Mapping[int, str]) -> None:
        """Note what has arrived of a message in parts; the next part may be repeated once like a message of its own."""

    def look_again(self, number: int, not_before: int, attempts: int, failures: int) -> None:
        """Leave a message on its way until then: nobody knows whether it arrived."""

    def sent(self, number: int, sent_as: str | None, now: int) -> None:
        """Mark a message as arrived."""

    def retry(self, number: int, not_before: int, why: str, failures: int) -> None:
        """Try again later: it is known not to have arrived."""

    def close_outbox(self, place: str, why: str) -> int:
        """Give up everything unsent at a place; returns how many."""

    def close_one(self, number: int, why: str) -> None:
        """Give up one message."""
