"""Bringing a database up to date: what is refused before anything is changed, and the copy that is made first.

Rules: a file of another program or of a newer version is left as it is. A database that holds something is migrated only while
nobody serves it, and after a checked copy of it lies among the backups. Call under the write lock.
"""

from __future__ import annotations

import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils.db import Database

from bot.copies import copied, folder_of
from bot.locks import Locked, all_held, platform_locks
from bot.schema import MIGRATIONS
from bot.store_errors import StoreError

log = logging.getLogger(__name__)

RECORD = "_sqlite_migrations"
"""The table of sqlite-utils in which each migration is noted."""


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError for a file that has tables, but none of ours."""
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    others = [name for name in tables if name != RECORD and not name.startswith("sqlite_")]
    if others and not (RECORD in tables and MIGRATIONS.applied(Database(connection))):
        raise StoreError(
            f"{path}: a SQLite database of another program (it has a table {others[0]!r}); it was left as it is,"
            " choose another file with --db or ADVISOR_DB"
        )


def refuse_newer(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError for a database that has migrations which this version does not know."""
    ours = {migration.name for migration in MIGRATIONS._migrations}
    newer = [applied.name for applied in MIGRATIONS.applied(Database(connection)) if applied.name not in ours]
    if newer:
        raise StoreError(
            f"{path} was written by a newer version of the advisor ({', '.join(newer)}); update the advisor to open it"
        )


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Apply what is pending. Raises StoreError, having changed nothing, if that cannot be done now."""
    refuse_newer(connection, path)
    pending = [migration.name for migration in MIGRATIONS.pending(Database(connection))]
    if not pending:
        return
    if not MIGRATIONS.applied(Database(connection)):
        migrate(connection)
        return
    try:
        with all_held(platform_locks(path)):
            copy = copied(connection, path, folder_of(path), datetime.now(UTC))
            log.warning("%s is of an older version and is brought up to date; a copy of before is %s", path, copy.path)
            migrate(connection)
    except Locked as error:
        raise StoreError(
            f"{path} is of an older version ({', '.join(pending)} to be done) and is being served ({error});"
            " stop the advisor that serves it, then start this one"
        ) from error


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is pending, each migration with its record in one transaction."""
    MIGRATIONS.apply(Database(connection))
