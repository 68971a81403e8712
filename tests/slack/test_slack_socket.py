"""Socket Mode against a real server that goes deaf: connected, silent, no pongs. The watchdog connects anew, or gives up."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_payloads import event
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import over_socket
from adapters.slack.app import bolt
from adapters.slack.settings import SlackSettings


class Deafening:
    """A Slack whose first connections answer nothing, not even a ping; later ones deliver one event."""

    def __init__(self, deaf: int) -> None:
        self.deaf, self.connections, self.url = deaf, 0, ""
        self.acknowledged: list[str] = []

    async def opened(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"ok": True, "url": self.url})

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        self.connections += 1
        deaf = self.connections <= self.deaf
        connection = web.WebSocketResponse(autoping=not deaf)
        await connection.prepare(request)
        await connection.send_json({"type": "hello", "num_connections": 1})
        if not deaf:
            await connection.send_json({"type": "events_api", "envelope_id": f"E{self.connections}", "payload": event()})
        async for message in connection:
            if message.type is web.WSMsgType.TEXT:
                self.acknowledged.append(json.loads(message.data)["envelope_id"])
        return connection


class Nobody:
    """A reception that says 200 to everything."""

    async def take(self, body: object) -> object:
        from slack_bolt.response import BoltResponse

        del body
        return BoltResponse(status=200, body="")


@pytest.fixture
async def slack(monkeypatch) -> AsyncIterator[Deafening]:
    monkeypatch.setattr(over_socket, "SECONDS_BETWEEN_PINGS", 0.1)
    monkeypatch.setattr(over_socket, "SECONDS_BETWEEN_LOOKS", 0.2)
    server, served = Deafening(over_socket.CONNECTIONS), web.Application()
    served.router.add_post("/api/apps.connections.open", server.opened)
    served.router.add_post("/api/auth.test", _ok)
    served.router.add_get("/socket", server.socket)
    runner = web.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/socket"
    yield server
    await runner.cleanup()


async def _ok(request: web.Request) -> web.Response:
    del request
    return web.json_response({"ok": True, "team_id": "T1", "user_id": "UBOT", "bot_id": "B1"})


def attending(server: Deafening, stopping: asyncio.Event) -> asyncio.Task[None]:
    client = AsyncWebClient("xoxb-1", base_url=server.url.replace("ws://", "http://").replace("/socket", "/api/"))
    chosen = SlackSettings(slack_bot_token="xoxb-1", slack_app_token="xapp-1", _env_file=None)
    return asyncio.ensure_future(over_socket.attend(bolt(client, chosen, Nobody()), "xapp-1", stopping))


async def test_a_connection_that_is_deaf_is_replaced_and_slack_is_heard_again(slack, monkeypatch) -> None:
    monkeypatch.setattr(over_socket, "SECONDS_UNHEARD", 0.5)
    stopping = asyncio.Event()
    task = attending(slack, stopping)
    for _ in range(300):
        if slack.acknowledged:
            break
        await asyncio.sleep(0.05)
    stopping.set()
    await task
    assert slack.acknowledged and slack.connections > over_socket.CONNECTIONS


async def test_a_slack_that_is_never_heard_ends_the_process_so_that_a_supervisor_starts_it_again(slack, monkeypatch) -> None:
    slack.deaf = 10**6
    monkeypatch.setattr(over_socket, "SECONDS_UNHEARD", 0.5)
    monkeypatch.setattr(over_socket, "SECONDS_DEAF", 1.5)
    with pytest.raises(over_socket.Deaf):
        await asyncio.wait_for(attending(slack, asyncio.Event()), 30)
