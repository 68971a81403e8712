"""The sender: in order per place, paced, retried, reconciled; at worst one repeated message per ambiguous send."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from bot.away import here
from bot.committer import Committer
from bot.gateway import Absent, NotSent, PlaceClosed, Unknown, Unsendable
from bot.records import Conversation
from bot.sender import MOST_FAILURES, Sender
from bot.speak import Message
from bot.store import Store
from bot.store_errors import StoreError
from simulation import VirtualLoop

EPOCH = 1_700_000_000_000
DAY = 86_400.0


@dataclass
class Stage:
    """A sender on a real store, its platform a function, its clock virtual."""

    store: Store
    loop: VirtualLoop
    fate: Callable[[int, int], object] = lambda number, attempt: None
    found: Callable[[int], str | None] = lambda number: None
    fate_of_part: Callable[[int, int], object] = lambda part, attempt: None
    platform: str = "fake"
    skew: int = 0  # how far the clock was set, in milliseconds
    parts: int = 1
    shown: list[int] = field(default_factory=list)
    per_place_ms: int = 0
    overall_ms: int = 0
    sends: list[tuple[float, int, str | None]] = field(default_factory=list)
    looked: list[float] = field(default_factory=list)

    def now(self) -> int:
        return EPOCH + int(self.loop.time() * 1000) + self.skew

    async def send(self, outgoing, message, earlier, arrived):
        self.sends.append((round(self.loop.time(), 1), outgoing.number, earlier))
        await asyncio.sleep(0.05)
        attempt = sum(1 for _, number, _ in self.sends if number == outgoing.number)
        fate = self.fate(outgoing.number, attempt)
        if isinstance(fate, BaseException):
            raise fate
        for part in [each for each in range(self.parts) if each not in outgoing.parts]:
            self.shown.append(part)
            fate = self.fate_of_part(part, self.shown.count(part))
            if isinstance(fate, BaseException):
                raise fate
            if part < self.parts - 1:
                await arrived(part, f"m{outgoing.number}.{part}")
        return f"m{outgoing.number}"

    async def find(self, outgoing):
        self.looked.append(self.loop.time())
        found = self.found(outgoing.number)
        if isinstance(found, BaseException):
            raise found
        return found

    def queue(self, place: str = "p", kind: str = "send", about: int | None = None, text: str = "hello") -> int:
        with self.store.transaction():
            conversation = self.store.conversation(place)
            if conversation is None:
                self.store.keep_knowledge("v", {}, 1)
                conversation = Conversation(place, "fake", "t", place, "fake:t:u", 1, 1, "open", "en", "v", "{}")
                self.store.begin(conversation)
            return self.store.enqueue(conversation, "{}", kind, Message(name="n", markdown=text).model_dump_json(), about, EPOCH)

    def run(self, seconds: float, meanwhile: Callable[[], Awaitable[None]] | None = None) -> Sender:
        sender = Sender(self.store, Committer(self.store, here), self, self.now)

        async def life() -> None:
            stopping = asyncio.Event()
            running = asyncio.ensure_future(sender.run(stopping))
            if meanwhile is not None:
                await meanwhile()
            await asyncio.sleep(seconds)
            stopping.set()
            sender.wake.set()
            before = self.loop.time()
            await running
            assert self.loop.time() - before < 1.5, "stopping waits for nothing but what is on its way"

        with capture_logs():
            self.loop.run_until_complete(life())
        return sender

    @property
    def order(self) -> list[int]:
        return [number for _, number, _ in self.sends]

    def status(self, number: int) -> tuple[str, str | None]:
        outgoing = self.store.outgoing(number)
        assert outgoing is not None
        return outgoing.status, outgoing.why


@pytest.fixture
def stage(tmp_path):
    loop = VirtualLoop()
    stage = Stage(Store(tmp_path / "advisor.db"), loop)
    yield stage
    stage.store.close()
    loop.close()


def test_a_place_gets_its_messages_in_order_and_places_do_not_wait_for_each_other(stage):
    a1, a2, b1 = stage.queue("a"), stage.queue("a"), stage.queue("b")
    stage.run(1)
    assert stage.order == [a1, b1, a2]
    assert {stage.status(number) for number in (a1, a2, b1)} == {("sent", None)}


def test_a_message_that_fails_holds_back_those_behind_it_at_its_place_only(stage):
    a1, a2, b1 = stage.queue("a"), stage.queue("a"), stage.queue("b")
    stage.fate = lambda number, attempt: NotSent("refused") if number == a1 and attempt < 3 else None
    stage.run(10)
    assert [number for number in stage.order if number != b1] == [a1, a1, a1, a2]


def test_each_place_and_the_whole_platform_are_paced(stage):
    numbers = [stage.queue("a"), stage.queue("a"), stage.queue("a")]
    stage.per_place_ms = 1000
    stage.run(10)
    times = [at for at, _, _ in stage.sends]
    assert stage.order == numbers
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))
    stage.sends.clear()
    stage.per_place_ms, stage.overall_ms = 0, 100
    for place in "bcdef":
        stage.queue(place)
    stage.run(10)
    times = [at for at, _, _ in stage.sends]
    assert all(later - earlier >= 0.09 for earlier, later in pairwise(times))


def test_too_many_requests_wait_as_long_as_the_platform_says(stage):
    number = stage.queue()
    stage.fate = lambda _, attempt: NotSent("429", retry_after=7) if attempt == 1 else None
    stage.run(20)
    (first, _, _), (second, _, _) = stage.sends
    assert 7 <= second - first < 7.3
    assert stage.status(number) == ("sent", None)


def test_a_refusal_without_a_time_backs_off_twice_as_long_each_time(stage):
    stage.queue()
    stage.fate = lambda _, attempt: NotSent("refused") if attempt < 5 else None
    stage.run(60)
    times = [at for at, _, _ in stage.sends]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert [round(gap) for gap in gaps] == [1, 2, 4, 8]


def test_what_is_never_taken_is_given_up_with_its_reason(stage):
    number, behind = stage.queue(), stage.queue()
    stage.fate = lambda which, _: NotSent("refused") if which == number else None
    stage.run(3_600)
    assert stage.order == [number] * MOST_FAILURES + [behind]
    assert stage.status(number) == ("closed", "given up after 12 tries: refused")
    assert stage.status(behind) == ("sent", None)


def test_an_outage_is_waited_out_for_days_and_loses_nothing(stage):
    number, behind = stage.queue(), stage.queue()
    over = 2 * DAY
    stage.fate = lambda *_: NotSent("no connection", blameless=True) if stage.loop.time() < over else None
    stage.run(over + 600)
    assert {stage.status(each)[0] for each in (number, behind)} == {"sent"}
    assert len(stage.sends) < over / 290, "one try in five minutes"


def test_a_message_that_fails_and_is_days_old_is_given_up_whosever_fault_it_is(stage):
    number = stage.queue()
    stage.fate = lambda *_: NotSent("no connection", blameless=True)
    stage.run(3 * DAY + 600)
    assert stage.status(number) == ("closed", "given up after 3 days: no connection")


def test_a_message_of_before_a_long_stop_is_tried_once_more(stage):
    stage.skew = 9 * DAY * 1000
    number = stage.queue()
    stage.run(5)
    assert stage.status(number)[0] == "sent"


@pytest.mark.parametrize("failure", [KeyError("ok"), Unknown("cut")])
def test_a_message_that_fails_in_doubt_and_is_never_there_blocks_its_place_for_minutes_only(stage, failure):
    bad, behind = stage.queue(), stage.queue()
    stage.fate = lambda which, _: failure if which == bad else None
    stage.found = lambda _: Absent()
    stage.run(3_600)
    assert stage.order == [bad] * MOST_FAILURES + [behind]
    assert stage.status(bad)[0] == "closed"
    assert "given up after 12 tries" in stage.status(bad)[1]


def test_a_message_of_which_the_process_dies_is_not_tried_for_ever(stage):
    bad, behind = stage.queue(), stage.queue()
    stage.found = lambda _: Absent()
    for _ in range(MOST_FAILURES):
        with stage.store.transaction():
            stage.store.sending([bad], stage.now())
    stage.run(10)
    assert stage.order == [behind]
    assert stage.status(bad) == ("closed", "given up after 12 tries")


def test_a_message_that_cannot_be_looked_for_is_looked_for_less_and_less_often(stage):
    number, behind = stage.queue(), stage.queue()
    stage.fate = lambda which, _: Unknown("cut") if which == number else None
    stage.found = lambda _: NotSent("the server fails")
    stage.run(3_600)
    assert len(stage.looked) < 25
    assert stage.status(number)[0] == "sending", "that nobody can look is not its fault"
    stage.run(3 * DAY)
    assert stage.status(number) == ("closed", "given up after 3 days: the server fails")
    assert stage.status(behind)[0] == "sent"


@pytest.mark.parametrize("back", [3_600_000, 30 * 86_400_000])
def test_a_clock_that_is_set_back_silences_nobody(stage, back):
    numbers = [stage.queue("a"), stage.queue("a"), stage.queue("b")]
    stage.per_place_ms, stage.overall_ms = 1_000, 100
    stage.fate = lambda number, attempt: NotSent("refused") if attempt == 1 else None

    async def set_back() -> None:
        await asyncio.sleep(0.5)
        stage.skew = -back

    stage.run(20, set_back)
    assert {stage.status(number)[0] for number in numbers} == {"sent"}


def test_a_wait_of_before_the_clock_was_set_back_is_over_at_the_next_start(stage):
    number = stage.queue()
    stage.fate = lambda _, attempt: NotSent("429", retry_after=600) if attempt == 1 else None
    stage.run(5)
    stage.skew = -30 * 86_400_000
    stage.run(5)
    assert stage.status(number)[0] == "sent"


def test_nobody_waits_longer_than_an_hour_whatever_the_platform_asks_for(stage):
    number = stage.queue()
    stage.fate = lambda _, attempt: NotSent("429", retry_after=10**9) if attempt == 1 else None
    stage.run(3_700)
    assert stage.status(number)[0] == "sent"


def test_of_a_message_in_parts_only_the_part_in_doubt_is_repeated(stage):
    number = stage.queue()
    stage.parts = 5
    stage.fate_of_part = lambda part, attempt: Unknown("cut") if part in (2, 4) and attempt == 1 else None
    stage.run(30)
    assert stage.shown == [0, 1, 2, 2, 3, 4, 4]
    assert stage.status(number)[0] == "sent"


def test_parts_that_a_look_has_found_are_not_sent_again(stage):
    stage.queue()
    stage.parts = 3
    stage.fate = lambda _, attempt: Unknown("cut") if attempt == 1 else None
    stage.found = lambda _: Absent(parts={0: "m", 1: "m"})
    stage.run(30)
    assert stage.shown == [2]


def test_a_database_that_cannot_be_read_for_a_while_ends_nothing(stage, monkeypatch):
    number, due = stage.queue(), stage.store.due

    def unreadable(*arguments: object) -> object:
        if stage.loop.time() < 3:
            raise StoreError("disk I/O error")
        return due(*arguments)

    monkeypatch.setattr(stage.store, "due", unreadable)
    stage.run(10)
    assert stage.status(number)[0] == "sent"


def test_a_whisper_that_is_refused_closes_nothing_but_itself(stage):
    whisper, behind = stage.queue(kind="private"), stage.queue()
    stage.fate = lambda number, _: PlaceClosed("user_not_in_channel") if number == whisper else None
    stage.run(5)
    assert stage.status(whisper) == ("closed", "user_not_in_channel")
    assert stage.status(behind)[0] == "sent"


def test_an_ambiguous_send_that_is_found_is_not_repeated(stage):
    number = stage.queue()
    stage.fate, stage.found = lambda *_: Unknown("cut"), lambda _: "m-found"
    sender = stage.run(10)
    assert stage.order == [number]
    assert stage.store.outgoing(number).sent_as == "m-found"
    assert sender.counters["ambiguous"] == 1


def test_an_ambiguous_send_that_is_surely_absent_is_repeated_until_it_arrives(stage):
    number = stage.queue()
    stage.fate = lambda _, attempt: Unknown("cut") if attempt < 5 else None
    stage.found = lambda _: Absent()
    stage.run(60)
    assert stage.order == [number] * 5
    assert stage.status(number)[0] == "sent"


def test_an_ambiguous_send_nobody_can_look_for_is_repeated_once_after_a_while_and_then_left(stage):
    number, behind = stage.queue(), stage.queue()
    stage.fate = lambda which, _: Unknown("cut") if which == number else None
    stage.run(60)
    assert stage.order == [number, number, behind]
    assert stage.sends[1][0] - stage.sends[0][0] >= 1.0
    assert stage.status(number) == ("closed", "ambiguous twice; not repeated again")


def test_refusals_before_an_ambiguous_send_do_not_cost_its_repeat(stage):
    number = stage.queue()
    fates = {1: NotSent("429", 0.1), 2: NotSent("429", 0.1), 3: NotSent("429", 0.1), 4: Unknown("cut")}
    stage.fate = lambda _, attempt: fates.get(attempt)
    stage.run(60)
    assert stage.order == [number] * 5
    assert stage.status(number)[0] == "sent"


def test_a_refusal_between_two_ambiguous_sends_does_not_buy_another_repeat(stage):
    number = stage.queue()
    fates = {1: Unknown("cut"), 2: NotSent("429", 0.1), 3: Unknown("cut")}
    stage.fate = lambda _, attempt: fates.get(attempt)
    stage.run(60)
    assert stage.order == [number] * 3
    assert stage.status(number)[0] == "closed"


def test_looking_that_fails_is_tried_again_later_and_does_not_hold_up_a_stop(stage):
    number = stage.queue()
    stage.fate = lambda *_: Unknown("cut")
    stage.found = lambda _: NotSent("no network") if len(stage.looked) < 3 else "m"
    stage.run(2.5)
    stage.run(60)
    assert stage.order == [number]
    assert stage.status(number)[0] == "sent"
    gaps = [later - earlier for earlier, later in pairwise(stage.looked)]
    assert all(gap >= 1 for gap in gaps)


def test_a_message_on_its_way_when_the_process_died_is_looked_for_first(stage):
    number = stage.queue()
    with stage.store.transaction():
        stage.store.sending([number], stage.now())
    stage.found = lambda _: "m-old"
    stage.run(5)
    assert stage.sends == []
    assert stage.store.outgoing(number).sent_as == "m-old"


def test_a_closed_place_gives_up_what_waits_there_and_takes_new_messages_later(stage):
    a1, a2, b1 = stage.queue("a"), stage.queue("a"), stage.queue("b")
    stage.fate = lambda number, _: PlaceClosed("blocked by the user") if number == a1 else None
    stage.run(5)
    assert [stage.status(number) for number in (a1, a2, b1)] == [("closed", "blocked by the user")] * 2 + [("sent", None)]
    again = stage.queue("a")
    stage.run(5)
    assert stage.status(again) == ("sent", None)


def test_an_unsendable_message_is_skipped_and_the_next_is_sent(stage):
    bad, good = stage.queue(), stage.queue()
    stage.fate = lambda number, _: Unsendable("too long") if number == bad else None
    stage.run(5)
    assert stage.order == [bad, good]
    assert stage.status(bad) == ("closed", "too long")
    assert stage.status(good) == ("sent", None)


def test_a_defect_of_an_adapter_is_taken_as_ambiguous_and_stops_nobody(stage):
    bad, good = stage.queue("a"), stage.queue("b")
    stage.fate = lambda number, _: KeyError("ok") if number == bad else None
    stage.run(30)
    assert stage.order.count(bad) == 2
    assert stage.status(good) == ("sent", None)
    assert stage.status(bad)[0] == "closed"


def test_of_several_edits_of_one_message_only_the_last_is_sent(stage):
    asked = stage.queue()
    edits = [stage.queue(kind="settle", about=asked) for _ in range(3)]
    stage.run(5)
    assert stage.order == [asked, edits[-1]]
    assert stage.sends[-1][2] == f"m{asked}"
    assert [stage.status(edit)[0] for edit in edits] == ["closed", "closed", "sent"]


def test_an_edit_of_a_message_that_never_arrived_is_dropped(stage):
    asked = stage.queue()
    edit = stage.queue(kind="settle", about=asked)
    stage.fate = lambda number, _: Unsendable("too long") if number == asked else None
    stage.run(5)
    assert stage.order == [asked]
    assert stage.status(edit) == ("closed", "nothing to edit")


def test_a_disk_that_is_full_after_a_send_repeats_it_at_most_once(stage, monkeypatch):
    number = stage.queue()
    real, calls = stage.store.sent, []

    def full(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise StoreError("the disk is full")
        real(*arguments)

    monkeypatch.setattr(stage.store, "sent", full)
    stage.run(30)
    assert stage.order == [number, number]
    assert stage.status(number)[0] == "sent"
