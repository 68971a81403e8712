"""The words for a past advice: the knowledge base of its time, with today's sentences where it has none."""

from __future__ import annotations

from collections.abc import Mapping

from bot.turn_store import TurnStore
from knowledge.load import KnowledgeError, load
from knowledge.model import Knowledge


def worded_for(store: TurnStore, version: str, today: Knowledge) -> Knowledge:
    """The words for an advice given on a version."""
    return today if version == today.version else worded(of_its_time(version, store.knowledge_files(version), today), today)


def of_its_time(version: str, files: Mapping[str, str] | None, today: Knowledge) -> Knowledge:
    """The knowledge base of a version from its stored files; today's where it can no longer be read."""
    if version == today.version or files is None:
        return today
    try:
        return load(files)
    except KnowledgeError:
        return today


def worded(base: Knowledge, today: Knowledge) -> Knowledge:
    """A knowledge base with today's sentences where it has none: it may be older than what is made of it."""
    if base is today:
        return base
    known = {language: words.sentences for language, words in today.languages.items()}
    languages = {
        language: words.model_copy(update={"sentences": {**known.get(language, known["en"]), **words.sentences}})
        for language, words in base.languages.items()
    }
    return base.model_copy(update={"languages": languages})
