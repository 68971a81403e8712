"""Deterministic simulation: server, service and store under a seeded clock, network, disk and restarts, against a model.

Time is virtual and chance is seeded, so a history that fails fails again: python tests/simulation.py --histories 1 --seed N
The long run: python tests/simulation.py --histories 10000 --seed 1
"""

# ruff: noqa: E402  the path comes first, so that it also runs as a program

from __future__ import annotations

import argparse
import asyncio
import json
import random
import selectors
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

from structlog.testing import capture_logs

from adapters.console import parse
from bot.away import Away, Result, here
from bot.case import Case
from bot.engine import step
from bot.events import Heard, Requested, Started
from bot.gateway import Absent, Arrived, NotSent, PlaceClosed, Unknown, Unsendable
from bot.messages import Incoming
from bot.records import Delivery, Outgoing
from bot.replies import replies
from bot.serve import Busy, Server
from bot.service import Service, World
from bot.speak import Message
from bot.store import Store
from bot.store_errors import StoreError
from bot.taps import tap
from bot.understand.hear import hear
from bot.understand.reading import Request
from knowledge.load import packaged, packaged_files

PLATFORM = "fake"
EPOCH = 1_700_000_000_000
PATIENCE = 50_000.0  # virtual seconds
JUMPS = (-86_400_000, -3_600_000, 0, 5_000)  # milliseconds that a clock may be wrong by; the first is longer than any patience
BASE = packaged()

PLAIN = ("product photos", "buyer", "tagging", "public", "none", "no", "anywhere", "no")
PLAIN_ANSWERS = (
    ("process", "product photos"), ("perspective", "buyer"), ("kind", "tagging"), ("data", "public"), ("ip", "none"),
    ("access", "no"), ("residency", "anywhere"), ("distressing", "no"),
)  # fmt: skip
"""The model that needs no engine: what these words mean when each is heard once and in order."""
WILD = (
    *PLAIN, "why", "help", "back", "skip", "later", "don't know", "change data", "internal", "personal", "summary", "pause",
    "resume", "repeat", "\u202e<b>what?</b>", "10000 photos a month",
    "@a:perspective:provider", "@a:data:public", "@zzz", "cancel",
)  # fmt: skip


class Deadlock(AssertionError):
    """Everything waits and nothing will happen."""


