"""SQLite: the only file that knows SQL of the turn path. Nothing is acknowledged before its transaction has ended.

Rules: `transaction` is the one way to write; it holds the write lock between processes and ends with a durable commit (WAL,
synchronous=FULL) whose checkpoint is under the lock too. Readers open `mode=ro`. Ids are text, times UTC milliseconds.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.answers import Answer
from bot.events import EVENT, Event, Happened
from bot.failpoints import failpoint
from bot.locks import WAIT_SECONDS, FileLock, Locked

PAGES_PER_CHECKPOINT = 1000


class StoreError(Exception):
    """The database cannot be used; the text says what happened, where, and what to do. Nothing half-done is stored."""


@dataclass(frozen=True)
class Delivery:
    """A raw delivery of a platform with the keys that make it unique and put it in order."""

    platform: str
    delivery_key: str
    message_key: str | None
    place: str | None
    order: str
    received_at: int
    raw: str


@dataclass(frozen=True)
class Received:
    """A delivery in the inbox."""

    number: int
    platform: str
    place: str
    raw: str
    received_at: int


@dataclass(frozen=True)
class Conversation:
    """What is known of a conversation without its events."""

    id: str
    platform: str
    tenant: str
    place: str
    person: str
    started_at: int
    last_at: int
    status: str
    language: str
    knowledge: str
    address: str


@dataclass(frozen=True)
class Line:
    """One line of the transcript."""

    event_number: int
    at: int
    speaker: Literal["person", "advisor"]
    person: str | None
    message: str
    text: str


@dataclass(frozen=True)
class Outgoing:
    """A message to be sent."""

    number: int
    conversation: str
    platform: str
    place: str
    address: str
    kind: str
    about: int | None
    body: str
    status: str
    attempts: int
    started_at: int | None
    sent_as: str | None
    why: str | None = None


class Store:
    """A database file, opened for writing or (`read_only`) for reading."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._write_lock = FileLock(path.with_name(path.name + ".lock"))
        self._in_transaction = False
        try:
            self.connection = _read_only(path) if read_only else self._prepare(path)
        except sqlite3.Error as error:
            raise _explained(error, path) from error
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}; choose another file with --db or ADVISOR_DB") from error

    def _prepare(self, path: Path) -> sqlite3.Connection:
        from sqlite_utils.db import Database

        from bot.schema import MIGRATIONS

        path.parent.mkdir(parents=True, exist_ok=True)
        before = os.umask(0o077)
        try:
            with self._write_lock.held():
                connection = _connect(path)
                database = Database(connection)
                _refuse_newer(database, path)
                if MIGRATIONS.pending(database):
                    MIGRATIONS.apply(database)
            path.chmod(0o600)
        except Locked as error:
            raise StoreError(f"{path} is being written by another process; try again in a moment") from error
        finally:
            os.umask(before)
        return connection

    def close(self) -> None:
        """Close the file and its lock."""
        self.connection.close()
        self._write_lock.close()

    # --- writing -------------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable when the block ends. Raises StoreError when the disk, a lock or the file says no."""
        try:
            with self._write_lock.held(WAIT_SECONDS):
                self.connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
                    raise
                self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise _explained(error, self.path) from error
        except Locked as error:
            raise StoreError(f"{self.path} is being written by another process; nothing was stored, try again") from error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """One turn inside a group: undone alone if it fails."""
        self.connection.execute("SAVEPOINT turn")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:  # a full disk has already undone the whole transaction
                self.connection.execute("ROLLBACK TO turn")
                self.connection.execute("RELEASE turn")
            raise
        self.connection.execute("RELEASE turn")

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; a database error in words."""
        try:
            return self.connection.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise _explained(error, self.path) from error

    def others_wrote(self) -> int:
        """A number that changes when another connection, of this or another process, has written."""
        return int(self._rows("PRAGMA data_version")[0][0])

    # --- inbox ---------------------------------------------------------------------------------------------------------

    def put(self, deliveries: Iterable[Delivery]) -> int:
        """Store deliveries that are new by both of their keys; one without a place is set aside. Returns how many were new."""
        new = 0
        for d in deliveries:
            status = "new" if d.place is not None else "aside"
            new += self.connection.execute(
                "INSERT OR IGNORE INTO inbox(platform, delivery_key, message_key, place, place_order, received_at, status, raw)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (d.platform, d.delivery_key, d.message_key, d.place, d.order, d.received_at, status, d.raw),
            ).rowcount
        return new

    def waiting(self, platform: str, limit: int) -> list[Received]:
        """The oldest unprocessed delivery of each place, at most `limit` places."""
        rows = self._rows(
            "SELECT number, platform, place, raw, received_at, min(place_order || printf('%020d', number)) FROM inbox"
            " WHERE status = 'new' AND platform = ? GROUP BY place ORDER BY number LIMIT ?",
            (platform, limit),
        )
        return [Received(number, platform, place, raw, at) for number, platform, place, raw, at, _ in rows]

    def settle(self, number: int, status: Literal["done", "ignored", "aside"], why: str | None = None) -> bool:
        """Mark a waiting delivery as dealt with; False if it no longer waits, because another process was first."""
        return (
            self.connection.execute(
                "UPDATE inbox SET status = ?, why = ? WHERE number = ? AND status = 'new'", (status, why, number)
            ).rowcount
            == 1
        )

    def backlog(self, platform: str) -> int:
        """How many deliveries wait."""
        rows = self._rows("SELECT count(*) FROM inbox WHERE status = 'new' AND platform = ?", (platform,))
        return int(rows[0][0])

    # --- conversations -------------------------------------------------------------------------------------------------

    def conversation(self, id: str) -> Conversation | None:
        """One conversation by its id."""
        return self._conversation("id = ?", id)

    def latest_at(self, place: str) -> Conversation | None:
        """The conversation begun last at a place."""
        return self._conversation("place = ? ORDER BY rowid DESC LIMIT 1", place)

    def _conversation(self, where: str, value: str) -> Conversation | None:
        rows = self._rows(
            f"SELECT {_CONVERSATION} FROM conversations WHERE {where}",  # noqa: S608  constants
            (value,),
        )
        return Conversation(*rows[0]) if rows else None

    def begin(self, conversation: Conversation) -> None:
        """Store a new conversation."""
        c = conversation
        self.connection.execute(
            f"INSERT INTO conversations({_CONVERSATION}) VALUES (?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608  constants
            (
                c.id,
                c.platform,
                c.tenant,
                c.place,
                c.person,
                c.started_at,
                c.last_at,
                c.status,
                c.language,
                c.knowledge,
                c.address,
            ),
        )

    def note(self, id: str, **columns: str | int | None) -> None:
        """Update what the list of conversations shows."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self.connection.execute(f"UPDATE conversations SET {names} WHERE id = ?", (*columns.values(), id))  # noqa: S608  names are ours

    def events(self, conversation: str) -> list[Event]:
        """All events of a conversation, in order."""
        rows = self._rows("SELECT event FROM events WHERE conversation = ? ORDER BY number", (conversation,))
        return [EVENT.validate_json(row[0]) for row in rows]

    def next_number(self, conversation: str) -> int:
        """The number of the event to come."""
        return int(self._rows("SELECT coalesce(max(number) + 1, 0) FROM events WHERE conversation = ?", (conversation,))[0][0])

    def append(self, conversation: str, number: int, event: Event) -> None:
        """Store the next event. The primary key refuses a second event of the same number."""
        happened: Happened = event
        self.connection.execute(
            "INSERT INTO events(conversation, number, at, person, event) VALUES (?,?,?,?,?)",
            (conversation, number, happened.at, happened.by, event.model_dump_json()),
        )
        failpoint("C4")

    def answered(
        self,
        conversation: str,
        number: int,
        event: Happened,
        said: str,
        before: Mapping[str, Answer],
        after: Mapping[str, Answer],
    ) -> None:
        """Store how the answers changed in one event."""
        for id in dict.fromkeys((*before, *after)):
            answer = after.get(id)
            if answer == before.get(id):
                continue
            replaces = self.connection.execute(
                "SELECT max(event_number) FROM answers WHERE conversation = ? AND question = ?", (conversation, id)
            ).fetchone()[0]
            value = (
                json.dumps(answer.model_dump(mode="json")["value"], ensure_ascii=False)
                if answer and answer.status == "given"
                else None
            )
            status = answer.status if answer else "withdrawn"
            self.connection.execute(
                "INSERT INTO answers(conversation, question, event_number, at, person, status, value, unsure, said, replaces)"
                " VALUES (?,?,?,?,?,?,?,?,?,?)",
                (conversation, id, number, event.at, event.by, status, value, bool(answer and answer.unsure), said, replaces),
            )

    def write(self, conversation: str, lines: Iterable[Line]) -> None:
        """Add lines to the transcript."""
        self.connection.executemany(
            "INSERT INTO transcript(conversation, event_number, at, speaker, person, message, text) VALUES (?,?,?,?,?,?,?)",
            [(conversation, line.event_number, line.at, line.speaker, line.person, line.message, line.text) for line in lines],
        )

    def advised(
        self,
        conversation: str,
        number: int,
        at: int,
        knowledge: str,
        digest: str,
        recommended: str | None,
        verdict: str,
        advice: str,
    ) -> None:
        """Store an advice as it was given."""
        self.connection.execute(
            "INSERT INTO advice(conversation, event_number, at, knowledge, answers_digest, recommended, verdict, advice)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (conversation, number, at, knowledge, digest, recommended, verdict, advice),
        )

    def advice_at(self, conversation: str, event_number: int) -> str | None:
        """The JSON of the advice given at an event."""
        rows = self._rows("SELECT advice FROM advice WHERE conversation = ? AND event_number = ?", (conversation, event_number))
        return rows[0][0] if rows else None

    def latest_advice(self, conversation: str) -> str | None:
        """The JSON of the advice given last."""
        rows = self._rows("SELECT advice FROM advice WHERE conversation = ? ORDER BY event_number DESC LIMIT 1", (conversation,))
        return rows[0][0] if rows else None

    def keep_knowledge(self, version: str, files: Mapping[str, str], at: int) -> None:
        """Store a knowledge base whole, once."""
        known = self.connection.execute("SELECT 1 FROM knowledge_versions WHERE version = ?", (version,)).fetchone()
        if known is None:
            packed = zlib.compress(json.dumps(dict(files), ensure_ascii=False).encode(), 9)
            self.connection.execute(
                "INSERT INTO knowledge_versions(version, stored_at, files) VALUES (?,?,?)", (version, at, packed)
            )

    def knowledge_files(self, version: str) -> dict[str, str] | None:
        """The files of a stored knowledge base."""
        rows = self._rows("SELECT files FROM knowledge_versions WHERE version = ?", (version,))
        return dict(json.loads(zlib.decompress(rows[0][0]))) if rows else None

    # --- outbox --------------------------------------------------------------------------------------------------------

    def enqueue(self, conversation: Conversation, address: str, kind: str, body: str, about: int | None, now: int) -> int:
        """Put a message in the outbox; returns its number."""
        cursor = self.connection.execute(
            "INSERT INTO outbox(conversation, platform, place, address, kind, about, body,"
            " status, attempts, not_before, created_at) VALUES (?,?,?,?,?,?,?,'pending',0,0,?)",
            (conversation.id, conversation.platform, conversation.place, address, kind, about, body, now),
        )
        return int(cursor.lastrowid or 0)

    def due(self, platform: str, now: int, limit: int) -> list[Outgoing]:
        """The first unsent message of each place whose time has come."""
        rows = self._rows(
            f"SELECT {_OUTGOING} FROM outbox WHERE number IN"  # noqa: S608  constants
            " (SELECT min(number) FROM outbox WHERE platform = ? AND status IN ('pending', 'sending') GROUP BY place)"
            " AND not_before <= ? ORDER BY number LIMIT ?",
            (platform, now, limit),
        )
        return [Outgoing(*row) for row in rows]

    def outgoing(self, number: int) -> Outgoing | None:
        """One message of the outbox."""
        rows = self._rows(f"SELECT {_OUTGOING} FROM outbox WHERE number = ?", (number,))  # noqa: S608  constants
        return Outgoing(*rows[0]) if rows else None

    def last_asked(self, conversation: str) -> int | None:
        """The outbox number of the latest message with buttons."""
        rows = self._rows(
            "SELECT max(number) FROM outbox WHERE conversation = ? AND kind = 'send'"
            " AND json_extract(body, '$.question') IS NOT NULL",
            (conversation,),
        )
        return rows[0][0] if rows else None

    def later_edit(self, number: int, about: int | None) -> bool:
        """Whether a later edit of the same message waits."""
        rows = self._rows("SELECT 1 FROM outbox WHERE about = ? AND number > ? AND status = 'pending' LIMIT 1", (about, number))
        return bool(rows)

    def sending(self, numbers: Sequence[int], now: int, why: str | None = None) -> None:
        """Mark messages as on their way."""
        self.connection.executemany(
            "UPDATE outbox SET status = 'sending', attempts = attempts + 1, started_at = ?, why = ? WHERE number = ?",
            [(now, why, number) for number in numbers],
        )

    def look_again(self, number: int, not_before: int) -> None:
        """Leave a message on its way until then: nobody knows whether it arrived."""
        self.connection.execute("UPDATE outbox SET not_before = ? WHERE number = ?", (not_before, number))

    def sent(self, number: int, sent_as: str | None, now: int) -> None:
        """Mark a message as arrived."""
        self.connection.execute(
            "UPDATE outbox SET status = 'sent', sent_at = ?, sent_as = ? WHERE number = ?", (now, sent_as, number)
        )

    def retry(self, number: int, not_before: int, why: str) -> None:
        """Try again later: it is known not to have arrived."""
        self.connection.execute(
            "UPDATE outbox SET status = 'pending', not_before = ?, why = ? WHERE number = ?", (not_before, why, number)
        )

    def close_outbox(self, place: str, why: str) -> int:
        """Give up everything unsent at a place; returns how many."""
        return self.connection.execute(
            "UPDATE outbox SET status = 'closed', why = ? WHERE place = ? AND status IN ('pending', 'sending')", (why, place)
        ).rowcount

    def close_one(self, number: int, why: str) -> None:
        """Give up one message."""
        self.connection.execute("UPDATE outbox SET status = 'closed', why = ? WHERE number = ?", (why, number))


