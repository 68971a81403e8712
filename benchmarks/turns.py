"""Durable turns a second against the bare commits of the same run, and against peers that keep their state each turn.

A turn: a delivery from the inbox, understood, stepped in file order, put into words, and committed once with events, answers,
transcript, search index and outbox. Only ratios within one run count. Peers that are not installed are left out;
`--aiogram PYTHON` names an interpreter that has aiogram.

Run: python benchmarks/turns.py [--conversations 1 100 1000] [--seconds 5] [--folder DIR] [--profile] [--aiogram PYTHON]
"""

# ruff: noqa: E501  the source of a peer is a string

from __future__ import annotations

import argparse
import asyncio
import cProfile
import itertools
import json
import os
import pickle
import pstats
import resource
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORDS = (
    "product photos", "buyer", "tagging", "public", "none", "no", "anywhere", "no", "10000", "2 minutes", "steady", "12 months",
    "yes", "objective", "anyone", "95 percent",
)  # fmt: skip


def said(shop: int, n: int) -> str:
    """What somebody answers to a question; texts and numbers are their own, labels are everybody's."""
    match n:
        case 0:
            return f"product photos of shop {shop}"
        case 8:
            return str(10_000 + 7 * shop)
        case 9:
            return f"{1 + shop % 50} minutes"
        case 11:
            return f"{1 + shop % 100} months"
        case _:
            return WORDS[n]


@dataclass
class Result:
    name: str
    open: int
    turns: float
    p50: float
    p99: float
    commits: float


def measured(name: str, open_: int, times: list[float], elapsed: float, turns: int, commits: int) -> Result:
    """`times` are seconds from the offer of a turn to its durable end."""
    times.sort()
    at = lambda share: 1000 * times[min(int(len(times) * share), len(times) - 1)]  # noqa: E731
    return Result(name, open_, turns / elapsed, at(0.5), at(0.99), commits / turns)


# --- the ceiling ---------------------------------------------------------------------------------------------------------