class _Selector(selectors.BaseSelector):
    """No network; waiting is what makes time pass."""

    def __init__(self) -> None:
        self.now = 0.0
        self._map: dict[object, selectors.SelectorKey] = {}

    def register(self, fileobj, events, data=None):
        key = self._map[fileobj] = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else 0, events, data)
        return key

    def unregister(self, fileobj):
        return self._map.pop(fileobj)

    def select(self, timeout=None):
        if timeout is None:
            raise Deadlock("everything waits")
        self.now += max(timeout, 0)
        return []

    def get_map(self):
        return self._map


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next thing to do."""

    def __init__(self) -> None:
        self.clock = _Selector()
        super().__init__(self.clock)
        self.set_exception_handler(_complain)

    def time(self) -> float:
        return self.clock.now


class Clock:
    """The clock of the machine, in milliseconds; it is set now and then, also while the process lives."""

    def __init__(self, loop: VirtualLoop, rng: random.Random) -> None:
        self.loop, self.rng, self.skew = loop, rng, 0

    def now(self) -> int:
        return EPOCH + int(self.loop.time() * 1000) + self.skew

    def jump(self) -> None:
        self.skew = self.rng.choice(JUMPS)

    async def jumping(self) -> None:
        while True:
            await asyncio.sleep(self.rng.random() * self.rng.choice((1.0, 20.0, 5_000.0)))
            self.jump()


class Died(SystemExit):
    """The process was killed in the middle of a statement. A SystemExit, so that the loop lets go at once."""


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """As always, but not about the task in which the process was killed."""
    if not isinstance(context.get("exception"), Died):
        loop.default_exception_handler(context)


@dataclass
class Faults:
    """How much goes wrong in one history."""

    rng: random.Random
    on: bool = True
    disk: float = 0.0
    die: float = 0.0
    network: float = 0.0
    reorder: bool = False
    looks: bool = True  # whether the platform can look for a message
    permanent: float = 0.0

    def happens(self, share: float) -> bool:
        return self.on and self.rng.random() < share


class FaultyStore(Store):
    """A store on a disk that fails, in a process that dies. `doubted` is told when something may not have been noted."""

    def __init__(self, path: Path, faults: Faults, doubted: Callable[[], None]) -> None:
        self.faults, self.doubted = faults, doubted
        super().__init__(path)

    def _maybe(self) -> None:
        if self.faults.happens(self.faults.die):
            raise Died
        if self.faults.happens(self.faults.disk):
            raise sqlite3.OperationalError("disk I/O error")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        try:
            if self.faults.happens(self.faults.disk):
                raise StoreError("the disk is full")
            with super().transaction():
                yield
                self._maybe()
        except BaseException:
            self.doubted()
            raise
        if self.faults.happens(self.faults.die):
            raise Died  # durable, and nobody was told

    def _execute(self, sql, values):
        if sql.split(maxsplit=3)[2] in ("inbox(platform,", "events(conversation,", "outbox(conversation,") or "'sent'" in sql:
            self._maybe()
        return super()._execute(sql, values)


class WatchedService(Service):
    """Checks that what is worked on is the first of its place in the platform's order."""

    def work(self, limit: int = 100) -> int:
        batch = self.store.waiting(self.platform, limit)
        assert len({received.place for received in batch}) == len(batch)
        for received in batch:
            first = self.store.connection.execute(
                "SELECT number FROM inbox WHERE place = ? AND status = 'new' ORDER BY place_order, number LIMIT 1",
                (received.place,),
            ).fetchone()
            assert first == (received.number,), f"{received} is not the first of its place"
        return super().work(limit)


