"""Conversations of several people on a real store: a stateful search for a delivery lost, doubled or applied out of turn.

Edits are what a platform makes of them: tests/slack and tests/telegram.
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.console import parse
from bot.engine import fold
from bot.events import Heard
from bot.messages import Incoming
from bot.records import Delivery
from bot.service import Service, World
from bot.store import Store
from knowledge.load import packaged, packaged_files
from test_engine import PHRASES, TOKENS

BASE = packaged()
RENEWED = BASE.model_copy(update={"version": f"{BASE.version}.1"})
PLACES = ("p1", "p2", "p3")
AT = st.sampled_from(PLACES)


class Conversations(RuleBasedStateMachine):
    """What people send, some of it twice or late, against what they sent: each thing counts once, in its order."""

    @initialize()
    def open(self):
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.ids, self.numbers = itertools.count(1_700_000_000_000), itertools.count(1), itertools.count(1)
        self.sent: dict[str, list[Delivery]] = {place: [] for place in PLACES}
        self.said: dict[str, list[str]] = {place: [] for place in PLACES}  # by the one who began there
        self.knowledge = BASE
        self.start()

    def start(self):
        self.store = Store(Path(self.folder.name) / "advisor.db")
        world = World(lambda: next(self.clock), lambda: f"c{next(self.ids)}")
        self.service = Service(self.store, "fake", parse, self.knowledge, packaged_files(), world, order="file")

    def deliver(self, place, incoming):
        n = next(self.numbers)
        delivery = Delivery("fake", f"d{n}", f"m{n}", place, f"{n:06d}", 60_000 * n, incoming.model_dump_json())
        assert self.service.receive([delivery]) == 1
        self.sent[place].append(delivery)

    @rule(place=AT, text=st.sampled_from(PHRASES))
    def says(self, place, text):
        self.said[place].append(text)
        self.deliver(place, Incoming(person=f"fake:t:{place}", tenant="t", text=text))

    @rule(place=AT, token=st.sampled_from(TOKENS))
    def taps_however_late(self, place, token):
        if self.sent[place]:  # there is nothing to tap before
            self.said[place].append(token)
            incoming = Incoming(person=f"fake:t:{place}", tenant="t", token=token, label=token, via="tapped")
            self.deliver(place, incoming)

    @rule(place=AT, text=st.sampled_from(PHRASES))
    def is_interrupted_by_somebody_else(self, place, text):
        if self.sent[place]:
            self.deliver(place, Incoming(person="fake:t:passer-by", tenant="t", text=text))

    @rule(place=AT, data=st.data())
    def sends_something_again(self, place, data):
        if self.sent[place]:
            known = data.draw(st.sampled_from(self.sent[place]))
            key = data.draw(st.sampled_from([known.delivery_key, "again"]))
            repeated = Delivery("fake", key, known.message_key, place, "999999", 0, known.raw)
            assert self.service.receive([repeated]) == 0, "a repetition was taken for something new"

    @rule(limit=st.integers(1, 3))
    def some_of_it_is_worked_off(self, limit):
        self.service.work(limit)

    @rule()
    def it_is_started_anew(self):
        self.store.close()
        self.start()

    @rule()
    def it_is_started_anew_on_renewed_knowledge(self):
        self.store.close()
        self.knowledge = RENEWED
        self.start()

    @invariant()
    def what_was_worked_off_is_what_was_sent_in_its_order(self):
        for place in PLACES:
            conversation = self.store.latest_at(place)
            if conversation is None:
                continue
            events = self.store.events(conversation.id)
            heard = [event for event in events if isinstance(event, Heard)]
            assert {event.by for event in events} == {f"fake:t:{place}"}, "a passer-by has an event"
            assert [event.via for event in heard] == self.ways(place)[: len(heard)]
            folded = fold(events, self.knowledge)
            kept = dict(
                self.store.rows("SELECT question, status FROM current_answers WHERE conversation = ?", (conversation.id,))
            )
            assert kept == {id: answer.status for id, answer in folded.answers.items()}

    def ways(self, place):
        """How each thing was said by the one who began there; an empty opening only begins."""
        own = [Incoming.model_validate_json(each.raw) for each in self.sent[place]]
        own = [each for each in own if each.person == f"fake:t:{place}"]
        return [each.via for each in (own if own[0].text.strip() else own[1:])]

    def teardown(self):
        if not hasattr(self, "store"):
            return
        while self.service.work():
            pass
        waiting = self.store.rows("SELECT count(*) FROM inbox WHERE status NOT IN ('done', 'ignored')")
        assert waiting == [(0,)], "something was set aside or forgotten"
        for place in PLACES:
            conversation = self.store.latest_at(place)
            assert (conversation is not None) == bool(self.sent[place])
            if conversation is not None:
                heard = [event for event in self.store.events(conversation.id) if isinstance(event, Heard)]
                assert [event.via for event in heard] == self.ways(place), "something counted twice or not at all"
        self.store.close()
        self.folder.cleanup()


TestConversations = Conversations.TestCase
TestConversations.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
