"""How soon Slack is told 200, and how soon a person sees the reply, while 200 people answer at once: signed HTTP, real process.

    python benchmarks/slack_ack.py [--people 200] [--rounds 6] [--spread 1.0]

Three things are measured in one run, on the same answers of the same people, `--spread` seconds apart in all (0: at once):
the acknowledgement of each delivery, against that of a server that only says 200; the moment the reply reaches the Web API,
against the service's own turn (the same deliveries in this process, from offered to committed) plus one API round trip.
Only the ratios count: a slower machine makes both sides slower.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import hashlib
import hmac
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from aiohttp import web

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "slack"
sys.path[:0] = [str(ROOT), str(TESTS)]

from adapters.slack.deliveries import delivery
from adapters.slack.desk import Desk
from adapters.slack.parse import Own, parse
from bot.gateway import Arrived
from bot.records import Outgoing
from bot.serve import Server
from bot.service import World
from bot.speak import Message
from bot.store import Store
from knowledge.load import packaged, packaged_files

SECRET, TEAM, US = "sec1", "T1", "UBOT1"
SAID = ("We tag photos of products for a shop", "yes", "buyer", "don't know", "20000 a month", "public", "no", "anywhere")
Seen = dict[str, float]


class Api:
    """The Web API at its fastest; remembers when each channel heard from us first since it was asked."""

    def __init__(self) -> None:
        self.seen: Seen = {}
        self.first = asyncio.Event()

    async def call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        body = await request.json() if request.content_type == "application/json" else {}
        if method == "chat.postMessage":
            self.seen.setdefault(str(body["channel"]), time.perf_counter())
        answer = {
            "ok": True,
            "team_id": TEAM,
            "user_id": US,
            "bot_id": "B1",
            "channel": body.get("channel"),
            "ts": f"{time.time():.6f}",
        }
        return web.json_response(answer)


async def served(routes: list[web.RouteDef]) -> tuple[web.AppRunner, int]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, int(runner.addresses[0][1])


def body(person: int, round_: int, offset: float = 0.0) -> str:
    """What a person says in their direct messages, as Slack delivers it."""
    ts = f"{1_700_000_000 + 100 * round_ + offset:.6f}"
    said = {"type": "message", "channel": f"D{person}", "channel_type": "im", "user": f"U{person}", "ts": ts}
    said["text"] = SAID[round_ % len(SAID)]
    outer = {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{person}.{round_}", "event": said}
    return json.dumps(outer)


def signed(text: str) -> dict[str, str]:
    stamp = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{stamp}:{text}".encode(), hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-slack-request-timestamp": stamp}
    return headers | {"x-slack-signature": f"v0={digest}"}


def shares(took: list[float]) -> dict[str, float]:
    took = sorted(took)
    return {f"p{share}": round(took[min(len(took) * share // 100, len(took) - 1)], 1) for share in (50, 95, 99)}


async def everybody(people: int, spread: float, act: Callable[[int], Awaitable[None]]) -> None:
    async def one(person: int) -> None:
        await asyncio.sleep(spread * person / people)
        await act(person)

    await asyncio.gather(*(one(person) for person in range(people)))


async def over_http(people: int, rounds: int, spread: float) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds to the 200 of the product, to the reply at the Web API, and to the 200 of a server that does nothing."""
    api = Api()
    runner, port = await served([web.post("/api/{method}", api.call), web.post("/bare", _bare)])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listening = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp())
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "ADVISOR_DB": str(folder / "advisor.db"), "ADVISOR_LOG": "error",
        "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": SECRET, "SLACK_MODE": "http",
        "SLACK_API_URL": f"http://127.0.0.1:{port}/api/", "SLACK_HTTP_PORT": str(listening),
    }  # fmt: skip
    child = await asyncio.create_subprocess_exec(sys.executable, str(TESTS / "slack_bot.py"), env=environment)
    acknowledged, replied, bare = list[float](), list[float](), list[float]()
    limits = aiohttp.TCPConnector(limit=people)
    async with aiohttp.ClientSession(connector=limits) as http:

        async def post(url: str, text: str, into: list[float]) -> float:
            begun = time.perf_counter()
            async with http.post(url, data=text, headers=signed(text)) as answer:
                await answer.read()
                assert answer.status == 200, answer.status
            into.append(1000 * (time.perf_counter() - begun))
            return begun

        url = f"http://127.0.0.1:{listening}/slack/events"
        await _listens(http, url)
        for number in range(rounds):
            begun: Seen = {}
            api.seen = {}

            async def say(person: int, number: int = number, begun: Seen = begun) -> None:
                begun[f"D{person}"] = await post(url, body(person, number), acknowledged)

            await everybody(people, spread, say)
            while len(api.seen) < people:
                await asyncio.sleep(0.01)
            replied += [1000 * (api.seen[channel] - at) for channel, at in begun.items()]
            await asyncio.sleep(1 + people / 100)  # what else there is to send goes out
        await everybody(people, spread, lambda person: post(f"http://127.0.0.1:{port}/bare", body(person, 0), bare))
    child.send_signal(signal.SIGTERM)
    await child.wait()
    await runner.cleanup()
    return acknowledged, replied, bare


