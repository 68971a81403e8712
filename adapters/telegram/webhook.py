"""Our own webhook route: secret compared in constant time, 200 once stored and never before.

403 for a wrong secret, 413 for a body beyond the limit, 503 while nothing can be stored: Telegram delivers again.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from adapters.telegram.receiver import Receiver
from bot.serve import Busy
from bot.store_errors import StoreError

log = structlog.get_logger()

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the name of a header
LONGEST_BODY = 1024 * 1024
SECONDS_BEFORE_AGAIN = "5"


class Webhook:
    """Answers Telegram's requests."""

    def __init__(self, receiver: Receiver, secret: str) -> None:
        self.receiver, self._secret = receiver, secret.encode()

    async def handle(self, request: web.Request) -> web.Response:
        """One update."""
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=403)
        if not self.receiver.server.ready:
            return _later()
        body = (await request.read()).decode("utf-8", "replace")  # aiohttp answers 413 beyond the limit
        try:
            return await self._stored(body)
        except (Busy, StoreError) as error:
            log.error("update not stored", why=str(error))
            return _later()

    async def _stored(self, body: str) -> web.Response:
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            log.warning("a request that is no JSON was set aside")
            await self.receiver.set_aside(body)
        else:
            await self.receiver.take([update])
        return web.Response(status=200)


def _later() -> web.Response:
    return web.Response(status=503, headers={"Retry-After": SECONDS_BEFORE_AGAIN})


@asynccontextmanager
async def listening(webhook: Webhook, host: str, port: int, path: str) -> AsyncIterator[int]:
    """The route, served while inside; gives the port, which is chosen if 0 was asked for. Raises OSError."""
    app = web.Application(client_max_size=LONGEST_BODY)
    app.router.add_post(path, webhook.handle)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
