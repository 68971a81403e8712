"""The imperative shell: receive into the inbox, work off a place at a time in order, leave messages in the outbox.

A turn is decided first and written after: what it reads is what was committed, what it writes is a draft. The drafts of the
places that wait are applied in one short transaction, a savepoint each (event, answers, transcript, advice, outbox and "inbox
done" together), and decided again there if another process has written meanwhile. Nothing is sent before its commit.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Literal

import structlog
from pydantic import TypeAdapter

from bot.agenda import pending
from bot.answers import Answer
from bot.case import Case
from bot.effects import Recommend, Strike
from bot.engine import begin, fold, step
from bot.events import Act, Answered, Event, Heard, Requested, Started, Upgraded
from bot.flood import MOST_IN_A_MINUTE, Flood
from bot.markup import clean, escape
from bot.messages import Ignored, Incoming, Unreadable
from bot.outline import note
from bot.records import Conversation, Delivery, Line, Received, Writes
from bot.replies import replies
from bot.speak import Message
from bot.store_errors import IntegrityError, StoreError
from bot.taps import tap
from bot.tell import answered as told
from bot.turn_store import TurnStore
from bot.understand.reading import Request
from knowledge.model import Knowledge

log = structlog.get_logger()

Parse = Callable[[str], Incoming | Ignored]
LONGEST_TEXT = 20_000
CASES_IN_MEMORY = 2_000


@dataclass(frozen=True)
class World:
    """What the shell may not compute itself: the time in UTC milliseconds and new ids."""

    now: Callable[[], int]
    new_id: Callable[[], str]


@dataclass(frozen=True)
class Turn:
    """What one delivery leads to: decided, not yet written. `states` are the cases after it."""

    received: Received
    status: Literal["done", "ignored", "aside"]
    why: str | None = None
    writes: Writes = field(default_factory=list)
    states: dict[str, tuple[int, Case]] = field(default_factory=dict)


class Service:
    """Conversations of one platform on one store. `work` is for one thread at a time."""

    def __init__(
        self,
        store: TurnStore,
        platform: str,
        parse: Parse,
        knowledge: Knowledge,
        files: Mapping[str, str],
        world: World,
        *,
        language: str = "en",
        order: Literal["adaptive", "file"] = "adaptive",
        everyone: bool = False,
        retention_days: int | None = None,
    ) -> None:
        self.store, self.platform, self.parse, self.knowledge, self.files, self.world = (
            store,
            platform,
            parse,
            knowledge,
            files,
            world,
        )
        self.language, self.order, self.everyone, self.retention_days = language, order, everyone, retention_days
        self._cases: OrderedDict[str, tuple[int, Case]] = OrderedDict()
        self._seen = 0
        self._flood = Flood()

    def warm(self) -> None:
        """Build the grammar and load what the first turns need, so that nobody waits for it with others behind them."""
        from bot.understand.choose import exact
        from bot.understand.hear import hear

        words = self.knowledge.words(self.language)
        for question in self.knowledge.questions.values():
            exact("1", question, words)
        case = begin(Started(at=0, by="", conversation="", language=self.language, knowledge=self.knowledge.version))
        hear("We tag 500 photos a month", case, self.knowledge)
        first = frozenset(id for id, question in self.knowledge.questions.items() if question.asked == "first")
        pending(case.model_copy(update={"skipped": first}), self.knowledge)

    def receive(self, deliveries: Iterable[Delivery]) -> int:
        """Store deliveries durably; only after this returns may the platform be told that they arrived."""
        with self.store.transaction():
            return self.store.put(deliveries)

    def turn_away(self, deliveries: Iterable[Delivery]) -> None:
        """Say where an interview goes on that nothing can be taken now. What was said is neither kept nor acknowledged."""
        for delivery in deliveries:
            try:
                incoming = self.parse(delivery.raw)
            except Exception as error:  # it is set aside, and logged, once there is room for it
                log.debug("turned away unread", error=type(error).__name__)
                continue
            if isinstance(incoming, Incoming) and delivery.place is not None:
                unnumbered = Received(0, delivery.platform, delivery.place, delivery.raw, delivery.received_at)
                self._say_sorry(incoming, unnumbered, "note_busy")

    def work(self, limit: int = 100) -> int:
        """Process the oldest waiting delivery of up to `limit` places in one commit; returns how many there were."""
        seen = self.store.others_wrote()
        with self.store.snapshot():
            batch = self.store.waiting(self.platform, limit)
            if not batch:
                return 0
            self._forget_unless(seen)
            turns = [self._decide(received) for received in batch]
        with self.store.transaction():
            same = self._forget_unless(self.store.others_wrote())
            turns = [self._keep(turn if same else self._decide(turn.received)) for turn in turns]
        for turn in turns:
            for id, state in turn.states.items():
                self._remember(id, state)
        return len(batch)

    def _forget_unless(self, seen: int) -> bool:
        """Whether no other process has written since; if one has, what is remembered of its conversations may be old."""
        same = self._seen == seen
        if not same:
            self._seen = seen
            self._cases.clear()
        return same

    def _decide(self, received: Received) -> Turn:
        """What a delivery leads to. Writes nothing; a defect of ours or an adapter's sets the delivery aside."""
        number = received.number
        try:
            incoming = self.parse(received.raw)
        except Unreadable as error:
            log.warning("delivery set aside", number=number, why=str(error))
            return Turn(received, "aside", str(error))
        except Exception as error:  # a defect of an adapter must not block everybody for ever
            log.error("delivery set aside", number=number, error=type(error).__name__, exc_info=True)
            return Turn(received, "aside", f"{type(error).__name__} while reading")
        if isinstance(incoming, Ignored):
            return Turn(received, "ignored", incoming.why)
        states: dict[str, tuple[int, Case]] = {}
        try:
            with self.store.drafted() as writes:
                beyond = self._flood.beyond(number, received.received_at, f"at {received.place}", f"by {incoming.person}")
                if beyond > 0:
                    if beyond == 1:
                        self._say_sorry(incoming, received, "note_too_fast", most=MOST_IN_A_MINUTE)
                    return Turn(received, "ignored", f"more than {MOST_IN_A_MINUTE} messages in a minute", writes)
                self._converse(incoming, received, states)
        except StoreError:
            raise
        except Exception as error:  # a defect of ours must not block the place for ever
            log.error("turn failed", number=number, error=type(error).__name__, exc_info=True)
            return self._failed(incoming, received, f"{type(error).__name__} while answering")
        return Turn(received, "done", None, writes, states)

    def _failed(self, incoming: Incoming, received: Received, why: str) -> Turn:
        """A turn that sets its delivery aside and tells the person so, if that much can be done."""
        with self.store.drafted() as writes:
            try:
                self._say_sorry(incoming, received, "note_failed", number=received.number)
            except StoreError:
                raise
            except Exception as error:
                log.error("nobody told of a failed turn", number=received.number, error=type(error).__name__, exc_info=True)
                return Turn(received, "aside", why)
        return Turn(received, "aside", why, writes)

    def _keep(self, turn: Turn) -> Turn:
        """Write a turn, whole or not at all; returns what was written. A defect of ours sets its delivery aside."""
        try:
            try:
                return self._written(turn)
            except IntegrityError:  # its conversation went on at another place in the same group
                self._cases.clear()
                turn = self._decide(turn.received)
                return self._written(turn)
        except Exception as error:
            if _nothing_can_be_written(error):
                raise
            log.error("turn not written", number=turn.received.number, error=type(error).__name__, exc_info=True)
            return self._set_aside(turn.received, f"{type(error).__name__} while writing")

    def _set_aside(self, received: Received, why: str) -> Turn:
        """Set a delivery aside, with a word to the person; without one where not even that can be written."""
        incoming = self.parse(received.raw)
        if isinstance(incoming, Incoming):
            try:
                return self._written(self._failed(incoming, received, why))
            except Exception as error:
                if _nothing_can_be_written(error):
                    raise
                log.error("nobody told of a failed turn", number=received.number, error=type(error).__name__, exc_info=True)
        return self._written(Turn(received, "aside", why))

    def _written(self, turn: Turn) -> Turn:
        with self.store.savepoint():
            if not self.store.settle(turn.received.number, turn.status, turn.why):
                return Turn(turn.received, "done")  # another process was first, or an erasure
            self.store.apply(turn.writes)
        return turn

    def _converse(self, incoming: Incoming, received: Received, state: dict[str, tuple[int, Case]]) -> None:
        conversation = self._find(incoming, received)
        number, case = self._load(conversation) if conversation else (0, None)
        if conversation is None:
            conversation = self._begin(incoming, received)
            opening = bool(incoming.text.strip())
            number, case = self._apply(conversation, 0, None, self._started(conversation, incoming, opening), "")
            if not opening:
                state[conversation.id] = (number, case)
                return
        if case is None:
            raise ValueError(f"conversation {conversation.id} has no events")
        if incoming.person != case.starter and not self.everyone:
            self._not_yours(conversation, incoming)
            return
        if incoming.address not in ("{}", conversation.address):
            conversation = replace(conversation, address=incoming.address)
            self.store.note(conversation.id, address=incoming.address)
        if case.knowledge != self.knowledge.version:
            upgraded = Upgraded(at=self.world.now(), by=incoming.person, knowledge=self.knowledge.version)
            number, case = self._apply(conversation, number, case, upgraded, "")
        said = clean(incoming.text)[:LONGEST_TEXT]
        event = Heard(
            at=self.world.now(),
            by=incoming.person,
            said=said or incoming.label,
            via=incoming.via,
            acts=self._acts(incoming, said, case),
        )
        state[conversation.id] = self._apply(conversation, number, case, event, said or incoming.label)

    def _say_sorry(self, incoming: Incoming, received: Received, sentence: str, **values: int) -> None:
        """Say in plain words why a message was not answered."""
        conversation = self._find(incoming, received)
        language = conversation.language if conversation is not None else self.language
        text = self.knowledge.words(language).sentences[sentence].format(**values)
        body = Message(name=sentence.removeprefix("note_"), markdown=text)
        if conversation is not None:
            self.store.enqueue(conversation, conversation.address, "send", body.model_dump_json(), None, self.world.now())
        else:
            self.store.later(partial(self._say_unstored, incoming, body))

    def _say_unstored(self, incoming: Incoming, message: Message) -> None:
        """Say something to somebody who has no interview here, as far as the platform can: it is lost if it fails."""

    def _acts(self, incoming: Incoming, said: str, case: Case) -> tuple[Act, ...]:
        from bot.understand.hear import exposed, hear

        if incoming.via == "file":
            given = TypeAdapter(dict[str, Answer]).validate_json(incoming.text)
            own = [answer.value for answer in given.values() if isinstance(answer.value, str)]
            return (*(Answered(question=id, answer=answer) for id, answer in given.items()), *exposed(own, case, self.knowledge))
        if incoming.token is not None:
            return (tap(incoming.token, case, self.knowledge),)
        if not said.strip():
            return (Requested(request=Request(kind="resume" if case.status == "cancelled" else "repeat")),)
        return hear(said, case, self.knowledge)

    # --- conversations -------------------------------------------------------------------------------------------------

    def _find(self, incoming: Incoming, received: Received) -> Conversation | None:
        if incoming.resume is not None:
            return self.store.conversation(incoming.resume)
        return None if incoming.fresh else self.store.latest_at(received.place)

    def _begin(self, incoming: Incoming, received: Received) -> Conversation:
        self.store.keep_knowledge(self.knowledge.version, self.files, self.world.now())
        now = self.world.now()
        conversation = Conversation(
            id=self.world.new_id(),
            platform=self.platform,
            tenant=incoming.tenant,
            place=received.place,
            person=incoming.person,
            started_at=now,
            last_at=now,
            status="open",
            language=self.language,
            knowledge=self.knowledge.version,
            address=incoming.address,
        )
        self.store.begin(conversation)
        return conversation

    def _started(self, conversation: Conversation, incoming: Incoming, opening: bool) -> Started:
        return Started(
            at=conversation.started_at,
            by=incoming.person,
            conversation=conversation.id,
            language=conversation.language,
            knowledge=self.knowledge.version,
            order=self.order,
            opening=opening,
        )

    def _load(self, conversation: Conversation) -> tuple[int, Case | None]:
        known = self._cases.get(conversation.id)
        if known is not None:
            self._cases.move_to_end(conversation.id)
            return known
        events = self.store.events(conversation.id)
        return len(events), fold(events, self.knowledge)

    def _remember(self, id: str, state: tuple[int, Case]) -> None:
        self._cases[id] = state
        self._cases.move_to_end(id)
        while len(self._cases) > CASES_IN_MEMORY:
            self._cases.popitem(last=False)

    # --- one event -----------------------------------------------------------------------------------------------------

    def _apply(self, conversation: Conversation, number: int, case: Case | None, event: Event, said: str) -> tuple[int, Case]:
        """Step, and write everything that follows from it."""
        stepped = step(case, event, self.knowledge)
        after = stepped.case
        self.store.append(conversation.id, number, event)
        self.store.answered(conversation.id, number, event, said, case.answers if case else {}, after.answers)
        effects = stepped.effects
        messages = replies(effects, number, after, self.knowledge, self.retention_days)
        lines = [Line(number, event.at, event.by, event.via, said)] if isinstance(event, Heard) else []
        lines += [Line(number, event.at, None, message.name, message.text) for message in messages]
        self.store.write(conversation.id, lines)
        if isinstance(event, Heard):
            self._settle_question(conversation, case, after, event.at)
        for effect in effects:
            if isinstance(effect, Recommend):
                self._advised(conversation, number, event.at, effect)
        for message in messages:
            self.store.enqueue(conversation, conversation.address, "send", message.model_dump_json(), None, event.at)
        note(self.store, conversation.id, case, after, effects, event.at)
        for effect in effects:
            if isinstance(effect, Strike):
                private = self.knowledge.words(after.language).private
                self.store.strike_private(conversation.id, effect.events, private, event.at)
        return number + 1, after

    def _settle_question(self, conversation: Conversation, before: Case | None, after: Case, now: int) -> None:
        """The message of a question that has just been answered shows the answer and loses its buttons."""
        open_before = pending(before, self.knowledge).question if before else None
        if after.exposed:
            return  # its words may yet be struck out, and a platform keeps what was sent
        if open_before is None or after.answers.get(open_before) == (before.answers.get(open_before) if before else None):
            return
        about = self.store.last_asked(conversation.id)
        if about is not None and open_before in after.answers:
            name = self.knowledge.words(after.language).questions[open_before].name
            value = told(open_before, after.answers[open_before], self.knowledge, after.language)
            self.store.enqueue(conversation, conversation.address, "settle", _settled(name, value), about, now)

    def _advised(self, conversation: Conversation, number: int, at: int, effect: Recommend) -> None:
        advice = effect.advice
        self.store.keep_knowledge(self.knowledge.version, self.files, at)
        self.store.advised(
            conversation.id,
            number,
            at,
            advice.knowledge_version,
            advice.answers_digest,
            advice.recommended,
            advice.verdict,
            json.dumps(advice.as_json(), ensure_ascii=False),
        )

    def _not_yours(self, conversation: Conversation, incoming: Incoming) -> None:
        words = self.knowledge.words(conversation.language)
        body = Message(name="not_yours", markdown=words.sentences["note_not_yours"])
        self.store.enqueue(conversation, incoming.address, "private", body.model_dump_json(), None, self.world.now())


def _nothing_can_be_written(error: Exception) -> bool:
    """Whether everything fails at present, and not only this: then all of it is tried again."""
    return isinstance(error, StoreError) and not isinstance(error, IntegrityError)


@lru_cache(maxsize=1024)  # most answers are labels, from everybody
def _settled(name: str, value: str) -> str:
    """A question that is no longer open, with its answer."""
    return Message(name="settled", markdown=f"✔ {escape(name)}: {escape(value)}").model_dump_json()