async def _bare(request: web.Request) -> web.Response:
    await request.read()
    return web.Response()


async def _listens(http: aiohttp.ClientSession, url: str) -> None:
    while True:
        try:
            async with http.post(url, data="{}") as answer:
                if answer.status == 401:
                    return
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)


class Turned:
    """A gateway that delivers at once and remembers when."""

    platform, per_place_ms, overall_ms = "slack", 0, 0

    def __init__(self) -> None:
        self.seen: Seen = {}

    async def send(self, outgoing: Outgoing, message: Message, earlier: str | None, arrived: Arrived) -> str | None:
        del message, earlier, arrived
        if outgoing.kind == "send":
            self.seen.setdefault(str(json.loads(outgoing.address)["channel"]), time.perf_counter())
        return None

    async def find(self, outgoing: Outgoing) -> str | None:
        del outgoing
        return None


async def own_turn(people: int, rounds: int, spread: float) -> list[float]:
    """Milliseconds from a delivery offered to the service until its reply is committed and due."""
    store = Store(Path(tempfile.mkdtemp()) / "advisor.db")
    ids = (f"case{n}" for n in range(10**9))
    world = World(lambda: time.time_ns() // 1_000_000, lambda: next(ids))
    reading = functools.partial(parse, own=Own(team=TEAM, user=US))
    gateway = Turned()
    server = Server(Desk(store, "slack", reading, packaged(), packaged_files(), world), gateway)
    running = asyncio.create_task(server.run())
    took: list[float] = []
    for number in range(rounds):
        begun: Seen = {}
        gateway.seen = {}

        async def say(person: int, number: int = number, begun: Seen = begun) -> None:
            begun[f"D{person}"] = time.perf_counter()
            await server.receive([delivery(json.loads(body(person, number)), world.now())])

        await everybody(people, spread, say)
        while len(gateway.seen) < people:
            await asyncio.sleep(0.01)
        took += [1000 * (gateway.seen[channel] - at) for channel, at in begun.items()]
        await asyncio.sleep(1)
    server.stop()
    await running
    store.close()
    return took


async def round_trip() -> float:
    """Median milliseconds of one call of the Web API with nothing else going on."""
    api = Api()
    runner, port = await served([web.post("/api/{method}", api.call)])
    took = list[float]()
    async with aiohttp.ClientSession() as http:
        for _ in range(300):
            begun = time.perf_counter()
            async with http.post(f"http://127.0.0.1:{port}/api/chat.postMessage", json={"channel": "D1"}) as answer:
                await answer.read()
            took.append(1000 * (time.perf_counter() - begun))
    await runner.cleanup()
    return sorted(took)[len(took) // 2]


async def main(people: int, rounds: int, spread: float) -> None:
    acknowledged, replied, bare = await over_http(people, rounds, spread)
    turn, trip = await own_turn(people, rounds, spread), await round_trip()
    ack, reply, own, nothing = map(shares, (acknowledged, replied, turn, bare))
    print(f"{people} people within {spread:g} s, {rounds} rounds, {len(acknowledged)} deliveries")
    print(f"acknowledged  {ack} ms, worst {max(acknowledged):.1f}; a server that does nothing {nothing} ms")
    print(f"visible reply {reply} ms; own turn {own} ms; API round trip {trip:.1f} ms")
    print(f"ratios: acknowledgement p99 / bare p99 = {ack['p99'] / nothing['p99']:.2f}", end=", ")
    print(f"visible p95 / (own turn p95 + round trip) = {reply['p95'] / (own['p95'] + trip):.2f}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=200)
    options.add_argument("--rounds", type=int, default=6)
    options.add_argument("--spread", type=float, default=1.0)
    chosen = options.parse_args()
    asyncio.run(main(chosen.people, chosen.rounds, chosen.spread))
