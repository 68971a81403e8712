"""Delivery from the outbox: in order per place, paced, retried where it surely failed, reconciled where nobody knows.

Promise: answers and transcripts exactly once; at worst one repeated message (of a long one: one part) per ambiguous send.

Rules: waiting is measured by a clock that never goes back. What is nobody's fault (no connection, a refused token, a failing
server) is tried until the message is DAYS_TRIED old; what may be the message's own fault, MOST_FAILURES times. Each failure
doubles the wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from bot.committer import Committer
from bot.failpoints import failpoint
from bot.gateway import Absent, Failed, Gateway, NotSent, PlaceClosed, Unknown, Unsendable
from bot.records import LONGEST_WAIT_MS, Outgoing
from bot.speak import Message
from bot.store_errors import StoreError
from bot.turn_store import TurnStore

log = structlog.get_logger()

FIRST_RETRY_MS, LONGEST_RETRY_MS = 1_000, 300_000
MOST_FAILURES = 12
"""With the waits between them this is some twenty minutes, for which a conversation waits behind a message that is bad."""
DAYS_TRIED = 3
LONGEST_LOOK_MS = 1_000
"""Between two looks at the outbox when nothing is known to become due."""
PAUSE_AFTER_FAILURE = 1.0
AT_ONCE = 64
PACES_REMEMBERED = 10_000
REPEATED = "sent again, as nobody knew whether it had arrived"


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
    _ahead: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until `stopping`; then finish what is on its way."""
        self._ahead = self.now() - _ticks()
        try:
            while not stopping.is_set():
                wait = self._launch()
                self.wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), timeout=wait)
        finally:
            await self.drain()

    async def drain(self) -> None:
        """Wait for messages on their way."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _steady(self) -> int:
        """The time by which is waited: the clock's at the start, and from there on what has passed since."""
        return _ticks() + self._ahead

    def _launch(self) -> float:
        """Start a task for each place that may be sent to now; returns seconds until to look again."""
        now = self._steady()
        soonest = LONGEST_LOOK_MS
        for outgoing in self._due(now):
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

    def _due(self, now: int) -> list[Outgoing]:
        """What is due; nothing while the database cannot be read."""
        try:
            return self.store.due(self.gateway.platform, now, AT_ONCE * 4)
        except StoreError as error:
            log.error("outbox not read", why=str(error))
            return []

    async def _deliver(self, outgoing: Outgoing) -> None:
        try:
            await self._attempt(outgoing)
        except StoreError as error:
            log.error("outbox not written", why=str(error))
            await asyncio.sleep(PAUSE_AFTER_FAILURE)
        except Exception as error:
            log.error("outbox not worked off", number=outgoing.number, error=type(error).__name__, exc_info=True)
            await asyncio.sleep(PAUSE_AFTER_FAILURE)
        finally:
            self._busy.discard(outgoing.place)
            self._pace(outgoing.place)
            self.wake.set()

    def _pace(self, place: str) -> None:
        """Let a place rest after a message."""
        now = self._steady()
        if len(self._next_at) >= PACES_REMEMBERED:
            self._next_at = {place: at for place, at in self._next_at.items() if at > now}
        self._next_at[place] = now + self.gateway.per_place_ms

    async def _attempt(self, outgoing: Outgoing) -> None:
        """Settle what is in doubt, then send, and note what became of it."""
        number, repeats = outgoing.number, outgoing.status == "sending" or outgoing.why == REPEATED
        if outgoing.status == "sending":
            missing = await self._missing(outgoing)
            if missing is None:
                return
            outgoing = missing
        about = self.store.outgoing(outgoing.about) if outgoing.about is not None else None
        if outgoing.kind == "settle" and (about is None or about.sent_as is None or self._superseded(outgoing)):
            await self._close(outgoing, "nothing to edit")
            return
        if outgoing.failures >= MOST_FAILURES:  # the process itself may have ended by it
            await self._close(outgoing, f"given up after {outgoing.failures} tries")
            return
        await self.committer.write(lambda: self.store.sending([number], self.now(), REPEATED if repeats else None))
        failpoint("C6")
        parts = dict(outgoing.parts)

        async def arrived(part: int, sent_as: str) -> None:
            nonlocal repeats
            parts[part] = sent_as
            await self.committer.write(lambda: self.store.arrived(number, parts))
            repeats = False  # the next part has a repeat of its own

        try:
            message = Message.model_validate_json(outgoing.body)
            sent_as = await self.gateway.send(outgoing, message, about.sent_as if about else None, arrived)
        except StoreError:
            raise
        except NotSent as error:
            await self._again(outgoing, error, repeats=repeats)
        except Unknown as error:
            log.warning("send ambiguous", number=number, why=error.why)
            await self._doubtful(outgoing, error)
        except PlaceClosed as error:
            await self._closed(outgoing, str(error))
        except Unsendable as error:
            log.error("message refused", number=number, why=str(error))
            self.counters["refused"] += 1
            await self._close(outgoing, str(error))
        except Exception as error:  # a defect of an adapter must not stop the others; it may have struck after the send
            log.error("send failed", number=number, error=type(error).__name__, exc_info=True)
            await self._doubtful(outgoing, Unknown(f"a defect ({type(error).__name__})"))
        else:
            failpoint("C8")
            self.counters["sent"] += 1
            await self.committer.write(lambda: self.store.sent(number, sent_as, self.now()))

    # --- what became of a try ----------------------------------------------------------------------------------------------

    async def _again(self, outgoing: Outgoing, error: NotSent, *, repeats: bool) -> None:
        """Try again what surely did not arrive. That it was repeated is remembered through refusals."""
        self.counters["retried"] += 1
        failures = outgoing.failures + (not error.blameless)
        if await self._given_up(outgoing, failures, error.why):
            return
        not_before, why = self._put_off(outgoing, error), REPEATED if repeats else error.why
        await self.committer.write(lambda: self.store.retry(outgoing.number, not_before, why, failures))

    async def _doubtful(self, outgoing: Outgoing, error: Unknown) -> None:
        """It stays on its way: it is looked for after a while, when the platform may be itself again."""
        self.counters["ambiguous"] += 1
        failures = outgoing.failures + (not error.blameless)
        if await self._given_up(outgoing, failures, error.why):
            return
        not_before = self._put_off(outgoing, error)
        await self.committer.write(lambda: self.store.look_again(outgoing.number, not_before, outgoing.attempts + 1, failures))

    async def _closed(self, outgoing: Outgoing, why: str) -> None:
        """Give up what waits at a place that is closed. A whisper is to one person there: the place is open to the others."""
        if outgoing.kind == "private":
            await self._close(outgoing, why)
            self.counters["closed"] += 1
        else:
            self.counters["closed"] += await self.committer.write(lambda: self.store.close_outbox(outgoing.place, why))

    async def _close(self, outgoing: Outgoing, why: str) -> None:
        await self.committer.write(lambda: self.store.close_one(outgoing.number, why))

    async def _given_up(self, outgoing: Outgoing, failures: int, why: str) -> bool:
        """Whether a message that failed again has had its chances."""
        if failures >= MOST_FAILURES:
            had = f"{failures} tries"
        elif self.now() - outgoing.created_at > DAYS_TRIED * 86_400_000:
            had = f"{DAYS_TRIED} days"
        else:
            return False
        log.error("message given up", number=outgoing.number, after=had, why=why)
        self.counters["given_up"] += 1
        await self._close(outgoing, f"given up after {had}: {why}")
        return True

    def _put_off(self, outgoing: Outgoing, error: Failed) -> int:
        """When to try again: as the platform says, within reason, else twice as late each time. The sender wakes up then."""
        asked = error.retry_after
        wait = _backoff(outgoing.attempts) if asked is None else min(int(asked * 1000), LONGEST_WAIT_MS)
        asyncio.get_running_loop().call_later((wait + 1) / 1000, self.wake.set)
        return self._steady() + wait

    # --- what is in doubt --------------------------------------------------------------------------------------------------

    async def _missing(self, outgoing: Outgoing) -> Outgoing | None:
        """What is to be sent of a message that may have arrived; None if nothing, or not now.

        Where the platform cannot tell, a message is repeated once and then left.
        """
        try:
            there = await self.gateway.find(outgoing)
        except Absent as absent:
            parts = absent.parts
            if parts:
                await self.committer.write(lambda: self.store.arrived(outgoing.number, parts))
                return replace(outgoing, parts=parts)
            return outgoing
        except (NotSent, Unknown) as error:
            log.warning("cannot look for a message", number=outgoing.number, why=error.why)
            await self._look_later(outgoing, error)
            return None
        except Exception as error:  # a defect of an adapter: it cannot tell
            log.error("looking failed", number=outgoing.number, error=type(error).__name__, exc_info=True)
            there = None
        if there is not None:
            await self.committer.write(lambda: self.store.sent(outgoing.number, there, self.now()))
            return None
        if outgoing.why == REPEATED:
            await self._close(outgoing, "ambiguous twice; not repeated again")
            return None
        return outgoing

    async def _look_later(self, outgoing: Outgoing, error: Failed) -> None:
        """That a message cannot be looked for is not its fault."""
        if await self._given_up(outgoing, 0, error.why):
            return
        not_before = self._put_off(outgoing, error)
        await self.committer.write(
            lambda: self.store.look_again(outgoing.number, not_before, outgoing.attempts + 1, outgoing.failures)
        )

    def _superseded(self, outgoing: Outgoing) -> bool:
        """Whether a later edit of the same message waits: edits are coalesced."""
        return self.store.later_edit(outgoing.number, outgoing.about)


def _ticks() -> int:
    """Milliseconds by a clock that never goes back."""
    return int(asyncio.get_running_loop().time() * 1000)


def _backoff(attempts: int) -> int:
    """Milliseconds before the next try: doubling from one second."""
    return min(int(FIRST_RETRY_MS * 2.0 ** min(attempts, 20)), LONGEST_RETRY_MS)
