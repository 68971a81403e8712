"""Work done away from the event loop, so that deliveries are taken while a turn is worked out or the disk is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Away(Protocol):
    """Does something elsewhere, one thing after another."""

    async def __call__(self, do: Callable[[], Result], /) -> Result:
        """What `do` returns; raises what it raises."""


def thread(name: str) -> Away:
    """A thread of its own; it ends when nobody can ask it any more."""
    executor = ThreadPoolExecutor(1, name)

    async def away(do: Callable[[], Result], /) -> Result:
        return await asyncio.get_running_loop().run_in_executor(executor, do)

    return away


async def here(do: Callable[[], Result], /) -> Result:
    """Not away at all: for simulations, where everything has its place in one order."""
    return do()
