"""Our own fetch loop: raw JSON, into the inbox, and only then the next offset. python-telegram-bot confirms too early.

Rules: the offset moves only past what is on disk; `allowed_updates` is always sent; pending updates are never dropped; one
update that cannot be read is set aside, and those behind it go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
import structlog

from adapters.telegram.errors import NOT_ACCEPTED, SECONDS_FOR_OPERATORS
from adapters.telegram.receiver import Receiver
from adapters.telegram.update import KINDS
from bot.logs import redact
from bot.serve import Busy
from bot.store_errors import StoreError

log = structlog.get_logger()

LIMIT, SECONDS = 100, 50
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
TWO_POLLERS = (
    "Telegram answers 409: another process fetches updates of this bot, or a webhook is set. Stop the other one, or use a bot"
    " of its own for it; this one goes on trying"
)
_ID = re.compile(r'"update_id"\s*:\s*(\d+)')


@dataclass
class Failed(Exception):
    """A fetch that brought nothing: why, and how long to wait (None: longer each time)."""

    why: str
    seconds: float | None = None


class Poller:
    """Fetches updates until stopped."""

    def __init__(self, client: aiohttp.ClientSession, url: str, receiver: Receiver, seconds: int = SECONDS) -> None:
        self.client, self.url, self.receiver, self.seconds = client, url, receiver, seconds
        self.offset: int | None = None
        self.limit = LIMIT

    async def run(self) -> None:
        """Fetch and store until the server stops; cancel it to end a long poll at once."""
        stopping, failures = self.receiver.server.stopping, 0
        while not stopping.is_set():
            try:
                await self.round()
                failures = 0
            except Failed as failed:
                pause = failed.seconds if failed.seconds is not None else min(FIRST_PAUSE * 2.0**failures, LONGEST_PAUSE)
                failures = min(failures + 1, 10)
                log.warning("no updates", why=failed.why, again_in=pause)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), timeout=pause)

    async def round(self) -> None:
        """One fetch, stored, then confirmed by the next. Raises Failed."""
        text = await self._fetch()
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            await self._unreadable(text)
            return
        updates = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(updates, list):
            raise Failed("the server's answer holds no list of updates")
        if not updates:
            return
        try:
            await self.receiver.take(updates)
        except (Busy, StoreError) as error:
            raise Failed(f"not stored: {error}") from error
        self.limit = LIMIT
        self._confirm(updates)

    def _confirm(self, updates: Sequence[object]) -> None:
        ids = [update["update_id"] for update in updates if isinstance(update, dict) and isinstance(update.get("update_id"), int)]
        if not ids:
            raise Failed("updates without an id cannot be confirmed")
        self.offset = max(ids) + 1

    async def _unreadable(self, text: str) -> None:
        """Of an answer that is no JSON, updates are asked for one by one, and the bad one is set aside."""
        ids = _ID.findall(text)
        if self.limit > 1 or len(ids) != 1:
            self.limit = 1
            raise Failed("the server's answer is no JSON", FIRST_PAUSE)
        try:
            await self.receiver.set_aside(text, int(ids[0]))
        except (Busy, StoreError) as error:
            raise Failed(f"not stored: {error}") from error
        self.offset, self.limit = int(ids[0]) + 1, LIMIT

    async def _fetch(self) -> str:
        asked = {"timeout": self.seconds, "limit": self.limit, "allowed_updates": KINDS}
        if self.offset is not None:
            asked["offset"] = self.offset
        try:
            limits = aiohttp.ClientTimeout(total=None, connect=10.0, sock_read=self.seconds + 10.0)
            async with self.client.post(self.url, json=asked, timeout=limits) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            raise Failed(redact(f"{type(error).__name__} {error}".strip())) from None
        match response.status:
            case 200:
                return text
            case 401 | 404:
                raise Failed(NOT_ACCEPTED, SECONDS_FOR_OPERATORS)
            case 409:
                raise Failed(TWO_POLLERS)
            case 429:
                raise Failed("too many requests", _retry_after(text))
            case status:
                raise Failed(f"HTTP {status}")


def _retry_after(text: str) -> float:
    found = re.search(r'"retry_after"\s*:\s*(\d+)', text)
    return float(found[1]) if found else FIRST_PAUSE
