"""Socket Mode with a watchdog: two connections, and an end with an error when Slack is not heard on any for too long."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.serve import CannotServe

log = structlog.get_logger()

CONNECTIONS = 2  # Slack renews connections every few hours; the other one hears meanwhile
SECONDS_BETWEEN_PINGS = 5.0
SECONDS_BETWEEN_LOOKS = 15.0
SECONDS_UNHEARD, SECONDS_DEAF = 60.0, 300.0


class Deaf(CannotServe):
    """Slack has not been heard for minutes; a supervisor should start the process again."""


class Watch:
    """When each connection was heard last.

    The client sets its time of the last pong when it sends a first ping, too, so that only a change within one session is a pong.
    """

    def __init__(self, clients: Sequence[SocketModeClient], clock: Callable[[], float] = time.time) -> None:
        self.clients, self.clock = clients, clock
        self._since = [clock() for _ in clients]
        self._seen: list[tuple[object, float | None]] = [(None, None) for _ in clients]

    async def look(self) -> None:
        """Renew connections that are not heard. Raises Deaf when all have been silent for too long."""
        now = self.clock()
        for i, client in enumerate(self.clients):
            (session, before), pong = self._seen[i], client.last_ping_pong_time
            if pong is not None and before is not None and pong != before and session is client.current_session:
                self._since[i] = max(self._since[i], pong)
            self._seen[i] = (client.current_session, pong)
        if all(now - since > SECONDS_DEAF for since in self._since):
            raise Deaf(f"Slack has not been heard for {SECONDS_DEAF:.0f} seconds")
        for client, since in zip(self.clients, self._since, strict=True):
            if now - since > SECONDS_UNHEARD:
                log.warning("connection not heard, connecting anew", seconds=round(now - since))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(client.connect_to_new_endpoint(force=True), SECONDS_BETWEEN_LOOKS)


async def attend(app: AsyncApp, token: str, stopping: asyncio.Event) -> None:
    """Listen until `stopping`. Raises Deaf."""
    handlers = [AsyncSocketModeHandler(app, token, ping_interval=SECONDS_BETWEEN_PINGS) for _ in range(CONNECTIONS)]
    connecting = [
        asyncio.ensure_future(handler.client.connect())  # type: ignore[no-untyped-call]  # untyped in the library
        for handler in handlers
    ]
    watch = Watch([handler.client for handler in handlers if isinstance(handler.client, SocketModeClient)])
    try:
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), SECONDS_BETWEEN_LOOKS)
            if not stopping.is_set():
                await watch.look()
    finally:
        for task in connecting:
            task.cancel()
        await asyncio.gather(*connecting, return_exceptions=True)
        for handler in handlers:
            await handler.client.close()  # type: ignore[no-untyped-call]  # untyped in the library
