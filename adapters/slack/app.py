"""The Slack service in one call: `serve` runs until it is told to stop. One process per database and workspace."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.outside import new_id, now
from adapters.slack import over_http, over_socket
from adapters.slack.address import PLATFORM
from adapters.slack.desk import Desk
from adapters.slack.errors import reason
from adapters.slack.gateway import SlackGateway
from adapters.slack.look import Look
from adapters.slack.pages import Pages
from adapters.slack.parse import Own, parse
from adapters.slack.receive import Reception
from adapters.slack.settings import SlackSettings
from bot.serve import Server
from bot.service import World
from bot.settings import SettingsError
from bot.store import Store
from knowledge.model import Knowledge

log = structlog.get_logger()

SECONDS_BETWEEN_TRIES = 5.0
SECONDS_FOR_A_CALL = 20


async def serve(
    store: Store,
    knowledge: Knowledge,
    files: Mapping[str, str],
    settings: SlackSettings,
    *,
    stopping: asyncio.Event,
    started: Callable[[Server], None] | None = None,
) -> None:
    """Serve one workspace until `stopping`.

    `started` is given the server as soon as there is one.

    Raises SettingsError when Slack refuses the token, AlreadyServed, StoreError, or Deaf.
    """
    client = AsyncWebClient(
        settings.slack_bot_token, base_url=settings.slack_api_url, timeout=SECONDS_FOR_A_CALL, retry_handlers=[]
    )
    own = await _introduced(client, stopping)
    if own is None:
        return
    look = Look(knowledge, settings.advisor_lang)
    desk = Desk(
        store,
        PLATFORM,
        functools.partial(parse, own=own),
        knowledge,
        files,
        World(now, new_id),
        language=settings.advisor_lang,
        everyone=settings.advisor_thread_answers == "everyone",
        retention_days=settings.advisor_retention_days,
    )

    def refused(why: str | None) -> None:
        server.trouble = why

    desk.warm()  # before anybody is let in
    server = Server(desk, SlackGateway(client, store, look, refused))
    if started is not None:
        started(server)
    pages = Pages(client, store, own.team, look, now, settings.advisor_reviewers)
    reception = Reception(server, own, look, pages, now)
    loop = asyncio.get_running_loop()
    desk.unstored = lambda address, message: loop.call_soon_threadsafe(reception.tell, address, message)
    running = asyncio.create_task(server.run())
    await asyncio.sleep(0)  # the lock is taken, or refused, before Slack learns that somebody listens
    transport = asyncio.create_task(_listen(bolt(client, settings, reception), settings, stopping))
    try:
        await asyncio.wait({running, transport}, return_when=asyncio.FIRST_COMPLETED)
        for task in (running, transport):
            if task.done():
                task.result()
    finally:
        stopping.set()
        await asyncio.gather(transport, return_exceptions=True)
        await reception.close()
        server.stop()
        await asyncio.gather(running, return_exceptions=True)


class Inbox(AsyncMiddleware):
    """Where Bolt's listeners would begin. As a class, for Bolt reads more of the body than it may before it calls a function."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Everything ends here; nothing is dispatched to listeners."""
        del resp, next
        return await self.reception.take(req.body)


def bolt(client: AsyncWebClient, settings: SlackSettings, reception: Reception) -> AsyncApp:
    """Bolt with its verification, and our inbox behind it."""
    return AsyncApp(
        name="advisor",
        client=client,
        signing_secret=settings.slack_signing_secret or None,
        before_authorize=Inbox(reception),
        ssl_check_enabled=False,
    )


async def _listen(app: AsyncApp, settings: SlackSettings, stopping: asyncio.Event) -> None:
    if settings.slack_mode == "socket":
        await over_socket.attend(app, settings.slack_app_token, stopping)
        return
    runner = web.AppRunner(over_http.web_app(app, settings.slack_signing_secret, settings.slack_http_path), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.slack_http_host, settings.slack_http_port).start()
        log.info("listening", host=settings.slack_http_host, port=settings.slack_http_port, path=settings.slack_http_path)
        await stopping.wait()
    finally:
        await runner.cleanup()


async def _introduced(client: AsyncWebClient, stopping: asyncio.Event) -> Own | None:
    """Who we are, asked until Slack can be reached. Raises SettingsError when it refuses the token."""
    while not stopping.is_set():
        try:
            me = await client.auth_test()
        except SlackApiError as error:
            code = reason(error)
            if code in ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"):
                raise SettingsError(
                    [f"SLACK_BOT_TOKEN: Slack refuses it ({code}); copy it again from OAuth & Permissions"]
                ) from error
            why = code or "an odd answer"
        except (aiohttp.ClientError, TimeoutError) as error:
            why = type(error).__name__
        else:
            log.info("Slack knows us", team=str(me["team_id"]), user=str(me["user_id"]))
            return Own(team=str(me["team_id"]), user=str(me["user_id"]), bot=str(me.get("bot_id") or ""))
        log.warning("Slack cannot be reached, trying again", why=why, seconds=SECONDS_BETWEEN_TRIES)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), SECONDS_BETWEEN_TRIES)
    return None
