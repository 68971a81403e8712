"""What analysts may read in Datasette: views and tables without addresses, enforced by SQLite itself on every connection.

Rules: what is not listed cannot be read, in whatever way a query is written; a column that says where to send is refused even
to a query that only filters by it. Nothing can be written: connections are read-only, and every other action is refused.
"""

from __future__ import annotations

import sqlite3
from functools import partial

SHOWN = ("advisories", "current_answers", "answers", "transcript", "advice", "reviews", "outcomes", "access_audit")
"""Views and tables that have a page of their own."""
READABLE = {*SHOWN, "conversations", "participants", "lines", "wordings", "sqlite_master", "sqlite_schema", "sqlite_sequence"}
WITHHELD = {("conversations", "address"), ("conversations", "place")}
_INDEX = "transcript_search"
_FUNCTIONS_REFUSED = ("load_extension", "fts3_tokenizer", "writefile", "readfile", "edit", "fts5")
_PRAGMAS = {
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "schema_version", "database_list", "compile_options", "data_version",
}  # fmt: skip

SEARCHED = {"transcript": {"fts_table": _INDEX, "fts_pk": "wording"}}
"""What Datasette cannot see by itself: the index is of the wordings behind the view."""
ABOUT = {
    "advisories": "One line for each conversation: who, when, which kind of work, what was advised, reviewed and chosen.",
    "current_answers": "The answers in force.",
    "answers": "Every answer ever given; `replaces` is the event of the one before.",
    "transcript": "Everything said. Times are UTC milliseconds; lines that say the same may share a wording.",
    "advice": "Every advice as it was given, with its JSON.",
    "reviews": "What reviewers made of it.",
    "outcomes": "What was chosen in the end, and what happened.",
    "access_audit": "Who read another person's transcript. A query over tables is one line, with * for the conversation.",
}


def guard(connection: sqlite3.Connection) -> None:
    """Let a connection read what is listed and do nothing else."""
    stored = frozenset(row[0].lower() for row in connection.execute("SELECT name FROM sqlite_master"))
    connection.set_authorizer(partial(_allowed, stored | {"dbstat"}))


def _allowed(
    stored: frozenset[str], action: int, one: str | None, two: str | None, _database: str | None, _within: str | None
) -> int:
    match action:
        case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_RECURSIVE:
            return sqlite3.SQLITE_OK
        case sqlite3.SQLITE_READ:
            table, column = one or "", two or ""
            known = table in READABLE or table == _INDEX or table.startswith((f"{_INDEX}_", "pragma_", "json_"))
            # a name that WITH gives inside the query; what that reads is asked for by itself
            given = not column and table.lower() not in stored and not table.lower().startswith("sqlite_")
            return sqlite3.SQLITE_OK if given or (known and (table, column) not in WITHHELD) else sqlite3.SQLITE_DENY
        case sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_DENY if (two or "").lower() in _FUNCTIONS_REFUSED else sqlite3.SQLITE_OK
        case sqlite3.SQLITE_PRAGMA:
            return sqlite3.SQLITE_OK if (one or "").lower() in _PRAGMAS else sqlite3.SQLITE_DENY
        case sqlite3.SQLITE_UPDATE if one == "sqlite_master":
            return sqlite3.SQLITE_OK  # SQLite asks this of itself when it opens a search index; the connection cannot write
        case _:
            return sqlite3.SQLITE_DENY
