"""Raw deliveries of what is erased: the words go, the keys that keep a repetition out stay."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable
from urllib.parse import unquote_plus

SETTLED = "status IN ('done', 'ignored', 'aside')"
NAMING = frozenset({"id", "user", "user_id", "person"})
"""Fields that hold who sent a delivery: `from.id` of Telegram, `event.user` and `user.id` of Slack, `person` of the console."""


def senders(raw: str) -> set[str]:
    """Every id in a raw delivery that may be its sender's."""
    text = unquote_plus(raw.partition("payload=")[2]) if raw.startswith("payload=") else raw
    try:
        found = json.loads(text)
    except ValueError:
        return set()
    return set(_named(found, ""))


def _named(node: object, key: str) -> Iterable[str]:
    match node:
        case dict():
            for name, value in node.items():
                yield from _named(value, str(name))
        case list():
            for each in node:
                yield from _named(each, key)
        case str() | int() if key in NAMING:
            yield str(node)


def blank_of(connection: sqlite3.Connection, platform: str, user: str, person: str, before: int) -> int:
    """Blank the deliveries of a person; those still waiting are ignored. Blanking too many settled ones harms nothing."""
    found = 0
    rows = connection.execute(
        "SELECT number, status, raw, coalesce(place, ''), coalesce(message_key, ''), delivery_key FROM inbox"
        " WHERE platform = ? AND received_at <= ? AND (instr(raw, ?) OR instr(place, ?) OR instr(message_key, ?)"
        " OR instr(delivery_key, ?))",
        (platform, before, user, user, user, user),
    ).fetchall()
    whole = re.compile(rf"(?<!\w){re.escape(user)}(?!\w)")
    for number, status, raw, place, message_key, delivery_key in rows:
        if status == "new" and not senders(raw) & {user, person}:
            continue
        connection.execute(
            "UPDATE inbox SET raw = '', place = ?, message_key = ?, delivery_key = ?,"
            " status = CASE status WHEN 'new' THEN 'ignored' ELSE status END, why = 'erased' WHERE number = ?",
            (
                None if whole.search(place) else place or None,
                _hidden(message_key, whole) or None,
                _hidden(delivery_key, whole),
                number,
            ),
        )
        found += 1
    return found


def _hidden(key: str, whole: re.Pattern[str]) -> str:
    return "erased:" + hashlib.sha256(key.encode()).hexdigest() if whole.search(key) else key


def blank_at(connection: sqlite3.Connection, places: Iterable[str], before: int) -> int:
    """Blank what has been dealt with at these places."""
    return connection.execute(
        f"UPDATE inbox SET raw = '', place = NULL, why = 'erased' WHERE {SETTLED} AND received_at <= ?"  # noqa: S608  a constant
        " AND place IN (SELECT value FROM json_each(?))",
        (before, json.dumps(sorted(set(places)))),
    ).rowcount


def blank_settled(connection: sqlite3.Connection, before: int) -> int:
    """Blank everything that has been dealt with up to a time."""
    return connection.execute(
        f"UPDATE inbox SET raw = '' WHERE {SETTLED} AND raw != '' AND received_at <= ?",  # noqa: S608  a constant
        (before,),
    ).rowcount


def waiting(connection: sqlite3.Connection, before: int) -> list[tuple[int, str, str]]:
    """Number, platform and raw of what has not been dealt with yet."""
    return connection.execute(
        "SELECT number, platform, raw FROM inbox WHERE status = 'new' AND received_at <= ?", (before,)
    ).fetchall()


def drop(connection: sqlite3.Connection, number: int) -> None:
    """Ignore one waiting delivery and blank it."""
    connection.execute("UPDATE inbox SET raw = '', place = NULL, status = 'ignored', why = 'erased' WHERE number = ?", (number,))


def blank_message(connection: sqlite3.Connection, message_key: str, place: str, mark: str) -> None:
    """Blank what was delivered of a message that its author deleted: itself, and its changes, known by a mark in them."""
    connection.execute(
        f"UPDATE inbox SET raw = '' WHERE {SETTLED} AND"  # noqa: S608  a constant
        " (message_key = ? OR (place = ? AND message_key IS NULL AND instr(raw, ?)))",
        (message_key, place, mark),
    )


def forget_older(connection: sqlite3.Connection, before: int) -> int:
    """Remove what was dealt with before a time, with its keys."""
    return connection.execute(
        f"DELETE FROM inbox WHERE {SETTLED} AND received_at < ?",  # noqa: S608  a constant
        (before,),
    ).rowcount
