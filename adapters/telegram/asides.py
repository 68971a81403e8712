"""What is offered outside the interview: one's own advisories, what is stored, files, deletion. None of it changes an answer.

Rules: nothing of one person's is shown to another, and nobody's advisories in a group; whatever destroys something asks first,
and is carried out on delivery (own_data.py), never in the turn.
"""

from __future__ import annotations

from collections.abc import Callable

from babel import Locale

from adapters.telegram.address import Address
from adapters.telegram.history import card, day, delete_question, kept, listed, one, own
from adapters.telegram.links import reopening
from adapters.telegram.lookup import tapped
from adapters.telegram.own_data import FORGET_ALL, FORGET_ONE, GATHER
from adapters.telegram.parse import ANONYMOUS, PERSONAL
from bot import feedback
from bot.handout import FORMS, handout
from bot.markup import escape
from bot.messages import Incoming
from bot.records import Conversation
from bot.service import Service
from bot.speak import Button, Message
from bot.store import Store
from bot.tell import retention

PRIVATE_ONLY = "private_only"
FEEDBACK = {feedback.HELPFUL: "f:yes", feedback.UNHELPFUL: "f:no"}
"""What the buttons under an advice say about it."""


class Asides(Service):
    """A service that also answers for a person's own data."""

    store: Store  # one's own data, taps and edits are looked up in what SQLite keeps
    username: str
    unstored: Callable[[Address, Message], object]
    """Says what belongs to no conversation; it is not stored, and lost if it fails."""

    def _say_unstored(self, incoming: Incoming, message: Message) -> None:
        self.unstored(Address.model_validate_json(incoming.address), message)

    def _aside(self, incoming: Incoming, address: Address, conversation: Conversation | None) -> bool:
        """Deal with a personal request; False if it is none. `conversation` is the one found here, whosever it is."""
        token = incoming.token or ""
        if token == ANONYMOUS:
            self.unstored(address, self._sentence("telegram_anonymous"))
            return True
        if token == "r:cancel" and conversation is None:  # noqa: S105  a button's token
            self.unstored(address, self._sentence("telegram_nothing_open"))
            return True
        if token.split(":")[:2] not in PERSONAL:
            return False
        if not address.private:
            self._in_private(address)
            return True
        if conversation is None or conversation.person != incoming.person:
            latest = own(self.store, incoming.person)[:1]
            conversation = self.store.conversation(latest[0].id) if latest else None
        if conversation is None:
            self.unstored(address, self._sentence("telegram_nothing_kept"))
        else:
            self._show(conversation, incoming, address, self._personal(token, incoming.person, conversation))
        return True

    def _personal(self, token: str, person: str, conversation: Conversation) -> Message:
        words = self.knowledge.words(self.language)
        match token.split(":"):
            case ["t", "history"]:
                return listed(own(self.store, person), words)
            case ["t", "data"]:
                return Message(name=GATHER, markdown="")
            case ["t", "forget", "all"]:
                return self._delete_all_question(person)
            case ["t", "forget", "all", "yes"]:
                return Message(name=FORGET_ALL, markdown="")
            case ["t", "settings"]:
                return self._settings(person, conversation)
            case ["t", _, id, *sure]:
                past = one(self.store, person, id)
                if past is None:
                    return self._sentence("telegram_gone")
                if token.startswith("t:card:"):
                    return card(past, words, f"https://t.me/{self.username}?start={reopening(id)}")
                return Message(name=FORGET_ONE, markdown=id) if sure else delete_question(past, words)
            case _:
                return self._sentence("note_late_general")

    def _show(self, conversation: Conversation, incoming: Incoming, address: Address, message: Message) -> None:
        """In the message that was tapped, else as a new one; what is carried out on delivery hangs on what it is about."""
        if message.name == FORGET_ONE:  # so that it vanishes with it
            conversation = self.store.conversation(message.markdown) or conversation
        sent_as = f"{address.chat}:{address.tapped}"
        number = tapped(self.store, [conversation], sent_as) if address.tapped is not None else None
        errand = message.name in (FORGET_ONE, FORGET_ALL, GATHER)
        kind, about = ("send", None) if number is None or errand else ("settle", number)
        self.store.enqueue(conversation, incoming.address, kind, message.model_dump_json(), about, self.world.now())

    def _settings(self, person: str, conversation: Conversation) -> Message:
        count, since = kept(self.store, person)
        case = self._load(conversation)[1]
        said = self.knowledge.words(self.language).sentences
        who = said["telegram_settings_everyone" if self.everyone else "telegram_settings_starter"]
        text = said["telegram_settings"].format(
            count=count,
            since=day(since),
            retention=retention(self.retention_days, case, self.knowledge) if case is not None else "",
            language=Locale.parse(conversation.language).get_display_name(self.language),
            who=who,
        )
        buttons = (
            Button(label=said["telegram_my_data"], token="t:data"),  # noqa: S106  a button's token
            Button(label=said["telegram_delete_all"], token="t:forget:all"),  # noqa: S106  a button's token
        )
        return Message(name="settings", markdown="\n\n".join(map(escape, text.split("\n"))), buttons=buttons)

    def _delete_all_question(self, person: str) -> Message:
        said = self.knowledge.words(self.language).sentences
        buttons = (
            Button(label=said["telegram_delete_all_yes"], token="t:forget:all:yes"),  # noqa: S106  a button's token
            Button(label=said["telegram_keep"], token="t:settings"),  # noqa: S106  a button's token
        )
        text = said["telegram_delete_all_sure"].format(count=kept(self.store, person)[0])
        return Message(name="delete", markdown=escape(text), buttons=buttons)

    def _in_private(self, address: Address) -> None:
        self.unstored(address, self._sentence("telegram_history_private").model_copy(update={"name": PRIVATE_ONLY}))

    def _judged(self, incoming: Incoming, shown: int | None, conversation: Conversation) -> None:
        """Keep whether the advice helped, and say so in the answer to the tap."""
        words, now = self.knowledge.words(conversation.language), self.world.now()
        helpful = incoming.token == FEEDBACK[feedback.HELPFUL]
        kept_now = shown is not None and feedback.keep(self.store, shown, incoming.person, words, now, helpful=helpful)
        body = self._sentence("telegram_feedback_kept" if kept_now else "telegram_feedback_known")
        self._say(conversation, incoming, body)

    # --- files ---------------------------------------------------------------------------------------------------------

    def _export(self, incoming: Incoming, address: Address, conversation: Conversation) -> None:
        """Ask for the form, then send the file. In private any advisory of one's own, else the one that is held here."""
        _, _, id, *form = (incoming.token or "").split(":")
        wanted = self.store.conversation(id) if address.private else conversation
        allowed = wanted is not None and wanted.id == id and (wanted.id == conversation.id or wanted.person == incoming.person)
        if wanted is None or not allowed or self.store.latest_advice(id) is None:
            self._say(conversation, incoming, self._sentence("no_advice"))
            return
        chosen = next((each for each in FORMS if [each] == form), None)
        if chosen is None:
            sentences = self.knowledge.words(self.language).sentences
            buttons = tuple(Button(label=sentences[f"form_{each}"], token=f"t:export:{id}:{each}") for each in FORMS)
            asked = self._sentence("telegram_which_format").model_copy(update={"buttons": buttons})
            self._say(conversation, incoming, asked)
            return
        file = handout(self.store, wanted, self.knowledge, chosen)
        self._say(wanted, incoming, file or self._sentence("no_advice"))

    def _say(self, conversation: Conversation, incoming: Incoming, message: Message) -> None:
        self.store.enqueue(conversation, incoming.address, "send", message.model_dump_json(), None, self.world.now())

    def _sentence(self, key: str, **values: str) -> Message:
        text = self.knowledge.words(self.language).sentences[key].format(**values)
        return Message(name="telegram", markdown=escape(text))
