"""A raw update in the words of the conversation: who says what to us here, or why it means nothing to us. Pure."""

from __future__ import annotations

import re

from pydantic import ValidationError

from adapters.telegram.address import Address
from adapters.telegram.links import HISTORY, preset, resumed
from adapters.telegram.update import CallbackQuery, Entity, Message, Update, User
from bot.messages import Ignored, Incoming, Unreadable
from knowledge.model import Knowledge

COMMANDS = {"help": "r:help", "cancel": "r:cancel", "history": "t:history", "settings": "t:settings"}
"""What the commands besides /start do; `t:` marks what only Telegram offers (desk.py)."""
PERSONAL = [["t", each] for each in ("history", "card", "forget", "data", "settings")]
"""How requests about one's own data begin; they need no interview."""
UNUSABLE, ANONYMOUS = "t:unusable", "t:anonymous"
TELEGRAM = 777000
STAND_INS = frozenset({1087968824, 136817688})
"""The anonymous administrator, and a channel posting as a user: nobody an interview could belong to."""
_COMMAND = re.compile(r"/(\w{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)


class Parser:
    """Reads updates for one bot. Raises Unreadable."""

    def __init__(self, bot: int, username: str, knowledge: Knowledge) -> None:
        self.bot, self.username, self.knowledge = bot, username, knowledge
        self._mention = re.compile(rf"(?<!\w)@{re.escape(username)}\b[,:]?", re.IGNORECASE)

    def __call__(self, raw: str) -> Incoming | Ignored:
        try:
            update = Update.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise Unreadable(f"not an update: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        if update.message is not None:
            return self._message(update.message)
        if update.edited_message is not None:
            return self._edit(update.edited_message)
        if update.callback_query is not None:
            return self._tap(update.callback_query)
        if update.my_chat_member is not None:
            return Ignored(why=f"the bot is now {update.my_chat_member.new_chat_member.status} there")
        return Ignored(why="a kind of update that is not used")

    def _message(self, message: Message) -> Incoming | Ignored:
        if message.migrate_to_chat_id is not None or message.migrate_from_chat_id is not None:
            return Ignored(why="the group became a supergroup")
        sender = message.sender
        refused = self._refused(message, sender)
        if refused is not None:
            return refused
        text = message.text if message.text is not None else message.caption or ""
        if not text and message.media is None:
            return Ignored(why="a service message")
        nobody = sender is None or sender.id in STAND_INS or message.sender_chat is not None
        person = self._person(sender.id if sender is not None and not nobody else 0)
        reply = None if message.private else message.message_id
        address = Address(chat=message.chat.id, topic=message.topic, private=message.private, reply=reply).json_text()
        command = _COMMAND.fullmatch(text) if message.text is not None else None
        ours = command is not None and (command[2] is None or self._is_us(command[2]))
        if nobody:
            if not self._for_us(message, text) and (command is None or not ours or not self._known(command)):
                return Ignored(why="an anonymous administrator or a channel")
            return Incoming(person=person, tenant=str(self.bot), token=ANONYMOUS, address=address)
        if command is not None and ours:
            base = Incoming(person=person, tenant=str(self.bot), address=address)
            return self._command(command[1].lower(), (command[3] or "").strip(), text, message, base)
        if not message.private:
            if not self._for_us(message, text):
                return Ignored(why="not addressed to the bot")
            text = self._mention.sub(" ", text).strip()
        token = UNUSABLE if not text and message.media is not None else None
        label = f"({message.media})" if token else ""
        return Incoming(person=person, tenant=str(self.bot), text=text, token=token, label=label, address=address)

    def _edit(self, message: Message) -> Incoming | Ignored:
        read = self._message(message)
        if isinstance(read, Ignored) or read.token is not None or read.fresh or not read.text:
            return Ignored(why="an edit that is no correction of an answer")
        address = Address.model_validate_json(read.address).model_copy(update={"edited": message.message_id})
        return read.model_copy(update={"address": address.json_text()})

    def _tap(self, query: CallbackQuery) -> Incoming | Ignored:
        if query.data is None or query.message is None:
            return Ignored(why="a tap without data")
        shown = query.message
        address = Address(
            chat=shown.chat.id,
            topic=shown.topic,
            private=shown.chat.type == "private",
            callback=query.id,
            tapped=shown.message_id,
        )
        return Incoming(
            person=self._person(query.sender.id),
            tenant=str(self.bot),
            token=query.data,
            label=shown.label(query.data),
            address=address.json_text(),
            via="tapped",
        )

    def _command(self, name: str, rest: str, said: str, message: Message, base: Incoming) -> Incoming | Ignored:
        if name == "start":
            return base.model_copy(update=self._start(rest))
        if name in COMMANDS:
            return base.model_copy(update={"token": COMMANDS[name], "label": said})
        if message.private or self._for_us(message, said) or f"@{self.username}".lower() in said.lower():
            return base.model_copy(update={"token": COMMANDS["help"], "label": said})
        return Ignored(why="somebody else's command")

    def _start(self, payload: str) -> dict[str, object]:
        """What /start brings: an advisory of one's own to reopen, their list, a preset, or nothing."""
        if payload == HISTORY:
            return {"token": COMMANDS["history"], "label": payload}
        reopened = resumed(payload)
        if reopened is not None:
            return {"resume": reopened}
        filled = preset(payload, self.knowledge)
        return {"fresh": True, "text": filled, "via": "file"} if filled else {"fresh": True}

    def _refused(self, message: Message, sender: User | None) -> Ignored | None:
        if message.chat.type == "channel":
            return Ignored(why="a channel post")
        if sender is None and message.private:
            return Ignored(why="nobody sent it")
        if sender is not None and sender.id == TELEGRAM:
            return Ignored(why="Telegram itself")
        return Ignored(why="another bot") if sender is not None and sender.is_bot and sender.id not in STAND_INS else None

    def _known(self, command: re.Match[str]) -> bool:
        """Whether a command without a name is one of ours, or names us."""
        return command[2] is not None or command[1].lower() in ("start", *COMMANDS)

    def _for_us(self, message: Message, text: str) -> bool:
        """Whether a message in a group answers or mentions the bot."""
        answered = message.reply_to_message
        if answered is not None and answered.sender is not None and answered.sender.id == self.bot:
            return True
        marked: tuple[Entity, ...] = message.entities or message.caption_entities
        return bool(self._mention.search(text)) or any(
            entity.user is not None and entity.user.id == self.bot for entity in marked
        )

    def _is_us(self, name: str) -> bool:
        return name.lower() == self.username.lower()

    def _person(self, user: int) -> str:
        return f"telegram:{self.bot}:{user}"
