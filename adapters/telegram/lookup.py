"""Which conversation and which message a delivery is about. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.telegram.deliveries import PLATFORM, moved_key, place
from adapters.telegram.update import Update
from bot.records import Conversation
from bot.store import Store


def held_at(store: Store, here: str, chat: int, bot: int, *, private: bool) -> list[Conversation]:
    """The conversations held at a place, the one talked in last first; those of the group that it was before count too."""
    places = [here] if private else [here, *(place(bot, old, None) for old in _before(store, chat, bot))]
    return store.held_at(places)


def _before(store: Store, chat: int, bot: int) -> list[int]:
    """The ids that a supergroup had as a group."""
    prefix = moved_key(bot, chat, 0).removesuffix("0")
    rows = store.rows(
        "SELECT message_key FROM inbox WHERE platform = ? AND message_key >= ? AND message_key < ?",
        (PLATFORM, prefix, prefix[:-1] + ";"),
    )
    return [int(key.removeprefix(prefix)) for (key,) in rows]


def tapped(store: Store, held: Sequence[Conversation], sent_as: str) -> int | None:
    """The number in the outbox of a message that was sent in one of these conversations."""
    for conversation in held:
        row = store.row(
            "SELECT number FROM outbox WHERE conversation = ? AND sent_as = ? AND kind = 'send'",
            (conversation.id, sent_as),
        )
        if row is not None:
            return int(row[0])
    return None


def has_answers(store: Store, conversation: str) -> bool:
    """Whether there is something to lose."""
    found = store.row("SELECT 1 FROM answers WHERE conversation = ? LIMIT 1", (conversation,))
    return found is not None


def said_before(store: Store, bot: int, chat: int, message: int) -> str | None:
    """What a message said before it was edited; None if that is not known."""
    row = store.row("SELECT raw FROM inbox WHERE platform = ? AND message_key = ?", (PLATFORM, f"{bot}:{chat}:{message}"))
    if row is None or not row[0]:
        return None
    original = Update.model_validate_json(row[0]).message
    return original.text or original.caption if original is not None else None
