"""The archive behind the pages: reads and writes happen in threads of their own, each with its own connection."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from adapters.review.passwords import Passwords
from adapters.review.sessions import Sessions, Tries
from bot.archive import Archive, Viewer
from bot.library import Library
from knowledge.model import Knowledge

Result = TypeVar("Result")
THREADS = 3
ANY = "*"
"""Stands for the conversation in the audit of a query, which may read all of them."""


class Desk:
    """One database with its knowledge base, and who may sit down before it."""

    def __init__(
        self,
        path: Path,
        today: Knowledge,
        reviewers: tuple[str, ...] = (),
        passwords: Passwords | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        self.path, self.today, self.reviewers = path, today, reviewers
        self.passwords = passwords or Passwords()
        self.sessions, self.tries = sessions or Sessions(), Tries()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="review")
        self._local, self._opened, self._lock = threading.local(), list[Archive](), threading.Lock()

    async def run(self, work: Callable[[Library], Result]) -> Result:
        """Do something with the archive, off the event loop. Raises StoreError and what the work raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(self._library()))

    def _library(self) -> Library:
        found: Library | None = getattr(self._local, "library", None)
        if found is None:
            found = self._local.library = Library(Archive(self.path), self.today)
            with self._lock:
                self._opened.append(found.archive)
        return found

    def close(self) -> None:
        """Wait for what is being done and close the file."""
        self._threads.shutdown()
        for archive in self._opened:
            archive.close()
        self._opened.clear()

    async def sign_in(self, person: str, password: str) -> str | None:
        """A session for a person with the right password; None otherwise."""
        loop = asyncio.get_running_loop()
        admitted = await loop.run_in_executor(self._threads, self.passwords.admit, person, password, self.reviewers)
        return self.sessions.begin(Viewer(person, person in self.reviewers, person)) if admitted else None

    async def audit_query(self, viewer: Viewer) -> None:
        """Write down that an analyst reads tables, and index what waits for it, since tables are searched too.

        What is asked is not kept: it may hold people's words.
        """

        def write(library: Library) -> None:
            writer = library.archive.writer
            writer.index()
            with writer.transaction():
                writer.connection.execute(
                    "INSERT INTO access_audit(at, viewer, conversation, did) VALUES (?,?,?,?)",
                    (time.time_ns() // 1_000_000, viewer.name or viewer.person, ANY, "query"),
                )

        await self.run(write)
