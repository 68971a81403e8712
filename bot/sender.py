"""Delivery from the outbox: in order per place, paced, retried where it surely failed, reconciled where nobody knows.

Promise: answers and transcripts exactly once; at worst one repeated message per ambiguous send.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bot.committer import Committer
from bot.failpoints import failpoint
from bot.records import Outgoing
from bot.speak import Message
from bot.store_errors import StoreError
from bot.turn_store import TurnStore

log = structlog.get_logger()

FIRST_RETRY_MS, LONGEST_RETRY_MS = 1_000, 300_000
MOST_ATTEMPTS = 50
AT_ONCE = 64
PACES_REMEMBERED = 10_000
REPEATED = "sent again, as nobody knew whether it had arrived"


class NotSent(Exception):
    """The message is known not to have arrived. Try again, after `retry_after` seconds if the platform said so."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        self.why, self.retry_after = why, retry_after
        super().__init__(why)


class Unknown(Exception):
    """Nobody knows whether the message arrived: a cut connection, a time-out."""


class Unsendable(Exception):
    """This message will never be accepted; the next may be."""


class PlaceClosed(Exception):
    """Nothing can be sent to this place any more: blocked, deleted, forbidden, uninstalled."""


class Absent(Exception):
    """Looking for a message after an ambiguous send: it surely is not there."""


class Gateway(Protocol):
    """What the sender needs of a platform."""

    platform: str
    per_place_ms: int
    overall_ms: int

    async def send(self, outgoing: Outgoing, message: Message, earlier: str | None) -> str | None:
        """Deliver; returns the platform's id of the message. `earlier` is the id of the message to edit for `settle`."""

    async def find(self, outgoing: Outgoing) -> str | None:
        """After an ambiguous send: the id if it arrived; None if the platform cannot tell; raises Absent if it did not."""


