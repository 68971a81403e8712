"""One server per platform and database; it drains when stopped, refuses politely when full, and shares commits under load."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from adapters.console import parse
from bot import serve
from bot.committer import Committer
from bot.messages import Incoming
from bot.records import Delivery
from bot.serve import AlreadyServed, Busy, Server
from bot.service import Service, World
from bot.store import Store
from bot.store_errors import StoreError
from knowledge.load import packaged, packaged_files

WORDS = ("product photos", "buyer", "tagging", "public", "none")


class Quiet:
    """A platform that takes everything."""

    platform = "fake"
    per_place_ms = overall_ms = 0

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.sent = seconds, []

    async def send(self, outgoing, message, earlier, arrived):
        await asyncio.sleep(self.seconds)
        self.sent.append((outgoing.place, outgoing.number))
        return f"m{outgoing.number}"

    async def find(self, outgoing):
        return None


def server(store: Store, gateway: Quiet | None = None) -> Server:
    clock, ids = itertools.count(1_700_000_000_000), itertools.count(1)
    world = World(lambda: next(clock), lambda: f"c{next(ids)}")
    service = Service(store, "fake", parse, packaged(), packaged_files(), world, order="file")
    return Server(service, gateway or Quiet())


def delivery(place: int, n: int, text: str, key: str | None = None) -> Delivery:
    incoming = Incoming(person=f"fake:t:{place}", tenant="t", text=text, fresh=n == 0)
    return Delivery("fake", key or f"{place}:{n}", f"m:{place}:{n}", f"p{place}", f"{n:06d}", 1, incoming.model_dump_json())


def count(store: Store, sql: str) -> int:
    return store.reading.execute(sql).fetchone()[0]


async def until(holds, seconds: float = 20.0) -> None:
    for _ in range(int(seconds / 0.01)):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not in time")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "advisor.db")
    yield store
    store.close()


async def test_a_second_server_of_the_platform_is_refused_with_what_to_do(store, tmp_path):
    first = server(store)
    running = asyncio.ensure_future(first.run())
    await asyncio.sleep(0.05)
    other = Store(tmp_path / "advisor.db")
    with pytest.raises(AlreadyServed, match=r"another process serves fake on .*advisor\.db; stop it first"):
        await server(other).run()
    first.stop()
    await running
    again = server(other)
    running = asyncio.ensure_future(again.run())
    await asyncio.sleep(0.05)
    assert not running.done(), "the lock is free once the first has ended"
    again.stop()
    await running
    other.close()


async def test_a_link_to_the_database_leads_to_no_second_server(store, tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "advisor.db")
    first, other = server(store), Store(tmp_path / "link.db")
    running = asyncio.ensure_future(first.run())
    await asyncio.sleep(0.05)
    with pytest.raises(AlreadyServed):
        await server(other).run()
    first.stop()
    await running
    other.close()
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith("link")) == ["link.db"]


async def test_a_delivery_that_cannot_be_stored_is_not_acknowledged_and_takes_no_other_with_it(store):
    one = server(store)
    bad, good = replace(delivery(1, 0, ""), order=None), delivery(2, 0, "")
    refused, new = await asyncio.gather(one.receive([bad]), one.receive([good]), return_exceptions=True)
    assert isinstance(refused, StoreError) and new == 1
    assert count(store, "SELECT count(*) FROM inbox") == 1


async def test_a_stop_finishes_what_is_on_its_way_and_the_next_start_does_the_rest(store):
    slow = Quiet(seconds=0.2)
    first = server(store, slow)
    running = asyncio.ensure_future(first.run())
    await first.receive([delivery(1, 0, "")])
    await until(lambda: count(store, "SELECT count(*) FROM outbox WHERE status = 'sending'") == 1)
    await first.receive([delivery(1, 1, WORDS[0])])
    first.stop()
    assert not first.ready
    await running
    assert count(store, "SELECT count(*) FROM outbox WHERE status = 'sending'") == 0
    second = server(store)
    running = asyncio.ensure_future(second.run())
    await until(lambda: count(store, "SELECT count(*) FROM outbox WHERE status != 'sent'") == 0 and second.service.work(1) == 0)
    second.stop()
    await running
    assert count(store, "SELECT count(*) FROM inbox WHERE status = 'done'") == 2
    numbers = [number for _, number in slow.sent]
    assert len(numbers) == len(set(numbers))


async def test_too_much_waiting_is_refused_and_taken_again_when_there_is_room(store, monkeypatch):
    monkeypatch.setattr(serve, "MOST_WAITING", 3)
    busy = server(store)
    await busy.receive([delivery(n, 0, "") for n in range(3)])
    assert not busy.ready
    with pytest.raises(Busy, match="3 deliveries are waiting"):
        await busy.receive([delivery(9, 0, "")])
    assert count(store, "SELECT count(*) FROM inbox") == 3, "what was refused is not stored, so it is not acknowledged"
    running = asyncio.ensure_future(busy.run())
    await until(lambda: busy.ready)
    assert await busy.receive([delivery(9, 0, "")]) == 1
    busy.stop()
    await running


async def test_who_is_turned_away_in_an_interview_is_told_once_in_words(store, monkeypatch):
    busy = server(store)
    await busy.receive([delivery(1, 0, ""), delivery(2, 0, "")])
    while busy.service.work():
        pass
    monkeypatch.setattr(serve, "MOST_WAITING", 2)
    busy._lines = 2
    strangers = []
    busy.service._say_unstored = lambda incoming, message: strangers.append((incoming.person, message.name))
    for _ in range(3):
        with pytest.raises(Busy):
            await busy.receive([delivery(1, 1, WORDS[0]), delivery(1, 2, WORDS[1]), delivery(9, 0, "")])
    sorry = "SELECT count(*) FROM outbox WHERE body LIKE '%Very many people are writing to me%'"
    assert count(store, sorry) == count(store, f"{sorry} AND place = 'p1'") == 1
    assert strangers == [("fake:t:9", "busy")], "who has no interview yet is told too, where the platform can"
    assert count(store, "SELECT count(*) FROM inbox") == 2, "nothing of it was stored or acknowledged"
    assert busy.counters["turned_away"] == 9
    busy._lines = 0
    assert await busy.receive([delivery(1, 1, WORDS[0])]) == 1
    busy._lines = 2
    with pytest.raises(Busy):
        await busy.receive([delivery(1, 2, WORDS[1])])
    assert count(store, sorry) == 2, "another rush, another word"


async def test_a_repetition_by_either_key_is_stored_once(store):
    calm = server(store)
    assert await calm.receive([delivery(1, 0, "")]) == 1
    assert await calm.receive([delivery(1, 0, "")]) == 0
    assert await calm.receive([delivery(1, 0, "", key="another event")]) == 0
    assert calm.counters["repeated"] == 2


async def test_a_hundred_interleaved_conversations_share_commits(store):
    places = 100
    commits = 0

    def traced(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    store.connection.set_trace_callback(traced)
    loaded = server(store)
    running = asyncio.ensure_future(loaded.run())

    async def person(place: int) -> None:
        for n, text in enumerate(("", *WORDS)):
            await loaded.receive([delivery(place, n, text)])

    await asyncio.gather(*(person(place) for place in range(places)))
    turns = places * (1 + len(WORDS))
    await until(lambda: count(store, "SELECT count(*) FROM inbox WHERE status = 'done'") == turns, seconds=60)
    await until(lambda: count(store, "SELECT count(*) FROM outbox WHERE status != 'sent'") == 0, seconds=60)
    loaded.stop()
    await running
    assert count(store, "SELECT count(*) FROM events") == turns
    assert commits / turns < 1.0, f"{commits} commits for {turns} turns with inbox and delivery"


async def test_what_one_write_gets_wrong_does_not_harm_the_group(store):
    committer = Committer(store)

    def wrong() -> int:
        store.put([delivery(1, 0, "")])
        raise KeyError("a defect")

    good, bad = await asyncio.gather(
        committer.write(lambda: store.put([delivery(2, 0, "")])), committer.write(wrong), return_exceptions=True
    )
    assert good == 1
    assert isinstance(bad, KeyError)
    assert committer.commits == 1
    assert count(store, "SELECT count(*) FROM inbox") == 1


async def test_a_disk_error_fails_the_whole_group_and_acknowledges_nobody(store):
    committer = Committer(store)

    def broken() -> None:
        raise sqlite3.OperationalError("disk I/O error")

    results = await asyncio.gather(
        committer.write(lambda: store.put([delivery(2, 0, "")])), committer.write(broken), return_exceptions=True
    )
    assert [type(result) for result in results] == [StoreError, StoreError]
    assert count(store, "SELECT count(*) FROM inbox") == 0


async def test_the_server_outlives_a_disk_that_fails_for_a_while(store, monkeypatch):
    monkeypatch.setattr(serve, "PAUSE_AFTER_FAILURE", 0.05)
    hardy = server(store)
    running = asyncio.ensure_future(hardy.run())
    await hardy.receive([delivery(1, 0, "")])
    await until(lambda: count(store, "SELECT count(*) FROM events") == 1)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with capture_logs():
        refused = 0
        for n in range(1, 40):
            try:
                await hardy.receive([delivery(1, n, "why " * 2000)])
            except StoreError as error:
                refused += 1
                assert "full" in str(error)
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        assert refused
        assert not running.done()
        store.connection.execute("PRAGMA max_page_count = 1000000")
        await until(lambda: count(store, "SELECT count(*) FROM inbox WHERE status = 'new'") == 0)
    hardy.stop()
    await running
    assert count(store, "SELECT count(*) FROM events") == count(store, "SELECT count(*) FROM inbox")


async def test_a_read_that_fails_pauses_the_service_and_does_not_end_it(store, monkeypatch):
    monkeypatch.setattr(serve, "PAUSE_AFTER_FAILURE", 0.02)
    hardy, backlog, failed = server(store), store.backlog, []

    def unreadable(platform: str) -> int:
        if len(failed) < 3:
            failed.append(platform)
            raise StoreError("disk I/O error")
        return backlog(platform)

    monkeypatch.setattr(store, "backlog", unreadable)
    running = asyncio.ensure_future(hardy.run())
    with capture_logs():
        await until(lambda: len(failed) == 3)
        await hardy.receive([delivery(1, 0, "")])
        await until(lambda: count(store, "SELECT count(*) FROM outbox WHERE status = 'sent'") >= 1)
    hardy.stop()
    await running


async def test_a_defect_that_ends_the_service_lets_what_is_on_its_way_arrive_before_another_may_serve(store):
    slow = Quiet(seconds=0.3)
    broken = server(store, slow)
    running = asyncio.ensure_future(broken.run())
    await broken.receive([delivery(1, 0, "")])
    await until(lambda: count(store, "SELECT count(*) FROM outbox WHERE status = 'sending'") == 1)

    def defect(limit: int) -> int:
        raise KeyError("ts")

    broken.service.work = defect
    broken._work.set()
    with pytest.raises(KeyError, match="ts"):
        await running
    assert slow.sent == [("p1", 1)]
    assert count(store, "SELECT count(*) FROM outbox WHERE status = 'sent'") == 1, "and that was noted"
    assert broken.stopping.is_set()


@pytest.mark.parametrize("defect", [RecursionError("too deep"), KeyError("event"), UnicodeError("half a character")])
def test_a_delivery_that_no_parser_survives_is_set_aside_and_blocks_nobody(store, defect):
    service = server(store).service

    def fragile(raw: str) -> Incoming:
        if "poison" in raw:
            raise defect
        return parse(raw)

    service.parse = fragile
    service.receive([delivery(1, 0, "poison"), delivery(1, 1, ""), delivery(2, 0, "")])
    with capture_logs():
        while service.work():
            pass
    assert store.connection.execute("SELECT place, status FROM inbox ORDER BY number").fetchall() == [
        ("p1", "aside"), ("p1", "done"), ("p2", "done"),
    ]  # fmt: skip


def test_two_processes_never_apply_one_delivery_twice(store, tmp_path):
    """Each has read what waits before the other has dealt with it."""
    one, other_store = server(store).service, Store(tmp_path / "advisor.db")
    two = server(other_store).service
    one.receive([delivery(1, 0, "")])
    while one.work():
        pass
    one.receive([delivery(1, 1, WORDS[0])])
    stale = other_store.waiting("fake", 10)
    two.store.waiting = lambda *_: stale
    assert one.work() == 1
    two.work()
    assert count(store, "SELECT count(*) FROM events") == 2
    del two.store.waiting
    two.receive([delivery(1, 2, WORDS[1])])
    two.work()
    one.receive([delivery(1, 3, WORDS[2])])  # what `one` remembers of the conversation is old by now
    one.work()
    assert count(store, "SELECT count(*) FROM events") == 4
    assert count(store, "SELECT count(*) FROM current_answers") == 3
    other_store.close()
