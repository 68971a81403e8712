"""Removal, inside a transaction: the rows of conversations and of persons, in whatever table they are.

Rules: a column `conversation` ties a row to its conversation; a text column that equals `platform:tenant:user` names a person.
Tables added later are covered by that. Part of the SQLite store.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence

from bot.deliveries import blank_at, blank_of
from bot.redaction import MARK, redact

OUTLIVES = ("access_audit",)
"""Tables whose rows stay when their conversation goes: who read it remains known."""
APART = ("tombstones", "receipts", "knowledge_versions", "_sqlite_migrations")
SEPARATELY = ("conversations", "events", "answers", "lines", "wordings", "advice", "inbox", "outbox", "participants")
WORDS = {"outcomes": ("person", "happened"), "reviews": ("reviewer", "note")}
"""Tables in which a person other than the starter writes words, and where."""


def parts(person: str) -> tuple[str, str, str]:
    """Platform, tenant and user. Raises ValueError with the form that is needed."""
    found = person.split(":", 2)
    if len(found) != 3 or not all(found):
        raise ValueError(f"{person!r} is not a person; it takes platform:tenant:user, such as slack:T024BE7LD:U061F7AUR")
    return found[0], found[1], found[2]


def remove_conversations(connection: sqlite3.Connection, ids: Sequence[str], before: int) -> Counter[str]:
    """Remove conversations with all that hangs on them. Returns rows by table."""
    counts: Counter[str] = Counter()
    chosen = json.dumps(list(ids))
    connection.execute("PRAGMA defer_foreign_keys = ON")
    within = "IN (SELECT value FROM json_each(?))"
    places = [row[0] for row in connection.execute(f"SELECT place FROM conversations WHERE id {within}", (chosen,))]  # noqa: S608
    for table, columns in tables(connection).items():
        if "conversation" in columns and table not in OUTLIVES:
            counts[table] += connection.execute(f"DELETE FROM {table} WHERE conversation {within}", (chosen,)).rowcount  # noqa: S608
    counts["conversations"] += connection.execute(f"DELETE FROM conversations WHERE id {within}", (chosen,)).rowcount  # noqa: S608
    counts["inbox"] += blank_at(connection, places, before)
    return +counts


def remove_person(connection: sqlite3.Connection, person: str, before: int) -> Counter[str]:
    """Remove what a person started, and take their words and name out of what others started, up to a time."""
    platform, _, user = parts(person)
    own = connection.execute("SELECT id FROM conversations WHERE person = ? AND started_at <= ?", (person, before)).fetchall()
    counts = remove_conversations(connection, [row[0] for row in own], before) if own else Counter[str]()
    for (shared,) in connection.execute("SELECT conversation FROM participants WHERE person = ?", (person,)).fetchall():
        counts["events redacted"] += redact(connection, shared, person, before)
    connection.execute(
        "DELETE FROM participants WHERE person = ? AND NOT EXISTS (SELECT 1 FROM events e"
        " WHERE e.conversation = participants.conversation AND e.person = participants.person)",
        (person,),
    )
    for table, (who, words) in WORDS.items():
        counts[f"{table} redacted"] += connection.execute(
            f"UPDATE {table} SET {words} = ? WHERE {who} = ? AND at <= ?",  # noqa: S608  constants
            (MARK, person, before),
        ).rowcount
    for table, columns in tables(connection).items():
        for column in columns if table not in SEPARATELY else ():
            timely, until = (" AND at <= ?", (before,)) if "at" in columns else ("", ())
            counts[f"{table} redacted"] += connection.execute(
                f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {column} = ?{timely}",  # noqa: S608  names from the schema
                (MARK, person, *until),
            ).rowcount
    counts["outbox"] += connection.execute(
        "UPDATE outbox SET address = '{}', why = 'erased', status = CASE status WHEN 'sent' THEN status ELSE 'closed' END"
        " WHERE platform = ? AND kind = 'private' AND created_at <= ? AND instr(address, ?)",
        (platform, before, user),
    ).rowcount
    counts["inbox"] += blank_of(connection, platform, user, person, before)
    return +counts


def traces(connection: sqlite3.Connection, id: str) -> dict[str, int]:
    """Where an id is still found, `table.column` to rows; reads the whole database."""
    found = {}
    for table, columns in tables(connection).items():
        for column in columns:
            rows = connection.execute(f"SELECT count(*) FROM {table} WHERE instr({column}, ?)", (id,)).fetchone()[0]  # noqa: S608
            if rows and not (table in OUTLIVES and column == "conversation"):
                found[f"{table}.{column}"] = int(rows)
    return found


def tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The ordinary tables that may hold what people said or who they are, with their text columns and times."""
    rows = connection.execute(
        "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c"
        " WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        " AND (c.type IN ('TEXT', 'BLOB', '') OR c.name = 'at')"
    )
    found: dict[str, list[str]] = {}
    for table, column in rows:
        if table not in APART:
            found.setdefault(f'"{table}"' if not table.isidentifier() else table, []).append(column)
    return found