@dataclass
class Network:
    """The platform: its people, what it delivers until acknowledged, what it accepted.

    A send is ambiguous from its beginning until the server was told what became of it, and for ever if that was not noted.
    """

    faults: Faults
    texts: dict[str, list[str]]
    acked: set[str] = field(default_factory=set)
    visible: list[tuple[str, int, str]] = field(default_factory=list)
    ambiguous: Counter[int] = field(default_factory=Counter)
    told: set[int] = field(default_factory=set)  # of these the server was told that they arrived, and may not have noted it
    unneeded: list[str] = field(default_factory=list)
    permanent: set[int] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    platform: str = PLATFORM
    per_place_ms: int = 0
    overall_ms: int = 0
    events: int = 0

    def delivery(self, place: str, n: int, *, other: bool = False) -> Delivery:
        text = self.texts[place][n]
        token = text[1:] if text.startswith("@") else None
        incoming = Incoming(
            person=f"fake:t:{place}", tenant="t", text="" if token else text, token=token, label="tap" if token else "",
            fresh=n == 0, via="tapped" if token else "typed",
        )  # fmt: skip
        key = f"{place}:{n}"
        return Delivery(PLATFORM, f"{key}:other" if other else key, key, place, f"{n:06d}", EPOCH, incoming.model_dump_json())

    @property
    def done(self) -> bool:
        return len(self.acked) == sum(map(len, self.texts.values()))

    async def deliver(self, server: Server) -> None:
        """All places at once, until all is acknowledged."""
        await asyncio.gather(*(self._place(server, place) for place in self.texts))

    async def _place(self, server: Server, place: str) -> None:
        numbers = [n for n in range(len(self.texts[place])) if f"{place}:{n}" not in self.acked]
        if 0 in numbers:  # what begins an interview comes first everywhere
            await self._deliver(server, place, 0)
            numbers.remove(0)
        if self.faults.reorder:
            await asyncio.gather(*(self._deliver(server, place, n) for n in numbers))
        else:
            for n in numbers:
                await self._deliver(server, place, n)

    async def _deliver(self, server: Server, place: str, n: int) -> None:
        rng = self.faults.rng
        while True:
            await asyncio.sleep(rng.random() * rng.choice((0.0, 0.1, 3.0)))
            if self.faults.happens(self.faults.network):
                continue  # lost on the way in
            batch = [self.delivery(place, n, other=rng.random() < 0.1)]
            if self.faults.happens(self.faults.network):  # delivered twice, or another old one again
                batch.append(self.delivery(place, rng.randint(0, n) if f"{place}:{n - 1}" in self.acked else n))
            try:
                await server.receive(batch)
            except (StoreError, Busy):
                continue
            self.events += 1
            if not self.faults.happens(self.faults.network):  # else the acknowledgement was lost
                self.acked.add(f"{place}:{n}")
                return

    async def send(self, outgoing: Outgoing, message: Message, earlier: str | None, arrived: Arrived) -> str | None:
        rng, faults, number = self.faults.rng, self.faults, outgoing.number
        if outgoing.kind == "settle":
            assert earlier is not None, "an edit of nothing"
        self.events += 1
        await asyncio.sleep(rng.random() * 0.2)
        if faults.happens(faults.permanent):
            if rng.random() < 0.5:
                self.permanent.add(number)
                raise Unsendable("too long")
            self.closed.add(outgoing.place)
            raise PlaceClosed("blocked")
        if faults.happens(faults.network):
            fate = rng.choice(("refused", "later", "lost", "arrived", "defect", "hangs"))
            match fate:
                case "refused":
                    raise NotSent("connection refused")
                case "later":
                    raise NotSent("too many requests", retry_after=rng.random() * 5)
                case "lost":
                    self.ambiguous[number] += 1
                    raise Unknown("cut")
                case "arrived":
                    self.ambiguous[number] += 1
                    self._arrive(outgoing)
                    raise Unknown("cut after it arrived")
                case "defect":
                    self.ambiguous[number] += 1
                    self._arrive(outgoing)
                    raise RuntimeError("the adapter is wrong")
                case "hangs":
                    self.ambiguous[number] += 1
                    await asyncio.sleep(30)
                    raise Unknown("timed out")
        self.ambiguous[number] += 1  # until it is known, a death here is ambiguous
        self._arrive(outgoing)
        await asyncio.sleep(rng.random() * 0.1)
        self.ambiguous[number] -= 1
        self.told.add(number)
        return f"m{number}"

    def doubt(self) -> None:
        """Something was not noted, perhaps that one of these arrived."""
        self.ambiguous.update(self.told)
        self.told.clear()

    def _arrive(self, outgoing: Outgoing) -> None:
        number = outgoing.number
        self.visible.append((outgoing.place, number, outgoing.kind))
        times = sum(1 for _, other, _ in self.visible if other == number)
        doubtful = self.ambiguous[number] - 1  # without this one
        if times - 1 > doubtful:  # raised here it would be taken for a defect of the adapter
            self.unneeded.append(f"message {number} is visible {times} times for {doubtful} ambiguous sends")

    async def find(self, outgoing: Outgoing) -> str | None:
        await asyncio.sleep(self.faults.rng.random() * 0.1)
        if not self.faults.looks:
            return None
        if self.faults.happens(self.faults.network):
            raise NotSent("cannot look now")
        if any(number == outgoing.number for _, number, _ in self.visible):
            return f"m{outgoing.number}"
        raise Absent


# --- the model -----------------------------------------------------------------------------------------------------------

_KNOWN: dict[tuple[str, ...], tuple[Case, tuple[tuple[str, str], ...]]] = {}


