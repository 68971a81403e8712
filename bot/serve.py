"""One platform served in one process: receive, work, send, until told to stop."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

import structlog

from bot.away import Away, thread
from bot.committer import Committer
from bot.failpoints import failpoint
from bot.gateway import Gateway
from bot.locks import Locked
from bot.records import Delivery
from bot.sender import Sender
from bot.service import Service
from bot.store_errors import StoreError

log = structlog.get_logger()

TURNS_AT_ONCE = 32
"""Places whose turns share a commit when so many wait: more are hardly cheaper, and the first of them waits for the last."""
MOST_WAITING = 10_000
PAUSE_AFTER_FAILURE = 1.0
SWITCH_SECONDS = 0.0005
"""How long a thread computes before another gets its turn. Python's 5 ms, several times over, would delay acknowledgements."""


class Busy(Exception):
    """Too much is waiting; the platform has to deliver again later."""


class CannotServe(Exception):
    """Serving ends, or cannot begin, for a reason an operator can do something about; the text says what."""


class AlreadyServed(CannotServe):
    """Another process serves this platform on this database."""


@dataclass
class Server:
    """A service with its loops. Only one process may serve a platform on a database."""

    service: Service
    gateway: Gateway
    counters: Counter[str] = field(default_factory=Counter)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    away: Callable[[str], Away] = thread
    trouble: str | None = None  # why the platform lets us do nothing at present, and what to do

    def __post_init__(self) -> None:
        store = self.service.store
        self._turns = self.away("turns")
        self.committer = Committer(store, self.away("commits"))
        self.sender = Sender(store, self.committer, self.gateway, self.service.world.now)
        self._work = asyncio.Event()
        self._lock = store.platform_lock(self.gateway.platform)
        self._lines = store.backlog(self.gateway.platform)
        self._turned_away: set[str | None] = set()

    async def receive(self, deliveries: Sequence[Delivery]) -> int:
        """Store deliveries; when this returns they are on disk and may be acknowledged. Raises Busy or StoreError."""
        if self._lines >= MOST_WAITING:
            self.counters["turned_away"] += len(deliveries)
            await self._turn_away(deliveries)
            raise Busy(f"{self._lines} deliveries are waiting")
        if self._lines < MOST_WAITING // 2:
            self._turned_away.clear()
        new = await self.committer.write(lambda: self._put(deliveries))
        failpoint("C2")
        self._lines += new
        self.counters["received"] += new
        self.counters["repeated"] += len(deliveries) - new
        self._work.set()
        return new

    async def _turn_away(self, deliveries: Sequence[Delivery]) -> None:
        """Tell each place once that too much is waiting, until there is plenty of room again."""
        told = {each.place: each for each in deliveries if each.place not in self._turned_away}
        if told:
            self._turned_away |= told.keys()
            try:
                await self.committer.write(lambda: self.service.turn_away(told.values()))
            except StoreError as error:
                log.error("cannot say that too much is waiting", why=str(error))
            self.sender.wake.set()

    def _put(self, deliveries: Sequence[Delivery]) -> int:
        new = self.service.store.put(deliveries)
        failpoint("C1")
        return new

    async def run(self) -> None:
        """Finish what was left, then serve until `stop`. Raises AlreadyServed."""
        try:
            self._lock.acquire(0)
        except Locked:
            name = self.gateway.platform
            raise AlreadyServed(f"another process serves {name} on {self.service.store.path}; stop it first") from None
        try:
            calm()
            self._work.set()
            await self._both(self._works(), self.sender.run(self.stopping))
        finally:
            self._lock.close()

    async def _both(self, *parts: Coroutine[object, object, None]) -> None:
        """Run both until one ends, however it ends; the other then finishes what is on its way."""
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop()
            await asyncio.wait(tasks)
        for task in tasks:
            task.result()

    def stop(self) -> None:
        """Take no more turns; what is on its way is finished."""
        self.stopping.set()
        self._work.set()
        self.sender.wake.set()

    @property
    def ready(self) -> bool:
        """Whether new deliveries are taken."""
        return not self.stopping.is_set() and self._lines < MOST_WAITING

    async def _works(self) -> None:
        idle = False
        while not self.stopping.is_set():
            self._work.clear()
            try:
                done = await self._turns(lambda: self.service.work(TURNS_AT_ONCE))
                if idle and not done:
                    await self._turns(self.service.store.index)
                if not done:  # those without a place were counted and are never worked on
                    self._lines = self.service.store.backlog(self.gateway.platform)
            except StoreError as error:
                log.error("cannot work", why=str(error))
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
                self._work.set()
                continue
            if done:
                failpoint("C5")
                self._lines = max(self._lines - done, 0)
                self.counters["turns"] += done
                self.sender.wake.set()
                continue
            try:
                idle = not await asyncio.wait_for(self._work.wait(), timeout=1.0)
            except TimeoutError:
                idle = True


def calm() -> None:
    """Let no thread keep the others waiting: short turns at the interpreter, and no look at what stays for ever (the knowledge,
    the libraries) whenever garbage is collected, which took a tenth of a second.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
