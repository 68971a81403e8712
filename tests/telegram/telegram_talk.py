"""Telegram served in the test's own loop against the stub, and what a person does there."""

from __future__ import annotations

import asyncio
import contextlib

from telegram_stub import TOKEN, running

from adapters.telegram.app import serve
from adapters.telegram.pacing import Pacing
from adapters.telegram.settings import TelegramSettings
from bot.store import Store
from knowledge.load import packaged, packaged_files

FAST = Pacing(per_place_ms=0, overall_ms=0, per_group=10_000)
SECRET = "a-secret-of-enough-letters"
ANN, BEN = 5001, 5002


def settings(url, db, **more):
    return TelegramSettings(_env_file=None, telegram_bot_token=TOKEN, telegram_api_url=url, advisor_db=db, **more)


class Chat:
    """A person in a chat."""

    def __init__(self, stub, chat=ANN, user=None, topic=None):
        self.stub, self.chat, self.user, self.topic = stub, chat, user or chat, topic
        self.read = 0

    async def next(self, count=1):
        """The messages that come next; the last of them."""
        wanted = self.read + count
        await self.stub.until(lambda: len(self.stub.at(self.chat)) >= wanted)
        self.read = wanted
        return self.stub.at(self.chat)[wanted - 1]

    async def say(self, text, count=1, **more):
        self.stub.message(self.chat, text, self.user, self.topic, **more)
        return await self.next(count)

    async def tap(self, shown, label, count=1, user=None):
        self.stub.tap(shown, label, user or self.user)
        return await self.next(count)

    async def edited(self, shown, edits):
        await self.stub.until(lambda: shown.edits >= edits)
        return shown


@contextlib.asynccontextmanager
async def served(path, *, stub=None, pacing=FAST, **more):
    """A stub and the product before it."""
    store, stopping = Store(path / "advisor.db"), asyncio.Event()
    async with running(stub) as (stub, url):
        configured = settings(url, path / "advisor.db", **more)
        task = asyncio.ensure_future(serve(store, packaged(), packaged_files(), configured, stopping=stopping, pacing=pacing))
        stub.store, stub.url, stub.serving = store, url, task
        try:
            yield stub
        finally:
            stopping.set()
            try:
                await task
            finally:
                store.close()
