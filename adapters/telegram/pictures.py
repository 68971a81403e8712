"""The picture of an advice as it was given: drawn in a thread, its alt text on request, as Telegram has no place for one."""

from __future__ import annotations

import asyncio
import json

import structlog

from bot.advice.advice import Advice
from bot.markup import escape
from bot.speak import Button, Message
from bot.store import Store
from knowledge.model import Knowledge, Language

log = structlog.get_logger()


async def drawn(store: Store, conversation: str, message: Message, knowledge: Knowledge, language: str) -> bytes | None:
    """The PNG that a message carries; None if it cannot be drawn."""
    given = store.advice_at(conversation, message.picture or 0)
    if given is None:  # erased meanwhile
        return None
    try:
        return await asyncio.to_thread(_png, given, knowledge, language)
    except Exception as error:  # whatever is wrong with a picture, the advice follows in words
        log.error("picture not drawn", error=type(error).__name__, exc_info=True)
        return None


def _png(given: str, knowledge: Knowledge, language: str) -> bytes:
    from bot.chart import draw  # brings the renderer, which only an advice needs

    return draw(Advice.from_json(json.loads(given)), knowledge, language).png


def with_button(message: Message, words: Language) -> Message:
    """The picture's message with a way to its alt text."""
    button = Button(label=words.sentences["telegram_in_words"], token=f"t:words:{message.picture}")
    return message.model_copy(update={"buttons": (button,)})


def in_words(given: str, knowledge: Knowledge, language: str) -> Message:
    """What a picture shows, for those who do not see it."""
    from bot.chart import alt

    return Message(name="alt", markdown=escape(alt(Advice.from_json(json.loads(given)), knowledge, language)))
