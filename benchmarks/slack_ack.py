"""How soon Slack's signed requests are acknowledged while 200 people answer at once: the product in a process of its own.

    python benchmarks/slack_ack.py [PEOPLE] [ROUNDS]

Prints milliseconds from the request to the 200 that says "stored". Slack's methods are answered here.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import httpx
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

ROOT = Path(__file__).resolve().parent.parent
SECRET, PATH = "8f742231b10e8888abcd99yyyzzz85a5", "/slack/events"
SAID = ("hello", "We tag photos of products for a shop", "yes", "buyer", "don't know", "20000 a month")


async def method(request: web.Request) -> web.Response:
    """Any method of the Web API."""
    name = request.path.rpartition("/")[2]
    if name == "auth.test":
        return web.json_response(
            {"ok": True, "team_id": "T1", "user_id": "UBOT", "bot_id": "BBOT", "user": "advisor", "team": "t"}
        )
    return web.json_response({"ok": True, "ts": f"{time.time():.6f}", "channel": "D1", "messages": []})


def signed(body: dict[str, object]) -> tuple[str, dict[str, str]]:
    text, now = json.dumps(body), str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=now, body=text)
    assert signature is not None
    return text, {"x-slack-request-timestamp": now, "x-slack-signature": signature, "content-type": "application/json"}


def event(person: int, number: int, said: str) -> dict[str, object]:
    """A direct message."""
    told = {
        "type": "message", "channel_type": "im", "channel": f"D{person:06d}", "user": f"U{person:06d}", "text": said,
        "ts": f"{1_700_000_000 + number}.{person:06d}", "team": "T1",
    }  # fmt: skip
    return {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{person}x{number}", "event": told}


async def main(people: int, rounds: int) -> None:
    """Everybody says the same things at once, one round after another."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, api = one.getsockname()[1], other.getsockname()[1]
    app = web.Application()
    app.router.add_post("/api/{method}", method)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", api).start()
    folder = Path(tempfile.mkdtemp())
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "ADVISOR_DB": str(folder / "advisor.db"), "ADVISOR_LOG": "error",
        "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_MODE": "http", "SLACK_SIGNING_SECRET": SECRET, "SLACK_HTTP_PORT": str(port),
        "SLACK_API_URL": f"http://127.0.0.1:{api}/api/",
    }  # fmt: skip
    child = await asyncio.create_subprocess_exec(sys.executable, str(ROOT / "tests" / "slack" / "slack_bot.py"), env=environment)
    took: list[float] = []
    limits = httpx.Limits(max_connections=people, max_keepalive_connections=people)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def post(person: int, number: int, after: float) -> None:
            await asyncio.sleep(after)
            text, headers = signed(event(person, number, SAID[number % len(SAID)]))
            begun = time.perf_counter()
            answer = await client.post(f"http://127.0.0.1:{port}{PATH}", content=text, headers=headers)
            took.append(1000 * (time.perf_counter() - begun))
            assert answer.status_code == 200, answer.text

        while True:
            try:
                await client.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
        for number in range(rounds):
            await asyncio.gather(*(post(person, number, person / people) for person in range(people)))
    child.send_signal(signal.SIGTERM)
    await child.wait()
    await runner.cleanup()
    took.sort()
    shown = {f"p{share}": round(took[min(len(took) * share // 100, len(took) - 1)], 1) for share in (50, 90, 99)}
    print(f"{people} people, {rounds} rounds a second apart, {len(took)} acknowledgements: {shown} ms, worst {took[-1]:.1f} ms")


if __name__ == "__main__":
    asyncio.run(main(*(int(each) for each in (*sys.argv[1:], *("200", "6")[len(sys.argv) - 1 :]))))
