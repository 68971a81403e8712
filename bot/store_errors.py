"""What goes wrong with a store, in words that say what happened, where, and what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The database cannot be used; the text says what happened, where, and what to do. Nothing half-done is stored."""


class IntegrityError(StoreError):
    """What was to be stored contradicts what is stored or lacks something. It alone was undone; the store is well."""


def primary(error: sqlite3.Error) -> int | None:
    """The primary result code of SQLite, such as SQLITE_FULL."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def explained(error: sqlite3.Error, path: Path) -> StoreError:
    """A database error in words that say what to do."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return IntegrityError(f"{path}: {error}; it was not stored")
    match primary(error):
        case sqlite3.SQLITE_FULL:
            what = "the disk (or the size limit of the database) is full; nothing was stored, free some space and try again"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            what = "the file or its folder cannot be written; check permissions or choose another file with --db"
        case sqlite3.SQLITE_CANTOPEN:
            what = "the file cannot be opened; check that its folder can be written, or choose another file with --db"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            what = "another program holds the database; nothing was stored, close it or try again"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            what = "this is not an intact SQLite database; restore a backup (see `advisor backup`) or choose another file"
        case _:
            what = f"{error}"
    return StoreError(f"{path}: {what}")
