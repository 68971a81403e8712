"""An archive with the knowledge bases that its advices were given on: what a surface needs to show a transcript in words."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bot.archive import Archive, Summary
from bot.worded import worded
from knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.replay import Versions
    from bot.retell import Retelling


class Library:
    """`today` is the knowledge base in use. What computes advice is imported when it is needed: a list does not pay for it."""

    def __init__(self, archive: Archive, today: Knowledge) -> None:
        self.archive, self.today = archive, today

    @cached_property
    def versions(self) -> Versions:
        """The knowledge bases that advices were given on."""
        from bot.replay import Versions

        return Versions(self.archive, self.today)

    def of_its_time(self, version: str) -> Knowledge:
        """A knowledge base by its version, today's where it can no longer be read."""
        from bot.replay import CannotReplay

        try:
            return self.versions.of(version)
        except CannotReplay:
            return self.today

    def worded(self, version: str) -> Knowledge:
        """The knowledge of its time, with today's sentences where it has none."""
        return worded(self.of_its_time(version), self.today)

    def retelling(self, summary: Summary) -> Retelling:
        """The words for a transcript: those of its time where they can still be read."""
        from bot.retell import Retelling

        return Retelling(self.of_its_time(summary.knowledge), self.today, summary.language)
