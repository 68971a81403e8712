"""File locks between processes: one server per platform on a database, one writer at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.002


class Locked(Exception):
    """Another process holds the lock."""


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
