"""What became of an advice: a reviewer's verdict on it, and what was chosen and happened in the end.

Both are only ever appended; the latest counts in lists.
"""

from __future__ import annotations

from typing import Literal

from bot.archive import Archive, Outcome, Review, Viewer
from bot.markup import clean

ReviewVerdict = Literal["right", "doubtful", "wrong"]
REVIEW_VERDICTS: tuple[ReviewVerdict, ...] = ("right", "doubtful", "wrong")
NO_OPTION = ("split", "automation", "none")
"""What may be chosen besides an option of the knowledge base."""
LONGEST_NOTE, LONGEST_NAME = 4000, 200


class NotAllowed(Exception):
    """The viewer may not do this; the text says who may."""


def review(archive: Archive, viewer: Viewer, id: str, verdict: ReviewVerdict, note: str, by: str, *, flag: bool) -> Review | None:
    """Keep a reviewer's verdict; None if the viewer sees no such conversation. Raises NotAllowed, ValueError."""
    if not viewer.reviewer:
        raise NotAllowed("only a reviewer (see ADVISOR_REVIEWERS) may review a past advisory")
    name = clean(by).strip()[:LONGEST_NAME]
    if not name:
        raise ValueError("a review needs the name of who reviewed")
    if archive.summary(viewer, id) is None:
        return None
    kept = Review(archive.now, name, verdict, clean(note).strip()[:LONGEST_NOTE], int(flag))
    with archive.writer.transaction():
        archive.writer.connection.execute(
            "INSERT INTO reviews(conversation, at, reviewer, verdict, note, flag) VALUES (?,?,?,?,?,?)",
            (id, kept.at, kept.reviewer, kept.verdict, kept.note, kept.flag),
        )
    return kept


def outcome(archive: Archive, viewer: Viewer, id: str, chosen: str, happened: str) -> Outcome | None:
    """Keep what was chosen; None if the viewer sees no such conversation. `chosen` is an option's id or one of NO_OPTION."""
    if archive.summary(viewer, id) is None:
        return None
    kept = Outcome(archive.now, viewer.name or viewer.person, chosen, clean(happened).strip()[:LONGEST_NOTE])
    with archive.writer.transaction():
        archive.writer.connection.execute(
            "INSERT INTO outcomes(conversation, at, person, chosen, happened) VALUES (?,?,?,?,?)",
            (id, kept.at, kept.person, kept.chosen, kept.happened),
        )
    return kept