def bare(folder: Path, seconds: float) -> Result:
    """One INSERT and one UPDATE of a row of our size, one durable commit each."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE state(id INTEGER PRIMARY KEY, turn INTEGER, state TEXT)")
    connection.execute("CREATE TABLE transcript(id INTEGER PRIMARY KEY, conversation INTEGER, text TEXT)")
    connection.execute("INSERT INTO state VALUES (1, 0, '')")
    text, times = "x" * 200, []
    start = time.perf_counter()
    for n in itertools.count():
        one = time.perf_counter()
        if one - start > seconds:
            break
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO transcript(conversation, text) VALUES (?,?)", (1, text))
        connection.execute("UPDATE state SET turn = ?, state = ? WHERE id = 1", (n, text))
        connection.execute("COMMIT")
        times.append(time.perf_counter() - one)
    connection.close()
    return measured("bare sqlite3 commit", 1, times, time.perf_counter() - start, len(times), len(times))


# --- ours ----------------------------------------------------------------------------------------------------------------


def ours(path: Path, open_: int, seconds: float, *, profile: bool = False) -> Result:
    """Turns of `Service.work` on deliveries already in the inbox of a database; `open_` interviews at once."""
    sys.path[:0] = [str(ROOT)]
    from adapters.console import PLATFORM, delivery, parse
    from bot.messages import Incoming
    from bot.serve import TURNS_AT_ONCE, calm
    from bot.service import Service, World
    from bot.store import Store
    from knowledge.load import packaged, packaged_files

    clock, session = itertools.count(1_700_000_000_000), secrets.token_hex(4)
    store = Store(path)
    before = store.connection.execute("SELECT coalesce(max(id), 0) FROM transcript").fetchone()[0]
    world = World(lambda: next(clock), lambda: secrets.token_hex(6))
    service = Service(store, PLATFORM, parse, packaged(), packaged_files(), world, order="file")
    service.warm()  # as every server does
    number = itertools.count(1)

    def offer(place: int, text: str, *, fresh: bool = False) -> object:
        n = next(number)
        incoming = Incoming(person=f"console:local:{place}", tenant="local", text=text, fresh=fresh)
        return delivery(incoming, f"console:{session}:{place}", n, 1_700_000_000_000 + 1_000 * n, session)

    def feed() -> Iterator[list[object]]:
        for begun in itertools.count(step=open_):
            yield [offer(place, "", fresh=True) for place in range(open_)]
            for n in range(len(WORDS)):
                yield [offer(place, said(begun + place, n)) for place in range(open_)]

    def run(budget: float, times: list[float]) -> tuple[float, int, int]:
        spent, turns, commits = 0.0, 0, 0
        for deliveries in feeder:
            service.receive(deliveries)
            begun = time.perf_counter()
            while True:
                one = time.perf_counter()
                done = service.work(TURNS_AT_ONCE)
                end = time.perf_counter()
                if not done:
                    break
                spent += end - one
                turns, commits = turns + done, commits + 1
                times += [end - begun if open_ > 1 else end - one] * done
            if spent > budget:
                break
        return spent, turns, commits

    feeder = feed()
    run(min(0.5, seconds / 4), [])
    calm()  # as every server does
    times: list[float] = []
    profiler = cProfile.Profile() if profile else None
    if profiler:
        profiler.enable()
    spent, turns, commits = run(seconds, times)
    if profiler:
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(30)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    aside = store.connection.execute("SELECT count(*) FROM inbox WHERE status NOT IN ('done', 'new')").fetchone()[0]
    missed = store.connection.execute(
        "SELECT count(*) FROM transcript WHERE id > ? AND text LIKE '%did not get that%'", (before,)
    ).fetchone()[0]
    if aside or missed:
        raise SystemExit(f"the script no longer fits the questions: {aside} aside, {missed} not understood")
    store.close()
    return measured(f"sourcing advisor, groups of {min(TURNS_AT_ONCE, open_)}", open_, times, spent, turns, commits)


# --- python-telegram-bot -------------------------------------------------------------------------------------------------


def telegram(folder: Path, open_: int, seconds: float) -> Result | None:
    """ConversationHandler with PicklePersistence, written and fsynced after every turn."""
    try:
        from telegram.ext import Application, ConversationHandler, MessageHandler, PicklePersistence, filters
        from telegram.request import BaseRequest

        from telegram import Update
    except ImportError:
        return None

    class Canned(BaseRequest):
        read_timeout = 1.0

        async def initialize(self) -> None: ...

        async def shutdown(self) -> None: ...

        async def do_request(self, url: str, *_: object, **__: object) -> tuple[int, bytes]:
            if url.endswith("/getMe"):
                result: object = {"id": 1, "is_bot": True, "first_name": "b", "username": "b"}
            else:
                result = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "ok"}
            return 200, json.dumps({"ok": True, "result": result}).encode()

    class Durable(PicklePersistence):
        def _dump_singlefile(self) -> None:
            data = {
                "conversations": self.conversations, "user_data": self.user_data, "chat_data": self.chat_data,
                "bot_data": self.bot_data, "callback_data": self.callback_data,
            }  # fmt: skip
            with self.filepath.open("wb") as file:
                pickle.dump(data, file, protocol=pickle.HIGHEST_PROTOCOL)
                file.flush()
                os.fsync(file.fileno())

    async def run() -> Result:
        persistence = Durable(folder / f"ptb{open_}.pickle", update_interval=3600, on_flush=False)
        application = (
            Application.builder().token("1:x").request(Canned()).get_updates_request(Canned()).persistence(persistence).build()
        )

        async def answer(update: Update, context: object) -> int:
            kept = context.user_data.setdefault("answers", [])
            kept.append(update.message.text)
            await update.message.reply_text(f"Noted. Question {len(kept) + 1}?")
            if len(kept) >= len(WORDS):
                kept.clear()
                return ConversationHandler.END
            return len(kept)

        handler = MessageHandler(filters.TEXT, answer)
        states = {n: [handler] for n in range(1, len(WORDS))}
        application.add_handler(ConversationHandler([handler], states, [], name="c", persistent=True))
        await application.initialize()
        number = itertools.count(1)

        async def turn(user: int, text: str) -> None:
            n = next(number)
            raw = {
                "update_id": n,
                "message": {
                    "message_id": n, "date": 1, "text": text, "chat": {"id": user, "type": "private"},
                    "from": {"id": user, "is_bot": False, "first_name": "u"},
                },
            }  # fmt: skip
            await application.process_update(Update.de_json(raw, application.bot))
            await application.update_persistence()

        for user in range(1, open_ + 1):  # open them all, unmeasured and unwritten
            raw_turn = {"update_id": next(number), "message": {"message_id": 1, "date": 1, "text": WORDS[0],
                        "chat": {"id": user, "type": "private"}, "from": {"id": user, "is_bot": False, "first_name": "u"}}}  # fmt: skip
            await application.process_update(Update.de_json(raw_turn, application.bot))
        times: list[float] = []
        start = time.perf_counter()
        for text in itertools.cycle(WORDS[1:] + WORDS[:1]):
            for user in range(1, open_ + 1):
                one = time.perf_counter()
                await turn(user, text)
                times.append(time.perf_counter() - one)
                if time.perf_counter() - start > seconds:
                    return measured(
                        "PTB ConversationHandler + pickle", open_, times, time.perf_counter() - start, len(times), len(times)
                    )
        raise AssertionError

    return asyncio.run(run())


# --- aiogram -------------------------------------------------------------------------------------------------------------

AIOGRAM = '''
import asyncio, itertools, json, sqlite3, sys, time
from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.base import BaseSession
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage
from aiogram.methods import SendMessage
from aiogram.types import Chat, Message, Update

folder, open_, seconds, words = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), json.loads(sys.argv[4])

class Interview(StatesGroup):
    asking = State()

class Durable(BaseStorage):
    """FSM storage on sqlite3, inline, WAL FULL: kinder than the storages on PyPI, which go through a thread."""
    def __init__(self, path):
        self.c = sqlite3.connect(path, isolation_level=None)
        self.c.execute("PRAGMA journal_mode = WAL"); self.c.execute("PRAGMA synchronous = FULL")
        self.c.execute("CREATE TABLE fsm(k TEXT PRIMARY KEY, state TEXT, data TEXT)")
        self.commits = 0
    def k(self, key): return f"{key.bot_id}:{key.chat_id}:{key.user_id}"
    async def set_state(self, key, state=None):
        state = state.state if isinstance(state, State) else state
        self.c.execute("INSERT INTO fsm VALUES (?,?,'{}') ON CONFLICT(k) DO UPDATE SET state = excluded.state", (self.k(key), state))
        self.commits += 1
    async def get_state(self, key):
        row = self.c.execute("SELECT state FROM fsm WHERE k = ?", (self.k(key),)).fetchone(); return row and row[0]
    async def set_data(self, key, data):
        self.c.execute("INSERT INTO fsm VALUES (?,NULL,?) ON CONFLICT(k) DO UPDATE SET data = excluded.data", (self.k(key), json.dumps(data)))
        self.commits += 1
    async def get_data(self, key):
        row = self.c.execute("SELECT data FROM fsm WHERE k = ?", (self.k(key),)).fetchone(); return json.loads(row[0]) if row else {}
    async def close(self): self.c.close()

class Canned(BaseSession):
    async def close(self): ...
    async def make_request(self, bot, method, timeout=None):
        return Message(message_id=1, date=0, chat=Chat(id=1, type="private"), text="ok")
    async def stream_content(self, *a, **k): yield b""

async def main():
    bot = Bot("1:x", session=Canned())
    storage = Durable(folder + f"/aiogram{open_}.db")
    dispatcher, router = Dispatcher(storage=storage), Router()
    @router.message()
    async def answer(message, state: FSMContext):
        kept = (await state.get_data()).get("answers", [])
        kept = [*kept, message.text]
        if await state.get_state() is None: await state.set_state(Interview.asking)
        await state.set_data({"answers": [] if len(kept) >= len(words) else kept})
        await message.answer(f"Noted. Question {len(kept) + 1}?")
    dispatcher.include_router(router)
    number = itertools.count(1)
    async def turn(user, text):
        n = next(number)
        raw = {"update_id": n, "message": {"message_id": n, "date": 1, "text": text, "chat": {"id": user, "type": "private"},
               "from": {"id": user, "is_bot": False, "first_name": "u"}}}
        await dispatcher.feed_update(bot, Update.model_validate(raw, context={"bot": bot}))
    for user in range(1, open_ + 1): await turn(user, words[0])
    times, storage.commits, start = [], 0, time.perf_counter()
    for text in itertools.cycle(words[1:] + words[:1]):
        for user in range(1, open_ + 1):
            one = time.perf_counter(); await turn(user, text); times.append(time.perf_counter() - one)
            if time.perf_counter() - start > seconds:
                print(json.dumps([times, time.perf_counter() - start, storage.commits])); return
asyncio.run(main())
'''


def aiogram(python: str, folder: Path, open_: int, seconds: float) -> Result | None:
    command = [python, "-c", AIOGRAM, str(folder), str(open_), str(seconds), json.dumps(WORDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-800:], file=sys.stderr)
        return None
    times, elapsed, commits = json.loads(done.stdout)
    return measured("aiogram FSM on sqlite3 (WAL FULL)", open_, times, elapsed, len(times), commits)


# --- the table -----------------------------------------------------------------------------------------------------------


def alone(run: Callable[[], Result | None]) -> tuple[Result | None, float]:
    """Run in a child process; the result and its peak memory in MB."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        found = run()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(write, json.dumps([asdict(found) if found else None, peak]).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    found, peak = json.loads(told) if told else (None, 0.0)
    return (Result(**found) if found else None), peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path, help="where the databases go; the disk measured")
    parser.add_argument("--profile", action="store_true", help="profile one conversation and stop")
    parser.add_argument("--aiogram", metavar="PYTHON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        if arguments.profile:
            print(ours(folder / "ours.db", arguments.conversations[0], arguments.seconds, profile=True))
            return
        print(
            f"{'':44} {'open':>5} {'turns/s':>8} {'x bare':>7} {'p50 ms':>7} {'x p50':>6} {'p99 ms':>7} {'fsync/turn':>10} {'MB':>5}"
        )
        for open_ in arguments.conversations:
            raw, peak = alone(lambda: bare(folder, arguments.seconds))
            assert raw is not None
            (folder / "bare.db").unlink()
            runs: list[Callable[[], Result | None]] = [lambda: ours(folder / f"ours{open_}.db", open_, arguments.seconds)]
            runs.append(lambda: telegram(folder, open_, arguments.seconds))
            if arguments.aiogram:
                runs.append(lambda: aiogram(arguments.aiogram, folder, open_, arguments.seconds))
            for result, memory in [(raw, peak), *(alone(run) for run in runs)]:
                if result is None:
                    continue
                print(
                    f"{result.name:44} {open_:5} {result.turns:8.0f} {result.turns / raw.turns:7.2f} {result.p50:7.2f}"
                    f" {result.p50 / raw.p50:6.2f} {result.p99:7.2f} {result.commits:10.3f} {memory:5.0f}"
                )


if __name__ == "__main__":
    main()