_CONVERSATION = "id, platform, tenant, place, person, started_at, last_at, status, language, knowledge, address"
_OUTGOING = "number, conversation, platform, place, address, kind, about, body, status, attempts, started_at, sent_as, why"


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5, cached_statements=256, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_PER_CHECKPOINT}")
    return connection


def _read_only(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise StoreError(f"{path} does not exist; name a database with --db or ADVISOR_DB, or start one with `advisor chat`")
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5, check_same_thread=False
    )


def _refuse_newer(database: object, path: Path) -> None:
    from sqlite_utils.db import Database

    from bot.schema import MIGRATIONS

    assert isinstance(database, Database)  # noqa: S101  narrows the lazily imported type
    ours = {migration.name for migration in MIGRATIONS._migrations}
    newer = [applied.name for applied in MIGRATIONS.applied(database) if applied.name not in ours]
    if newer:
        raise StoreError(
            f"{path} was written by a newer version of the advisor ({', '.join(newer)}); update the advisor to open it"
        )


def _explained(error: sqlite3.Error, path: Path) -> StoreError:
    """A database error in words that say what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    match primary:
        case sqlite3.SQLITE_FULL:
            what = "the disk (or the size limit of the database) is full; nothing was stored, free some space and try again"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            what = "the file or its folder cannot be written; check permissions or choose another file with --db"
        case sqlite3.SQLITE_CANTOPEN:
            what = "the file cannot be opened; check that its folder exists and can be written"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            what = "another program holds the database; nothing was stored, close it or try again"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            what = "this is not an intact SQLite database; restore a backup (see `advisor backup`) or choose another file"
        case _:
            what = f"{error}"
    return StoreError(f"{path}: {what}")
