"""A connection through which only its holder writes: what `Database.transaction` is the one way to is impossible elsewhere."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from threading import get_ident
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sqlite3 import _Parameters

_READING = re.compile(
    r"\s*(SELECT|VALUES|EXPLAIN|PRAGMA|BEGIN|ROLLBACK|VACUUM INTO|WITH(?!.*\b(INSERT|UPDATE|DELETE)\b))\b", re.I | re.S
)
"""What writes nothing to the database; a transaction begun by anyone but the holder has nothing to commit."""


class WriteOutsideTransaction(Exception):
    """A defect of ours: writing without the write lock. Nothing was written."""


class Guarded(sqlite3.Connection):
    """A connection that only reads, but for the thread that is its `holder`."""

    holder: int | None = None

    def execute(self, sql: str, parameters: _Parameters = (), /) -> sqlite3.Cursor:
        """As in sqlite3. Raises WriteOutsideTransaction."""
        if self.holder != get_ident() and not _READING.match(sql):
            raise WriteOutsideTransaction(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[_Parameters], /) -> sqlite3.Cursor:
        """As in sqlite3. Raises WriteOutsideTransaction."""
        if self.holder != get_ident():
            raise WriteOutsideTransaction(sql)
        return super().executemany(sql, parameters)

    def executescript(self, sql_script: str, /) -> NoReturn:
        """Refused: it commits what is open."""
        raise WriteOutsideTransaction(sql_script)

    def cursor(self, *_: object, **__: object) -> NoReturn:
        """Refused: a cursor of its own would go round this."""
        raise WriteOutsideTransaction("cursor")
