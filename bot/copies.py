"""Checked copies of a database: their names, how one is made while others write, and what makes it fit to go back to.

Rules: a copy is called after the whole name of its database, so that `team.db` and `team.sqlite` never touch each other's; it
gets that name only once it is whole, checked and on disk. It is private, and the list of erasures lies beside it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import tombstones
from bot.locks import FileLock, Locked, resolved
from bot.store_errors import StoreError
from bot.tombstones import sync_folder

STAMP = "%Y%m%d-%H%M%S"
_STAMPED = r"-\d{8}-\d{6}(-\d{3})?\.db"


@dataclass(frozen=True)
class Copy:
    """A copy that was made."""

    path: Path
    bytes: int
    sha256: str
    conversations: int


def folder_of(database: Path) -> Path:
    """Where copies go unless told otherwise."""
    return resolved(database).parent / "backups"


def backups(database: Path, folder: Path) -> list[Path]:
    """The copies of a database, oldest first."""
    return _named(resolved(database).name, folder)


def candidates(database: Path, folder: Path) -> list[Path]:
    """The copies, and before them those named without the ending of their database, as was done once: they may be of another."""
    return [*_named(resolved(database).stem, folder), *backups(database, folder)]


def _named(name: str, folder: Path) -> list[Path]:
    ours = re.compile(re.escape(name) + _STAMPED)
    return sorted(each for each in folder.iterdir() if ours.fullmatch(each.name)) if folder.is_dir() else []


def copied(connection: sqlite3.Connection, database: Path, folder: Path, at: datetime) -> Copy:
    """Copy what is committed, and check the copy. Raises StoreError; a failed copy is never left behind."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(folder / f".{database.name}.backup.lock")
        lock.acquire(0)
        try:
            made = _copied(connection, database, folder, at)
            _copy_tombstones(database, folder)
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
    return made


def _copied(connection: sqlite3.Connection, database: Path, folder: Path, at: datetime) -> Copy:
    for left in folder.iterdir():  # of a backup that was killed
        if left.name.startswith(f".{database.name}-") and ".partial" in left.name:
            left.unlink()
    target = free_name(folder / f"{database.name}-{at.strftime(STAMP)}", ".db")
    partial = folder / f".{target.stem}.partial"
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        connection.execute("VACUUM INTO ?", (str(partial),))
        conversations = checked(partial)
        digest, size = synced(partial)
        partial.rename(target)
        sync_folder(folder)
    finally:
        partial.unlink(missing_ok=True)
    return Copy(target, size, digest, conversations)


def free_name(stem: Path, suffix: str) -> Path:
    """A name that is not taken yet: two of one second are told apart by a number."""
    names = (stem.with_name(f"{stem.name}{number}{suffix}") for number in ("", *(f"-{n:03d}" for n in range(1, 1000))))
    return next(each for each in names if not each.exists())


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


def synced(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file that is on disk when this returns."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _copy_tombstones(database: Path, folder: Path) -> None:
    beside = tombstones.file_of(database)
    if beside.exists():
        partial = folder / f".{database.name}-erased.partial"
        shutil.copyfile(beside, partial)
        partial.chmod(0o600)
        synced(partial)
        partial.rename(folder / beside.name)
        sync_folder(folder)
