"""Group commit: writes that come together share one durable commit, a savepoint each."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from bot.store import Store, StoreError

Result = TypeVar("Result")


class Committer:
    """Runs writes on the store. A write is done, and its caller goes on, when the whole group is on disk."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.commits = 0
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []

    async def write(self, change: Callable[[], Result]) -> Result:
        """Do one change with the others that are ready now. Raises what the change raises, or StoreError for all."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((change, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        return await future

    def _flush(self) -> None:
        group, self._waiting = self._waiting, []
        results: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        try:
            with self.store.transaction():
                for change, future in group:
                    try:
                        with self.store.savepoint():
                            results.append((future, change(), None))
                    except sqlite3.Error:
                        raise
                    except Exception as error:
                        results.append((future, None, error))
            self.commits += 1
        except StoreError as error:
            results = [(future, None, error) for _, future in group]
        for future, result, failure in results:
            if future.done():
                continue
            if failure is not None:
                future.set_exception(failure)
            else:
                future.set_result(result)
