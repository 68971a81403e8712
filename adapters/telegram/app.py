"""Telegram served: bot, desk, gateway and one way in, until told to stop. What is on its way then is finished."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import structlog
from telegram.error import InvalidToken, TelegramError

from adapters.outside import new_id, now
from adapters.telegram.desk import Desk
from adapters.telegram.errors import NOT_ACCEPTED, meaning
from adapters.telegram.gateway import TelegramGateway
from adapters.telegram.pacing import Pacing
from adapters.telegram.parse import COMMANDS, Parser
from adapters.telegram.polling import Poller
from adapters.telegram.receiver import Receiver
from adapters.telegram.request import Request, session
from adapters.telegram.settings import TelegramSettings
from adapters.telegram.update import KINDS
from adapters.telegram.webhook import Webhook, listening
from bot.serve import CannotServe, Server
from bot.service import World
from bot.store import Store
from knowledge.model import Knowledge
from telegram import Bot, BotCommand, User

log = structlog.get_logger()

Result = TypeVar("Result")

LONGEST_PAUSE = 30.0


async def serve(
    store: Store,
    knowledge: Knowledge,
    files: Mapping[str, str],
    settings: TelegramSettings,
    *,
    stopping: asyncio.Event,
    started: Callable[[Server], None] | None = None,
    pacing: Pacing | None = None,
) -> None:
    """Serve until `stopping`. Raises CannotServe.

    `started` is told the server once the bot is known.
    """
    async with session() as client:
        request = Request(client)
        bot = Bot(settings.token, settings.bot_url, settings.file_url, request=request, get_updates_request=request)
        me = await _introduced(bot, stopping)
        if me is not None:
            await _served(bot, client, me, store, knowledge, files, settings, stopping, started, pacing or Pacing())


async def _served(
    bot: Bot,
    client: aiohttp.ClientSession,
    me: User,
    store: Store,
    knowledge: Knowledge,
    files: Mapping[str, str],
    settings: TelegramSettings,
    stop: asyncio.Event,
    started: Callable[[Server], None] | None,
    pacing: Pacing,
) -> None:
    username = me.username or ""
    desk = Desk(
        store,
        TelegramGateway.platform,
        Parser(me.id, username, knowledge),
        knowledge,
        files,
        World(now, new_id),
        language=settings.advisor_lang,
        everyone=settings.advisor_thread_answers == "everyone",
        retention_days=settings.advisor_retention_days,
    )
    gateway = TelegramGateway(bot, username, store, knowledge, settings.advisor_lang, pacing, now)
    loop = asyncio.get_running_loop()
    desk.username, desk.unstored = username, lambda address, message: loop.call_soon_threadsafe(gateway.soon, address, message)
    desk.warm()  # before anybody is let in
    server = Server(desk, gateway)
    if started is not None:
        started(server)
    receiver = Receiver(server, me.id, gateway.calls.acknowledge, now)
    serving = asyncio.ensure_future(server.run())
    waiting = asyncio.ensure_future(_until(stop))
    try:
        await asyncio.sleep(0)  # a second process is refused before it fetches anything
        if not serving.done():
            async with _inlet(bot, client, receiver, settings, stop) as feeding:
                introducing = asyncio.ensure_future(_introduce(bot, knowledge, settings.advisor_lang))
                log.info("serving Telegram", bot=username, mode=settings.telegram_mode)
                first: set[asyncio.Future[None]] = {serving, feeding, waiting}
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
                await _ended(introducing)
                server.stop()
            await receiver.finish()
    finally:
        server.stop()
        waiting.cancel()
        await serving


@asynccontextmanager
async def _inlet(
    bot: Bot, client: aiohttp.ClientSession, receiver: Receiver, settings: TelegramSettings, stop: asyncio.Event
) -> AsyncIterator[asyncio.Future[None]]:
    """The way in, open while inside; gives what ends if it fails."""
    if settings.telegram_mode == "webhook":
        secret = settings.telegram_webhook_secret.get_secret_value()
        host, port, path = settings.telegram_listen_host, settings.telegram_listen_port, settings.telegram_listen_path
        try:
            async with listening(Webhook(receiver, secret), host, port, path):
                registering = asyncio.ensure_future(_register(bot, settings, secret, stop))
                try:
                    yield registering
                finally:
                    await _ended(registering)
        except OSError as error:
            raise CannotServe(f"cannot listen on {host}:{port}: {error.strerror}; see TELEGRAM_LISTEN_PORT") from error
        return
    poller = Poller(client, f"{settings.bot_url}{settings.token}/getUpdates", receiver)
    polling = asyncio.ensure_future(_poll(bot, poller, stop))
    try:
        yield polling
    finally:
        await _ended(polling)


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


async def _ended(task: asyncio.Future[None]) -> None:
    """End a task; a failure of its own is raised."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _poll(bot: Bot, poller: Poller, stop: asyncio.Event) -> None:
    """Fetch; a webhook left over from before would refuse it. Nothing pending is dropped."""
    await _insist(lambda: bot.delete_webhook(drop_pending_updates=False), stop)
    await poller.run()


async def _register(bot: Bot, settings: TelegramSettings, secret: str, stop: asyncio.Event) -> None:
    url = settings.telegram_webhook_url
    await _insist(
        lambda: bot.set_webhook(url, allowed_updates=list(KINDS), secret_token=secret, drop_pending_updates=False), stop
    )
    log.info("webhook set", url=url)
    await stop.wait()


async def _introduced(bot: Bot, stop: asyncio.Event) -> User | None:
    """Who the bot is; None if told to stop before Telegram could be reached. Raises CannotServe for a wrong token."""
    return await _insist(bot.get_me, stop)


async def _insist(call: Callable[[], Awaitable[Result]], stop: asyncio.Event) -> Result | None:
    """Call until it works; None if told to stop. Raises CannotServe for a token that is not accepted."""
    pause = 1.0
    while not stop.is_set():
        try:
            return await call()
        except InvalidToken:
            raise CannotServe(NOT_ACCEPTED) from None
        except TelegramError as error:
            log.warning("Telegram cannot be reached yet", why=str(meaning(error)), again_in=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=pause)
            pause = min(pause * 2, LONGEST_PAUSE)
    return None


async def _introduce(bot: Bot, knowledge: Knowledge, language: str) -> None:
    """Menu and descriptions; a server that does not know them is no obstacle."""
    sentences = knowledge.words(language).sentences
    commands = [BotCommand(name, sentences[f"telegram_command_{name}"]) for name in ("start", *COMMANDS)]
    try:
        await bot.set_my_commands(commands)
        await bot.set_my_description(sentences["telegram_description"])
        await bot.set_my_short_description(sentences["telegram_short"])
    except TelegramError as error:
        log.warning("menu and descriptions were not set", why=str(meaning(error)))
