"""Full text over everything said. The newest lines that match are looked at, a bounded number, and the best come first.

BM25 is computed over that window: SQLite's own would read every matching line of the whole file first. What repeats is indexed
once (bot/wordings.py), so wordings are found first and then who said them. Hits are audited as reads of a transcript. A person's
own words count double, since advice repeats the same terms in every case.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice
from typing import NamedTuple

from bot.archive import Archive, Filter, Viewer
from bot.listing import VISIBLE, Bound, scope
from bot.markup import clean
from bot.snippet import CLOSE, OPEN, folded, marked, pattern, pieces
from bot.wordings import ERA

WINDOW, WIDE = 400, 20_000
"""Matching lines that are ranked, and that are looked at for `WINDOW` of them in the conversations wanted."""
ALL = Filter()
LONGEST_QUERY, MOST_TERMS = 400, 16
LONGEST_TEXT = 5_000
"""Characters of a line that count for its rank."""
_K1, _B, _OWN = 1.2, 0.75, 2.0
_SAYING = (  # one cursor that goes down and is read as far as needed: with bounds, SQLite walks to the first match from the end
    "SELECT s.rowid, l.id FROM transcript_search s CROSS JOIN lines l ON l.wording = s.rowid"
    " WHERE s.transcript_search MATCH ? ORDER BY s.rowid DESC"
)
_ANY = "SELECT 1 FROM transcript_search WHERE transcript_search MATCH ? LIMIT 1"
"""Upwards SQLite is twice as fast: words that are nowhere together cost half of what it takes to look for the latest."""
_AMONG = "SELECT rowid FROM transcript_search WHERE transcript_search MATCH ? AND rowid BETWEEN ? AND ?"


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
    own: bool  # a person's own words
    wording: int


class _Counted(NamedTuple):
    """A text: its length, and how often each term is in it."""

    length: int
    times: list[int]


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
    terms = [pattern(word) for word in _words(text)]
    if archive.store.unindexed():
        archive.writer.index()
    with archive.explained():
        lines = islice(_lines(archive, viewer, query, wanted), WINDOW)
        hits = _latest(lines, limit) if newest else _ranked(archive.store.connection, list(lines), terms)[:limit]
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

    every = viewer.reviewer and wanted == ALL
    for number, conversation in islice(_numbers(connection, viewer, query, where, bound), WIDE):
        row = connection.execute(
            "SELECT id, conversation, at, person IS NOT NULL, wording FROM lines WHERE id = ?", (number,)
        ).fetchone()
        if row is not None and (every or row[1] == conversation or (viewer.reviewer and is_wanted(row[1]))):
            yield _Line(*row)


def _numbers(
    connection: sqlite3.Connection, viewer: Viewer, query: str, where: str, bound: Bound
) -> Iterator[tuple[int, str | None]]:
    """Numbers of matching lines, the newest first, and for a viewer who is no reviewer the conversation that each must be of:
    one's own are looked up a conversation at a time."""
    if connection.execute(_ANY, (query,)).fetchone() is None:
        return
    if viewer.reviewer:
        yield from ((number, None) for number in _downwards(connection.execute(_SAYING, (query,))))
        return
    mine = (
        f"SELECT c.id FROM ({VISIBLE}) seen CROSS JOIN conversations c ON c.id = seen.id"  # noqa: S608  constants
        f" WHERE {where} ORDER BY c.last_at DESC, c.id DESC"
    )
    for (id,) in connection.execute(mine, bound).fetchall():
        lines = connection.execute("SELECT id, wording FROM lines WHERE conversation = ? ORDER BY id DESC", (id,)).fetchall()
        said = [wording for _, wording in lines]
        found = set(connection.execute(_AMONG, (query, min(said), max(said)))) if said else set()
        yield from ((number, id) for number, wording in lines if (wording,) in found)


def _downwards(saying: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Lines from the newest on, given as wordings from the newest on with the lines that say them."""
    waiting: list[int] = []
    for wording, line in saying:
        while waiting and -waiting[0] >= wording + ERA:  # whatever says this wording, or an older one, is older
            yield -heappop(waiting)
        heappush(waiting, -line)
    yield from (-line for line in sorted(waiting))


def _latest(lines: Iterator[_Line], limit: int) -> list[_Found]:
    """The latest line of each conversation, as they come."""
    found: dict[str, _Found] = {}
    for line in lines:
        if line.conversation not in found:
            found[line.conversation] = _Found(line.line, line.conversation, line.at, 0.0, 1)
        if len(found) == limit:
            break
    return list(found.values())


def _ranked(connection: sqlite3.Connection, lines: list[_Line], terms: list[re.Pattern[str]]) -> list[_Found]:
    """BM25 over the window, each conversation's best line. All words are in every line, so what counts is how often, and how
    short the line is."""
    said = {wording: _counted(connection, wording, terms) for wording in {line.wording for line in lines}}
    usual = sum(said[line.wording].length for line in lines) / len(lines) if lines else 1.0
    best: dict[str, _Found] = {}
    for line in lines:
        length, times = said[line.wording]
        norm = _K1 * (1 - _B + _B * length / usual)
        score = sum(n * (_K1 + 1) / (n + norm) for n in times) * (_OWN if line.own else 1.0)
        kept = best.get(line.conversation)
        count = kept.lines + 1 if kept else 1
        if kept is None or score > kept.score:
            best[line.conversation] = _Found(line.line, line.conversation, line.at, score, count)
        else:
            best[line.conversation] = kept._replace(lines=count)
    return sorted(best.values(), key=lambda each: (-each.score, -each.at, each.conversation))


def _counted(connection: sqlite3.Connection, wording: int, terms: list[re.Pattern[str]]) -> _Counted:
    row = connection.execute("SELECT substr(text, 1, ?) FROM wordings WHERE id = ?", (LONGEST_TEXT, wording)).fetchone()
    text = folded(row[0]) if row else ""
    return _Counted(len(text) or 1, [max(len(term.findall(text)), 1) for term in terms])


def _shown(archive: Archive, query: str, terms: list[re.Pattern[str]], found: _Found) -> Hit | None:
    """The line cut to what stands around its first hit; None if it was erased meanwhile."""
    row = archive.store.connection.execute(
        "SELECT speaker, person, event_number, text FROM transcript WHERE id = ? AND conversation = ?",
        (found.line, found.conversation),
    ).fetchone()
    if row is None:
        return None
    speaker, person, event_number, text = row
    shown = pieces(marked(text, terms) or _marked_by_index(archive, query, found.line) or text)
    return Hit(found.conversation, found.at, speaker, person, event_number, shown, found.score, found.lines)


def _marked_by_index(archive: Archive, query: str, line: int) -> str | None:
    """As the index marks it: it knows forms of letters that are not compared here."""
    row = archive.store.connection.execute(
        "SELECT highlight(transcript_search, 0, ?, ?) FROM transcript_search WHERE transcript_search MATCH ?"
        " AND rowid = (SELECT wording FROM lines WHERE id = ?)",
        (OPEN, CLOSE, query, line),
    ).fetchone()
    return row[0] if row else None
