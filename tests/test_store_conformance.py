"""What any store must keep. Written against `TurnStore` and nothing else; another store joins by adding its factory to STORES.

A factory gives a function that opens the same database again, so that what must survive a restart can be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answers import Answer
from bot.events import Answered, Heard, Started
from bot.locks import Locked
from bot.records import LONGEST_WAIT_MS, Conversation, Delivery, Given, Line
from bot.speak import Message
from bot.store import Store
from bot.store_errors import IntegrityError
from bot.turn_store import TurnStore

Open = Callable[[], TurnStore]


class Only:
    """A store of which nothing is to be seen but what the protocol names."""

    def __init__(self, store: TurnStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        if not hasattr(TurnStore, name):
            raise AttributeError(f"{name} is not of a TurnStore")
        return getattr(self._store, name)


def sqlite(folder: Path) -> Open:
    return lambda: Only(Store(folder / "advisor.db"))


STORES = {"sqlite": sqlite}
SOMEONE = Conversation("c1", "fake", "t", "p", "fake:t:u", 1_000, 1_000, "open", "en", "v1", '{"channel": 1}')
BUTTONS = Message(name="ask", markdown="Which?", question="kind").model_dump_json()
PLAIN = Message(name="note", markdown="Noted.").model_dump_json()


def delivery(key: str, place: str | None = "p", order: str = "1", message: str | None = None, platform: str = "fake") -> Delivery:
    return Delivery(platform, key, message, place, order, 5, f"raw {key}")


def heard(at: int = 2_000) -> Heard:
    return Heard(
        at=at, by="fake:t:u", said="tagging", via="typed", acts=(Answered(question="kind", answer=Answer(value="tagging")),)
    )


@pytest.fixture(params=sorted(STORES))
def open_again(request, tmp_path) -> Open:
    return STORES[request.param](tmp_path)


@pytest.fixture
def store(open_again):
    store = open_again()
    yield store
    store.close()


@pytest.fixture
def begun(store):
    with store.transaction():
        store.keep_knowledge("v1", {"a.yaml": "é: 1"}, 1)
        store.begin(SOMEONE)
    return store


def raws(store, limit=10, platform="fake"):
    return [received.raw for received in store.waiting(platform, limit)]


# --- transactions --------------------------------------------------------------------------------------------------------


def test_a_transaction_is_all_or_nothing(store):
    with pytest.raises(RuntimeError), store.transaction():
        store.put([delivery("1")])
        raise RuntimeError
    assert store.backlog("fake") == 0


def test_a_savepoint_undoes_only_itself(store):
    with store.transaction():
        store.put([delivery("1")])
        with pytest.raises(RuntimeError), store.savepoint():
            store.put([delivery("2")])
            raise RuntimeError
        with store.savepoint():
            store.put([delivery("3")])
    assert store.backlog("fake") == 2


def test_what_was_committed_is_there_when_the_store_is_opened_again(begun, open_again):
    with begun.transaction():
        begun.put([delivery("1")])
        number = begun.enqueue(SOMEONE, "{}", "send", PLAIN, None, 1)
    begun.close()
    again = open_again()
    assert raws(again) == ["raw 1"]
    assert again.outgoing(number).body == PLAIN
    assert again.conversation("c1") == SOMEONE
    again.close()


def test_two_openings_see_each_others_commits(begun, open_again):
    other = open_again()
    with begun.transaction():
        begun.put([delivery("1")])
    with other.transaction():
        assert other.put([delivery("1")]) == 0
        assert other.settle(other.waiting("fake", 1)[0].number, "done")
    assert raws(begun) == []
    other.close()


# --- inbox ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "new"),
    [
        (delivery("1"), 0),
        (delivery("2", message="m"), 0),
        (delivery("2"), 1),
        (delivery("2", message="other"), 1),
        (delivery("1", message="m", platform="elsewhere"), 1),
    ],
)
def test_a_delivery_is_new_only_if_both_of_its_keys_are(store, second, new):
    with store.transaction():
        assert store.put([delivery("1", message="m")]) == 1
    with store.transaction():
        assert store.put([second]) == new


def test_a_settled_delivery_stays_known(store):
    with store.transaction():
        store.put([delivery("1")])
        store.settle(store.waiting("fake", 1)[0].number, "done")
    with store.transaction():
        assert store.put([delivery("1")]) == 0


def test_each_place_offers_its_first_delivery_in_the_platforms_order_not_in_that_of_arrival(store):
    with store.transaction():
        store.put([delivery("a3", "a", "3"), delivery("a1", "a", "1"), delivery("b2", "b", "2"), delivery("a2", "a", "2")])
    assert sorted(raws(store)) == ["raw a1", "raw b2"]
    assert len(raws(store, limit=1)) == 1
    with store.transaction():
        for received in store.waiting("fake", 10):
            store.settle(received.number, "done")
    assert raws(store) == ["raw a2"]


def test_equal_order_means_order_of_arrival(store):
    with store.transaction():
        store.put([delivery("x", order="1"), delivery("y", order="1")])
    assert raws(store) == ["raw x"]


def test_platforms_do_not_see_each_others_deliveries(store):
    with store.transaction():
        store.put([delivery("1"), delivery("2", platform="other")])
    assert (raws(store), raws(store, platform="other"), store.backlog("fake")) == (["raw 1"], ["raw 2"], 1)


def test_a_delivery_without_a_place_is_kept_and_blocks_nothing(store):
    with store.transaction():
        assert store.put([delivery("bad", None), delivery("good")]) == 2
    assert raws(store) == ["raw good"]


@pytest.mark.parametrize("status", ["done", "ignored", "aside"])
def test_a_delivery_is_settled_once(store, status):
    with store.transaction():
        store.put([delivery("1")])
        number = store.waiting("fake", 1)[0].number
        assert store.settle(number, status, "why")
        assert not store.settle(number, "done")
    assert store.backlog("fake") == 0


@pytest.mark.parametrize("raw", ["", "\x00", "𝔘nicode ‮", "x" * 1_000_000, '"; DROP TABLE inbox; --'])
def test_any_raw_text_comes_back_as_it_was(store, raw):
    with store.transaction():
        store.put([replace(delivery("1"), raw=raw)])
    assert raws(store) == [raw]


@pytest.mark.parametrize("lacking", ["order", "raw", "delivery_key"])
def test_a_delivery_that_lacks_something_is_refused_and_not_passed_over(store, lacking):
    with pytest.raises(IntegrityError), store.transaction():
        store.put([replace(delivery("1"), **{lacking: None})])
    assert store.backlog("fake") == 0


def test_what_contradicts_is_undone_alone_in_its_savepoint(begun):
    with begun.transaction():
        begun.append("c1", 0, heard())
        with pytest.raises(IntegrityError), begun.savepoint():
            begun.append("c1", 1, heard())
            begun.append("c1", 0, heard(3_000))
        with begun.savepoint():
            begun.append("c1", 1, heard(4_000))
    assert begun.events("c1") == [heard(), heard(4_000)]


def test_a_rehearsal_stores_nothing(store):
    store.rehearse()
    assert (store.backlog("rehearsal"), store.backlog("fake")) == (0, 0)


# --- conversations -------------------------------------------------------------------------------------------------------


def test_a_conversation_is_found_by_id_and_the_latest_by_place(begun):
    later = replace(SOMEONE, id="c2", started_at=2_000)
    same_moment = replace(SOMEONE, id="c3", started_at=2_000)
    with begun.transaction():
        begun.begin(later)
        begun.begin(same_moment)
    assert begun.conversation("c1") == SOMEONE
    assert begun.conversation("nobody") is None
    assert begun.latest_at("p") == same_moment
    assert begun.latest_at("elsewhere") is None


def test_the_conversation_spoken_in_last_comes_first_whatever_the_clock_said(begun):
    with begun.transaction():
        begun.begin(replace(SOMEONE, id="c2", last_at=9_000))
        begun.begin(replace(SOMEONE, id="c3", place="q"))
        begun.write("c2", [Line(0, 9_000, None, "greet", "Hello")])
        begun.write("c3", [Line(0, 5, None, "greet", "Hello")])
        begun.write("c1", [Line(0, 1, None, "note", "gone on with after the clock went back")])
    assert [each.id for each in begun.held_at(["p"])] == ["c1", "c2"]
    assert [each.id for each in begun.held_at(["p", "q", "nowhere"])] == ["c1", "c3", "c2"]
    assert begun.held_at([]) == []


def test_a_platform_is_served_by_one_at_a_time(store, open_again):
    other = open_again()
    first, second = store.platform_lock("fake"), other.platform_lock("fake")
    first.acquire(0)
    with pytest.raises(Locked):
        second.acquire(0)
    other.platform_lock("elsewhere").acquire(0)
    first.close()
    second.acquire(0)
    second.close()
    other.close()


def test_events_come_back_equal_and_in_order(begun):
    events = [Started(at=1_000, by="fake:t:u", conversation="c1", knowledge="v1"), heard(), heard(3_000)]
    with begun.transaction():
        for number, event in enumerate(events):
            begun.append("c1", number, event)
    assert begun.events("c1") == events


def test_a_number_is_given_to_one_event_only(begun):
    with begun.transaction():
        begun.append("c1", 0, heard())
    with pytest.raises(IntegrityError), begun.transaction():
        begun.append("c1", 0, heard())
    assert len(begun.events("c1")) == 1


def test_an_event_needs_its_conversation(begun):
    with pytest.raises(IntegrityError), begun.transaction():
        begun.append("nobody", 0, heard())


def test_what_the_list_shows_can_be_changed(begun):
    with begun.transaction():
        begun.note("c1", status="advised", last_at=9, address='{"channel": 2}')
    assert begun.conversation("c1") == replace(SOMEONE, status="advised", last_at=9, address='{"channel": 2}')


def test_a_knowledge_base_is_kept_whole_and_once(begun):
    with begun.transaction():
        begun.keep_knowledge("v1", {"a.yaml": "changed"}, 2)
    assert begun.knowledge_files("v1") == {"a.yaml": "é: 1"}
    assert begun.knowledge_files("v2") is None


def test_the_latest_advice_is_the_one_of_the_latest_event(begun):
    assert begun.latest_advice("c1") is None
    with begun.transaction():
        begun.append("c1", 0, heard())
        begun.write("c1", [Line(0, 1, "fake:t:u", "typed", "hello")])
        begun.advised("c1", 2, 1, "v1", "d", "bpo", "recommended", '{"n": 2}')
        begun.advised("c1", 1, 1, "v1", "d", None, "abstained", '{"n": 1}')
    latest = Given(2, 1, "v1", "d", "bpo", "recommended", '{"n": 2}')
    assert begun.latest_advice("c1") == latest == begun.advice_at("c1", 2)
    assert begun.advice_at("c1", 1).text == '{"n": 1}'
    assert begun.advice_at("c1", 3) is None


# --- outbox --------------------------------------------------------------------------------------------------------------


def queue(store, place="p", body=PLAIN, kind="send", about=None, now=10):
    return store.enqueue(replace(SOMEONE, place=place), "{}", kind, body, about, now)


def due(store, now=100, limit=10):
    return [outgoing.number for outgoing in store.due("fake", now, limit)]


def test_only_the_first_unsent_message_of_a_place_is_due(begun):
    with begun.transaction():
        a1, a2, b1 = queue(begun, "a"), queue(begun, "a"), queue(begun, "b")
    assert due(begun) == [a1, b1]
    assert due(begun, limit=1) == [a1]
    assert begun.due("other", 100, 10) == []
    with begun.transaction():
        begun.sending([a1], 20)
    assert due(begun) == [a1, b1], "on its way is still the first"
    with begun.transaction():
        begun.sent(a1, "m1", 30)
    assert due(begun) == [a2, b1]
    sent = begun.outgoing(a1)
    assert (sent.status, sent.attempts, sent.started_at, sent.sent_as) == ("sent", 1, 20, "m1")


def test_a_message_put_off_holds_back_its_place_until_then(begun):
    with begun.transaction():
        first, _ = queue(begun), queue(begun)
        begun.sending([first], 20)
        begun.retry(first, 500, "refused", failures=1)
    assert due(begun, now=499) == []
    assert due(begun, now=500) == [first]
    assert (begun.outgoing(first).status, begun.outgoing(first).why) == ("pending", "refused")


def test_an_ambiguous_message_stays_on_its_way_and_is_looked_for_later(begun):
    with begun.transaction():
        number = queue(begun)
        begun.sending([number], 20, "a repeat")
        begun.look_again(number, 500, attempts=2, failures=1)
    assert due(begun, now=499) == []
    (outgoing,) = begun.due("fake", 500, 10)
    assert (outgoing.number, outgoing.status, outgoing.why) == (number, "sending", "a repeat")


def test_a_time_farther_away_than_any_wait_is_of_a_clock_that_was_set_back(begun):
    with begun.transaction():
        number = queue(begun)
        begun.retry(number, 90_000_000, "refused", failures=0)
    assert due(begun, now=90_000_000 - LONGEST_WAIT_MS) == []
    assert due(begun, now=90_000_000 - LONGEST_WAIT_MS - 1) == [number]


def test_a_try_counts_as_a_failure_until_it_is_known_to_be_none(begun):
    with begun.transaction():
        number = queue(begun)
        begun.sending([number], 20)
    assert (begun.outgoing(number).attempts, begun.outgoing(number).failures) == (1, 1)
    with begun.transaction():
        begun.retry(number, 500, "no connection", failures=0)
    assert (begun.outgoing(number).attempts, begun.outgoing(number).failures) == (1, 0)
    with begun.transaction():
        begun.look_again(number, 500, attempts=7, failures=3)
    assert (begun.outgoing(number).attempts, begun.outgoing(number).failures) == (7, 3)


def test_what_has_arrived_of_a_message_in_parts_is_kept(begun):
    with begun.transaction():
        number = queue(begun)
        begun.sending([number], 20, "a repeat")
    assert begun.outgoing(number).parts == {}
    with begun.transaction():
        begun.arrived(number, {0: "m1", 1: "m2"})
    assert (begun.outgoing(number).parts, begun.outgoing(number).why) == ({0: "m1", 1: "m2"}, None)


def test_closing_a_place_gives_up_what_is_unsent_there_and_nothing_else(begun):
    with begun.transaction():
        done, way, waits, elsewhere = queue(begun), queue(begun), queue(begun), queue(begun, "q")
        begun.sent(done, "m", 20)
        begun.sending([way], 20)
        assert begun.close_outbox("p", "blocked") == 2
    assert [begun.outgoing(n).status for n in (done, way, waits, elsewhere)] == ["sent", "closed", "closed", "pending"]
    assert begun.outgoing(way).why == "blocked"


def test_one_message_can_be_given_up(begun):
    with begun.transaction():
        first, second = queue(begun), queue(begun)
        begun.close_one(first, "too long")
    assert due(begun) == [second]
    assert begun.outgoing(first).why == "too long"


def test_a_later_edit_of_the_same_message_is_known(begun):
    with begun.transaction():
        asked = queue(begun, body=BUTTONS)
        one, two = queue(begun, kind="settle", about=asked), queue(begun, kind="settle", about=asked)
    assert begun.later_edit(one, asked)
    assert not begun.later_edit(two, asked)
    assert begun.outgoing(two).about == asked


def test_the_latest_message_with_buttons_is_the_last_that_asked(begun):
    assert begun.last_asked("c1") is None
    with begun.transaction():
        queue(begun, body=BUTTONS)
        asked = queue(begun, body=BUTTONS)
        queue(begun)
    assert begun.last_asked("c1") == asked


def test_numbers_of_the_outbox_only_grow(begun):
    with begun.transaction():
        first = queue(begun)
        begun.close_one(first, "x")
    with begun.transaction():
        assert queue(begun) > first
    assert begun.outgoing(10_000) is None
