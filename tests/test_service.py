"""A turn is decided on what was committed and written in one go; what changed in between is noticed; nobody drowns out others."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot import flood
from bot import service as service_module
from bot.archive import Archive, Viewer
from bot.messages import Incoming
from bot.records import Delivery
from bot.schema import MIGRATIONS
from bot.search import search
from bot.store import Store
from bot.wordings import AT_ONCE
from test_serve import WORDS, count, delivery, server


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "advisor.db")
    yield store
    store.close()


@pytest.fixture
def service(store):
    return server(store).service


def begun(service, *said):
    service.receive([delivery(1, n, text) for n, text in enumerate(("", *said))])
    while service.work():
        pass


def test_what_is_being_decided_is_not_seen_by_anybody_until_it_is_written(service, store):
    service.receive([delivery(1, 0, "")])
    (received,) = store.waiting("fake", 1)
    turn = service._decide(received)
    assert count(store, "SELECT count(*) FROM conversations") == 0
    assert store.backlog("fake") == 1
    assert len(turn.writes) > 3
    assert service.work() == 1
    assert count(store, "SELECT count(*) FROM events") == 1


def test_a_thread_sees_nothing_of_the_transaction_of_another(service, store):
    seen = []
    with store.transaction():
        store.put([delivery(1, 0, "")])
        other = threading.Thread(target=lambda: seen.append(store.backlog("fake")))
        other.start()
        other.join()
        assert store.backlog("fake") == 1
    assert seen == [0]


def test_the_write_transaction_is_open_only_after_everything_is_decided(service, store, monkeypatch):
    begun(service)
    order = []
    decide, transaction = service._decide, store.transaction
    monkeypatch.setattr(service, "_decide", lambda received: order.append("decide") or decide(received))
    monkeypatch.setattr(store, "transaction", lambda: order.append("write") or transaction())
    with transaction():
        store.put([delivery(1, 1, WORDS[0]), delivery(2, 0, "")])
    service.work()
    assert order == ["decide", "decide", "write"]


def test_a_turn_is_decided_again_when_another_process_has_written_in_between(service, store, tmp_path):
    begun(service, *WORDS[:2])
    other = server(Store(tmp_path / "advisor.db")).service
    service.receive([delivery(1, 3, WORDS[2])])
    decide = service._decide

    def overtaken(received):
        turn = decide(received)
        service._decide = decide
        with other.store.transaction():
            other.store.connection.execute("UPDATE conversations SET person = 'someone'")
        other.receive([replace(delivery(1, 9, "change your side"), place="p1", order="000000")])
        assert other.work() == 1  # its order puts it before ours
        return turn

    service._decide = overtaken
    assert service.work() == 1
    numbers = store.connection.execute("SELECT number, json_extract(event, '$.said') FROM events ORDER BY number").fetchall()
    assert numbers[3:] == [(3, "change your side"), (4, WORDS[2])]
    assert service._cases["c1"][0] == 5
    other.store.close()


def test_a_conversation_that_goes_on_at_two_places_in_one_group_takes_both(service, store):
    begun(service, *WORDS[:2])
    elsewhere = replace(delivery(1, 8, "help"), place="p9")
    find = service._find
    service._find = lambda incoming, received: store.conversation("c1") if received.place == "p9" else find(incoming, received)
    service.receive([delivery(1, 3, WORDS[2]), elsewhere])
    assert service.work() == 2
    assert [n for (n,) in store.connection.execute("SELECT number FROM events ORDER BY number")] == [0, 1, 2, 3, 4]
    assert count(store, "SELECT count(*) FROM inbox WHERE status != 'done'") == 0


def test_a_turn_that_cannot_be_written_is_set_aside_and_the_others_of_its_group_are_not(service, store):
    begun(service, WORDS[0])
    apply = service._apply

    def doubled(conversation, number, *rest):
        return apply(conversation, 0 if conversation.place == "p1" else number, *rest)

    service._apply = doubled
    service.receive([delivery(1, 2, WORDS[1]), delivery(2, 0, "")])
    with capture_logs() as logs:
        assert service.work() == 2
    assert [each["event"] for each in logs] == ["turn not written"]
    assert store.connection.execute("SELECT place, why FROM inbox WHERE status = 'aside'").fetchall() == [
        ("p1", "IntegrityError while writing")
    ]
    assert count(store, "SELECT count(*) FROM conversations") == 2


@pytest.mark.parametrize("defect", [ValueError("no such private data"), OverflowError("int too large"), sqlite3.DataError("odd")])
def test_a_defect_while_a_turn_is_written_costs_that_delivery_alone_and_its_person_is_told(service, store, defect):
    begun(service, WORDS[0])
    apply = service._apply

    def broken() -> None:
        raise defect

    def fragile(conversation, *rest):
        state = apply(conversation, *rest)
        if conversation.place == "p1":
            store.later(broken)
        return state

    service._apply = fragile
    service.receive([delivery(1, 2, WORDS[1]), delivery(2, 0, "")])
    with capture_logs() as logs:
        assert service.work() == 2
        assert service.work() == 0, "it is not tried again, nor after a restart"
    assert [each["event"] for each in logs] == ["turn not written"]
    why = f"{'IntegrityError' if isinstance(defect, sqlite3.Error) else type(defect).__name__} while writing"
    assert store.connection.execute("SELECT place, why FROM inbox WHERE status = 'aside'").fetchall() == [("p1", why)]
    assert count(store, "SELECT count(*) FROM events WHERE conversation = 'c1'") == 2, "nothing of the turn is left"
    assert count(store, "SELECT count(*) FROM outbox WHERE place = 'p1' AND body LIKE '%Something went wrong on our side%'") == 1
    assert count(store, "SELECT count(*) FROM conversations") == 2
    service._apply = apply
    service.receive([delivery(1, 3, WORDS[1])])
    assert service.work() == 1
    assert count(store, "SELECT count(*) FROM events WHERE conversation = 'c1'") == 3


def test_a_turn_that_fails_and_an_apology_that_fails_set_the_delivery_aside(service, store):
    begun(service, WORDS[0])

    def broken(*_: object) -> None:
        raise KeyError("note_failed")

    service._converse = service._find = broken
    service.receive([delivery(1, 2, WORDS[1])])
    with capture_logs() as logs:
        assert service.work() == 1
    assert [each["event"] for each in logs] == ["turn failed", "nobody told of a failed turn"]
    assert count(store, "SELECT count(*) FROM inbox WHERE status = 'aside'") == 1


def test_an_erasure_in_between_leaves_nothing_behind(service, store, tmp_path):
    begun(service, WORDS[0])
    other = Store(tmp_path / "advisor.db")
    service.receive([delivery(1, 2, WORDS[1])])
    decide = service._decide

    def erased(received):
        turn = decide(received)
        service._decide = decide
        with other.transaction():
            for table in ("answers", "lines", "events", "outbox", "conversations", "inbox"):
                other.connection.execute(f"DELETE FROM {table}")
        return turn

    service._decide = erased
    assert service.work() == 1
    assert [count(store, f"SELECT count(*) FROM {table}") for table in ("conversations", "events", "outbox")] == [0, 0, 0]
    other.close()


def limited(monkeypatch, most):
    for module in (service_module, flood):
        monkeypatch.setattr(module, "MOST_IN_A_MINUTE", most)


def test_whoever_writes_too_fast_is_told_once_and_others_are_answered(service, store, monkeypatch):
    limited(monkeypatch, 5)
    begun(service)
    service.receive([delivery(1, n, "why") for n in range(1, 20)] + [delivery(2, 0, "")])
    while service.work():
        pass
    assert count(store, "SELECT count(*) FROM events WHERE conversation = 'c1'") == 5
    assert count(store, "SELECT count(*) FROM outbox WHERE place = 'p1' AND body LIKE '%Please wait a minute%'") == 1
    assert count(store, "SELECT count(*) FROM inbox WHERE why = 'more than 5 messages in a minute'") == 15
    assert count(store, "SELECT count(*) FROM conversations WHERE place = 'p2'") == 1
    later = replace(delivery(1, 30, "repeat"), received_at=60_001)
    service.receive([later])
    assert service.work() == 1
    assert count(store, "SELECT count(*) FROM events WHERE conversation = 'c1'") == 6


def test_one_person_at_many_places_counts_as_one(service, store, monkeypatch):
    limited(monkeypatch, 5)
    unstored = []
    service._say_unstored = lambda incoming, message: unstored.append(message.name)
    raw = Incoming(person="fake:t:1", tenant="t", text="", fresh=True).model_dump_json()
    service.receive([Delivery("fake", f"k{n}", None, f"thread {n}", "000000", 1, raw) for n in range(30)])
    while service.work():
        pass
    assert count(store, "SELECT count(*) FROM conversations") == 5
    assert count(store, "SELECT count(*) FROM inbox WHERE status = 'ignored'") == 25
    assert unstored == ["too_fast"], "said once, to somebody who has no interview at that place"


def test_minutes_that_come_interleaved_are_each_counted():
    tallies = flood.Flood()
    beyond = [tallies.beyond(number, number % 2 * 60_000, "p") for number in range(2 * flood.MOST_IN_A_MINUTE + 4)]
    assert beyond[-4:] == [1, 1, 2, 2]
    assert tallies.beyond(0, 0, "p") < 0, "what is decided on again is not counted again"


MISSING = "SELECT count(*) FROM wordings WHERE id NOT IN (SELECT id FROM transcript_search_docsize)"


def test_lines_are_indexed_many_at_once_or_when_somebody_searches(service, store):
    begun(service, "zebra photographs")
    assert count(store, MISSING) == store.unindexed() > 2
    archive = Archive(store.path)
    assert [hit.conversation for hit in search(archive, Viewer("cli:local:op", reviewer=True), "zebra")] == ["c1"]
    archive.close()
    assert count(store, MISSING) == 0
    service.receive([delivery(2, n, text) for n, text in enumerate(("", *(f"zebra number {n}" for n in range(AT_ONCE))))])
    left = []
    while service.work():
        left.append(count(store, MISSING))
    assert 0 < max(left) < AT_ONCE and 0 in left
    with store.transaction():
        store.connection.execute("INSERT INTO transcript_search(transcript_search) VALUES ('integrity-check')")


def test_closing_leaves_one_whole_file(tmp_path):
    store = Store(tmp_path / "advisor.db")
    begun(server(store).service, WORDS[0])
    assert store.backlog("fake") == 0
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["advisor.db", "advisor.db.lock"]


def test_migrations_have_names_of_their_own_in_the_order_in_which_they_are_applied():
    names = [migration.name for migration in MIGRATIONS._migrations]
    assert len(set(names)) == len(names)
    assert [name[:4] for name in names] == sorted(name[:4] for name in names)
