"""An office as tests use it: a desk on a real store, told what Slack delivers, and the real Bolt app and web server before it."""

from __future__ import annotations

import functools
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from slack_payloads import TEAM, US
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import over_http
from adapters.slack.app import bolt
from adapters.slack.deliveries import delivery
from adapters.slack.desk import Desk
from adapters.slack.gateway import SlackGateway
from adapters.slack.look import Look
from adapters.slack.pages import Pages
from adapters.slack.parse import Own, parse
from adapters.slack.receive import Reception
from adapters.slack.settings import SlackSettings
from bot.records import Outgoing
from bot.serve import Server
from bot.service import World
from bot.store import Store
from knowledge.load import packaged, packaged_files

SECRET, PATH = "sec1", "/slack/events"
KNOWLEDGE = packaged()
LOOK = Look(KNOWLEDGE, "en")
NOBODY = "http://127.0.0.1:1/api/"
"""A Web API where nobody listens."""


class Office:
    """One workspace on a database: `api` is where its calls go, `reviewers` who may read what is others'."""

    def __init__(
        self,
        store: Store,
        team: str = TEAM,
        *,
        everyone: bool = False,
        api: str = NOBODY,
        reviewers: tuple[str, ...] = (),
    ) -> None:
        self.store, self.team, self.own = store, team, Own(team=team, user=US, bot="B1")
        self.clock, ids = itertools.count(1_700_000_000_000, 1000), (f"{team.lower()}case{n}" for n in itertools.count(1))
        world = World(lambda: next(self.clock), lambda: next(ids))
        reading = functools.partial(parse, own=self.own)
        self.desk = Desk(self.store, "slack", reading, KNOWLEDGE, packaged_files(), world, everyone=everyone)
        self.client = AsyncWebClient("xoxb-1", base_url=api, retry_handlers=[], timeout=5)
        self.gateway = SlackGateway(self.client, self.store, LOOK)
        self.server = Server(self.desk, self.gateway)
        self.pages = Pages(self.client, self.store, team, LOOK, world.now, reviewers)
        self.reception = Reception(self.server, self.own, LOOK, self.pages, world.now)

    def hear(self, body: dict[str, Any]) -> list[Outgoing]:
        """What is put into the outbox by a delivery."""
        last = self.store.connection.execute("SELECT coalesce(max(number), 0) FROM outbox").fetchone()[0]
        self.desk.receive([delivery(body, 1)])
        self.work()
        return self.sent(last)

    def work(self) -> None:
        """Work off everything that waits."""
        while self.desk.work():
            pass

    def sent(self, after: int = 0) -> list[Outgoing]:
        """The outbox after a number."""
        rows = self.store.connection.execute("SELECT number FROM outbox WHERE number > ? ORDER BY number", (after,)).fetchall()
        return [found for (number,) in rows if (found := self.store.outgoing(number)) is not None]

    def answers(self) -> dict[str, str]:
        """The answers that stand, as JSON values."""
        return dict(self.store.connection.execute("SELECT question, value FROM current_answers").fetchall())

    def inbox(self) -> list[tuple[str, str]]:
        """Status and place of everything that was kept."""
        return self.store.connection.execute("SELECT status, place FROM inbox").fetchall()

    def lines(self, mark: str) -> list[str]:
        """The texts of the transcript's lines of a kind."""
        return [text for (text,) in self.store.connection.execute("SELECT text FROM transcript WHERE message = ?", (mark,))]


@asynccontextmanager
async def web(office: Office) -> AsyncIterator[tuple[TestClient, Office]]:
    """The office behind the real Bolt app and web server."""
    chosen = SlackSettings(slack_bot_token="xoxb-1", slack_mode="http", slack_signing_secret=SECRET, _env_file=None)
    async with TestClient(TestServer(over_http.web_app(bolt(office.client, chosen, office.reception), SECRET, PATH))) as http:
        yield http, office
    await office.reception.close()
    office.store.close()


def signed(body: str, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers that Slack signs a request with."""
    stamp = str(int(at if at is not None else time.time()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


async def post(http: TestClient, body: dict[str, Any], form: bool = False) -> ClientResponse:
    """A signed request: JSON, or a form as commands, taps and modals come."""
    text = urlencode(body) if form else json.dumps(body)
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    return await http.post(PATH, data=text, headers=signed(text) | {"content-type": kind})