@dataclass
class Sender:
    """Sends what is due until stopped."""

    store: TurnStore
    committer: Committer
    gateway: Gateway
    now: Callable[[], int]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    counters: Counter[str] = field(default_factory=Counter)
    _busy: set[str] = field(default_factory=set)
    _next_at: dict[str, int] = field(default_factory=dict)
    _overall_at: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until `stopping`; then finish what is on its way."""
        while not stopping.is_set():
            wait = self._launch()
            self.wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), timeout=wait)
        await self.drain()

    async def drain(self) -> None:
        """Wait for messages on their way."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _launch(self) -> float:
        """Start a task for each place that may be sent to now; returns seconds until to look again."""
        now = self.now()
        soonest = 1_000
        for outgoing in self.store.due(self.gateway.platform, now, AT_ONCE * 4):
            if outgoing.place in self._busy:
                continue
            ready = max(self._next_at.get(outgoing.place, 0), self._overall_at)
            if ready > now:
                soonest = min(soonest, ready - now)
                continue
            if len(self._tasks) >= AT_ONCE:
                break
            self._overall_at = now + self.gateway.overall_ms
            self._busy.add(outgoing.place)
            task = asyncio.ensure_future(self._deliver(outgoing))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if self.gateway.overall_ms:
                soonest = min(soonest, self.gateway.overall_ms)
        return max(soonest, 1) / 1000

    async def _deliver(self, outgoing: Outgoing) -> None:
        try:
            await self._attempt(outgoing)
        except StoreError as error:
            log.error("outbox not written", why=str(error))
            await asyncio.sleep(1)
        finally:
            self._busy.discard(outgoing.place)
            now = self.now()
            if len(self._next_at) >= PACES_REMEMBERED:
                self._next_at = {place: at for place, at in self._next_at.items() if at > now}
            self._next_at[outgoing.place] = now + self.gateway.per_place_ms
            self.wake.set()

    async def _attempt(self, outgoing: Outgoing) -> None:
        if outgoing.status == "sending" and await self._found(outgoing):
            return
        number, repeats = outgoing.number, outgoing.status == "sending" or outgoing.why == REPEATED
        about = self.store.outgoing(outgoing.about) if outgoing.about is not None else None
        if outgoing.kind == "settle" and (about is None or about.sent_as is None or self._superseded(outgoing)):
            await self.committer.write(lambda: self.store.close_one(number, "nothing to edit"))
            return
        await self.committer.write(lambda: self.store.sending([number], self.now(), REPEATED if repeats else None))
        failpoint("C6")
        try:
            message = Message.model_validate_json(outgoing.body)
            sent_as = await self.gateway.send(outgoing, message, about.sent_as if about else None)
        except NotSent as error:
            wait = int(error.retry_after * 1000) if error.retry_after is not None else _backoff(outgoing.attempts)
            not_before, why = self.now() + wait, REPEATED if repeats else error.why  # a repeat is remembered through refusals
            self.counters["retried"] += 1
            if outgoing.attempts >= MOST_ATTEMPTS:
                await self.committer.write(lambda: self.store.close_one(number, f"given up after {MOST_ATTEMPTS} tries: {why}"))
                return
            await self.committer.write(lambda: self.store.retry(number, not_before, why))
            self._wake_in(wait)
        except Unknown as error:
            self.counters["ambiguous"] += 1
            log.warning("send ambiguous", number=number, why=str(error))  # stays `sending`; the next round looks for it first
            await self._later(outgoing)
        except PlaceClosed as error:
            why = str(error)
            closed = await self.committer.write(lambda: self.store.close_outbox(outgoing.place, why))
            self.counters["closed"] += closed
        except Unsendable as error:
            why = str(error)
            log.error("message refused", number=number, why=why)
            self.counters["refused"] += 1
            await self.committer.write(lambda: self.store.close_one(number, why))
        except Exception as error:  # a defect of an adapter must not stop the others; it may have struck after the send
            self.counters["ambiguous"] += 1
            log.error("send failed", number=number, error=type(error).__name__, exc_info=True)
            await self._later(outgoing)
        else:
            failpoint("C8")
            self.counters["sent"] += 1
            await self.committer.write(lambda: self.store.sent(number, sent_as, self.now()))

    async def _found(self, outgoing: Outgoing) -> bool:
        """Whether an ambiguous send is settled. Where the platform cannot tell, it is repeated once and then left."""
        try:
            there = await self.gateway.find(outgoing)
        except Absent:
            return False
        except (NotSent, Unknown) as error:
            log.warning("cannot look for a message", number=outgoing.number, why=str(error))
            await self._later(outgoing)
            return True
        except Exception as error:  # a defect of an adapter: it cannot tell
            log.error("looking failed", number=outgoing.number, error=type(error).__name__, exc_info=True)
            there = None
        if there is not None:
            await self.committer.write(lambda: self.store.sent(outgoing.number, there, self.now()))
            return True
        if outgoing.why == REPEATED:
            await self.committer.write(lambda: self.store.close_one(outgoing.number, "ambiguous twice; not repeated again"))
            return True
        return False

    async def _later(self, outgoing: Outgoing) -> None:
        """Look for an ambiguous send after a while, when the platform may be itself again."""
        wait = _backoff(outgoing.attempts)
        not_before = self.now() + wait
        await self.committer.write(lambda: self.store.look_again(outgoing.number, not_before))
        self._wake_in(wait)

    def _wake_in(self, milliseconds: int) -> None:
        asyncio.get_running_loop().call_later((milliseconds + 1) / 1000, self.wake.set)

    def _superseded(self, outgoing: Outgoing) -> bool:
        """Whether a later edit of the same message waits: edits are coalesced."""
        return self.store.later_edit(outgoing.number, outgoing.about)


def _backoff(attempts: int) -> int:
    """Milliseconds before the next try: doubling from one second."""
    return min(int(FIRST_RETRY_MS * 2.0 ** min(attempts, 20)), LONGEST_RETRY_MS)
