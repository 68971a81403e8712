"""Whether an advice helped, in the eyes of who got it: a line of the transcript beside the advice, where reviewers read it."""

from __future__ import annotations

from bot.records import Line
from bot.store import Store
from knowledge.model import Language

HELPFUL, UNHELPFUL = "helpful", "unhelpful"
"""How the transcript marks such a line."""


def keep(store: Store, shown: int, person: str, words: Language, now: int, *, helpful: bool) -> bool:
    """Keep a verdict on the advice that a message of the outbox showed; False if it showed none, or the same was said before."""
    row = store.row(
        "SELECT a.conversation, a.event_number FROM outbox o"
        " JOIN advice a ON a.conversation = o.conversation AND a.at <= o.created_at WHERE o.number = ?"
        " ORDER BY a.event_number DESC LIMIT 1",
        (shown,),
    )
    if row is None:
        return False
    said = store.row(
        "SELECT message FROM transcript WHERE conversation = ? AND event_number = ? AND person = ? AND message IN (?, ?)"
        " ORDER BY id DESC LIMIT 1",
        (*row, person, HELPFUL, UNHELPFUL),
    )
    mark = HELPFUL if helpful else UNHELPFUL
    if said is not None and said[0] == mark:
        return False
    store.write(row[0], [Line(row[1], now, person, mark, words.sentences[f"feedback_{mark}"])])
    return True
