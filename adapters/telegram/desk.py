"""What Telegram adds to a turn: taps bound to their message, rankings by taps, edits, reopening.

Rules: a tap counts only for the message under it; an edit corrects only while its question is open; a tap or an edit begins
nothing.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.telegram.address import Address
from adapters.telegram.asides import Asides
from adapters.telegram.keyboards import ordered, ranking
from adapters.telegram.lookup import has_answers, held_at, said_before, tapped
from adapters.telegram.parse import UNUSABLE
from adapters.telegram.pictures import in_words
from bot.agenda import pending
from bot.case import Case
from bot.events import Answered, Heard
from bot.handout import advice_of
from bot.markup import clean, escape
from bot.messages import Incoming
from bot.records import Conversation, Received
from bot.speak import Message, Which
from bot.tell import answered as told
from bot.worded import worded_for

OURS, LATE = ("t:", "f:"), "t:late"
State = dict[str, tuple[int, Case]]


class Desk(Asides):
    """Conversations on Telegram."""

    def _find(self, incoming: Incoming, received: Received) -> Conversation | None:
        """One's own conversation: the one reopened, the one whose button was tapped, else the one talked in last here."""
        if incoming.resume is not None:
            wanted = self.store.conversation(incoming.resume)
            if wanted is not None and wanted.person == incoming.person:
                here = Address.model_validate_json(incoming.address)
                return replace(wanted, place=received.place) if here.private else wanted
        address = Address.model_validate_json(incoming.address)
        held = held_at(self.store, received.place, address.chat, int(incoming.tenant), private=address.private)
        mine = next((each for each in held if each.person == incoming.person), None)
        if incoming.fresh:
            goes_on = mine is not None and mine.status in ("open", "paused") and incoming.via == "typed"
            return mine if goes_on and mine is not None and has_answers(self.store, mine.id) else None
        if address.tapped is not None:
            shown = self.store.outgoing(number) if (number := self._tapped(address, held)) is not None else None
            if shown is not None:
                return self.store.conversation(shown.conversation)
        if self.everyone:
            return held[0] if held else None
        return mine or (held[0] if held else None)

    def _tapped(self, address: Address, held: list[Conversation]) -> int | None:
        return tapped(self.store, held, f"{address.chat}:{address.tapped}")

    def _converse(self, incoming: Incoming, received: Received, state: State) -> None:
        token = incoming.token or ""
        if token.startswith("t:open:"):
            incoming = incoming.model_copy(update={"resume": token.removeprefix("t:open:"), "token": None})
            token = ""
        conversation = self._find(incoming, received)
        case = self._load(conversation)[1] if conversation is not None else None
        address = Address.model_validate_json(incoming.address)
        if self._aside(incoming, address, conversation):
            return
        if conversation is None or case is None:
            if address.edited is None and incoming.via != "tapped":  # neither an edit nor an old tap begins anything
                super()._converse(incoming.model_copy(update={"token": None}), received, state)
        elif incoming.person != case.starter and not self.everyone:
            self._not_yours(conversation, incoming)
        elif conversation.id == incoming.resume:
            self._reopen(incoming, received, conversation, state)
        else:
            incoming = self._timely(incoming, conversation, case)
            if (incoming.token or "").startswith(OURS):
                self._outside(incoming, conversation, case)
            else:  # found once is enough
                super()._converse(incoming.model_copy(update={"resume": conversation.id}), received, state)

    def _reopen(self, incoming: Incoming, received: Received, conversation: Conversation, state: State) -> None:
        """Go on here with an earlier conversation: with its advice, or with its open question."""
        if conversation.place != received.place:
            self._in_private(Address.model_validate_json(incoming.address))
            return
        self.store.note(conversation.id, place=received.place)
        token = {"advised": "r:advise", "cancelled": "r:resume"}.get(conversation.status)
        super()._converse(incoming.model_copy(update={"token": token, "text": ""}), received, state)

    # --- taps and edits ------------------------------------------------------------------------------------------------

    def _timely(self, incoming: Incoming, conversation: Conversation, case: Case) -> Incoming:
        """A tap or an edit as what it may still do."""
        address = Address.model_validate_json(incoming.address)
        if address.edited is not None:
            return self._edited(incoming, address, conversation, case)
        number = self._tapped(address, [conversation]) if address.tapped is not None else None
        shown = self.store.outgoing(number) if number is not None else None
        if shown is None or incoming.token is None:
            return incoming
        message = Message.model_validate_json(shown.body)
        if incoming.token[:2] in ("y:", "x:"):
            settled = Message(name="settled", markdown=f"{message.markdown}\n\n✔ {escape(incoming.label)}")
            self.store.enqueue(
                conversation, incoming.address, "settle", settled.model_dump_json(), shown.number, self.world.now()
            )
        if message.question is None or message.question == pending(case, self.knowledge).question:
            return incoming
        match incoming.token:
            case "r:skip" | "r:back":
                return incoming.model_copy(update={"token": _late(message.question)})
            case "r:why":
                return incoming.model_copy(update={"token": f"r:why:{message.question}"})
            case _:
                return incoming

    def _edited(self, incoming: Incoming, address: Address, conversation: Conversation, case: Case) -> Incoming:
        """An edit counts while the question that the message answered is open, or if nothing was heard since."""
        before = said_before(self.store, int(incoming.tenant), address.chat, address.edited or 0)
        heard = [event for event in self.store.events(conversation.id) if isinstance(event, Heard)]
        same = [event for event in heard if before is not None and event.said == clean(before)]
        answered = [act.question for act in (same[-1].acts if same else ()) if isinstance(act, Answered)]
        waiting = pending(case, self.knowledge).question
        if same and (waiting in answered if answered else same[-1] is heard[-1]):
            return incoming
        return incoming.model_copy(update={"token": _late(answered[0]) if answered else LATE})

    # --- outside the interview -------------------------------------------------------------------------------------------

    def _outside(self, incoming: Incoming, conversation: Conversation, case: Case) -> None:
        """What is neither an answer nor a request; it changes nothing."""
        address = Address.model_validate_json(incoming.address)
        match (incoming.token or "").split(":"):
            case ["t", "export", *_]:
                self._export(incoming, address, conversation)
            case ["t", "order", *_]:
                self._order(incoming, address, conversation, case)
            case ["f", _]:
                self._judged(incoming, self._tapped(address, [conversation]), conversation)
            case ["t", "words", number] if number.isdecimal():
                self._say(conversation, incoming, self._in_words(conversation, int(number), case.language, "options"))
            case ["t", "words", number, "money"] if number.isdecimal():
                self._say(conversation, incoming, self._in_words(conversation, int(number), case.language, "money"))
            case _:
                key = "telegram_unusable" if incoming.token == UNUSABLE else "note_late_general"
                self._say(conversation, incoming, self._sentence(key))

    def _in_words(self, conversation: Conversation, number: int, language: str, which: Which) -> Message:
        given = self.store.advice_at(conversation.id, number)
        advice = advice_of(given) if given is not None else None
        if given is None or advice is None:
            return self._sentence("note_late_general")
        return in_words(advice, worded_for(self.store, given.knowledge, self.knowledge), language, which)

    def _order(self, incoming: Incoming, address: Address, conversation: Conversation, case: Case) -> None:
        """A tap in an unfinished ranking edits its message; one under a question no longer open changes nothing."""
        found = ordered(incoming.token or "", self.knowledge)
        number = self._tapped(address, [conversation])
        shown = self.store.outgoing(number) if number is not None else None
        if found is None or shown is None or found[0].id != pending(case, self.knowledge).question:
            self._say(conversation, incoming, self._sentence("note_late_general"))
            return
        question, so_far = found
        asked = Message.model_validate_json(shown.body)
        after = ranking(asked, question, so_far, self.knowledge.words(case.language)).model_copy(update={"name": "ordering"})
        self.store.enqueue(conversation, incoming.address, "settle", after.model_dump_json(), shown.number, self.world.now())

    # --- questions left ------------------------------------------------------------------------------------------------

    def _settle_question(self, conversation: Conversation, before: Case | None, after: Case, now: int) -> None:
        """A question that was left without a new answer loses its buttons too."""
        super()._settle_question(conversation, before, after, now)
        left = pending(before, self.knowledge).question if before else None
        if before is None or left is None or after.answers.get(left) != before.answers.get(left):
            return
        about = self.store.last_asked(conversation.id)
        if about is None or pending(after, self.knowledge).question == left:
            return
        words = self.knowledge.words(after.language)
        name, answer = words.questions[left].name, after.answers.get(left)
        text = f"✔ {name}: {told(left, answer, self.knowledge, after.language)}" if answer else ""
        text = text or words.sentences["telegram_left"].format(name=name)
        body = Message(name="settled", markdown=escape(text))
        self.store.enqueue(conversation, conversation.address, "settle", body.model_dump_json(), about, now)


def _late(question: str) -> str:
    """A token that never answers anything: the tap of a moment that has passed."""
    return f"a:{question}:late"
