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
ANN, BEN, GROUP = 5001, 5002, -1001
ROUND = {"Don't know", "Skip", "Why?", "Back", "Advise now"}
OPENING = "We tag photos of products for a shop"


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

    async def tap(self, shown, label, count=1):
        self.stub.tap(shown, label, self.user)
        return await self.next(count)

    async def edited(self, shown, edits):
        await self.stub.until(lambda: shown.edits >= edits)
        return shown

    async def rank(self, shown):
        """Tap a ranking to its end; each tap but the last edits the message."""
        for taps in range(1, 3):
            self.stub.tap(shown, next(label for label in shown.labels if label[0] == str(taps)), self.user)
            await self.edited(shown, taps)
        return await self.tap(shown, next(label for label in shown.labels if label[0] == "3"))

    async def answer(self, shown):
        """Answer whatever is asked with its first button, or in words; the next message."""
        if shown.labels and shown.labels[0].startswith("1. "):
            return await self.rank(shown)
        label = next((label for label in shown.labels if label not in ROUND), None)
        return await self.say(OPENING) if label is None else await self.tap(shown, label)

    async def advised(self, shown):
        """Answer on until there is an advice."""
        for _ in range(40):
            if "Export" in shown.labels:
                return shown
            shown = await self.answer(shown)
            while not shown.labels or shown.photo:
                shown = await self.next()
        raise AssertionError("no advice after 40 answers")


@contextlib.asynccontextmanager
async def served(path, *, stub=None, pacing=FAST, **more):
    """A stub and the product before it."""
    store, stopping = Store(path / "advisor.db"), asyncio.Event()
    async with running(stub) as (stub, url):
        configured = settings(url, path / "advisor.db", **more)
        stub.store, stub.url = store, url

        def started(server):
            stub.server = server

        serving = serve(store, packaged(), packaged_files(), configured, stopping=stopping, started=started, pacing=pacing)
        stub.serving = task = asyncio.ensure_future(serving)
        try:
            yield stub
        finally:
            stopping.set()
            try:
                await task
            finally:
                store.close()


def column(store, sql, *values):
    """The first column of a query, on what is committed: the connection for writing belongs to other threads."""
    return [row[0] for row in store.reading.execute(sql, values)]
