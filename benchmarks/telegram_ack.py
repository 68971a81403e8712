"""How soon a webhook is acknowledged while 200 people answer at once: the product in a process of its own, over real HTTP.

    python benchmarks/telegram_ack.py [PEOPLE] [ROUNDS]

Prints milliseconds from the request to the 200 that says "stored". The bot keeps its pace of 30 messages a second; the stub that
receives them runs here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
TESTS = [str(ROOT / "tests" / "telegram"), str(ROOT / "tests"), str(ROOT)]
sys.path[:0] = TESTS

from telegram_stub import running
from telegram_talk import SECRET

SAID = ("/start", "We tag photos of products for a shop", "yes", "buyer", "don't know", "20000 a month")


async def main(people: int, rounds: int) -> None:
    """Everybody says the same things at once, one round after another."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(TESTS)}
    folder = Path(tempfile.mkdtemp())
    async with running() as (stub, url):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            f"{TESTS[0]}/telegram_child.py",
            url,
            str(folder / "advisor.db"),
            "webhook",
            str(port),
            "real",
            env=environment,
        )
        await stub.until(lambda: stub.webhook)
        took: list[float] = []
        limits = httpx.Limits(max_connections=people, max_keepalive_connections=people)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:

            async def post(update: dict[str, object], after: float) -> None:
                await asyncio.sleep(after)
                begun = time.perf_counter()
                headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
                answer = await client.post(f"http://127.0.0.1:{port}/telegram", json=update, headers=headers)
                took.append(1000 * (time.perf_counter() - begun))
                assert answer.status_code == 200

            for number in range(rounds):
                said = SAID[number % len(SAID)]
                updates = [stub.message(10_000 + person, said) for person in range(people)]
                await asyncio.gather(*(post(update, place / people) for place, update in enumerate(updates)))
                stub.updates.clear()
        child.send_signal(signal.SIGTERM)
        await child.wait()
    took.sort()
    shown = {f"p{share}": round(took[min(len(took) * share // 100, len(took) - 1)], 1) for share in (50, 90, 99)}
    print(f"{people} people, {rounds} rounds a second apart, {len(took)} acknowledgements: {shown} ms, worst {took[-1]:.1f} ms")


if __name__ == "__main__":
    asyncio.run(main(*(int(each) for each in (*sys.argv[1:], *("200", "6")[len(sys.argv) - 1 :]))))
