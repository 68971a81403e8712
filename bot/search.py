"""Full text over everything said. The newest lines that match are looked at, a bounded number, and the best come first.

BM25 is computed over that window: SQLite's own would read every matching line of the whole file first. Hits are audited as
reads of a transcript. A person's own words count double, since advice repeats the same terms in every case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.archive import Archive, Filter, Viewer, conditions
from bot.markup import clean

WINDOW = 400
LONGEST_QUERY, MOST_TERMS = 400, 16
AROUND = 90
OPEN, CLOSE = "\x02", "\x03"
"""Around each hit in what SQLite returns; text from people cannot hold them."""
_K1, _B, _OWN = 1.2, 0.75, 2.0


@dataclass(frozen=True)
class Hit:
    """The best line of a conversation; `pieces` alternate between plain text and the words found."""

    conversation: str
    at: int
    speaker: str
    person: str | None
    event_number: int
    pieces: tuple[str, ...]
    score: float
    lines: int  # of the conversation, in the window


@dataclass(frozen=True)
class _Match:
    conversation: str
    at: int
    speaker: str
    person: str | None
    event_number: int
    marked: str


def quoted(text: str) -> str:
    """A person's words as a query: each a phrase of its own, all wanted. Empty if nothing is left."""
    words = clean(text.replace("\x00", ""))[:LONGEST_QUERY].split()
    kept = [word for word in words if any(each.isalnum() for each in word)][:MOST_TERMS]
    return " ".join('"' + word.replace('"', '""') + '"' for word in kept)


def search(archive: Archive, viewer: Viewer, text: str, limit: int = 20, wanted: Filter = Filter()) -> list[Hit]:  # noqa: B008  frozen
    """Conversations among those wanted whose lines hold all the words, best first; of each its best line."""
    query = quoted(text)
    if not query:
        return []
    hits = _ranked(_window(archive, viewer, query, wanted))[:limit]
    archive.audit(viewer, [hit.conversation for hit in hits], "search")
    return hits


def _window(archive: Archive, viewer: Viewer, query: str, wanted: Filter) -> list[_Match]:
    """The newest matching lines. A reviewer's come straight from the index; anybody else's from their own lines."""
    where, bound = conditions(viewer, wanted)
    told = "t.conversation, t.at, t.speaker, t.person, t.event_number, highlight(transcript_search, 0, :open, :close)"
    if viewer.reviewer:
        source = "transcript_search CROSS JOIN transcript t ON t.id = transcript_search.rowid"
        if wanted != Filter():
            source += f" CROSS JOIN conversations c ON c.id = t.conversation AND {where}"
        order = "transcript_search.rowid"
    else:
        source = (
            f"(SELECT id FROM transcript WHERE conversation IN (SELECT c.id FROM conversations c WHERE {where})"  # noqa: S608  ours
            " ORDER BY id DESC LIMIT 20000) mine"
            " CROSS JOIN transcript_search ON transcript_search.rowid = mine.id"
            " CROSS JOIN transcript t ON t.id = mine.id"
        )
        order = "mine.id"
    sql = f"SELECT {told} FROM {source} WHERE transcript_search MATCH :query ORDER BY {order} DESC LIMIT :window"  # noqa: S608  ours
    with archive.explained():
        rows = archive.store.connection.execute(
            sql, bound | {"query": query, "open": OPEN, "close": CLOSE, "window": WINDOW}
        ).fetchall()
    return [_Match(*row) for row in rows]


def _ranked(matches: list[_Match]) -> list[Hit]:
    """BM25 over the window: the rarer the word found and the shorter the line, the better."""
    found = [_terms(match.marked) for match in matches]
    among = {term: sum(term in terms for terms in found) for terms in found for term in terms}
    lengths = [len(match.marked) for match in matches]
    usual = sum(lengths) / len(lengths) if lengths else 1.0
    best: dict[str, Hit] = {}
    lines: dict[str, int] = {}
    for match, terms, length in zip(matches, found, lengths, strict=True):
        score = sum(
            math.log(1 + (len(matches) - among[term] + 0.5) / (among[term] + 0.5))
            * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length / usual))
            for term, times in terms.items()
        )  # fmt: skip
        score *= _OWN if match.speaker == "person" else 1.0
        lines[match.conversation] = lines.get(match.conversation, 0) + 1
        kept = best.get(match.conversation)
        if kept is None or score > kept.score:
            best[match.conversation] = _hit(match, score)
    counted = [Hit(**{**hit.__dict__, "lines": lines[id]}) for id, hit in best.items()]
    return sorted(counted, key=lambda hit: (-hit.score, -hit.at, hit.conversation))


def _terms(marked: str) -> dict[str, int]:
    terms: dict[str, int] = {}
    for piece in marked.split(OPEN)[1:]:
        term = piece.split(CLOSE)[0].casefold()
        terms[term] = terms.get(term, 0) + 1
    return terms


def _hit(match: _Match, score: float) -> Hit:
    """The line cut to what stands around its first hit."""
    first = match.marked.find(OPEN)
    before = match.marked[:first]
    start = max(first - AROUND, 0)
    if start:
        start = before.find(" ", start) + 1 or start
    shown, length = [], 0
    for character in match.marked[start:]:
        length += character not in (OPEN, CLOSE)
        if length > 3 * AROUND:
            break
        shown.append(character)
    text = ("…" if start else "") + "".join(shown) + ("…" if length > 3 * AROUND else "")
    pieces: list[str] = []
    for i, piece in enumerate(text.split(OPEN)):
        hit, _, rest = piece.partition(CLOSE) if i else ("", "", piece)
        pieces += [hit, rest] if i else [rest]
    tidy = tuple(" ".join(clean(piece).split("\n")) for piece in pieces)
    return Hit(match.conversation, match.at, match.speaker, match.person, match.event_number, tidy, score, 0)
