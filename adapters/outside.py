"""What the shell is given from outside: the time, new ids, and the wish to stop."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another."""
LETTERS_OF_AN_ID = 10


def now() -> int:
    """UTC milliseconds."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A conversation id that is easy to type."""
    return "".join(secrets.choice(LETTERS) for _ in range(LETTERS_OF_AN_ID))


def signalled() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set, in the running loop."""
    import asyncio
    import signal

    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
