"""The picture of an advice as it was given, drawn in a thread so that nobody waits for it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import structlog

from bot.advice.advice import Advice
from knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.chart import Picture
    from bot.store import Store

log = structlog.get_logger()


async def drawn(store: Store, conversation: str, event_number: int, knowledge: Knowledge, language: str) -> Picture | None:
    """The picture of the advice given at an event; None if it cannot be drawn, or was erased: the advice stands in words."""
    given = store.advice_at(conversation, event_number)
    if given is None:
        return None
    try:
        return await asyncio.to_thread(_picture, given, knowledge, language)
    except Exception as error:  # whatever is wrong with a picture, the advice follows in words
        log.error("picture not drawn", error=type(error).__name__, exc_info=True)
        return None


def _picture(given: str, knowledge: Knowledge, language: str) -> Picture:
    from bot.chart import draw  # brings the renderer, which only an advice needs

    return draw(Advice.from_json(json.loads(given)), knowledge, language)
