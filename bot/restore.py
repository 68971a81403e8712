"""Restore: a backup takes the place of the database in one rename, brought up to date and purged of what was erased since.

Rules: everything is done to a copy in a folder of its own first, so that whatever fails or is killed leaves the database as it
was; nobody else may have the database open. The database of before stays beside it under another name. To restore: stop the
advisor, run `advisor backup --restore FILE`, start it again. By hand: move the database and its -wal and -shm away, copy the
backup to its name, and leave `<database>.erased` where it is (on another machine, take the one from the folder of the backups):
erasures done since the backup are repeated from it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import tombstones
from bot.copies import STAMP, checked, free_name, synced
from bot.erasure import apply_tombstones
from bot.locks import Locked, all_held, platform_locks, resolved, write_lock
from bot.migrating import migrate, refuse_newer
from bot.receipts import Receipt
from bot.store import Store
from bot.store_errors import StoreError, explained, primary
from bot.tombstones import sync_folder

LOGS = ("-wal", "-shm")
"""What SQLite keeps beside a database that is open or was not closed."""


@dataclass(frozen=True)
class Restored:
    """The receipt of a restore. `replaced` is where the database of before is kept; `erasures` what was purged again."""

    restored: str
    to: str
    conversations: int
    replaced: str | None
    erasures: Receipt | None


def restore(copy: Path, database: Path, now: int) -> Restored:
    """Put a backup in the database's place and repeat the erasures done since. Raises StoreError, having changed nothing."""
    if not copy.is_file():
        raise StoreError(f"{copy}: no such backup; name a file that `advisor backup` has made")
    database = resolved(database)
    conversations = checked(copy)
    try:
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with all_held([write_lock(database), *platform_locks(database)]), _room(database) as room:
            fresh, erasures = _prepared(copy, database, room, now)
            replaced = _take_its_place(fresh, database, now)
    except Locked as error:
        raise StoreError(f"{database}: in use ({error}); stop the advisor first") from error
    except sqlite3.Error as error:
        raise explained(error, database) from error
    except OSError as error:
        raise StoreError(f"{database}: not restored ({error.strerror or error}); free some space or check permissions") from error
    return Restored(str(copy), str(database), conversations, str(replaced) if replaced else None, erasures)


def room_of(database: Path) -> Path:
    """The folder in which a restore is prepared; there is none unless one is running or was killed."""
    return database.with_name(f".{database.name}.restoring")


@contextmanager
def _room(database: Path) -> Iterator[Path]:
    room = room_of(database)
    shutil.rmtree(room, ignore_errors=True)  # of a restore that was killed
    room.mkdir(mode=0o700)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _prepared(copy: Path, database: Path, room: Path, now: int) -> tuple[Path, Receipt | None]:
    """The backup as it is to be: of this version, purged, in one file. Returns it with the receipt of what was purged."""
    fresh = room / database.name
    shutil.copyfile(copy, fresh)
    erased = tombstones.file_of(database)
    known = next((each for each in (erased, copy.parent / erased.name) if each.exists()), None)
    if known is not None:
        shutil.copyfile(known, tombstones.file_of(fresh))
        tombstones.file_of(fresh).chmod(0o600)
    with closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
        refuse_newer(connection, copy)
        migrate(connection)
    with closing(Store(fresh)) as store:
        erasures = apply_tombstones(store, now)
    _fold(fresh)
    for each in (fresh, tombstones.file_of(fresh)):
        if each.exists():
            synced(each)
    return fresh, erasures


def _take_its_place(fresh: Path, database: Path, now: int) -> Path | None:
    """Put a prepared file in the database's place; returns under which name the one of before is kept."""
    aside = _kept(database, now)
    if (erased := tombstones.file_of(fresh)).exists():
        erased.replace(tombstones.file_of(database))
    for suffix in LOGS:  # of a database that cannot be read: kept with it, and not to be taken for the new one's
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    fresh.replace(database)
    sync_folder(database.parent)
    return aside


def _kept(database: Path, now: int) -> Path | None:
    """Give the database of before a second name, with its write-ahead log where that could not be put into it."""
    if database.exists():
        _fold(database)
    at = datetime.fromtimestamp(now / 1000, UTC).strftime(STAMP)
    aside = free_name(database.with_name(f"{database.name}.replaced-{at}"), "")
    for suffix in ("", *LOGS):
        part = database.with_name(database.name + suffix)
        if part.exists():
            _second_name(part, aside.with_name(aside.name + suffix))
    sync_folder(database.parent)
    return aside if aside.exists() else None


def _second_name(file: Path, name: Path) -> None:
    """A link; where the file system has none, a copy."""
    try:
        os.link(file, name)
    except OSError:
        shutil.copyfile(file, name)
        name.chmod(0o600)
        synced(name)


def _fold(database: Path) -> None:
    """Put the write-ahead log into a database and end it; what SQLite cannot read stays as it is.

    Raises StoreError while anyone else has it open: leaving the log behind needs the file for oneself.
    """
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if primary(error) == sqlite3.SQLITE_BUSY:
            raise StoreError(f"{database}: in use; stop the advisor first, and close every chat and review") from error
        if primary(error) not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
