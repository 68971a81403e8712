"""The part of a Telegram update that is read, as values; everything else in it is passed over.

Field names are those of the Bot API. Unknown fields and unknown kinds of update are no errors.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MEDIA = (
    "animation", "audio", "contact", "dice", "document", "game", "location", "paid_media", "photo", "poll", "sticker", "story",
    "venue", "video", "video_note", "voice",
)  # fmt: skip
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""What is asked of the server; it remembers the list, so it is always sent."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(_Part):
    """Who sent it."""

    id: int
    is_bot: bool = False


class Chat(_Part):
    """Where it happened."""

    id: int
    type: Literal["private", "group", "supergroup", "channel"]


class Answered(_Part):
    """The message that a reply answers."""

    message_id: int
    sender: User | None = Field(None, alias="from")


class Entity(_Part):
    """Marked text; positions count UTF-16 units."""

    type: str
    offset: int
    length: int
    user: User | None = None


def _kind_of_media(value: object) -> object:
    """Adds which kind of media a message has, if any."""
    if not isinstance(value, dict):
        return value
    return {**value, "media": next((kind for kind in MEDIA if kind in value), None)}


class Message(_Part):
    """A message; `media` names what it shows besides text."""

    message_id: int
    date: int
    chat: Chat
    sender: User | None = Field(None, alias="from")
    sender_chat: Chat | None = None
    edit_date: int | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    text: str | None = None
    caption: str | None = None
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    reply_to_message: Answered | None = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None
    via_bot: User | None = None
    media: str | None = None

    @property
    def topic(self) -> int | None:
        """The forum topic; a plain reply thread is none."""
        return self.message_thread_id if self.is_topic_message else None

    @property
    def private(self) -> bool:
        """Whether only one person reads along."""
        return self.chat.type == "private"


class Button(_Part):
    """A button of an inline keyboard."""

    text: str
    callback_data: str | None = None


class Keyboard(_Part):
    """An inline keyboard."""

    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Shown(_Part):
    """The message under which a button was tapped; an old one has only its id and chat."""

    message_id: int
    chat: Chat
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_markup: Keyboard | None = None

    def label(self, data: str) -> str:
        """What the tapped button said."""
        rows = self.reply_markup.inline_keyboard if self.reply_markup else ()
        return next((button.text for row in rows for button in row if button.callback_data == data), "")

    @property
    def topic(self) -> int | None:
        """The forum topic; a plain reply thread is none."""
        return self.message_thread_id if self.is_topic_message else None


class CallbackQuery(_Part):
    """A tap."""

    id: str
    sender: User = Field(alias="from")
    message: Shown | None = None
    data: str | None = None


class ChatMember(_Part):
    """What the bot is in a chat."""

    status: str


class ChatMemberUpdated(_Part):
    """The bot was added, removed, blocked or unblocked."""

    chat: Chat
    date: int
    new_chat_member: ChatMember


class Update(_Part):
    """One update; at most one of its kinds is set."""

    update_id: int
    message: Annotated[Message | None, BeforeValidator(_kind_of_media)] = None
    edited_message: Annotated[Message | None, BeforeValidator(_kind_of_media)] = None
    callback_query: CallbackQuery | None = None
    my_chat_member: ChatMemberUpdated | None = None
