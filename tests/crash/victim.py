"""A server of a fake platform, to be killed. Talks to the platform in another process over a Unix socket, one JSON line each way.

Run: victim.py DATABASE SOCKET (slack|telegram) [--most-pages N] [--act migrate|backup|checkpoint] [--failpoint C4:7]
     victim.py --zygote: reads such lines from stdin, forks a server for each, and prints its process id; a server that ends
     by an exception leaves it in DATABASE.failed.
"""

# ruff: noqa: E402  the path comes first, so that it also runs as a program

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import bot.database
import bot.serve
from adapters.console import parse
from bot import failpoints, sender
from bot.failpoints import failpoint
from bot.gateway import Absent, NotSent, Unknown
from bot.locks import FileLock
from bot.logs import configure
from bot.messages import Incoming
from bot.records import Delivery
from bot.serve import Busy, Server
from bot.service import Service, World
from bot.store import Store
from bot.store_errors import StoreError
from knowledge.load import packaged, packaged_files

PLATFORM = "fake"
sender.FIRST_RETRY_MS = 20
sender.LONGEST_RETRY_MS = 100


class Network:
    """Requests to the fake platform."""

    def __init__(self, socket: str) -> None:
        self.socket = socket

    async def ask(self, **request: object) -> dict[str, object]:
        """One request. Raises NotSent before it leaves and Unknown after."""
        try:
            reader, writer = await asyncio.open_unix_connection(self.socket)
        except OSError as error:
            raise NotSent(str(error), blameless=True) from error
        try:
            writer.write(json.dumps(request).encode() + b"\n")
            await writer.drain()
            line = await reader.readline()
        except OSError as error:
            raise Unknown(str(error)) from error
        finally:
            writer.close()
        if not line:
            raise Unknown("the connection was cut")
        return json.loads(line)


class FakeGateway:
    """Sends through the fake platform; as `slack` it can look for what it sent."""

    platform = PLATFORM
    per_place_ms = 0
    overall_ms = 0

    def __init__(self, network: Network, mode: str) -> None:
        self.network, self.mode = network, mode

    async def send(self, outgoing, message, earlier, arrived):
        reply = await self.network.ask(
            op="send", number=outgoing.number, place=outgoing.place, kind=outgoing.kind, text=message.text, earlier=earlier
        )
        if "retry" in reply:
            raise NotSent("too many requests", retry_after=reply["retry"])
        return reply["id"]

    async def find(self, outgoing):
        if self.mode != "slack":
            return None
        found = (await self.network.ask(op="find", number=outgoing.number))["id"]
        if found is None:
            raise Absent
        return found


class Watched(Service):
    """Passes C3 when there is work that has been acknowledged."""

    acknowledged = 0

    def work(self, limit: int = 100) -> int:
        if self.acknowledged and self.store.waiting(self.platform, 1):
            failpoint("C3")
        return super().work(limit)


async def receiving(server: Server, network: Network) -> None:
    """Fetch, store, acknowledge."""
    while not server.stopping.is_set():
        with contextlib.suppress(NotSent, Unknown, Busy, StoreError):
            reply = await network.ask(op="poll")
            batch = [Delivery(PLATFORM, *row) for row in reply["deliveries"]]
            if batch:
                await server.receive(batch)
                await network.ask(op="ack", keys=[d.delivery_key for d in batch])
                server.service.acknowledged += len(batch)
                continue
        if not Path(network.socket).exists():  # a failed test has left us behind
            server.stop()
        await asyncio.sleep(0.01)


async def serve(store: Store, socket: str, mode: str) -> None:
    world = World(lambda: time.time_ns() // 1_000_000, lambda: secrets.token_hex(6))
    service = Watched(store, PLATFORM, parse, packaged(), packaged_files(), world, order="file")
    network = Network(socket)
    server = Server(service, FakeGateway(network, mode))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    fetching = asyncio.create_task(receiving(server, network))
    await server.run()
    await fetching


def migrating() -> None:
    """Pass C9 after each migration, before its commit."""
    from bot.schema import MIGRATIONS

    def watched(apply: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object) -> object:
            done = apply(*args)
            failpoint("C9")
            return done

        return run

    for migration in MIGRATIONS._migrations:
        migration.fn = watched(migration.fn)


def backing_up(path: Path) -> None:
    """Copy the database again and again beside the running server, passing C10 in the middle."""
    reader = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    reader.set_progress_handler(lambda: failpoint("C10"), 500)
    for n in range(1000):
        reader.execute("VACUUM INTO ?", (f"{path}.copy{n}",))


def checkpointing(store: Store, path: Path) -> None:
    """Checkpoint under the write lock, killed by another thread while the pages are copied."""
    store.connection.execute("PRAGMA wal_autocheckpoint = 0")

    def hit() -> None:
        time.sleep(0.05)
        with FileLock(path.with_name(path.name + ".lock")).held():
            other = sqlite3.connect(path, isolation_level=None)
            threading.Thread(target=lambda: (time.sleep(0.0005), failpoint("C11")), daemon=True).start()
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            other.close()
        time.sleep(1)
        failpoint("C11")

    threading.Thread(target=hit, daemon=True).start()


def main(arguments: list[str]) -> None:
    configure("critical")
    path, socket, mode, *rest = arguments
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    act = options.get("--act")
    if "--failpoint" in options:
        arm(options["--failpoint"])
    if act == "migrate":
        migrating()
    store = Store(Path(path))
    if "--most-pages" in options:
        store.connection.execute(f"PRAGMA max_page_count = {int(options['--most-pages'])}")
    if act == "backup":
        threading.Thread(target=backing_up, args=(Path(path),), daemon=True).start()
    if act == "checkpoint":
        checkpointing(store, Path(path))
    asyncio.run(serve(store, socket, mode))
    store.close()


def arm(spec: str) -> None:
    """What ADVISOR_FAILPOINT does at the start of a process, for one that was forked."""
    stop = failpoints.armed(spec)
    for module in (bot.database, bot.serve, bot.sender, sys.modules[__name__]):
        module.failpoint = stop


def warm_up() -> None:
    """Hold a short interview, as a server warms up before it lets anybody in: else none lives long enough for one turn."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "warm.db")
        service = Service(store, PLATFORM, parse, packaged(), packaged_files(), World(lambda: 0, lambda: "c"), order="file")
        service.warm()
        for n, text in enumerate(("", "product photos", "buyer")):
            raw = Incoming(person="fake:t:p", tenant="t", text=text).model_dump_json()
            service.receive([Delivery(PLATFORM, str(n), None, "p", f"{n:06d}", 0, raw)])
            assert service.work() == 1
        store.close()


def zygote() -> None:
    """Everything imported once; each line on stdin becomes a process."""
    warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            arguments = json.loads(line)
            try:
                main(arguments)
            except BaseException:
                Path(arguments[0] + ".failed").write_text(traceback.format_exc())
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    zygote() if sys.argv[1:] == ["--zygote"] else main(sys.argv[1:])
