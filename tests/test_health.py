"""The health pages tell a supervisor the truth and strangers nothing."""

import asyncio
import shutil
import socket
import sqlite3

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from adapters.console import parse
from adapters.health import HealthError, health_app, run_health
from bot.checkup import check_up
from bot.locks import FileLock
from bot.records import Delivery
from bot.serve import Server
from bot.service import Service, World
from bot.store import LONG, Store
from bot.store_errors import StoreError
from knowledge.load import packaged, packaged_files


class Nowhere:
    platform = "console"
    per_place_ms = 0
    overall_ms = 0

    async def send(self, outgoing, message, earlier, arrived):
        return "1"

    async def find(self, outgoing):
        return None


@pytest.fixture
async def server(tmp_path):
    store = Store(tmp_path / "advisor.db")
    service = Service(store, "console", parse, packaged(), packaged_files(), World(lambda: 1, lambda: "id"))
    yield Server(service, Nowhere())
    store.close()


@pytest.fixture
async def client(server):
    async with TestClient(TestServer(health_app([server]))) as opened:
        yield opened


async def page(client, path):
    async with client.get(path) as response:
        return response.status, await response.json()


async def test_a_serving_process_is_alive_and_ready(client):
    assert await page(client, "/healthz") == (200, {"status": "ok"})
    assert await page(client, "/readyz") == (200, {"status": "ok", "platforms": {"console": "ok"}})


async def test_counters_are_numbers_and_say_nothing_of_anyone(server, client):
    await server.receive([Delivery("console", "k", None, "console:secret-place", "1", 1, '{"text": "zebrafish"}')])
    status, counters = await page(client, "/counters")
    assert status == 200 and counters["console"]["received"] == 1 and counters["console"]["waiting"] == 1
    assert all(isinstance(value, int) for value in counters["console"].values())


async def test_a_stopping_process_is_alive_but_not_ready(server, client):
    server.stop()
    assert await page(client, "/readyz") == (503, {"status": "not ready", "platforms": {"console": "stopping"}})
    assert (await page(client, "/healthz"))[0] == 200


async def test_too_much_waiting_is_not_ready(server, client, monkeypatch):
    monkeypatch.setattr("bot.serve.MOST_WAITING", 0)
    assert (await page(client, "/readyz"))[1]["platforms"] == {"console": "too much is waiting"}


async def test_a_database_held_by_another_process_is_not_ready_and_the_loop_goes_on(server, client, monkeypatch):
    monkeypatch.setattr("adapters.health.LOCK_TRIES", 3)
    other = FileLock(server.service.store.path.with_name("advisor.db.lock"))
    other.acquire(0)
    try:
        ready, alive = await asyncio.gather(page(client, "/readyz"), page(client, "/healthz"))
    finally:
        other.close()
    assert ready == (503, {"status": "not ready", "platforms": {"console": "another process is writing to the database"}})
    assert alive[0] == 200
    assert (await page(client, "/readyz"))[0] == 200


async def test_a_database_that_cannot_be_written_is_not_ready(server, client):
    server.service.store.connection.execute("PRAGMA busy_timeout = 20")
    foreign = sqlite3.connect(server.service.store.path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    status, said = await page(client, "/readyz")
    foreign.close()
    assert (status, said["platforms"]) == (503, {"console": "the database cannot be written; see the log"})


async def test_a_disk_nearly_full_is_not_ready_and_wrong_for_the_doctor_too(server, client, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=40_000_000))
    assert (await page(client, "/readyz"))[1]["platforms"] == {"console": "the disk is nearly full"}
    assert any("only 40 MB free" in each for each in check_up(server.service.store.path).wrong)


async def test_a_database_that_takes_no_more_is_not_ready(server, client):
    store = server.service.store
    store.connection.execute(f"PRAGMA max_page_count = {store.connection.execute('PRAGMA page_count').fetchone()[0]}")
    assert await page(client, "/readyz") == (
        503,
        {"status": "not ready", "platforms": {"console": "the database cannot be written; see the log"}},
    )
    with pytest.raises(StoreError, match="full"):
        await server.receive([Delivery("console", "k", None, "p", "1", 1, "x" * LONG)])


async def test_being_ready_is_tried_out_on_the_disk_and_leaves_nothing(server, client):
    store = server.service.store
    log = store.path.with_name("advisor.db-wal")
    before = log.stat().st_size
    assert (await page(client, "/readyz"))[0] == 200
    assert log.stat().st_size > before
    assert store.connection.execute("SELECT count(*) FROM inbox").fetchone() == (0,)


async def test_serving_nothing_is_not_ready():
    async with TestClient(TestServer(health_app([]))) as client:
        assert (await page(client, "/readyz"))[0] == 503


async def test_it_listens_until_told_to_stop_and_says_when_the_address_is_taken(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stopping = asyncio.Event()
    task = asyncio.create_task(run_health([server], "127.0.0.1", port, stopping))
    async with aiohttp.ClientSession() as session:
        for _ in range(100):
            try:
                async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
                    assert response.status == 200
                    break
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.02)
        else:
            pytest.fail("never listened")
        with pytest.raises(HealthError, match="ADVISOR_HEALTH_PORT"):
            await run_health([server], "127.0.0.1", port, asyncio.Event())
    stopping.set()
    await asyncio.wait_for(task, 5)


async def test_a_default_port_that_is_taken_is_a_warning_and_serving_goes_on(server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port, stopping = taken.getsockname()[1], asyncio.Event()
        with capture_logs() as logs:
            task = asyncio.create_task(run_health([server], "127.0.0.1", port, stopping, needed=False))
            await asyncio.sleep(0.1)
            assert not task.done()
            stopping.set()
            await task
    assert [(each["log_level"], each["event"]) for each in logs] == [("warning", "served without health pages")]
    assert f"127.0.0.1:{port}" in logs[0]["why"] and "ADVISOR_HEALTH_PORT" in logs[0]["why"]
