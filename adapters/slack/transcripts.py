"""Whole transcripts read in Slack: what one took part in and, for reviewers, the others of this workspace.

Everything is read through the archive, which leaves an audit row for another's transcript. Blocking: call it in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.slack.address import PLATFORM, person
from adapters.slack.history import Past, others
from bot.archive import Archive, Summary, Viewer
from bot.export import file_name, rendered
from bot.retell import Retelling
from bot.worded import of_its_time
from knowledge.model import Knowledge


@dataclass(frozen=True)
class Found:
    """A transcript as a file."""

    name: str
    text: str


class Transcripts:
    """The transcripts of one workspace; `reviewers` are persons as the settings name them."""

    def __init__(self, path: Path, team: str, reviewers: tuple[str, ...], today: Knowledge) -> None:
        self.path, self.team, self.reviewers, self.today = path, team, frozenset(reviewers), today

    def viewer(self, user: str) -> Viewer:
        """Somebody of the workspace, and whether they may read what is others'."""
        who = person(self.team, user)
        return Viewer(who, reviewer=who in self.reviewers)

    def latest(self, user: str) -> list[Past] | None:
        """The latest advisories of others in this workspace, for a reviewer; None for anybody else."""
        viewer = self.viewer(user)
        if not viewer.reviewer:
            return None
        archive = Archive(self.path)
        try:
            return others(archive.store, self.team, viewer.person)
        finally:
            archive.close()

    def may_read(self, user: str, id: str) -> bool:
        """Whether there is such an advisory in this workspace that somebody may read."""
        archive = Archive(self.path)
        try:
            return self._seen(archive, user, id) is not None
        finally:
            archive.close()

    def file(self, user: str, id: str) -> Found | None:
        """One of them, after its audit; None if there is none that they may read."""
        archive = Archive(self.path)
        try:
            summary = self._seen(archive, user, id)
            transcript = archive.transcript(self.viewer(user), id, "show") if summary is not None else None
            if transcript is None:
                return None
            version = transcript.summary.knowledge
            base = of_its_time(version, archive.store.knowledge_files(version), self.today)
            retelling = Retelling(base, self.today, transcript.summary.language)
            return Found(file_name(id, "md"), rendered(transcript, retelling, "md"))
        finally:
            archive.close()

    def _seen(self, archive: Archive, user: str, id: str) -> Summary | None:
        held = archive.store.conversation(id)
        if held is None or (held.platform, held.tenant) != (PLATFORM, self.team):
            return None
        return archive.summary(self.viewer(user), id)
