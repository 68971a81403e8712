"""The words of a transcript, kept once where they repeat: most of what the advisor says, it said in the interview before.

Rules: lines and wordings are numbered in one sequence. A line refers to words first said less than `ERA` lines before it, or
brings its own: so the newest lines are found among the newest wordings, and new words are looked for among few. What is changed
is changed for one line. Words that no line says any more go at once, by a trigger. All of it happens inside a transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b

from bot.records import Line

ERA = 5_000
"""About 125 interviews: long enough that what repeats takes next to nothing, short enough for a search to look through."""
AT_ONCE = 64
"""Wordings that are indexed for full text together: each time writes a whole small index of its own."""
_INDEXED = "SELECT coalesce(max(id), 0) FROM transcript_search_docsize"
UNINDEXED = f"SELECT count(*) FROM wordings WHERE id > ({_INDEXED})"  # noqa: S608  ours
"""How many wordings full text does not know yet."""


def say(connection: sqlite3.Connection, conversation: str, lines: Iterable[Line]) -> None:
    """Add lines to a transcript."""
    number = _next(connection)
    for line in lines:
        digest = _digest(line.text)
        known = connection.execute(
            "SELECT id FROM wordings WHERE digest = ? AND id > ? AND text = ? LIMIT 1", (digest, number - ERA, line.text)
        ).fetchone()
        if known is None:
            connection.execute("INSERT INTO wordings(id, digest, text) VALUES (?,?,?)", (number, digest, line.text))
        connection.execute(
            "INSERT INTO lines(id, conversation, event_number, at, person, message, wording) VALUES (?,?,?,?,?,?,?)",
            (
                number,
                conversation,
                line.event_number,
                line.at,
                line.person,
                line.message,
                number if known is None else known[0],
            ),
        )
        number += 1


def reword(connection: sqlite3.Connection, line: int, text: str) -> None:
    """Put other words in one line; whoever else said the same keeps it. Nobody is led to the new words by what they say."""
    (wording,) = connection.execute("SELECT wording FROM lines WHERE id = ?", (line,)).fetchone()
    if connection.execute("SELECT 1 FROM lines WHERE wording = ? AND id <> ?", (wording, line)).fetchone():
        number = _next(connection)
        connection.execute("INSERT INTO wordings(id, text) VALUES (?,?)", (number, text))
        connection.execute("UPDATE lines SET wording = ? WHERE id = ?", (number, line))
    else:
        connection.execute("UPDATE wordings SET text = ?, digest = NULL WHERE id = ?", (text, wording))


def index(connection: sqlite3.Connection) -> None:
    """Index the words that were added, all at once: between savepoints each would be flushed to disk by itself."""
    connection.execute(
        f"INSERT INTO transcript_search(rowid, text) SELECT id, text FROM wordings WHERE id > ({_INDEXED})"  # noqa: S608  ours
    )


def _next(connection: sqlite3.Connection) -> int:
    latest = "SELECT max(coalesce((SELECT max(id) FROM lines), 0), coalesce((SELECT max(id) FROM wordings), 0)) + 1"
    return int(connection.execute(latest).fetchone()[0])


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
