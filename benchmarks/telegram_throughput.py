"""Updates stored and answered a second: the product, and a python-telegram-bot application with `ConversationHandler` and
`PicklePersistence`, written and fsynced after every update. The same interview over real HTTP, one after the other in one run.

    python benchmarks/telegram_throughput.py [--people 100 400] [--delay 0 20] [--seconds 5]

Everybody answers as soon as the next question has arrived; who has finished is replaced by somebody new, and the first ones
leave at random, so that all stages of the interview are under way. Both edit the question that was answered and send the next.
Questions come in file order, as the application asks them; pace limits are off for both.

`--delay` is how many milliseconds the server takes for a call: 0 is a server on this machine that costs nothing but its
processor time, 20 to 100 is what a real one takes. `CPU ms` is processor time an update, which a busy machine changes little.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from aiohttp import web

ROOT = Path(__file__).resolve().parent.parent
TESTS = [str(ROOT / "tests" / "telegram"), str(ROOT / "tests"), str(ROOT)]
sys.path[:0] = TESTS
TOKEN = "123456789:AAabcdefghijklmnopqrstuvwxyz012345678"
WORDS = (
    "/start", "product photos", "buyer", "tagging", "public", "none", "no", "anywhere", "no", "10000", "2 minutes", "steady",
    "12 months", "yes", "objective", "anyone", "95 percent",
)  # fmt: skip
WARM = 1.5


class Server:
    """A Bot API server that does nothing but keep the interviews going."""

    def __init__(self, people: int, delay: float) -> None:
        self.people, self.delay = people, delay
        self.at: dict[int, int] = {}
        self.leaves: dict[int, int] = {}
        self.waiting: list[dict[str, object]] = []
        self.number = self.message = self.answered = self.next_person = 0
        self.batches: list[int] = []
        self.news = asyncio.Event()

    def begin(self) -> None:
        chance = random.Random(1)
        for _ in range(self.people):
            self.newcomer()
            self.leaves[self.next_person] = chance.randint(2, len(WORDS))

    def newcomer(self) -> None:
        self.next_person += 1
        self.at[self.next_person] = 0
        self.say(self.next_person)

    def say(self, person: int) -> None:
        self.number, self.message = self.number + 1, self.message + 1
        user = {"id": person, "is_bot": False, "first_name": "Ann"}
        said: dict[str, object] = {
            "message_id": self.message, "date": 1_700_000_000 + self.number, "chat": {"id": person, "type": "private"},
            "from": user, "text": WORDS[self.at[person]],
        }  # fmt: skip
        if WORDS[self.at[person]].startswith("/"):
            said["entities"] = [{"type": "bot_command", "offset": 0, "length": 6}]
        self.waiting.append({"update_id": self.number, "message": said})
        self.news.set()

    def asked(self, person: int) -> None:
        """A question arrived: the answer before it is stored and answered."""
        self.answered += 1
        self.at[person] += 1
        if self.at[person] < self.leaves.get(person, len(WORDS)):
            self.say(person)
        else:
            del self.at[person]
            self.newcomer()

    async def handle(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except ConnectionError:  # the bot was killed
            return web.Response()
        method = request.path.rpartition("/")[2]
        fields = json.loads(body) if body[:1] == b"{" else {key: value[0] for key, value in parse_qs(body.decode()).items()}
        result: object = True
        if method == "getMe":
            result = {"id": 123456789, "is_bot": True, "first_name": "b", "username": "SourcingTestBot"}
        elif method == "getUpdates":
            offset = int(fields.get("offset", 0))
            self.waiting = [each for each in self.waiting if int(str(each["update_id"])) >= offset]
            if not self.waiting:
                self.news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), 1)
            result = self.waiting[:100]
            self.batches.append(len(self.waiting[:100]))
        elif method in ("sendMessage", "editMessageText"):
            if self.delay:
                await asyncio.sleep(self.delay)
            chat = int(fields["chat_id"])
            self.message += 1
            result = {"message_id": self.message, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "x"}
            if method == "sendMessage" and "reply_markup" in fields and chat in self.at:
                self.asked(chat)
        return web.json_response({"ok": True, "result": result})


@dataclass
class Result:
    """Updates answered a second, processor milliseconds each, and updates a fetch brought on average."""

    rate: float
    cpu: float
    batch: float


async def measured(child: str, people: int, delay: float, seconds: float) -> Result:
    """One of the two for some seconds."""
    server = Server(people, delay)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.begin()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(TESTS), "PTB_TIMEDELTA": "1"}
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        process = await asyncio.create_subprocess_exec(sys.executable, __file__, child, url, folder, env=environment)
        while server.answered < 2 * people:  # past the greetings
            await asyncio.sleep(0.05)
        await asyncio.sleep(WARM)
        server.batches.clear()
        before, spent = server.answered, cpu_seconds(process.pid)
        await asyncio.sleep(seconds)
        done, spent = server.answered - before, cpu_seconds(process.pid) - spent
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await runner.cleanup()
    fetches = [each for each in server.batches if each]
    return Result(done / seconds, 1000 * spent / max(done, 1), sum(fetches) / max(len(fetches), 1))


def cpu_seconds(process: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- the two bots ------------------------------------------------------------------------------------------------------


def ours(url: str, folder: str) -> None:
    """The product, asking in file order."""
    from functools import partial

    from telegram_talk import FAST, settings

    from adapters.outside import signalled
    from adapters.telegram import app
    from bot.logs import configure
    from bot.store import Store
    from knowledge.load import packaged, packaged_files

    configure("error")
    vars(app)["Desk"] = partial(app.Desk, order="file")
    db = Path(folder) / "advisor.db"

    async def serving() -> None:
        await app.serve(Store(db), packaged(), packaged_files(), settings(url, db), stopping=signalled(), pacing=FAST)

    asyncio.run(serving())


def theirs(url: str, folder: str) -> None:
    """The same interview with python-telegram-bot's own means, each update on disk before the next is handled."""
    import pickle

    from telegram.ext import Application, CommandHandler, ConversationHandler, MessageHandler, PicklePersistence, filters

    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

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

    class Flushed(Application):
        async def process_update(self, update: object) -> None:
            await super().process_update(update)
            await self.update_persistence()

    def asked(number: int) -> dict[str, object]:
        rows = [[InlineKeyboardButton(f"Answer {n}", callback_data=f"a:{number}:{n}") for n in range(3)]] * 2
        return {
            "text": f"<b>Question {number}</b>\n\n" + "x" * 200,
            "reply_markup": InlineKeyboardMarkup(rows),
            "parse_mode": "HTML",
        }

    async def start(update: Update, context: object) -> int:
        context.user_data.clear()
        await update.message.reply_text("I am an advisor. " * 20, parse_mode="HTML")
        context.user_data["asked"] = (await update.message.reply_text(**asked(1))).message_id
        return 1

    async def answer(update: Update, context: object) -> int:
        kept = context.user_data.setdefault("answers", [])
        kept.append(update.message.text)
        chat = update.effective_chat.id
        await context.bot.edit_message_text(f"✔ {update.message.text}", chat, context.user_data["asked"], parse_mode="HTML")
        context.user_data["asked"] = (await update.message.reply_text(**asked(len(kept) + 1))).message_id
        if len(kept) >= len(WORDS) - 1:
            context.application.drop_user_data(update.effective_user.id)
            return ConversationHandler.END
        return len(kept) + 1

    persistence = Durable(Path(folder) / "theirs.pickle", update_interval=3600, on_flush=False)
    builder = Application.builder().token(TOKEN).base_url(f"{url}/bot").persistence(persistence).application_class(Flushed)
    application = builder.build()
    states = {n: [MessageHandler(filters.TEXT & ~filters.COMMAND, answer)] for n in range(1, len(WORDS))}
    application.add_handler(ConversationHandler([CommandHandler("start", start)], states, [], name="c", persistent=True))
    application.run_polling(poll_interval=0, timeout=10)


async def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[100, 400])
    parser.add_argument("--delay", type=float, nargs="+", default=[0, 20])
    parser.add_argument("--seconds", type=float, default=5)
    chosen = parser.parse_args()
    print("people  delay ms   ours /s  CPU ms   PTB + pickle /s  CPU ms   ratio  CPU ratio  updates a fetch and commit")
    for people in chosen.people:
        for delay in chosen.delay:
            mine = await measured("ours", people, delay / 1000, chosen.seconds)
            other = await measured("theirs", people, delay / 1000, chosen.seconds)
            print(
                f"{people:6} {delay:9.0f} {mine.rate:9.0f} {mine.cpu:7.1f} {other.rate:17.0f} {other.cpu:7.1f}"
                f" {mine.rate / other.rate:7.1f} {other.cpu / mine.cpu:10.1f} {mine.batch:27.1f}",
                flush=True,
            )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ours", url, folder]:
            ours(url, folder)
        case ["theirs", url, folder]:
            theirs(url, folder)
        case _:
            asyncio.run(main())
