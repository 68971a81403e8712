"""Raw updates as deliveries of the inbox: what makes each unique, where it belongs, and in which order it counts. Pure.

Nothing here raises: what cannot be read gets no place, is set aside by the store, and never blocks those behind it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from pydantic import ValidationError

from adapters.telegram.update import Message, Update
from bot.records import Delivery

PLATFORM = "telegram"


def place(bot: int, chat: int, topic: int | None) -> str:
    """Where a conversation is held."""
    return f"{PLATFORM}:{bot}:{chat}" + (f":{topic}" if topic is not None else "")


def moved_key(bot: int, new: int, old: int) -> str:
    """Marks that a group became a supergroup: the alias by which its conversation is found again."""
    return f"moved:{bot}:{new}:{old}"


def deliveries(updates: Iterable[object], bot: int, now: int) -> list[Delivery]:
    """Each update as a delivery; `now` is UTC milliseconds."""
    return [delivery(update, bot, now) for update in updates]


def delivery(raw: object, bot: int, now: int) -> Delivery:
    """One update. Escaped to ASCII, so that no lone surrogate or control character reaches the database."""
    kept = json.dumps(raw, ensure_ascii=True, separators=(",", ":"))
    try:
        update = Update.model_validate(raw)
    except ValidationError:
        return Delivery(PLATFORM, _odd_key(raw, kept, bot), None, None, "", now, kept)
    key = f"{bot}:{update.update_id}"
    where, message_key, at, tie = _keys(update, bot, now)
    return Delivery(PLATFORM, key, message_key, where, f"{at:012d}{tie:020d}", now, kept)


def _keys(update: Update, bot: int, now: int) -> tuple[str, str | None, int, int]:
    """Place, message key, seconds, and what orders within a second."""
    here = now // 1000
    if update.message is not None:
        message = update.message
        return _place_of(message, bot), _message_key(message, bot), max(message.date, 0), abs(message.message_id)
    if update.edited_message is not None:
        edited = update.edited_message
        return _place_of(edited, bot), None, max(edited.edit_date or edited.date, 0), abs(edited.message_id)
    if update.callback_query is not None:
        query = update.callback_query
        where = place(bot, query.message.chat.id, query.message.topic) if query.message else place(bot, query.sender.id, None)
        return where, f"callback:{bot}:{query.id}", here, abs(update.update_id)
    return f"{PLATFORM}:{bot}:other", None, here, abs(update.update_id)


def _place_of(message: Message, bot: int) -> str:
    return place(bot, message.migrate_to_chat_id or message.chat.id, message.topic)


def _message_key(message: Message, bot: int) -> str:
    if message.migrate_to_chat_id is not None:
        return moved_key(bot, message.migrate_to_chat_id, message.chat.id)
    if message.migrate_from_chat_id is not None:
        return moved_key(bot, message.chat.id, message.migrate_from_chat_id)
    return f"{bot}:{message.chat.id}:{message.message_id}"


def _odd_key(raw: object, kept: str, bot: int) -> str:
    id = raw.get("update_id") if isinstance(raw, dict) else None
    return f"{bot}:{id}" if isinstance(id, int) else f"{bot}:odd:{hashlib.sha256(kept.encode()).hexdigest()}"
