"""Faults between the bot and Slack: 429, 5xx before and after the work was done, duplicated envelopes, HTTP retries, cuts,
deliveries that others overtake.

Faults are drawn from a seeded generator; each is counted by its name in `injected`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

SECONDS_LATE = 0.6
NEVER_FAILS = ("auth.test", "apps.connections.open", "views.open")


@dataclass
class Faults:
    """Probabilities of each fault for one call or envelope."""

    limited: float = 0.0
    failed_before: float = 0.0
    failed_after: float = 0.0
    duplicated: float = 0.0
    cut: float = 0.0
    late: float = 0.0


@dataclass
class Proxy:
    """A server at `port` in front of local-slack; `bot` is where signed HTTP goes."""

    upstream: str
    port: int
    bot: str
    faults: Faults
    seed: int
    injected: Counter[str] = field(default_factory=Counter)
    metadata: dict[str, object] = field(default_factory=dict)
    open: list[web.WebSocketResponse] = field(default_factory=list)
    held: set[asyncio.Future[None]] = field(default_factory=set)

    async def __aenter__(self) -> Proxy:
        self.random = random.Random(self.seed)
        self.http = aiohttp.ClientSession(auto_decompress=False)
        served = web.Application(client_max_size=50_000_000)
        served.router.add_post("/bot", self.deliver)
        served.router.add_get("/socket", self.socket)
        served.router.add_route("*", "/{rest:.*}", self.call)
        self.runner = web.AppRunner(served, access_log=None, shutdown_timeout=1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self.held:
            each.cancel()
        await self.runner.cleanup()
        await self.http.close()

    def strikes(self, name: str) -> bool:
        hit = self.random.random() < getattr(self.faults, name)
        self.injected[name] += hit
        return hit

    async def call(self, request: web.Request) -> web.Response:
        """A call of the Web API, forwarded unless a fault strikes."""
        body, method = await request.read(), request.path.rpartition("/")[2]
        spared = method in NEVER_FAILS
        if not spared and self.strikes("limited"):
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
        if not spared and self.strikes("failed_before"):
            return web.Response(status=503, text="upstream down")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
        async with self.http.request(request.method, self.upstream + request.path_qs, data=body, headers=headers) as answer:
            content = await answer.read()
        content = self.with_metadata(method, body, content)
        if not spared and self.strikes("failed_after"):
            return web.Response(status=500, text="lost on the way back")
        if method == "apps.connections.open":
            found = json.loads(content)
            found["url"] = f"ws://127.0.0.1:{self.port}/socket?{urlencode({'to': found['url']})}"
            content = json.dumps(found).encode()
        return web.Response(status=answer.status, body=content, content_type=answer.content_type)

    def with_metadata(self, method: str, body: bytes, content: bytes) -> bytes:
        """Metadata of posts, which Slack keeps and gives back and local-slack forgets."""
        if method == "chat.postMessage":
            self.metadata[json.loads(content).get("ts")] = json.loads(body).get("metadata")
        elif method in ("conversations.history", "conversations.replies"):
            found = json.loads(content)
            for message in found.get("messages", []):
                message |= {"metadata": self.metadata[message["ts"]]} if message["ts"] in self.metadata else {}
            return json.dumps(found).encode()
        return content

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """A Socket Mode connection; envelopes may come twice, or the connection ends."""
        down = web.WebSocketResponse()
        await down.prepare(request)
        self.open.append(down)
        async with self.http.ws_connect(request.query["to"]) as up:

            async def outward() -> None:
                async for message in down:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        with contextlib.suppress(ConnectionError):
                            await up.send_str(message.data)

            answering = asyncio.ensure_future(outward())
            with contextlib.suppress(ConnectionError):  # the bot is gone
                async for message in up:
                    envelope = json.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
                    if envelope.get("envelope_id") and self.strikes("cut"):
                        self.held.add(asyncio.ensure_future(self.later(message.data)))  # not acknowledged: it comes again
                        break
                    if envelope.get("envelope_id") and self.strikes("late"):
                        self.held.add(asyncio.ensure_future(self.later(message.data)))  # what follows overtakes it
                        continue
                    await down.send_str(message.data)
                    if envelope.get("envelope_id") and self.strikes("duplicated"):
                        await down.send_str(json.dumps(envelope | {"envelope_id": secrets.token_hex(8), "retry_attempt": 0}))
            answering.cancel()
        self.open.remove(down)
        await down.close()
        return down

    async def later(self, data: str) -> None:
        """Deliver an envelope after a while, on whichever connection there is then."""
        while True:
            await asyncio.sleep(SECONDS_LATE)
            for connection in reversed(self.open):
                with contextlib.suppress(ConnectionError):
                    await connection.send_str(data)
                    return

    async def deliver(self, request: web.Request) -> web.Response:
        """Signed HTTP from Slack to the bot, repeated where it fails, and sometimes where it does not."""
        body = await request.read()
        if b"event_callback" in body and self.strikes("late"):
            await asyncio.sleep(SECONDS_LATE)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
        for attempt in range(6):
            retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"} if attempt else {}
            try:
                async with self.http.post(self.bot, data=body, headers=headers | retry) as answer:
                    content, status = await answer.read(), answer.status
            except aiohttp.ClientError:
                await asyncio.sleep(0.5)  # the bot is down: Slack tries again
                continue
            if status == 200 and not self.strikes("duplicated"):
                return web.Response(status=200, body=content, content_type=answer.content_type)
        return web.Response(status=502)
