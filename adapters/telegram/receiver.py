"""From the wire to the inbox: a batch of updates is one write, and taps in private chats are answered once it is on disk.

In a group the tap waits for the turn, whose note ("not yours") can only be shown in the one answer that a tap gets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from adapters.telegram.deliveries import deliveries, delivery
from bot.serve import Server


class Receiver:
    """Takes updates for one bot."""

    def __init__(self, server: Server, bot: int, acknowledge: Callable[[str], Awaitable[None]], now: Callable[[], int]) -> None:
        self.server, self.bot, self.acknowledge, self.now = server, bot, acknowledge, now
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, updates: Sequence[object]) -> None:
        """Store updates; when this returns they may be confirmed. Raises Busy or StoreError."""
        await self.server.receive(deliveries(updates, self.bot, self.now()))
        for tap in _private_taps(updates):
            task = asyncio.ensure_future(self._answer(tap))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def set_aside(self, text: str, update_id: int | None = None) -> None:
        """Keep what is no JSON, so that it can be looked at and is not asked for again."""
        raw: object = {"unreadable": text} if update_id is None else {"update_id": update_id, "message": text}
        await self.server.receive([delivery(raw, self.bot, self.now())])

    async def finish(self) -> None:
        """Wait for answers on their way."""
        await asyncio.gather(*self._tasks)

    async def _answer(self, tap: str) -> None:
        await self.acknowledge(tap)


def _private_taps(updates: Sequence[object]) -> Iterator[str]:
    for update in updates:
        match update:
            case {"callback_query": {"id": str(id), "message": {"chat": {"type": "private"}}}}:
                yield id
            case _:
                pass
