"""What is sent as a file: the advice in a form to take along, and its picture with alt text, drawn in a thread.

A file is named after its outbox number, so that one whose arrival nobody knows can be looked for. An upload that Slack will
not take is said in words; the advice itself never waits for its picture.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import structlog

from bot.advice.advice import Advice
from bot.speak import Message
from bot.store import Outgoing, Store
from knowledge.model import Knowledge

log = structlog.get_logger()

EXPORT = "export."
LONGEST_ALT, LONGEST_TITLE = 1_000, 250
ENDINGS = {"memo": "html"}
"""Forms whose files end otherwise than they are called."""


@dataclass(frozen=True)
class File:
    """A file to be uploaded; `alt` says what a picture shows."""

    name: str
    title: str
    content: bytes
    alt: str | None = None


def is_file(message: Message) -> bool:
    """Whether a message is sent as a file."""
    return message.name.startswith(EXPORT) or message.picture is not None


def file_name(message: Message, outgoing: Outgoing) -> str:
    """The name that its file has in Slack."""
    form = message.name.removeprefix(EXPORT)
    ending = "png" if message.picture is not None else ENDINGS.get(form, form)
    return f"advice-{outgoing.number}.{ending}"


async def file_of(message: Message, outgoing: Outgoing, store: Store, knowledge: Knowledge, language: str) -> File | None:
    """The file of a message; None for a picture that cannot be drawn."""
    name = file_name(message, outgoing)
    if message.picture is None:
        return File(name, knowledge.words(language).sentences["slack_export_title"], message.markdown.encode())
    given = store.advice_at(outgoing.conversation, message.picture)
    if given is None:  # erased meanwhile
        return None
    try:
        return await asyncio.to_thread(_drawn, given, name, knowledge, language)
    except Exception as error:  # whatever is wrong with a picture, the advice follows in words
        log.error("picture not drawn", error=type(error).__name__, exc_info=True)
        return None


def _drawn(given: str, name: str, knowledge: Knowledge, language: str) -> File:
    from bot.chart import draw  # brings the renderer, which only an advice needs

    picture = draw(Advice.from_json(json.loads(given)), knowledge, language)
    return File(name, picture.title[:LONGEST_TITLE], picture.png, whole_sentences(picture.alt))


def whole_sentences(alt: str) -> str:
    """As many sentences of an alt text as Slack takes; what it says is in the card, too."""
    if len(alt) <= LONGEST_ALT:
        return alt
    return alt[: alt.rfind(". ", 0, LONGEST_ALT) + 1] or alt[:LONGEST_ALT]
