"""Health for a supervisor, on the loopback: /healthz (the process lives), /readyz (it takes messages), /counters (JSON)."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
from collections.abc import Sequence

import structlog
from aiohttp import web

from bot.database import LEAST_FREE
from bot.locks import FileLock, Locked, write_lock
from bot.serve import CannotServe, Server
from bot.store_errors import StoreError

log = structlog.get_logger()

LOCK_TRIES, LOCK_PAUSE = 25, 0.02
"""How long another process (an erasure, a backup being restored) may write before this one counts as not ready: half a second."""


class HealthError(CannotServe):
    """The address cannot be listened on; the text names the settings."""


async def run_health(servers: Sequence[Server], host: str, port: int, stopping: asyncio.Event, *, needed: bool = True) -> None:
    """Answer until `stopping`. Raises HealthError when the address is taken; unless `needed`, serving goes on without."""
    runner = web.AppRunner(health_app(servers), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = f"ADVISOR_HEALTH_HOST, ADVISOR_HEALTH_PORT: cannot listen on {host}:{port} ({error.strerror or error})"
            if needed:
                raise HealthError(why) from error
            log.warning("served without health pages", why=why, do="set another ADVISOR_HEALTH_PORT for each process")
        if not _loopback(host):
            log.warning("health is open to the network", host=host, port=port)
        await stopping.wait()
    finally:
        await runner.cleanup()


def health_app(servers: Sequence[Server]) -> web.Application:
    """The three pages. None holds what people wrote or who they are."""

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        wrong = {server.gateway.platform: why for server in servers if (why := await not_ready(server))}
        platforms = {server.gateway.platform: wrong.get(server.gateway.platform, "ok") for server in servers}
        bad = bool(wrong) or not servers
        return web.json_response({"status": "not ready" if bad else "ok", "platforms": platforms}, status=503 if bad else 200)

    async def counters(_: web.Request) -> web.Response:
        return web.json_response({server.gateway.platform: counted(server) for server in servers})

    app = web.Application(client_max_size=1024)
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/counters", counters)
    return app


async def not_ready(server: Server) -> str | None:
    """Why a server takes no messages now; None if it does. Stores something real and undoes it."""
    store = server.service.store
    if server.stopping.is_set():
        return "stopping"
    if not server.ready:
        return "too much is waiting"
    if server.trouble is not None:
        return server.trouble
    try:
        if shutil.disk_usage(store.path.absolute().parent).free < LEAST_FREE:
            return "the disk is nearly full"
        if not await _free(write_lock(store.path)):
            return "another process is writing to the database"
        await asyncio.to_thread(store.rehearse)
    except StoreError as error:
        log.error("not ready", why=str(error))
        return "the database cannot be written; see the log"
    except OSError as error:
        log.error("not ready", why=str(error))
        return "the folder of the database cannot be used; see the log"
    return None


async def _free(lock: FileLock) -> bool:
    """Whether the write lock is to be had soon, without holding up the loop as waiting for it would."""
    try:
        for _ in range(LOCK_TRIES):
            try:
                lock.acquire(0)
                return True
            except Locked:
                await asyncio.sleep(LOCK_PAUSE)
        return False
    finally:
        lock.close()


def counted(server: Server) -> dict[str, int]:
    """Counters since the start, and what is waiting now."""
    sent = {f"outbox_{name}": count for name, count in server.sender.counters.items()}
    now = {"commits": server.committer.commits, "waiting": server.service.store.backlog(server.gateway.platform)}
    return {**server.counters, **sent, **now}


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
