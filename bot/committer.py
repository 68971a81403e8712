"""Group commit: writes that come together share one durable commit, a savepoint each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from bot.away import Away, thread
from bot.store_errors import IntegrityError, StoreError
from bot.turn_store import TurnStore

Result = TypeVar("Result")
Group = list[tuple[Callable[[], Any], asyncio.Future[Any]]]
Outcome = tuple[Any, Exception | None]


class Committer:
    """Runs writes on the store. A write is done, and its caller goes on, when the whole group is on disk.

    The disk is waited for away from the event loop; what comes in meanwhile is the next group.
    """

    def __init__(self, store: TurnStore, away: Away | None = None) -> None:
        self.store = store
        self.commits = 0
        self._away = away or thread("commits")
        self._waiting: Group = []
        self._flushing: asyncio.Task[None] | None = None

    async def write(self, change: Callable[[], Result]) -> Result:
        """Do one change with the others that are ready now. Raises what the change raises, or StoreError for all."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, future))
        if self._flushing is None:
            self._flushing = asyncio.ensure_future(self._flush())
        return await future

    async def _flush(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                try:
                    outcomes = await self._away(partial(self._commit, group))
                except Exception as error:  # a defect of ours; nobody may wait for ever
                    outcomes = [(None, error)] * len(group)
                for (_, future), (result, failure) in zip(group, outcomes, strict=True):
                    if future.done():
                        continue
                    if failure is not None:
                        future.set_exception(failure)
                    else:
                        future.set_result(result)
        finally:
            self._flushing = None

    def _commit(self, group: Group) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            with self.store.transaction():
                for change, _ in group:
                    try:
                        with self.store.savepoint():
                            outcomes.append((change(), None))
                    except IntegrityError as error:
                        outcomes.append((None, error))
                    except StoreError:
                        raise
                    except Exception as error:
                        outcomes.append((None, error))
        except StoreError as error:
            return [(None, error) for _ in group]
        self.commits += 1
        return outcomes
