"""Full text over everything said. The newest lines that match are looked at, a bounded number, and the best come first.

BM25 is computed over that window: SQLite's own would read every matching line of the whole file first. Hits are audited as
reads of a transcript. A person's own words count double, since advice repeats the same terms in every case.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from bot.archive import Archive, Filter, Viewer
from bot.listing import VISIBLE, Bound, scope
from bot.markup import clean

WINDOW, WIDE = 400, 20_000
"""Matching lines that are ranked, and that are looked at for `WINDOW` of them in the conversations wanted."""
ALL = Filter()
LONGEST_QUERY, MOST_TERMS = 400, 16
AROUND = 90
OPEN, CLOSE = "\x02", "\x03"
"""Around each hit in what SQLite returns; text from people cannot hold them."""
_K1, _B, _OWN = 1.2, 0.75, 2.0
_NEWEST_LINES = 2000
"""How far back is looked first; then four times as far, and so on. Upwards the index is ten times as fast as downwards."""
_MATCHING = "SELECT rowid FROM transcript_search WHERE transcript_search MATCH ? AND rowid > ? AND rowid <= ? ORDER BY rowid"


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


class _Line(NamedTuple):
    """A line of the transcript that matches."""

    line: int
    conversation: str
    at: int
    speaker: str
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
    terms = [_pattern(word) for word in _words(text)]
    with archive.explained():
        lines = islice(_lines(archive, viewer, query, wanted), WINDOW)
        hits = _latest(lines, limit) if newest else _ranked(list(lines), terms)[:limit]
        archive.audit(viewer, [hit.conversation for hit in hits], "search")
        return [shown for hit in hits if (shown := _shown(archive, query, terms, hit)) is not None]


def _lines(archive: Archive, viewer: Viewer, query: str, wanted: Filter) -> Iterator[_Line]:
    """The matching lines that a viewer may see of what is wanted, the newest first."""
    connection = archive.store.connection
    _, where, bound = scope(viewer, wanted)
    fits: dict[str, bool] = {}

    def is_wanted(id: str) -> bool:
        if id not in fits:
            sql = f"SELECT 1 FROM conversations c WHERE c.id = :id AND {where}"  # noqa: S608  ours
            fits[id] = connection.execute(sql, bound | {"id": id}).fetchone() is not None
        return fits[id]

    for number, conversation in islice(_numbers(connection, viewer, query, where, bound), WIDE):
        row = connection.execute(
            "SELECT id, conversation, at, speaker, substr(text, 1, 5000) FROM transcript WHERE id = ?", (number,)
        ).fetchone()
        if row is not None and (row[1] == conversation or (viewer.reviewer and (wanted == ALL or is_wanted(row[1])))):
            yield _Line(*row)


def _numbers(
    connection: sqlite3.Connection, viewer: Viewer, query: str, where: str, bound: Bound
) -> Iterator[tuple[int, str | None]]:
    """Numbers of matching lines, and for a viewer who is no reviewer the conversation that each must be of: one's own are
    looked up a conversation at a time."""
    if not viewer.reviewer:
        mine = (
            "SELECT c.id, (SELECT min(id) FROM transcript WHERE conversation = c.id), (SELECT max(id) FROM transcript"  # noqa: S608
            f" WHERE conversation = c.id) FROM ({VISIBLE}) seen CROSS JOIN conversations c ON c.id = seen.id"
            f" WHERE {where} ORDER BY c.last_at DESC, c.id DESC"
        )
        for id, first, last in connection.execute(mine, bound).fetchall():
            found = connection.execute(_MATCHING, (query, (first or 0) - 1, last or 0)).fetchall()
            yield from ((number, id) for (number,) in reversed(found))
        return
    top, back = connection.execute("SELECT coalesce(max(id), 0) FROM transcript").fetchone()[0], _NEWEST_LINES
    while top > 0:
        found = connection.execute(_MATCHING, (query, top - back, top)).fetchall()
        yield from ((number, None) for (number,) in reversed(found))
        top, back = top - back, 4 * back


def _latest(lines: Iterator[_Line], limit: int) -> list[_Found]:
    """The latest line of each conversation, as they come."""
    found: dict[str, _Found] = {}
    for line in lines:
        if line.conversation not in found:
            found[line.conversation] = _Found(line.line, line.conversation, line.at, 0.0, 1)
        if len(found) == limit:
            break
    return list(found.values())


def _ranked(lines: list[_Line], terms: list[re.Pattern[str]]) -> list[_Found]:
    """BM25 over the window, each conversation's best line. All words are in every line, so what counts is how often, and how
    short the line is."""
    usual = sum(len(line.text) for line in lines) / len(lines) if lines else 1.0
    best: dict[str, _Found] = {}
    for line in lines:
        text = _folded(line.text)
        norm = _K1 * (1 - _B + _B * len(text) / usual)
        times = [max(len(term.findall(text)), 1) for term in terms]
        score = sum(n * (_K1 + 1) / (n + norm) for n in times) * (_OWN if line.speaker == "person" else 1.0)
        kept = best.get(line.conversation)
        count = kept.lines + 1 if kept else 1
        if kept is None or score > kept.score:
            best[line.conversation] = _Found(line.line, line.conversation, line.at, score, count)
        else:
            best[line.conversation] = kept._replace(lines=count)
    return sorted(best.values(), key=lambda each: (-each.score, -each.at, each.conversation))


def _pattern(word: str) -> re.Pattern[str]:
    """A word of the query in a folded text, as the index takes it: letters and digits, whatever stands between them."""
    parts = re.findall(r"[^\W_]+", _folded(word))
    return re.compile(rf"(?<![^\W_]){'[^a-z0-9]{1,3}'.join(map(re.escape, parts))}(?![^\W_])")


def _folded(text: str) -> str:
    """Without case and accents, every character in its place."""
    return text.lower() if text.isascii() else "".join(map(_plain, text))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    low = unicodedata.normalize("NFKD", character).lower()[:1]
    return low or character


def _shown(archive: Archive, query: str, terms: list[re.Pattern[str]], found: _Found) -> Hit | None:
    """The line cut to what stands around its first hit; None if it was erased meanwhile."""
    row = archive.store.connection.execute(
        "SELECT speaker, person, event_number, text FROM transcript WHERE id = ? AND conversation = ?",
        (found.line, found.conversation),
    ).fetchone()
    if row is None:
        return None
    speaker, person, event_number, text = row
    marked = _marked(text, terms) or _marked_by_index(archive, query, found.line) or text
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


def _marked(text: str, terms: list[re.Pattern[str]]) -> str | None:
    """The text with its hits marked; None if none are found in it as it is written."""
    folded = _folded(text)
    spans = sorted(span for term in terms for found in term.finditer(folded) if (span := found.span()))
    marked, end = "", 0
    for start, stop in spans:
        if start >= end:
            marked += f"{text[end:start]}{OPEN}{text[start:stop]}{CLOSE}"
            end = stop
    return marked + text[end:] if spans else None


def _marked_by_index(archive: Archive, query: str, line: int) -> str | None:
    """As the index marks it: it knows forms of letters that are not compared here."""
    row = archive.store.connection.execute(
        "SELECT highlight(transcript_search, 0, ?, ?) FROM transcript_search WHERE transcript_search MATCH ? AND rowid = ?",
        (OPEN, CLOSE, query, line),
    ).fetchone()
    return row[0] if row else None
