"""A person's own data, gathered into a file or erased with a receipt: long work, done on delivery on a connection of its own.

The message that orders an erasure is stored with what it erases: after a crash either both are still there, or neither.
"""

from __future__ import annotations

import json
from pathlib import Path

from bot.archive import Archive, Filter, Viewer
from bot.erasure import forget_conversation, forget_person
from bot.export import as_json
from bot.receipts import Receipt
from bot.retell import Retelling
from bot.store import Store
from knowledge.model import Knowledge, Language

FORGET_ONE, FORGET_ALL, GATHER = "forget_one", "forget_all", "my_data"
"""Names of messages that are carried out rather than shown."""
_REFERENCE = 12


def gathered(path: Path, conversation: str, knowledge: Knowledge, now: int) -> bytes:
    """Everything stored of the person who holds a conversation, as JSON; what reviewers noted is theirs. Raises StoreError."""
    archive = Archive(path, now)
    try:
        found = archive.store.conversation(conversation)
        person = found.person if found is not None else ""
        viewer = Viewer(person, reviewer=False)
        summaries = archive.every(viewer, Filter(person=person))
        advisories = [
            as_json(transcript, Retelling(knowledge, knowledge, transcript.summary.language)) | {"reviews": []}
            for transcript in archive.transcripts(viewer, summaries, "export")
        ]
    finally:
        archive.close()
    return json.dumps({"person": person, "at": now, "advisories": advisories}, ensure_ascii=False, indent=2).encode()


def erased(path: Path, name: str, conversation: str, now: int) -> Receipt:
    """Erase a conversation, or all of the person who holds it. Raises StoreError; then nothing is erased."""
    store = Store(path)
    try:
        found = store.conversation(conversation)
        if name == FORGET_ALL and found is not None:
            return forget_person(store, found.person, now)
        return forget_conversation(store, conversation, now)
    finally:
        store.close()


def told(receipt: Receipt, words: Language) -> str:
    """What an erasure did, in words; its reference is what the operator finds the stored receipt by."""
    said = words.sentences
    counts = {"conversations": 0, "answers": 0, "lines": 0, **receipt.erased}
    text = said["telegram_deleted"].format(
        advisories=counts["conversations"],
        answers=counts["answers"],
        lines=counts["lines"],
        reference=receipt.tombstones[0][:_REFERENCE] if receipt.tombstones else "",
    )
    return text if receipt.complete else f"{text} {said['telegram_deleted_later']}"
