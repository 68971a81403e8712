"""Backup and restore of the database: a checked copy made while the advisor runs, and a way back that repeats the erasures.

To restore: stop the advisor, run `advisor backup --restore FILE`, start it again. The replaced database is kept beside it. By
hand: move the database and its -wal and -shm away, copy the backup to its name, and leave `<database>.erased` where it is (on
another machine, take the one from the folder of the backups): erasures done since the backup are repeated from it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import tombstones
from bot.erasure import Receipt, apply_tombstones
from bot.locks import FileLock, Locked
from bot.store import Store, StoreError
from bot.tombstones import sync_folder

KEEP = 7
STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class Backup:
    """The receipt of a backup."""

    backup: str
    of: str
    at: str
    bytes: int
    sha256: str
    integrity: str
    conversations: int
    kept: list[str]
    removed: list[str]


def folder_of(database: Path) -> Path:
    """Where backups go unless told otherwise."""
    return database.absolute().parent / "backups"


def backups(database: Path, folder: Path) -> list[Path]:
    """The backups of a database, oldest first."""
    ours = re.compile(rf"{re.escape(database.stem)}-\d{{8}}-\d{{6}}(-\d{{3}})?\.db")
    return sorted(each for each in folder.glob("*.db") if ours.fullmatch(each.name)) if folder.is_dir() else []


def back_up(database: Path, folder: Path, keep: int, now: int) -> Backup:
    """Copy the database, check the copy, and keep the `keep` latest. Raises StoreError; a failed copy is never left behind."""
    reader = Store(database, read_only=True)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(folder / f".{database.stem}.backup.lock")
        lock.acquire(0)
        try:
            return _copy(reader, database, folder, keep, now)
        finally:
            lock.close()
    except Locked as error:
        raise StoreError(f"{folder}: another backup is running; wait until it has ended") from error
    except sqlite3.Error as error:
        raise StoreError(
            f"{database}: not backed up to {folder} ({error}); run `advisor doctor`, check the free space"
        ) from error
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"{folder}: not backed up ({why}); choose another folder with --out or free some space") from error
    finally:
        reader.close()


def _copy(reader: Store, database: Path, folder: Path, keep: int, now: int) -> Backup:
    for left in folder.glob(f".{database.stem}-*.partial*"):  # of a backup that was killed
        left.unlink()
    at = datetime.fromtimestamp(now / 1000, UTC)
    stem = f"{database.stem}-{at.strftime(STAMP)}"
    free = (name for name in (f"{stem}.db", *(f"{stem}-{n:03d}.db" for n in range(1, 1000))) if not (folder / name).exists())
    target = folder / next(free)
    partial = folder / f".{target.stem}.partial"
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        reader.connection.execute("VACUUM INTO ?", (str(partial),))
        conversations = checked(partial)
        digest, size = _synced(partial)
        partial.rename(target)
        sync_folder(folder)
    finally:
        partial.unlink(missing_ok=True)
    _copy_tombstones(database, folder)
    there = backups(database, folder)
    removed = [each for each in there[: max(len(there) - keep, 0)] if each != target]
    for old in removed:
        old.unlink()
    kept = [each.name for each in there if each not in removed]
    return Backup(
        str(target), str(database), at.isoformat(), size, digest, "ok", conversations, kept, [each.name for each in removed]
    )


def checked(copy: Path) -> int:
    """Make sure that a copy is whole and ours; returns how many conversations it holds. Raises StoreError."""
    remedy = "it cannot be used as a backup"
    try:
        connection = sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
            conversations = int(connection.execute("SELECT count(*) FROM conversations").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{copy}: {error}; {remedy}") from error
    if found != ["ok"] or dangling:
        raise StoreError(f"{copy}: {'; '.join(found) if found != ['ok'] else 'rows refer to missing rows'}; {remedy}")
    return conversations


def _synced(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file that is on disk when this returns."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _copy_tombstones(database: Path, folder: Path) -> None:
    beside = tombstones.file_of(database)
    if beside.exists():
        partial = folder / f".{database.stem}-erased.partial"
        shutil.copyfile(beside, partial)
        partial.chmod(0o600)
        _synced(partial)
        partial.rename(folder / beside.name)
        sync_folder(folder)


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
    conversations = checked(copy)
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    served = [FileLock(path) for path in database.parent.glob(f"{database.name}*.lock")]
    try:
        for lock in served:
            lock.acquire(0)
        partial = database.with_name(f".{database.name}.partial")
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        shutil.copyfile(copy, partial)
        _synced(partial)
        replaced = _set_aside(database, now)
        partial.rename(database)
        sync_folder(database.parent)
    except Locked as error:
        raise StoreError(f"{database}: in use ({error}); stop the advisor first") from error
    except OSError as error:
        raise StoreError(f"{database}: not restored ({error.strerror or error}); free some space or check permissions") from error
    finally:
        for lock in served:
            lock.close()
    kept = copy.parent / tombstones.file_of(database).name
    if kept.exists() and not tombstones.file_of(database).exists():
        shutil.copyfile(kept, tombstones.file_of(database))
        tombstones.file_of(database).chmod(0o600)
    store = Store(database)
    try:
        erasures = apply_tombstones(store, now)
    finally:
        store.close()
    return Restored(str(copy), str(database), conversations, str(replaced) if replaced else None, erasures)


def _set_aside(database: Path, now: int) -> Path | None:
    """Move a database away together with its write-ahead log, which belongs to it and to no other."""
    if not database.exists():
        for suffix in ("-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        return None
    aside = database.with_name(f"{database.name}.replaced-{datetime.fromtimestamp(now / 1000, UTC).strftime(STAMP)}")
    for suffix in ("-wal", "-shm", ""):
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
