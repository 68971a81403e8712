"""Full text over everything said. The newest lines that match are looked at, a bounded number, and the best come first.

BM25 is computed over that window: SQLite's own would read every matching line of the whole file first. Hits are audited as
reads of a transcript. A person's own words count double, since advice repeats the same terms in every case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from bot.archive import Archive, Filter, Viewer
from bot.listing import VISIBLE, scope
from bot.markup import clean

WINDOW, WIDE = 400, 20_000
"""Matching lines that are ranked, and that are looked at for `WINDOW` of them in the conversations wanted."""
ALL = Filter()
LONGEST_QUERY, MOST_TERMS = 400, 16
AROUND = 90
OPEN, CLOSE = "\x02", "\x03"
"""Around each hit in what SQLite returns; text from people cannot hold them."""
_K1, _B, _OWN = 1.2, 0.75, 2.0
_LINE = "SELECT t.id, t.conversation, t.at, t.speaker, t.person, t.event_number, substr(t.text, 1, 5000)"
_MATCHING = f"{_LINE} FROM transcript_search CROSS JOIN transcript t ON t.id = transcript_search.rowid"


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
    line: int
    conversation: str
    at: int
    speaker: str
    person: str | None
    event_number: int
    text: str


class _Found(NamedTuple):
    """The line to show of a conversation, and how many others match."""

    line: int
    conversation: str
    at: int
    score: float
    lines: int


def quoted(text: str) -> str:
    """A person's words as a query: each a phrase of its own, all wanted. Empty if nothing is left."""
    return " ".join('"' + word.replace('"', '""') + '"' for word in _words(text))


def _words(text: str) -> list[str]:
    words = clean(text.replace("\x00", ""))[:LONGEST_QUERY].split()
    return [word for word in words if any(each.isalnum() for each in word)][:MOST_TERMS]


def search(
    archive: Archive, viewer: Viewer, text: str, limit: int = 20, *, newest: bool = False, wanted: Filter = ALL
) -> list[Hit]:
    """Conversations, of those `wanted`, whose lines hold all the words, best (or `newest`) first; of each its best (or latest)
    line."""
    query = quoted(text)
    if not query:
        return []
    with archive.explained():
        matches = _matches(archive, viewer, query, wanted)
        hits = _latest(matches, limit) if newest else _ranked(list(islice(matches, WINDOW)), _words(text))[:limit]
        archive.audit(viewer, [hit.conversation for hit in hits], "search")
        return [shown for hit in hits if (shown := _shown(archive, query, hit)) is not None]


def _matches(archive: Archive, viewer: Viewer, query: str, wanted: Filter) -> Iterator[_Match]:
    """The matching lines that a viewer may see, the newest first. One's own are looked up a conversation at a time."""
    connection = archive.store.connection
    _, where, bound = scope(viewer, wanted)
    if viewer.reviewer and wanted != ALL:
        narrowed = (
            f"{_LINE}, {where} FROM transcript_search CROSS JOIN transcript t ON t.id = transcript_search.rowid"
            " CROSS JOIN conversations c ON c.id = t.conversation"
            " WHERE transcript_search MATCH :query ORDER BY transcript_search.rowid DESC"
        )
        looked_at = islice(connection.execute(narrowed, bound | {"query": query}), WIDE)
        yield from (_Match(*row[:-1]) for row in looked_at if row[-1])
        return
    if viewer.reviewer:
        sql = f"{_MATCHING} WHERE transcript_search MATCH ? ORDER BY transcript_search.rowid DESC"
        yield from (_Match(*row) for row in connection.execute(sql, (query,)))
        return
    mine = (
        "SELECT c.id, (SELECT min(id) FROM transcript WHERE conversation = c.id), (SELECT max(id) FROM transcript"  # noqa: S608
        f" WHERE conversation = c.id) FROM ({VISIBLE}) seen CROSS JOIN conversations c ON c.id = seen.id"
        f" WHERE {where} ORDER BY c.last_at DESC, c.id DESC"
    )
    within = (  # upwards, which the index does ten times as fast as downwards
        f"{_MATCHING} WHERE transcript_search MATCH ? AND transcript_search.rowid BETWEEN ? AND ? AND t.conversation = ?"
        " ORDER BY transcript_search.rowid"
    )
    for id, first, last in connection.execute(mine, bound).fetchall():
        found = connection.execute(within, (query, first, last, id)).fetchall()
        yield from (_Match(*row) for row in reversed(found))


def _latest(matches: Iterator[_Match], limit: int) -> list[_Found]:
    """The latest line of each conversation, as they come."""
    found: dict[str, _Found] = {}
    for match in islice(matches, WINDOW):
        if match.conversation not in found:
            found[match.conversation] = _Found(match.line, match.conversation, match.at, 0.0, 1)
        if len(found) == limit:
            break
    return list(found.values())


def _ranked(matches: list[_Match], words: list[str]) -> list[_Found]:
    """BM25 over the window, each conversation's best line. All words are in every line, so what counts is how often, and how
    short the line is."""
    terms = [_pattern(word) for word in words]
    usual = sum(len(match.text) for match in matches) / len(matches) if matches else 1.0
    best: dict[str, _Found] = {}
    for match in matches:
        text = _folded(match.text)
        norm = _K1 * (1 - _B + _B * len(match.text) / usual)
        times = [max(len(term.findall(text)), 1) for term in terms]
        score = sum(n * (_K1 + 1) / (n + norm) for n in times) * (_OWN if match.speaker == "person" else 1.0)
        kept = best.get(match.conversation)
        lines = kept.lines + 1 if kept else 1
        if kept is None or score > kept.score:
            best[match.conversation] = _Found(match.line, match.conversation, match.at, score, lines)
        else:
            best[match.conversation] = kept._replace(lines=lines)
    return sorted(best.values(), key=lambda each: (-each.score, -each.at, each.conversation))


def _pattern(word: str) -> re.Pattern[str]:
    """A word of the query in a folded text, as the index takes it: letters and digits, whatever stands between them."""
    parts = re.findall(r"[^\W_]+", _folded(word))
    return re.compile(rf"(?<![^\W_]){'[^a-z0-9]{1,3}'.join(map(re.escape, parts))}(?![^\W_])")


def _folded(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    return "".join(each for each in unicodedata.normalize("NFKD", text).lower() if not unicodedata.combining(each))


def _shown(archive: Archive, query: str, found: _Found) -> Hit | None:
    """The line cut to what stands around its first hit; None if it was erased meanwhile."""
    row = archive.store.connection.execute(
        "SELECT t.speaker, t.person, t.event_number, highlight(transcript_search, 0, ?, ?) FROM transcript_search"
        " CROSS JOIN transcript t ON t.id = transcript_search.rowid"
        " WHERE transcript_search MATCH ? AND transcript_search.rowid = ? AND t.conversation = ?",
        (OPEN, CLOSE, query, found.line, found.conversation),
    ).fetchone()
    if row is None:
        return None
    speaker, person, event_number, marked = row
    first = marked.find(OPEN)
    before = marked[:first]
    start = max(first - AROUND, 0)
    if start:
        start = before.find(" ", start) + 1 or start
    shown, length = [], 0
    for character in marked[start:]:
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
    return Hit(found.conversation, found.at, speaker, person, event_number, tidy, found.score, found.lines)
