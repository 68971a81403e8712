"""An archive with the knowledge bases its advices were given on: a transcript in words, and an advice computed again."""

from __future__ import annotations

from bot.archive import Archive, Given, Summary, Transcript
from bot.replay import CannotReplay, Replayed, knowledge_of, replay
from bot.retell import Retelling
from knowledge.model import Knowledge


class Library:
    """Stored knowledge bases are parsed once and kept."""

    def __init__(self, archive: Archive, today: Knowledge) -> None:
        self.archive, self.today = archive, today
        self._kept: dict[str, Knowledge] = {}

    def knowledge(self, version: str) -> Knowledge:
        """A knowledge base by its version. Raises CannotReplay."""
        if version == self.today.version:
            return self.today
        if version not in self._kept:
            with self.archive.explained():
                self._kept[version] = knowledge_of(version, self.archive.store.knowledge_files(version))
        return self._kept[version]

    def of_its_time(self, version: str) -> Knowledge:
        """A knowledge base by its version, today's where it can no longer be read."""
        try:
            return self.knowledge(version)
        except CannotReplay:
            return self.today

    def worded(self, version: str) -> Knowledge:
        """The knowledge of its time, with today's sentences where it has none: it may be older than what is made of it."""
        base = self.of_its_time(version)
        known = {language: words.sentences for language, words in self.today.languages.items()}
        languages = {
            language: words.model_copy(update={"sentences": {**known.get(language, known["en"]), **words.sentences}})
            for language, words in base.languages.items()
        }
        return base.model_copy(update={"languages": languages})

    def retelling(self, summary: Summary) -> Retelling:
        """The words for a transcript: those of its time where they can still be read."""
        return Retelling(self.of_its_time(summary.knowledge), self.today, summary.language)

    def replayed(self, transcript: Transcript, given: Given, *, today: bool, why: bool = True) -> Replayed | str:
        """The advice again, on today's knowledge or on that of its time; or, in words, why it cannot be computed."""
        try:
            knowledge = self.today if today else self.knowledge(given.knowledge)
            before = (lambda: self.knowledge(given.knowledge)) if why else None
            try:
                return replay(transcript, given, knowledge, before)
            except CannotReplay:
                return replay(transcript, given, knowledge)
        except CannotReplay as error:
            return f"{transcript.summary.id}: {error}"
        except (KeyError, ValueError, IndexError) as error:
            return f"{transcript.summary.id}: its answers do not fit this knowledge base ({type(error).__name__}: {error})"
