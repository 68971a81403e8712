"""Backup of the database: a checked copy made while the advisor runs, the latest of which are kept. Back: `bot/restore.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.copies import backups, copied
from bot.store import Store


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


def back_up(database: Path, folder: Path, keep: int, now: int) -> Backup:
    """Copy the database, check the copy, and keep the `keep` latest. Raises StoreError; a failed copy is never left behind."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    reader = Store(database, read_only=True)
    try:
        made = copied(reader.connection, reader.path, folder, at)
    finally:
        reader.close()
    there = backups(reader.path, folder)
    removed = [each for each in there[: max(len(there) - keep, 0)] if each != made.path]
    for old in removed:
        old.unlink(missing_ok=True)
    kept = [each.name for each in there if each not in removed]
    return Backup(
        backup=str(made.path),
        of=str(database),
        at=at.isoformat(),
        bytes=made.bytes,
        sha256=made.sha256,
        integrity="ok",
        conversations=made.conversations,
        kept=kept,
        removed=[each.name for each in removed],
    )
