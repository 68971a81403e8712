"""Retention: what is older than ADVISOR_RETENTION_DAYS goes, once a day and on request, with a receipt."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from functools import partial

import structlog

from bot import deliveries
from bot.erasure import made_up_for, scrubbed
from bot.receipts import Receipt, file_receipt, unscrubbed
from bot.removal import remove_conversations
from bot.store import Store
from bot.store_errors import StoreError

log = structlog.get_logger()

DAY_MS = 86_400_000
RAW_DAYS = 7
"""A raw delivery that has been dealt with is of no further use; its keys stay as long as the rest."""
AT_ONCE = 50
"""Conversations in one transaction: a running service writes in between, and acknowledges only then."""


def purge(store: Store, days: int, now: int, *, dry_run: bool = False) -> Receipt:
    """Erase conversations unused for `days`, and raw deliveries after a week. Raises StoreError.

    Leaves no tombstones: a restored backup is purged by age again.
    """
    before, raw_before = now - days * DAY_MS, now - min(days, RAW_DAYS) * DAY_MS
    receipt = Receipt("purge", now, dry_run=dry_run)
    if dry_run:
        receipt.erased = _would(store, before)
        return receipt
    counts: Counter[str] = Counter()
    more = True
    while more:
        with store.transaction():
            old = store.connection.execute("SELECT id FROM conversations WHERE last_at < ? LIMIT ?", (before, AT_ONCE)).fetchall()
            if old:
                counts += remove_conversations(store.connection, [row[0] for row in old], now)
            more = len(old) == AT_ONCE
            if not more:
                counts["inbox"] += deliveries.forget_older(store.connection, before)
                counts["inbox"] += deliveries.blank_settled(store.connection, raw_before)
            part = Receipt("purge", now, erased=dict(+counts))
            if not more and part.erased:
                file_receipt(store.connection, part)
    receipt.erased = dict(+counts)
    if receipt.erased or unscrubbed(store.connection):
        return scrubbed(store, receipt)
    receipt.scrubbed = True
    return receipt


def _would(store: Store, before: int) -> dict[str, int]:
    row = store.connection.execute("SELECT count(*) FROM conversations WHERE last_at < ?", (before,)).fetchone()
    return {"conversations": int(row[0])} if row[0] else {}


async def daily(store: Store, days: int | None, now: Callable[[], int], stopping: asyncio.Event) -> None:
    """Purge (without `days`, only finish what was struck out) at the start and then once a day until stopped.

    A failure is logged and tried again the next day.
    """
    while not stopping.is_set():
        try:
            due = partial(purge, store, days) if days is not None else partial(made_up_for, store)
            receipt = await asyncio.to_thread(due, now())
            log.info("retention", erased=receipt.erased, scrubbed=receipt.scrubbed, why=receipt.why)
        except StoreError as error:
            log.error("retention failed", why=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), timeout=DAY_MS / 1000)
