"""File locks between processes: one server per platform on a database, one writer at a time.

Rules: a lock lies beside the file that SQLite opens, whatever link led there; so there is one of a kind to a database.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.store_errors import StoreError

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.002


class Locked(Exception):
    """Another process holds the lock."""


def resolved(database: Path) -> Path:
    """The file that a path leads to, through whatever links. Raises StoreError for links that lead nowhere."""
    try:
        return database.resolve()
    except (OSError, RuntimeError) as error:  # Python says RuntimeError for a loop
        raise StoreError(f"{database}: a link that leads to itself; choose another file with --db or ADVISOR_DB") from error


def write_lock(database: Path) -> FileLock:
    """What every write transaction is under."""
    return FileLock(database.with_name(f"{database.name}.lock"))


def platform_lock(database: Path, platform: str) -> FileLock:
    """What a process holds for as long as it serves a platform."""
    return FileLock(database.with_name(f"{database.name}.{platform}.lock"))


def platform_locks(database: Path) -> list[FileLock]:
    """Of every platform that was ever served on this database."""
    name = re.compile(rf"{re.escape(database.name)}\.\w+\.lock")
    return [FileLock(each) for each in sorted(database.parent.iterdir()) if name.fullmatch(each.name)]


@contextmanager
def all_held(locks: Iterable[FileLock]) -> Iterator[None]:
    """All these locks for the length of a block. Raises Locked at once if one is not to be had."""
    taken = list[FileLock]()
    try:
        for lock in locks:
            taken.append(lock)
            lock.acquire(0)
        yield
    finally:
        for lock in taken:
            lock.close()


class FileLock:
    """An advisory lock on a file of its own; released when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file

    def acquire(self, wait: float) -> None:
        """Take the lock, trying for `wait` seconds. Raises Locked."""
        file, end = self._open(), time.monotonic() + wait
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise Locked(f"{self.path} is held by another process") from None
                time.sleep(POLL_SECONDS)

    def release(self) -> None:
        """Give it back."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it back and close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @contextmanager
    def held(self, wait: float = WAIT_SECONDS) -> Iterator[None]:
        """The lock for the length of a block."""
        self.acquire(wait)
        try:
            yield
        finally:
            self.release()
