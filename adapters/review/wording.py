"""Ids and times as the pages show them: names from the knowledge base, an id that it does not know as it is."""

from __future__ import annotations

from bot.retell import clock
from knowledge.model import Knowledge


class Wording:
    """The words of today's knowledge base."""

    def __init__(self, base: Knowledge, language: str = "en") -> None:
        self.base, self._words = base, base.words(language)

    @staticmethod
    def clock(at: int) -> str:
        """A moment, in UTC."""
        return clock(at, "%Y-%m-%d %H:%M")

    @staticmethod
    def day(at: int) -> str:
        """A date, in UTC."""
        return clock(at, "%Y-%m-%d")

    def option(self, id: str) -> str:
        """An option, short."""
        found = self._words.options.get(id)
        return found.short if found else id

    def kind(self, id: str) -> str:
        """A kind of work."""
        found = self._words.questions["kind"].choices.get(id)
        return found.label if found else id

    def question(self, id: str) -> str:
        """What a question is called."""
        found = self._words.questions.get(id)
        return found.name if found else id

    def criterion(self, id: str) -> str:
        """A criterion, short."""
        found = self._words.criteria.get(id)
        return found.short if found else id

    @property
    def options(self) -> tuple[str, ...]:
        """The options there are."""
        return tuple(self.base.options)

    @property
    def named_options(self) -> list[tuple[str, str]]:
        """The options with their names."""
        return [(id, self.option(id)) for id in self.options]

    @property
    def named_kinds(self) -> list[tuple[str, str]]:
        """The kinds of work with their names."""
        return [(id, self.kind(id)) for id in self._words.questions["kind"].choices]
