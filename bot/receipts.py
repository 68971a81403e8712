"""Receipts: what an erasure did, kept as evidence in counts and without names. Part of the SQLite store."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, field


@dataclass
class Receipt:
    """What an erasure did, in counts and without names. `left` says where the id is still found: it must be empty.

    `scrubbed` tells whether index, free pages and write-ahead log are clean too; `why` why not.
    """

    act: str
    at: int
    erased: dict[str, int] = field(default_factory=dict)
    tombstones: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    scrubbed: bool = False
    why: str | None = None
    dry_run: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.dry_run or (self.scrubbed and not self.left)


def file_receipt(connection: sqlite3.Connection, receipt: Receipt) -> None:
    """Keep a receipt as evidence, inside the transaction it is about."""
    kept = {key: value for key, value in asdict(receipt).items() if key in ("erased", "tombstones", "left")}
    connection.execute("INSERT INTO receipts(at, act, receipt) VALUES (?,?,?)", (receipt.at, receipt.act, json.dumps(kept)))


def unscrubbed(connection: sqlite3.Connection) -> int:
    """How many erasures wait for their scrubbing."""
    return int(connection.execute("SELECT count(*) FROM receipts WHERE scrubbed_at IS NULL").fetchone()[0])