def model(texts: tuple[str, ...], conversation: str = "c") -> tuple[Case, tuple[tuple[str, str], ...]]:
    """The case and transcript after these texts in this order: the pure engine, without store, server or clock."""
    known = _KNOWN.get(texts)
    if known is not None:
        return known
    if len(texts) == 1:
        case, lines = None, ()
        event: Started | Heard = Started(at=0, by="p", conversation=conversation, knowledge=BASE.version, order="file")
    else:
        case, lines = model(texts[:-1])
        text = texts[-1]
        token = text[1:] if text.startswith("@") else None
        acts = (tap(token, case, BASE),) if token else hear(text, case, BASE)
        if not token and not text.strip():
            acts = (Requested(request=Request(kind="repeat")),)
        event = Heard(at=0, by="p", said="tap" if token else text, via="tapped" if token else "typed", acts=acts)
        lines = (*lines, ("person", event.said))
    stepped = step(case, event, BASE)
    messages = replies(stepped.effects, len(texts) - 1, stepped.case, BASE, None)
    if len(_KNOWN) > 50_000:
        _KNOWN.clear()
    _KNOWN[texts] = stepped.case, (*lines, *(("advisor", message.text) for message in messages))
    return _KNOWN[texts]


def check(path: Path, network: Network, *, ended: bool) -> None:
    """What must hold whenever the process is dead (and more once all is quiet)."""
    assert not network.unneeded, network.unneeded
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = {key for (key,) in connection.execute("SELECT message_key FROM inbox")}
        assert network.acked <= kept, f"acknowledged and lost: {network.acked - kept}"
        assert connection.execute("SELECT count(*) FROM inbox WHERE status = 'aside'").fetchone() == (0,)
        if ended:
            _check_end(connection, network)
    finally:
        connection.close()


def _check_end(connection: sqlite3.Connection, network: Network) -> None:
    said: dict[str, list[str]] = defaultdict(list)
    for place, key in connection.execute(
        "SELECT i.place, i.message_key FROM inbox i WHERE i.status = 'done' ORDER BY i.place, i.place_order"
    ):
        said[place].append(network.texts[place][int(key.rpartition(":")[2])])
    assert said == network.texts, "a delivery is missing or was taken twice"
    for place, texts in network.texts.items():
        ((conversation,),) = connection.execute("SELECT id FROM conversations WHERE place = ?", (place,)).fetchall()
        numbers = [n for (n,) in connection.execute("SELECT number FROM events WHERE conversation = ?", (conversation,))]
        assert numbers == list(range(len(texts))), f"{place}: events {numbers} for {len(texts)} deliveries"
        heard = _order(connection, conversation, texts)
        if not network.faults.reorder:
            assert heard == texts, f"{place}: applied in another order: {heard}"
        assert sorted(heard) == sorted(texts), f"{place}: {heard} instead of {texts}"
        case, lines = model(tuple(heard))
        stored = connection.execute("SELECT speaker, text FROM transcript WHERE conversation = ? ORDER BY id", (conversation,))
        from bot.markup import clean

        expected = [(speaker, clean(text) if speaker == "person" else text) for speaker, text in lines]
        assert stored.fetchall() == expected, f"{place}: the transcript is not the model's"
        answers = {
            question: (status, json.loads(value) if value is not None else None)
            for question, status, value in connection.execute(
                "SELECT question, status, value FROM current_answers WHERE conversation = ?", (conversation,)
            )
        }
        dumped = {id: answer.model_dump(mode="json") for id, answer in case.answers.items()}
        wanted = {id: (a["status"], a["value"] if a["status"] == "given" else None) for id, a in dumped.items()}
        assert answers == wanted, f"{place}: {answers} instead of {wanted}"
        if tuple(heard[1:]) == PLAIN[: len(heard) - 1]:
            assert {q: v for q, (_, v) in answers.items()} == dict(PLAIN_ANSWERS[: len(heard) - 1])
    _check_outbox(connection, network)


