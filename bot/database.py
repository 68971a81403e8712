"""One SQLite file: opening it, the one way to write, what may be read meanwhile, writes that are only drafted, errors in words.

Rules: `transaction` is the one way to write; it holds the write lock between processes and threads and ends with a durable
commit (WAL, synchronous=FULL) whose checkpoint is under the lock too; the connection refuses to write outside it. There
everything reads through `reading`, which sees what is committed and nothing else.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bot.failpoints import failpoint
from bot.guarded import Guarded
from bot.locks import WAIT_SECONDS, FileLock, Locked, platform_lock, resolved, write_lock
from bot.records import Writes
from bot.store_errors import StoreError, explained

PAGES_PER_CHECKPOINT = 4000
"""16 MB. A turn changes the same pages as the turn before it: the later they are copied, the less often."""
LEAST_FREE = 64 * 1024 * 1024
"""Room on the disk below which the next write may fail: the write-ahead log grows until it is checkpointed."""
CACHE_KB = 16_000
"""Enough for the inner pages of a million conversations; SQLite's own 2 MB cost a fifth of a turn on half as many."""
_UNDO_IN_MEMORY = "PRAGMA temp_store = MEMORY"
"""What a savepoint would restore is kept in memory: a temporary file for it cost a quarter of the SQL of a turn."""


class _Here(threading.local):
    """What one thread has of a database: its reader, and the draft that its writes go into."""

    reader: sqlite3.Connection | None = None
    draft: Writes | None = None


class Database:
    """A database file, opened for writing or (`read_only`) for reading. Threads may share it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path = resolved(path)
        self.read_only = read_only
        self._write_lock = write_lock(path)
        self._turnstile = threading.RLock()  # the file lock is the process's; its threads take turns here
        self._here = _Here()
        self._readers: list[sqlite3.Connection] = []
        try:
            self.connection = _read_only(path) if read_only else self._prepare(path)
        except sqlite3.Error as error:
            raise explained(error, path) from error
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}; choose another file with --db or ADVISOR_DB") from error

    def _prepare(self, path: Path) -> Guarded:
        from bot.migrating import bring_up_to_date, refuse_foreign

        path.parent.mkdir(parents=True, exist_ok=True)
        before = os.umask(0o077)
        try:
            with self._write_lock.held():
                connection = _opened(path)
                try:
                    refuse_foreign(connection, path)
                    _set(connection)
                    connection.holder = threading.get_ident()
                    bring_up_to_date(connection, path)
                    connection.holder = None
                    connection.execute(_UNDO_IN_MEMORY)
                except BaseException:
                    connection.close()
                    raise
            path.chmod(0o600)
        except Locked as error:
            raise StoreError(f"{path} is being written by another process; try again in a moment") from error
        finally:
            os.umask(before)
        return connection

    def close(self) -> None:
        """Close the file and its lock, after what another thread is just writing."""
        with self._turnstile:
            for connection in (*self._readers, self.connection):  # the writer last: it puts the write-ahead log away
                connection.close()
            self._readers.clear()
            self._here = _Here()
            self._write_lock.close()

    def platform_lock(self, platform: str) -> FileLock:
        """What a process holds for as long as it serves a platform on this database."""
        return platform_lock(self.path, platform)

    # --- writing -------------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable when the block ends. Raises StoreError when the disk, a lock or the file says no."""
        with self._turnstile:
            try:
                with self._write_lock.held(WAIT_SECONDS):
                    self.connection.holder = threading.get_ident()
                    self.connection.execute("BEGIN IMMEDIATE")
                    try:
                        yield
                        self._before_commit()
                    except BaseException:
                        if self.connection.in_transaction:
                            self.connection.execute("ROLLBACK")
                        raise
                    self.connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise explained(error, self.path) from error
            except Locked as error:
                raise StoreError(f"{self.path} is being written by another process; nothing was stored, try again") from error
            finally:
                self.connection.holder = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes inside; for what cannot be in a transaction (VACUUM, a checkpoint). Raises Locked."""
        with self._turnstile, self._write_lock.held(WAIT_SECONDS):
            self.connection.holder = threading.get_ident()
            self.connection.execute("PRAGMA temp_store = FILE")  # a vacuum writes the whole database anew
            try:
                yield
            finally:
                self.connection.execute(_UNDO_IN_MEMORY)
                self.connection.holder = None

    def _before_commit(self) -> None:
        """What has to be done once for all that a transaction wrote."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """One turn inside a group: undone alone if it fails. Raises IntegrityError, or StoreError if the group cannot go on."""
        self.connection.execute("SAVEPOINT turn")
        try:
            yield
        except BaseException as error:
            if self.connection.in_transaction:  # a full disk has already undone the whole transaction
                self.connection.execute("ROLLBACK TO turn")
                self.connection.execute("RELEASE turn")
            if isinstance(error, sqlite3.Error):
                raise explained(error, self.path) from error
            raise
        self.connection.execute("RELEASE turn")

    @contextmanager
    def drafted(self) -> Iterator[Writes]:
        """What this thread writes in the block is only noted, to be applied in a transaction; reads see nothing of it."""
        draft = self._here.draft = []
        try:
            yield draft
        except sqlite3.Error as error:
            raise explained(error, self.path) from error
        finally:
            self._here.draft = None

    def apply(self, draft: Writes) -> None:
        """Write what was drafted."""
        for write in draft:
            write()
            failpoint("C4")

    def _write(self, sql: str, values: Sequence[object]) -> sqlite3.Cursor | None:
        """Write now, or note it in the draft of this thread."""
        if self._here.draft is None:
            return self._execute(sql, values)
        self._here.draft.append(partial(self._execute, sql, values))
        return None

    def later(self, do: Callable[[], object]) -> None:
        """Do something to the database after what was written so far: now, or when the draft of this thread is applied."""
        if self._here.draft is None:
            do()
        else:
            self._here.draft.append(do)

    def _execute(self, sql: str, values: Sequence[object]) -> sqlite3.Cursor:
        return self.connection.execute(sql, values)

    # --- reading -------------------------------------------------------------------------------------------------------

    @property
    def reading(self) -> sqlite3.Connection:
        """What to read through: in a transaction of this thread it sees what that wrote, else only what is committed."""
        if self.read_only or self.connection.holder == threading.get_ident():
            return self.connection
        if self._here.reader is None:
            self._here.reader = _read_only(self.path)
            self._readers.append(self._here.reader)
        return self._here.reader

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What this thread reads in the block is all of one moment; the lock for it is taken once and not for each query."""
        reader = self.reading
        try:
            reader.execute("BEGIN")
            yield
        except sqlite3.Error as error:
            raise explained(error, self.path) from error
        finally:
            if reader.in_transaction:
                reader.execute("ROLLBACK")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; a database error in words."""
        try:
            return self.reading.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise explained(error, self.path) from error

    def row(self, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first that a query finds."""
        return next(iter(self.rows(sql, values)), None)

    def others_wrote(self) -> int:
        """Another number once another process has committed anything; what this one writes does not count."""
        try:
            with self._turnstile:
                return int(self.connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise explained(error, self.path) from error


def _opened(path: Path) -> Guarded:
    return sqlite3.connect(path, isolation_level=None, timeout=5, cached_statements=256, check_same_thread=False, factory=Guarded)


def _set(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_PER_CHECKPOINT}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")


def _read_only(path: Path) -> Guarded:
    if not path.exists():
        raise StoreError(f"{path} does not exist; name a database with --db or ADVISOR_DB, or start one with `advisor chat`")
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        timeout=5,
        check_same_thread=False,
        factory=Guarded,
    )
