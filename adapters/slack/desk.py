"""What Slack adds to a turn: taps bound to their message, rankings by taps, yes and no settled, export, feedback, edits.

Rules: a tap counts for the conversation whose message it was under; words in a thread that were not said to us count only
from whoever is interviewed there; an edited or deleted message changes no answer; nothing of one person's is handed to another.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from adapters.slack.address import NOWHERE, PLATFORM, Address, is_aside, message_key
from adapters.slack.controls import FEEDBACK_YES, ORDERING
from adapters.slack.deliveries import milliseconds
from adapters.slack.parse import DELETED, EDITED
from bot import feedback
from bot.agenda import pending
from bot.case import Case
from bot.deliveries import blank_message
from bot.handout import FORMS, Form, handout
from bot.markup import escape
from bot.messages import Incoming
from bot.records import Conversation, Outgoing, Received
from bot.revised import answered_there, deleted, edited, heard_as
from bot.service import Service
from bot.speak import Button, Message
from bot.store import Store
from bot.taps import ranked_so_far, ranking_token
from knowledge.model import Question

OURS = "e:"
State = dict[str, tuple[int, Case]]


class Desk(Service):
    """Conversations in Slack."""

    store: Store  # edits, deletions and exports reach into what SQLite keeps
    unstored: Callable[[Address, Message], object] = staticmethod(lambda *_: None)
    """Says to somebody alone what belongs to no conversation; it is not stored, and lost if it fails."""

    def _say_unstored(self, incoming: Incoming, message: Message) -> None:
        if incoming.address != NOWHERE and not is_aside(incoming.address):
            self.unstored(Address.model_validate_json(incoming.address), message)

    def _find(self, incoming: Incoming, received: Received) -> Conversation | None:
        """The conversation named, the one tapped in, else the one spoken in last at the place."""
        if incoming.resume is not None:
            wanted = self.store.conversation(incoming.resume)
            return wanted if wanted is not None and wanted.person == incoming.person else None
        if incoming.fresh:
            return None
        shown = self._tapped(incoming)
        if shown is not None and shown.place == received.place:
            return self.store.conversation(shown.conversation)
        return self.spoken_in_last(received.place)

    def spoken_in_last(self, place: str) -> Conversation | None:
        """The conversation at a place that is going on."""
        return next(iter(self.store.held_at([place])), None)

    def _tapped(self, incoming: Incoming) -> Outgoing | None:
        number = Address.model_validate_json(incoming.address).tapped if incoming.address != NOWHERE else None
        shown = self.store.outgoing(number) if number is not None else None
        return shown if shown is not None and shown.platform == self.platform else None

    def _converse(self, incoming: Incoming, received: Received, state: State) -> None:
        if incoming.token in (EDITED, DELETED):
            self._revise(incoming, received)
            return
        conversation = self._find(incoming, received)
        case = self._load(conversation)[1] if conversation is not None else None
        aside = is_aside(incoming.address)
        if conversation is None or case is None:
            if not aside and incoming.via != "tapped":  # a tap on what was deleted begins nothing
                super()._converse(incoming, received, state)
            return
        theirs = incoming.person == case.starter or self.everyone
        if aside and not theirs:
            return  # people may talk to each other in a thread
        if not theirs:
            self._not_yours(conversation, incoming)
            return
        match (incoming.token or "").split(":"):
            case ["e", form] if form in FORMS:
                self._export(incoming, conversation, form)
            case ["f", *_]:
                self._feedback(incoming, conversation)
            case ["o", *_]:
                self._order(incoming, conversation, case)
            case _:
                super()._converse(self._timely(incoming, conversation, case), received, state)

    def _timely(self, incoming: Incoming, conversation: Conversation, case: Case) -> Incoming:
        """A tap as what it may still do; yes and no are shown in the message they were tapped under."""
        shown = self._tapped(incoming)
        if shown is None or incoming.token is None:
            return incoming
        message = Message.model_validate_json(shown.body)
        if incoming.token[:2] in ("y:", "x:"):
            body = Message(name="settled", markdown=f"{message.markdown}\n\n✔ {escape(incoming.label)}")
            self._edit(conversation, incoming, shown, body)
        if message.question is None or message.question == pending(case, self.knowledge).question:
            return incoming
        match incoming.token:
            case "r:skip" | "r:back":
                return incoming.model_copy(update={"token": f"a:{message.question}:late"})
            case "r:why":
                return incoming.model_copy(update={"token": f"r:why:{message.question}"})
            case _:
                return incoming

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
        text = words.sentences["slack_left"].format(name=words.questions[left].name)
        body = Message(name="settled", markdown=escape(text))
        self.store.enqueue(conversation, conversation.address, "settle", body.model_dump_json(), about, now)

    def _order(self, incoming: Incoming, conversation: Conversation, case: Case) -> None:
        """A tap in an unfinished ranking edits its message; one under a question no longer open changes nothing."""
        token = f"k{(incoming.token or '')[len(ORDERING) :]}"
        so_far = ranked_so_far(token, self.knowledge)
        shown = self._tapped(incoming)
        question = self.knowledge.questions.get(pending(case, self.knowledge).question or "")
        if question is None or so_far is None or shown is None or token.split(":")[1] != question.id:
            text = self.knowledge.words(conversation.language).sentences["note_late_general"]
            self._say(conversation, incoming, Message(name="note", markdown=escape(text)))
            return
        asked = Message.model_validate_json(shown.body)
        self._edit(conversation, incoming, shown, self._ordered(asked, question, so_far, conversation.language))

    def _ordered(self, asked: Message, question: Question, so_far: tuple[str, ...], language: str) -> Message:
        """A ranking question after some taps: the order so far in its words, what is left on its buttons."""
        words = self.knowledge.words(language)
        left = [item for item in question.items if item not in so_far]
        buttons = []
        for item in left:
            after = (*so_far, item)
            rest = tuple(other for other in left if other != item)
            token = ranking_token(question, (*after, *rest) if len(rest) <= 1 else after)
            buttons.append(Button(label=words.criteria[item].short, token=token if len(rest) <= 1 else ORDERING + token[1:]))
        buttons.append(Button(label=words.sentences["button_done"], token=ranking_token(question, so_far)))
        names = ", ".join(words.criteria[item].short.lower() for item in so_far)
        told = words.sentences["slack_so_far"].format(items=names)
        return asked.model_copy(
            update={
                "name": "ordering",
                "markdown": f"{asked.markdown}\n\n{escape(told)}",
                "buttons": tuple(buttons),
                "ranking": False,
            }
        )

    def _export(self, incoming: Incoming, conversation: Conversation, form: Form) -> None:
        """The advice as it was given last, as a file or as the picture of its money."""
        message = handout(self.store, conversation, self.knowledge, form)
        if message is None:
            text = self.knowledge.words(conversation.language).sentences["no_advice"]
            message = Message(name="note", markdown=escape(text))
        self._say(conversation, incoming, message)

    def _feedback(self, incoming: Incoming, conversation: Conversation) -> None:
        """Whether the advice helped; said again it changes nothing."""
        shown, words = self._tapped(incoming), self.knowledge.words(conversation.language)
        helpful = incoming.token == FEEDBACK_YES
        kept = shown is not None and feedback.keep(
            self.store, shown.number, incoming.person, words, self.world.now(), helpful=helpful
        )
        self._whisper(conversation, incoming, words.sentences["slack_feedback_kept" if kept else "slack_feedback_known"])

    def _revise(self, incoming: Incoming, received: Received) -> None:
        """An edit is noted, a deletion takes the words out; the answer stays, and its author is told so."""
        address = Address.model_validate_json(incoming.address)
        key = message_key(incoming.tenant, address.channel, address.revised or "")
        before, now = self._said_before(key) or incoming.label, self.world.now()
        where = heard_as(self.store, received.place, incoming.person, before, milliseconds(address.revised or ""))
        if incoming.token == DELETED:
            mark = f'"ts": "{address.revised}"'
            self.store.later(functools.partial(blank_message, self.store.connection, key, received.place, mark))
        conversation = self.store.conversation(where.conversation) if where is not None else None
        if where is None or conversation is None:
            return
        answered = answered_there(self.store, where)
        if incoming.token == DELETED:
            deleted(self.store, where, now)
            self._cases.pop(conversation.id, None)  # it may hold the words
        else:
            edited(self.store, where, incoming.person, incoming.text, now)
        if answered:
            words = self.knowledge.words(conversation.language)
            key = "slack_deleted" if incoming.token == DELETED else "slack_edited"
            self._whisper(conversation, incoming, words.sentences[key].format(name=words.questions[answered[0]].name))

    def _said_before(self, key: str) -> str | None:
        """What a message said when it was delivered; None if that is not kept any more."""
        row = self.store.row("SELECT raw FROM inbox WHERE platform = ? AND message_key = ? AND raw != ''", (PLATFORM, key))
        read = self.parse(row[0]) if row is not None else None
        return read.text if isinstance(read, Incoming) else None

    def _whisper(self, conversation: Conversation, incoming: Incoming, text: str) -> None:
        body = Message(name="whisper", markdown=escape(text))
        self.store.enqueue(conversation, incoming.address, "private", body.model_dump_json(), None, self.world.now())

    def _say(self, conversation: Conversation, incoming: Incoming, message: Message) -> None:
        address = incoming.address if incoming.address != NOWHERE else conversation.address
        self.store.enqueue(conversation, address, "send", message.model_dump_json(), None, self.world.now())

    def _edit(self, conversation: Conversation, incoming: Incoming, shown: Outgoing, message: Message) -> None:
        self.store.enqueue(conversation, incoming.address, "settle", message.model_dump_json(), shown.number, self.world.now())
