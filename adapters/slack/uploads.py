"""What is sent as a file: the advice in a form to take along, and its picture with alt text.

A file is named after its outbox number, so that one whose arrival nobody knows can be looked for. An upload that Slack will
not take is said in words; the advice itself never waits for its picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.drawing import drawn
from bot.handout import name_of
from bot.records import Outgoing
from bot.speak import Message
from bot.store import Store
from knowledge.model import Knowledge

LONGEST_ALT, LONGEST_TITLE = 1_000, 250


@dataclass(frozen=True)
class File:
    """A file to be uploaded; `alt` says what a picture shows."""

    name: str
    title: str
    content: bytes
    alt: str | None = None


def is_file(message: Message) -> bool:
    """Whether a message is sent as a file."""
    return name_of(message, "") is not None


def file_name(message: Message, outgoing: Outgoing) -> str | None:
    """The name that its file has in Slack; None if a message is sent as text."""
    return name_of(message, str(outgoing.number))


async def file_of(message: Message, outgoing: Outgoing, store: Store, knowledge: Knowledge, language: str) -> File | None:
    """The file of a message; None for a picture that cannot be drawn."""
    name = file_name(message, outgoing) or ""
    if message.picture is None:
        return File(name, knowledge.words(language).sentences["slack_export_title"], message.markdown.encode())
    picture = await drawn(store, outgoing.conversation, message, knowledge, language)
    if picture is None:
        return None
    return File(name, picture.title[:LONGEST_TITLE], picture.png, whole_sentences(picture.alt))


def whole_sentences(alt: str) -> str:
    """As many sentences of an alt text as Slack takes; what matters most comes first in it."""
    if len(alt) <= LONGEST_ALT:
        return alt
    return alt[: alt.rfind(". ", 0, LONGEST_ALT) + 1] or alt[:LONGEST_ALT]
