"""Past advisories, read: lists by filter and page, one transcript whole. Every query takes a viewer and every read is audited.

Rules: reading goes through a read-only connection; a viewer who is no reviewer gets only conversations that they started or
have an event in; another person's transcript is handed out after its audit row is on disk, and not at all if that fails.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from bot.database import CACHE_KB
from bot.events import EVENT
from bot.listing import page, scope
from bot.past import Filter as Filter
from bot.past import Outcome as Outcome
from bot.past import Review as Review
from bot.past import Summary as Summary
from bot.past import Transcript as Transcript
from bot.past import Viewer as Viewer
from bot.records import Given, Line
from bot.store import Store
from bot.store_errors import StoreError

PAGE, BATCH = 200, 50
_GIVEN = "event_number, at, knowledge, answers_digest, recommended, verdict, advice"
Did = Literal["show", "search", "export", "replay", "test"]

_TOOK_PART = (
    "SELECT 1 FROM conversations WHERE id = :id AND person = :viewer"
    " UNION ALL SELECT 1 FROM participants WHERE person = :viewer AND conversation = :id"
)


class Archive:
    """The past advisories of one database file."""

    def __init__(self, path: Path, now: int | None = None) -> None:
        """Open for reading; a file of an earlier schema is brought up to date first. Raises StoreError."""
        self.path, self._now = path, now
        self.store = Store(path, read_only=True)
        self._writer: Store | None = None
        with self.explained():
            if not _current(self.store):
                self.store.close()
                Store(path).close()
                self.store = Store(path, read_only=True)
            self.store.connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")  # a search walks far: with 2 MB a third longer

    def close(self) -> None:
        """Close the file."""
        self.store.close()
        if self._writer is not None:
            self._writer.close()

    @property
    def writer(self) -> Store:
        """The same file for writing, opened when first needed."""
        if self._writer is None:
            self._writer = Store(self.path)
        return self._writer

    @property
    def now(self) -> int:
        """UTC milliseconds."""
        return self._now if self._now is not None else time.time_ns() // 1_000_000

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Errors of the database in words that say what to do."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path} cannot be read ({error}); restore a backup or choose another file with --db"
            ) from error

    # --- lists ---------------------------------------------------------------------------------------------------------

    def page(self, viewer: Viewer, wanted: Filter, limit: int = 20, after: str | None = None) -> list[Summary]:
        """The next conversations, newest first. `after` is the cursor of the last one seen. Raises ValueError for a bad one."""
        place = None
        if after is not None:
            last, _, id = after.partition(".")
            if not (last.isascii() and last.isdigit() and len(last) < 19 and id):
                raise ValueError(f"{after!r} is not a place in the list; use the value that the last page ended with")
            place = (int(last), id)
        with self.explained():
            return page(self.store.connection, viewer, wanted, limit, place)

    def every(self, viewer: Viewer, wanted: Filter) -> Iterator[Summary]:
        """All of them, fetched a page at a time, so that writers are never held up."""
        after = None
        while found := self.page(viewer, wanted, PAGE, after):
            yield from found
            after = found[-1].cursor

    def count(self, viewer: Viewer, wanted: Filter, at_most: int = -1) -> int:
        """How many there are; counting stops `at_most` there, which keeps it quick."""
        source, where, bound = scope(viewer, wanted)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {where} LIMIT :at_most)"  # noqa: S608  ours
        with self.explained():
            return int(self.store.connection.execute(sql, bound | {"at_most": at_most}).fetchone()[0])

    def summary(self, viewer: Viewer, id: str) -> Summary | None:
        """One conversation as lists show it; None if there is none that the viewer may see."""
        columns = ", ".join(each.name for each in fields(Summary))
        bound = {"id": id, "viewer": viewer.person}
        with self.explained():
            if not viewer.reviewer and self.store.connection.execute(_TOOK_PART, bound).fetchone() is None:
                return None
            row = self.store.connection.execute(f"SELECT {columns} FROM conversations WHERE id = :id", bound).fetchone()  # noqa: S608
        return Summary(*row) if row else None

    # --- one transcript ------------------------------------------------------------------------------------------------

    def transcript(self, viewer: Viewer, id: str, did: Did) -> Transcript | None:
        """Everything kept of one conversation, after the audit; None if there is none that the viewer may see."""
        summary = self.summary(viewer, id)
        if summary is None:
            return None
        self.audit(viewer, [id], did)
        with self.explained():
            return self.whole(summary)

    def transcripts(self, viewer: Viewer, summaries: Iterable[Summary], did: Did) -> Iterator[Transcript]:
        """Many of them, those that the viewer may see, audited in batches; each is fetched when its turn comes."""
        rest = iter(summaries)
        while batch := list(islice(rest, BATCH)):
            seen = [summary for each in batch if (summary := self.summary(viewer, each.id)) is not None]
            self.audit(viewer, [summary.id for summary in seen], did)
            for summary in seen:
                with self.explained():
                    found = self.whole(summary)
                yield found

    def given(self, id: str, number: int) -> Given | None:
        """One advice by its event. For a transcript that was handed out."""
        with self.explained():
            return self.store.advice_at(id, number)

    def asked(self, id: str) -> dict[tuple[int, str], str]:
        """Which question a message asked, by the message's time and template. For a transcript that was handed out."""
        with self.explained():
            rows = self.store.connection.execute(
                "SELECT created_at, json_extract(body, '$.name'), json_extract(body, '$.question') FROM outbox"
                " WHERE conversation = ? AND kind = 'send' AND json_extract(body, '$.question') IS NOT NULL",
                (id,),
            ).fetchall()
        return {(at, name): question for at, name, question in rows}

    def whole(self, summary: Summary) -> Transcript:
        """Everything kept of a conversation, for a caller that has audited the reading."""

        def rows(columns: str, table: str, order: str) -> list[Any]:
            sql = f"SELECT {columns} FROM {table} WHERE conversation = ? ORDER BY {order}"  # noqa: S608  constants
            return self.store.connection.execute(sql, (summary.id,)).fetchall()

        with self.store.snapshot():
            return Transcript(
                summary,
                tuple(Line(*row) for row in rows("event_number, at, person, message, text", "transcript", "id")),
                tuple(EVENT.validate_json(str(row[0])) for row in rows("event", "events", "number")),
                tuple(Given(*row) for row in rows(_GIVEN, "advice", "event_number")),
                tuple(Review(*row) for row in rows("at, reviewer, verdict, note, flag", "reviews", "id")),
                tuple(Outcome(*row) for row in rows("at, person, chosen, happened", "outcomes", "id")),
            )

    def audit(self, viewer: Viewer, ids: Iterable[str], did: Did) -> None:
        """Write down that a reviewer reads these; reading what one took part in is nobody's business."""
        others = []
        with self.explained():
            for id in dict.fromkeys(ids):
                if not self.store.connection.execute(_TOOK_PART, {"viewer": viewer.person, "id": id}).fetchone():
                    others.append(id)
        if others:
            with self.writer.transaction():
                self.writer.connection.executemany(
                    "INSERT INTO access_audit(at, viewer, conversation, did) VALUES (?,?,?,?)",
                    [(self.now, viewer.name or viewer.person, id, did) for id in others],
                )


def _current(store: Store) -> bool:
    from sqlite_utils.db import Database

    from bot.schema import MIGRATIONS

    database = Database(store.connection)
    applied = {each.name for each in MIGRATIONS.applied(database)}
    return applied == {each.name for each in MIGRATIONS._migrations}