def _order(connection: sqlite3.Connection, conversation: str, texts: Sequence[str]) -> list[str]:
    """The order in which texts were applied, taps told apart by what they did."""
    from bot.markup import clean

    left, found = list(texts[1:]), [texts[0]]
    rows = connection.execute(
        "SELECT json_extract(event, '$.via'), json_extract(event, '$.said'), json_extract(event, '$.acts') FROM events"
        " WHERE conversation = ? AND number > 0 ORDER BY number",
        (conversation,),
    )
    for via, heard, acts in rows:
        if via == "typed":
            match = next((text for text in left if not text.startswith("@") and clean(text) == heard), None)
        else:
            case, _ = model(tuple(found))
            match = next((t for t in left if t.startswith("@") and _same(tap(t[1:], case, BASE), json.loads(acts)[0])), None)
        assert match is not None, f"{heard} was never said, or twice: left {left}"
        left.remove(match)
        found.append(match)
    return found


def _same(act: object, stored: dict[str, object]) -> bool:
    return json.loads(act.model_dump_json()) == stored


def _check_outbox(connection: sqlite3.Connection, network: Network) -> None:
    faults = network.faults
    by_place: dict[str, list[int]] = defaultdict(list)
    for place, number, _ in network.visible:
        by_place[place].append(number)
    for place, numbers in by_place.items():
        assert numbers == sorted(numbers), f"{place}: out of order: {numbers}"
    times = Counter(number for _, number, _ in network.visible)
    for number, place, kind, status, why in connection.execute("SELECT number, place, kind, status, why FROM outbox"):
        assert status in ("sent", "closed"), f"message {number} is {status}"
        if faults.looks:
            assert times[number] <= 1, f"message {number} is visible {times[number]} times though it can be looked for"
        assert times[number] <= 2, f"message {number} is visible {times[number]} times"
        if status == "sent":
            assert times[number] >= 1, f"message {number} counts as sent and is not visible"
            continue
        allowed = (
            (kind == "settle" and why == "nothing to edit")
            or (why == "too long" and number in network.permanent)
            or (why == "blocked" and place in network.closed)
            or (why == "ambiguous twice; not repeated again" and not faults.looks)
        )
        assert allowed, f"message {number} was given up: {why}"


# --- one history ---------------------------------------------------------------------------------------------------------


def _hopping(rng: random.Random) -> Away:
    """A thread as the event loop sees it: what it does begins, and is heard of, some time after it was asked for."""

    def pause() -> float:
        return rng.choice((0.0, 0.0, 0.0005, 0.005))

    async def away(do: Callable[[], Result], /) -> Result:
        await asyncio.sleep(pause())
        try:
            return do()
        finally:
            await asyncio.sleep(pause())

    return away


def history(seed: int, folder: Path, template: Path) -> Counter[str]:
    """Run one history and check it; returns what happened in it."""
    rng = random.Random(seed)
    faults = Faults(
        rng,
        disk=rng.choice((0.0, 0.0, 0.02, 0.1)),
        die=rng.choice((0.0, 0.005, 0.03)),
        network=rng.choice((0.0, 0.1, 0.3)),
        reorder=rng.random() < 0.5,
        looks=rng.random() < 0.5,
        permanent=rng.choice((0.0, 0.0, 0.02)),
    )
    texts = {f"fake:{n}": _script(rng) for n in range(rng.randint(1, 4))}
    network = Network(faults, texts, per_place_ms=rng.choice((0, 1000)), overall_ms=rng.choice((0, 30)))
    path = folder / "advisor.db"
    for leftover in folder.glob("advisor.db*"):
        leftover.unlink()
    shutil.copyfile(template, path)
    loop = VirtualLoop()
    told: Counter[str] = Counter()
    clock = Clock(loop, rng)
    ids = iter(range(10**9))
    lives = rng.randint(1, 5)
    threads = rng.random() < 0.5
    try:
        for life in range(lives + 1):
            faults.on = life < lives
            clock.jump()
            store = FaultyStore(path, faults, network.doubt)
            if faults.on and rng.random() < 0.1:
                pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
                store.connection.execute(f"PRAGMA max_page_count = {pages + rng.randint(0, 20)}")
                told["full disks"] += 1
            service = WatchedService(
                store, PLATFORM, parse, BASE, packaged_files(), World(clock.now, lambda: f"c{next(ids):06d}"), order="file"
            )
            server = Server(service, network, away=lambda _: _hopping(rng) if threads else here)
            length = rng.choice((0.5, 5.0, 60.0)) * rng.random() if faults.on else None
            try:
                loop.run_until_complete(_life(server, network, clock, length, graceful=rng.random() < 0.3))
            except Died:
                told["deaths in a statement"] += 1
            finally:
                _bury(loop)
                network.doubt()
                server._lock.close()
                store.close()
            told["lives"] += 1
            told["lives with hops"] += threads
            check(path, network, ended=not faults.on)
    finally:
        with suppress(Exception):
            loop.close()
    times = Counter(number for _, number, kind in network.visible if kind == "send")
    told["turns"] = sum(map(len, texts.values()))
    told["messages"] = len(times)
    told["visible twice"] = sum(1 for count in times.values() if count == 2)
    return told


