"""Where and to what an answer goes on Telegram: the JSON that a conversation and each message of the outbox carry."""

from __future__ import annotations

from bot.answers import Frozen


class Address(Frozen):
    """A chat, and what of it the answer refers to.

    `tapped` is the message whose button was tapped, `callback` that tap; `reply` is a message to reply to, in groups;
    `edited` is an earlier message that was edited.
    """

    chat: int
    topic: int | None = None
    private: bool = True
    reply: int | None = None
    callback: str | None = None
    tapped: int | None = None
    edited: int | None = None

    def json_text(self) -> str:
        """Without what is not set."""
        return self.model_dump_json(exclude_defaults=True)
