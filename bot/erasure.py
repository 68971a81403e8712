"""Erasure: a person or a conversation gone from tables, index, free pages and write-ahead log, with a tombstone and a receipt.

Rules: what is removed, the receipt and the tombstone are one transaction; `scrub` then cleans what SQLite leaves behind. A
column `conversation` ties a row to its conversation, and a text column that equals `platform:tenant:user` names a person:
tables added later are covered by that. Part of the SQLite store.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from bot import tombstones
from bot.deliveries import blank, senders
from bot.locks import WAIT_SECONDS, FileLock, Locked
from bot.redaction import MARK, redact
from bot.store import Store, StoreError
from bot.tombstones import Tombstone, tombstone

DAY_MS = 86_400_000
RAW_DAYS = 7
"""Raw deliveries that have been dealt with are of no further use; their keys stay until the conversation goes."""
AT_ONCE = 500
OUTLIVES = ("access_audit",)
"""Tables whose rows stay when their conversation goes: who read it remains known."""
OWN = ("tombstones", "receipts", "_sqlite_migrations", "knowledge_versions")


@dataclass
class Receipt:
    """What an erasure did, in counts and without names. `left` lists where the id is still found; it should be empty."""

    act: str
    at: int
    erased: dict[str, int] = field(default_factory=dict)
    tombstones: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    scrubbed: bool = False
    dry_run: bool = False


class _Undo(Exception):
    """Ends a dry run: the transaction is rolled back."""


def forget_person(store: Store, person: str, now: int, *, dry_run: bool = False) -> Receipt:
    """Erase everything a person (`platform:tenant:user`) said or started. Raises ValueError for another form of id."""
    platform, _, user = _parts(person)
    stones = [("person", person), ("user", f"{platform}:{user}")]
    return _forget(store, now, dry_run, stones, lambda counts: _erase_person(store.connection, person, now, counts), [person])


def forget_conversation(store: Store, conversation: str, now: int, *, dry_run: bool = False) -> Receipt:
    """Erase one conversation, whoever took part."""
    return _forget(
        store,
        now,
        dry_run,
        [("conversation", conversation)],
        lambda counts: _erase_conversations(store.connection, [conversation], now, counts),
        [],
    )