def _script(rng: random.Random) -> list[str]:
    length = rng.randint(1, 8)
    return ["", *PLAIN[:length]] if rng.random() < 0.4 else ["", PLAIN[0], *(rng.choice(WILD) for _ in range(length))]


async def _life(server: Server, network: Network, clock: Clock, length: float | None, *, graceful: bool) -> None:
    """One process: until its time is over, or in the last life until all is quiet."""
    jumping = asyncio.ensure_future(clock.jumping())
    try:
        await _lived(server, network, length, graceful=graceful)
    finally:
        jumping.cancel()


async def _lived(server: Server, network: Network, length: float | None, *, graceful: bool) -> None:
    running = asyncio.ensure_future(server.run())
    delivering = asyncio.ensure_future(network.deliver(server))
    if length is not None:
        await asyncio.wait({running}, timeout=length)
        assert not running.done(), f"the server ended by itself: {running}"
        if graceful:
            delivering.cancel()
            server.stop()
            await asyncio.wait_for(running, 400)
        return
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    while not (network.done and _quiet(server.service.store)):
        assert not running.done(), f"the server ended by itself: {running}"
        assert loop.time() < end, "not done in time"
        await asyncio.sleep(1)
    server.stop()
    await running


def _quiet(store: Store) -> bool:
    return store.connection.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM inbox WHERE status = 'new')"
        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE status IN ('pending', 'sending'))"
    ).fetchone() == (1,)


def _bury(loop: VirtualLoop) -> None:
    """The process is dead: nothing of it goes on."""
    while tasks := asyncio.all_tasks(loop):  # more than once: `wait_for` of Python 3.11 may swallow a cancellation
        for task in tasks:
            task.cancel()
        with suppress(Died):
            loop.run_until_complete(asyncio.wait(tasks, timeout=0.001))
        for task in tasks:
            if task.done() and not task.cancelled():
                task.exception()


def run(histories: int, seed: int, *, report: bool = False) -> Counter[str]:
    """Histories `seed`, `seed + 1`, …; a failing one names its seed."""
    total: Counter[str] = Counter()
    begun = time.monotonic()
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        template = Path(name) / "template.db"
        Store(template).close()
        for number in range(seed, seed + histories):
            try:
                with capture_logs():
                    total += history(number, Path(name), template)
            except BaseException as error:
                error.add_note(f"replay: python tests/simulation.py --histories 1 --seed {number}")
                raise
            total["histories"] += 1
            if report and total["histories"] % 500 == 0:
                print(f"{time.monotonic() - begun:.0f} s {json.dumps(total)}", flush=True)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    print(json.dumps(run(arguments.histories, arguments.seed, report=True)))


if __name__ == "__main__":
    main()
