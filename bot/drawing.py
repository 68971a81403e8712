"""The picture of an advice as it was given, laid out in a thread and rendered by another process, so that nobody waits for it."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING

import structlog

from bot.advice.advice import Advice
from bot.speak import Message
from bot.worded import worded_for
from knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.chart import Drawing, Picture
    from bot.records import Given
    from bot.store import Store

PATIENCE = 30.0
"""Seconds after which a renderer is given up."""

log = structlog.get_logger()


class NotRendered(Exception):
    """The renderer ended without a picture."""


async def drawn(store: Store, conversation: str, message: Message, today: Knowledge, language: str) -> Picture | None:
    """The picture that a message carries, of the advice as it was given. None if it cannot be drawn, or was erased: the advice
    stands in words."""
    given = store.advice_at(conversation, message.picture) if message.picture is not None else None
    if given is None:
        return None
    try:
        from bot.chart import Picture

        drawing = await asyncio.to_thread(_laid_out, given, worded_for(store, given.knowledge, today), message, language)
        return Picture(drawing.title, drawing.alt, drawing.svg, await _rendered(drawing.svg))
    except Exception as error:  # whatever is wrong with a picture, the advice follows in words
        log.error("picture not drawn", error=type(error).__name__, exc_info=True)
        return None


def _laid_out(given: Given, base: Knowledge, message: Message, language: str) -> Drawing:
    from bot.chart import lay_out

    return lay_out(Advice.from_json(json.loads(given.text)), base, language, message.which)


async def _rendered(svg: str) -> bytes:
    """The PNG, from a process of its own. Raises NotRendered, or TimeoutError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bot.raster", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
    )
    try:
        png, _ = await asyncio.wait_for(process.communicate(svg.encode()), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise NotRendered(f"the renderer ended with {process.returncode}")
    return png
