"""The picture of an advice as it was given, drawn in a thread so that nobody waits for it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import structlog

from bot.advice.advice import Advice
from bot.speak import Message, Which
from bot.worded import worded_for
from knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.chart import Picture
    from bot.store import Given, Store

log = structlog.get_logger()


async def drawn(store: Store, conversation: str, message: Message, today: Knowledge, language: str) -> Picture | None:
    """The picture that a message carries, of the advice as it was given, drawn in a thread. None if it cannot be drawn, or was
    erased: the advice stands in words."""
    given, base = _given(store, conversation, message, today)
    return await asyncio.to_thread(_picture, given, base, language, message.which)


def drawn_now(store: Store, conversation: str, message: Message, today: Knowledge, language: str) -> Picture | None:
    """The same, for a caller that nobody else waits for."""
    given, base = _given(store, conversation, message, today)
    return _picture(given, base, language, message.which)


def _given(store: Store, conversation: str, message: Message, today: Knowledge) -> tuple[Given | None, Knowledge]:
    given = store.advice_at(conversation, message.picture) if message.picture is not None else None
    return given, worded_for(store, given.knowledge, today) if given is not None else today


def _picture(given: Given | None, knowledge: Knowledge, language: str, which: Which) -> Picture | None:
    from bot.chart import draw  # brings the renderer, which only an advice needs

    if given is None:
        return None
    try:
        return draw(Advice.from_json(json.loads(given.text)), knowledge, language, which)
    except Exception as error:  # whatever is wrong with a picture, the advice follows in words
        log.error("picture not drawn", error=type(error).__name__, exc_info=True)
        return None
