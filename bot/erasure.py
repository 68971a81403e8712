"""Erasure of a person, a conversation or words: gone from tables, index, free pages and log, with tombstone and receipt.

Rules: what is removed, its receipt and its tombstone are one transaction; the tombstone is on disk beside the database before
it ends; `scrub` then cleans what SQLite leaves behind, and is made up for at the next opening if it was cut short.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot import deliveries, tombstones
from bot.locks import Locked
from bot.receipts import Receipt, file_receipt, unscrubbed
from bot.redaction import LEAST_LETTERS
from bot.removal import parts, remove_conversations, remove_person, traces
from bot.store import Store
from bot.store_errors import StoreError
from bot.striking import strike
from bot.tombstones import KINDS, Kind, Tombstone, digest, tombstone


class Undo(Exception):
    """Ends the transaction of a dry run, or of an erasure that found nothing."""


def forget_person(store: Store, person: str, now: int, *, dry_run: bool = False) -> Receipt:
    """Erase everything a person (`platform:tenant:user`) started or said. Raises ValueError for another form, or StoreError."""
    platform, _, user = parts(person)
    ids: list[tuple[Kind, str]] = [("person", person), ("user", f"{platform}:{user}")]
    return _forget(store, ids, now, dry_run, lambda before: remove_person(store.connection, person, before))


def forget_conversation(store: Store, conversation: str, now: int, *, dry_run: bool = False) -> Receipt:
    """Erase one conversation, whoever took part. Raises StoreError."""
    ids: list[tuple[Kind, str]] = [("conversation", conversation)]
    return _forget(store, ids, now, dry_run, lambda before: remove_conversations(store.connection, [conversation], before))


def forget_words(store: Store, conversation: str, spans: Sequence[str], now: int, *, dry_run: bool = False) -> Receipt:
    """Strike words that an operator names. Raises ValueError for words too short to be told from others, or StoreError."""
    for span in spans:
        if sum(character.isalnum() for character in span) < LEAST_LETTERS:
            raise ValueError(f"{span!r} is too short; name at least {LEAST_LETTERS} letters or digits, as they stand there")
    receipt = Receipt("strike", now, dry_run=dry_run)
    try:
        with store.transaction():
            if store.conversation(conversation) is not None:
                receipt = replace(strike(store.connection, conversation, spans, now), dry_run=dry_run)
            if dry_run or not receipt.erased:
                raise Undo
    except Undo:
        receipt.scrubbed = not dry_run
        return receipt
    return scrubbed(store, receipt)


def _forget(store: Store, ids: list[tuple[Kind, str]], now: int, dry_run: bool, remove: Callable[[int], Counter[str]]) -> Receipt:
    receipt = Receipt("forget", now, dry_run=dry_run)
    known = [*tombstones.read(store.path), *_stored(store.connection)]
    try:
        with store.transaction():
            before = max(now, _latest(store.connection))
            receipt.erased = dict(remove(before))
            receipt.left = traces(store.connection, ids[0][1]) if receipt.erased and ids[0][0] == "person" else {}
            if dry_run or not receipt.erased:
                raise Undo
            for kind, id in ids:
                stone = tombstone(kind, id, before, known)
                known.append(stone)
                receipt.tombstones.append(stone.digest)
            tombstones.append(store.path, known[-len(ids) :])
            _remember(store.connection, known[-len(ids) :])
            file_receipt(store.connection, receipt)
    except Undo:
        if dry_run or not unscrubbed(store.connection):
            receipt.scrubbed = not dry_run
            return receipt
    return scrubbed(store, receipt)


def apply_tombstones(store: Store, now: int) -> Receipt | None:
    """Repeat the erasures that this database does not know of, as after a restore; None if there are none. Call after opening.

    Only what is older than its erasure goes: a person may have come back since. Raises StoreError.
    """
    beside, inside = tombstones.latest(tombstones.read(store.path)), tombstones.latest(_stored(store.connection))
    tombstones.append(store.path, _newer(inside, beside))
    pending = _newer(beside, inside)
    receipt = Receipt("replay", now)
    if pending:
        with store.transaction():
            receipt.erased = dict(+_replay(store.connection, pending))
            receipt.tombstones = [stone.digest for stone in pending]
            _remember(store.connection, pending)
            file_receipt(store.connection, receipt)
    elif not unscrubbed(store.connection):
        return None
    return scrubbed(store, receipt)


def pending_tombstones(store: Store) -> int:
    """How many erasures this database does not know of; works on a reader."""
    return len(_newer(tombstones.latest(tombstones.read(store.path)), tombstones.latest(_stored(store.connection))))


def _newer(these: dict[str, Tombstone], those: dict[str, Tombstone]) -> list[Tombstone]:
    return [stone for key, stone in these.items() if key not in those or those[key].at < stone.at]


def _replay(connection: sqlite3.Connection, pending: Iterable[Tombstone]) -> Counter[str]:
    stones: dict[str, dict[tuple[str, str], Tombstone]] = {}
    for stone in pending:
        stones.setdefault(stone.salt, {})[stone.kind, stone.digest] = stone
    persons = [row[0] for row in connection.execute("SELECT person FROM conversations UNION SELECT person FROM participants")]
    conversations = [row[0] for row in connection.execute("SELECT id FROM conversations")]
    latest = max(stone.at for stone in pending)
    counts: Counter[str] = Counter()
    for salt, known in stones.items():
        for person in persons:
            if (found := known.get(("person", digest("person", salt, person)))) is not None:
                counts += remove_person(connection, person, found.at)
        gone = [id for id in conversations if ("conversation", digest("conversation", salt, id)) in known]
        counts += remove_conversations(connection, gone, latest) if gone else Counter()
        for number, platform, raw in deliveries.waiting(connection, latest):
            if any(("user", digest("user", salt, f"{platform}:{user}")) in known for user in deliveries.senders(raw)):
                deliveries.drop(connection, number)
                counts["inbox"] += 1
    counts["inbox"] += deliveries.blank_settled(connection, latest)  # whose they were can no longer be told
    return counts


def _latest(connection: sqlite3.Connection) -> int:
    """The latest time stored: the clock may have gone back since."""
    return int(
        connection.execute("SELECT max(coalesce(max(last_at), 0), coalesce(max(started_at), 0)) FROM conversations").fetchone()[0]
    )


def _stored(connection: sqlite3.Connection) -> list[Tombstone]:
    rows = connection.execute("SELECT kind, salt, digest, at FROM tombstones ORDER BY at").fetchall()
    return [Tombstone(KINDS[KINDS.index(kind)], salt, key, at) for kind, salt, key, at in rows]


def _remember(connection: sqlite3.Connection, stones: Iterable[Tombstone]) -> None:
    connection.executemany(
        "INSERT INTO tombstones(digest, kind, salt, at) VALUES (?,?,?,?)"
        " ON CONFLICT (digest) DO UPDATE SET at = max(at, excluded.at)",
        [(stone.digest, stone.kind, stone.salt, stone.at) for stone in stones],
    )


def made_up_for(store: Store, now: int) -> Receipt:
    """Scrub what waits for it, such as words struck out in conversations; nothing is done if nothing waits."""
    receipt = Receipt("scrub", now, scrubbed=True)
    return scrubbed(store, replace(receipt, scrubbed=False)) if unscrubbed(store.connection) else receipt


def scrubbed(store: Store, receipt: Receipt) -> Receipt:
    """Clean the index, the free pages and the write-ahead log; notes on the receipts that it is done, or why it is not."""
    connection = store.connection
    try:
        with store.transaction():
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%VIRTUAL TABLE%USING fts5%'"
            ).fetchall():
                connection.execute(f"INSERT INTO {table}({table}) VALUES ('rebuild')")  # noqa: S608  names from the schema
        with store.alone():
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            receipt.why = "another program is reading the database, so its write-ahead log still holds old pages"
            return receipt
        with store.transaction():
            connection.execute("UPDATE receipts SET scrubbed_at = ? WHERE scrubbed_at IS NULL", (receipt.at,))
        receipt.scrubbed = True
    except (StoreError, sqlite3.Error) as error:
        receipt.why = str(error)
    except Locked:
        receipt.why = "another process is writing"
    return receipt
