"""A real process killed in the middle of an interview, over polling and over webhook: answers exactly once."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
from telegram_stub import BOT, TOKEN, running
from telegram_talk import ANN, OPENING, ROUND, SECRET, Chat, column
from test_telegram_faults import _free_port

from adapters.telegram.address import Address
from adapters.telegram.formatting import parts
from bot.records import Conversation
from bot.speak import Message
from bot.store import Store

HERE = Path(__file__).parent


class Process:
    """The product, started again after each kill."""

    def __init__(self, url, db, mode, port):
        self.arguments = [sys.executable, str(HERE / "telegram_child.py"), url, str(db), mode, str(port)]
        self.log = db.with_name("log.txt")
        self.running = None

    async def start(self, failpoint=""):
        paths = os.pathsep.join([str(HERE), str(HERE.parent), str(HERE.parent.parent)])
        environment = {**os.environ, "PYTHONPATH": paths, "ADVISOR_FAILPOINT": failpoint}
        with self.log.open("ab") as log:
            self.running = await asyncio.create_subprocess_exec(*self.arguments, env=environment, stderr=log)

    async def end(self, number):
        if self.running is not None and self.running.returncode is None:
            self.running.send_signal(number)
            await asyncio.wait_for(self.running.wait(), timeout=20)
        return self.running.returncode


async def pushing(stub, port):
    """Telegram's side of a webhook: again and again until each update got a 2xx."""
    while True:
        await stub.deliver(f"http://127.0.0.1:{port}/telegram", SECRET, seconds=60)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("mode", "seed"), [("polling", 1), ("polling", 2), ("webhook", 3)])
async def test_killed_and_delivered_again_every_answer_counts_once(tmp_path, mode, seed):
    chance, db, port = random.Random(seed), tmp_path / "advisor.db", _free_port()
    async with running() as (stub, url), contextlib.AsyncExitStack() as stack:
        process = Process(url, db, mode, port)
        stack.push_async_callback(process.end, signal.SIGKILL)
        await process.start()
        if mode == "webhook":
            push = asyncio.ensure_future(pushing(stub, port))
            stack.callback(push.cancel)
        ann = Chat(stub)
        stub.message(ANN, "/start")
        steps = 0
        while not any("Export" in each.labels for each in stub.at(ANN)):
            shown = await stub.until(lambda: _open(stub), 60)
            killed = chance.random() < 0.25 or steps == 1
            kill = asyncio.ensure_future(_kill(process, chance.random() * 0.03)) if killed else None
            await _answer(ann, shown)
            if kill is not None:
                await kill
                stub.polling.clear()
                await process.start()
            await _gone_on(stub, shown)
            steps += 1
            assert steps < 60
        assert await process.end(signal.SIGTERM) == 0
        assert TOKEN not in process.log.read_text()
    store = Store(db)
    taps_and_texts = column(store, "SELECT count(*) FROM inbox WHERE status = 'done'")[0]
    heard = column(store, "SELECT count(*) FROM events WHERE json_extract(event, '$.event') = 'heard'")[0]
    assert heard <= taps_and_texts
    assert column(store, "SELECT count(*) FROM conversations") == [1]
    assert column(store, "SELECT count(*) FROM advice") == [1]
    assert not column(store, "SELECT question FROM answers GROUP BY question HAVING count(*) > 1")
    assert column(store, "SELECT count(*) FROM answers")[0] >= 8
    assert column(store, "PRAGMA integrity_check") == ["ok"]
    store.close()


async def test_killed_at_the_end_of_a_long_message_one_part_is_repeated(tmp_path):
    db, port = tmp_path / "advisor.db", _free_port()
    words = "\n\n".join(f"paragraph {number} " + "word " * 180 for number in range(20))
    shown = len(parts(words))
    assert shown >= 5
    _waiting(db, Message(name="note", markdown=words))
    async with running() as (stub, url), contextlib.AsyncExitStack() as stack:
        process = Process(url, db, "polling", port)
        stack.push_async_callback(process.end, signal.SIGKILL)
        await process.start("C8")  # the last part has arrived, and nothing says so yet
        await asyncio.wait_for(process.running.wait(), timeout=30)
        assert len(stub.at(ANN)) == shown
        await process.start()
        await stub.until(lambda: _sent(db), 30)
        texts = [each.text for each in stub.at(ANN)]
        assert len(texts) == shown + 1
        assert texts[-1] == texts[-2]


def _waiting(db, message):
    """A database in which one message waits for Ann."""
    store = Store(db)
    with store.transaction():
        store.keep_knowledge("v", {}, 1)
        address = Address(chat=ANN, private=True).model_dump_json()
        place, ann = f"telegram:{BOT}:{ANN}", f"telegram:{BOT}:{ANN}"
        conversation = Conversation("c", "telegram", str(BOT), place, ann, 1, 1, "open", "en", "v", address)
        store.begin(conversation)
        store.enqueue(conversation, address, "send", message.model_dump_json(), None, time.time_ns() // 1_000_000)
    store.close()


def _sent(db):
    store = Store(db, read_only=True)
    try:
        return column(store, "SELECT 1 FROM outbox WHERE status = 'sent'")
    finally:
        store.close()


async def _gone_on(stub, shown):
    """Wait until the question is settled or another is open; a message doubtful twice is given up, so one asks again."""
    for _ in range(3):
        with contextlib.suppress(TimeoutError):
            await stub.until(lambda: not shown.rows or not _current(stub, shown), 20)
            return
        stub.message(ANN, "repeat")
    raise TimeoutError("nothing came, asked three times")


def _open(stub):
    """The newest message that waits for an answer."""
    return next((each for each in reversed(stub.at(ANN)) if each.rows and each.photo is None), None)


def _current(stub, shown):
    return _open(stub) is shown


async def _kill(process, after):
    await asyncio.sleep(after)
    await process.end(signal.SIGKILL)


async def _answer(ann, shown):
    """One answer, without waiting for what follows; a ranking is typed."""
    label = next((label for label in shown.labels if label not in ROUND), None)
    if label is None:
        ann.stub.message(ANN, OPENING)
    elif label.startswith("1. "):
        ann.stub.message(ANN, "cost, quality, security, flexibility")
    else:
        ann.stub.tap(shown, label)
