"""A server killed with SIGKILL at every point of the crash matrix: nothing acknowledged is lost, nothing is applied twice.

The long run, which kills at random moments under load: python tests/test_crashes.py --moments 1000 --seed 1
"""

# ruff: noqa: E402  the path comes first, so that it also runs as a program

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import pytest

from bot.copies import backups, folder_of
from bot.schema import MIGRATIONS
from bot.store import Store
from crash.network import Platform, intact, settled, verify
from talk import Talk
from test_upgrade import content, filled, of_schema

__all__ = ["filled"]

VICTIM = Path(__file__).parent / "crash" / "victim.py"
PATIENCE = 40.0


def model(platform: Platform, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """The transcript that each place must have, from a run without crashes."""
    return {place: transcript(tuple(texts), folder) for place, texts in platform.queues.items()}


MODELS: dict[tuple[str, ...], list[tuple[str, str]]] = {}


def transcript(texts: tuple[str, ...], folder: Path) -> list[tuple[str, str]]:
    if texts not in MODELS:
        talk = Talk(folder / f"model{len(MODELS)}.db")
        talk.begin()
        for text in texts[1:]:
            talk.last = None
            talk.say(text)
        MODELS[texts] = talk.store.connection.execute("SELECT speaker, text FROM transcript ORDER BY id").fetchall()
        talk.store.close()
    return MODELS[texts]


@contextlib.asynccontextmanager
async def online(platform: Platform, folder: Path) -> AsyncIterator[Path]:
    """The platform reachable at a socket."""
    path = folder / "platform.sock"
    server = await asyncio.start_unix_server(platform.serve, path)
    try:
        yield path
    finally:
        server.close()
        await server.wait_closed()


class Zygote:
    """Forks victims from a process that has imported everything."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(VICTIM), "--zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, db: Path, socket: Path, mode: str, *options: str) -> int:
        self.process.stdin.write(json.dumps([str(db), str(socket), mode, *options]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def zygote():
    process = Zygote()
    yield process
    process.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def gone(pid: int, patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    while alive(pid):
        assert time.monotonic() < end, "still running"
        await asyncio.sleep(0.001)


async def until_quiet(db: Path, platform: Platform, pid: int) -> None:
    """Wait until everything is acknowledged, worked off and sent; then stop the server as an operator does."""
    end = time.monotonic() + PATIENCE
    while not (platform.done and settled(db)):
        assert alive(pid), "the server ended by itself: " + failure(db)
        assert time.monotonic() < end, "not done in time"
        await asyncio.sleep(0.01)
    os.kill(pid, signal.SIGTERM)
    await gone(pid)
    assert not failure(db)


def failure(db: Path) -> str:
    path = db.with_name(db.name + ".failed")
    return path.read_text() if path.exists() else ""


async def killed_then_restarted(
    folder: Path, zygote: Zygote, mode: str, *options: str, kill_at_send: int = 0
) -> tuple[Counter[str], Platform]:
    """One victim that dies at the fail point and one that finishes; returns what `verify` counts."""
    platform = Platform(random.Random(1), people=4, length=9)
    expected, db = model(platform, folder), folder / "advisor.db"
    platform.kill_at_send = kill_at_send
    async with online(platform, folder) as socket:
        platform.pid = first = zygote.start(db, socket, mode, *options)
        await gone(first, PATIENCE)
        assert not failure(db)
        intact(db, platform)
        assert not (platform.done and settled(db)), "there was nothing left to do"
        await until_quiet(db, platform, zygote.start(db, socket, mode))
    return verify(db, platform, expected, mode), platform


@pytest.mark.parametrize("mode", ["slack", "telegram"])
@pytest.mark.parametrize("point", ["C1:2", "C2:2", "C3:2", "C4:7", "C5:3", "C6:4", "C8:4"])
async def test_killed_at(tmp_path, zygote, point, mode):
    told, _ = await killed_then_restarted(tmp_path, zygote, mode, "--failpoint", point)
    assert told["visible twice"] <= (mode == "telegram") * 4  # one on its way at each of four places


@pytest.mark.parametrize("mode", ["slack", "telegram"])
async def test_killed_when_the_platform_has_accepted_and_not_yet_replied_c7(tmp_path, zygote, mode):
    told, platform = await killed_then_restarted(tmp_path, zygote, mode, kill_at_send=5)
    assert platform.sends > 5
    assert (1 if mode == "telegram" else 0) <= told["visible twice"] <= (mode == "telegram") * 4


async def test_killed_during_the_first_migration_c9(tmp_path, zygote):
    await killed_then_restarted(tmp_path, zygote, "slack", "--failpoint", "C9:1", "--act", "migrate")


@pytest.mark.parametrize("migration", range(1, len(MIGRATIONS._migrations)))
async def test_killed_during_a_migration_of_a_filled_database_c9(tmp_path, zygote, filled, migration):
    path = tmp_path / "old.db"
    before = of_schema(filled, path, "m001_first")
    await gone(zygote.start(path, tmp_path / "none.sock", "slack", "--failpoint", f"C9:{migration}", "--act", "migrate"))
    assert not failure(path)
    done = [row[0] for row in rows(path, "SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert done == [each.name for each in MIGRATIONS._migrations[:migration]], "the one it was in is undone whole"
    [copy] = backups(path, folder_of(path))
    store = Store(path)
    try:
        for table, (columns, kept) in before.items():
            assert content(store.connection, table, columns) == kept, table
        assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        store.close()
    assert rows(copy, "SELECT count(*) FROM conversations") == [(4,)]


def rows(path, sql):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


async def test_killed_during_a_backup_c10(tmp_path, zygote):
    await killed_then_restarted(tmp_path, zygote, "slack", "--failpoint", "C10:8", "--act", "backup")


async def test_killed_during_a_checkpoint_c11(tmp_path, zygote):
    await killed_then_restarted(tmp_path, zygote, "slack", "--failpoint", "C11", "--act", "checkpoint")


@pytest.mark.parametrize("mode", ["slack", "telegram"])
async def test_a_full_disk_acknowledges_nothing_it_has_not_stored_c12(tmp_path, zygote, mode):
    platform = Platform(random.Random(3), people=4, length=9)
    expected, db = model(platform, tmp_path), tmp_path / "advisor.db"
    async with online(platform, tmp_path) as socket:
        for pages in ("56", "95", "104"):
            full = zygote.start(db, socket, mode, "--most-pages", pages)
            await asyncio.sleep(1.3)
            assert alive(full), "a full disk must not end the server: " + failure(db)
            assert not (platform.done and settled(db))
            os.kill(full, signal.SIGKILL)
            await gone(full)
            intact(db, platform)
        await until_quiet(db, platform, zygote.start(db, socket, mode))
    told = verify(db, platform, expected, mode)
    assert told["visible twice"] <= (mode == "telegram") * 3 * 4  # the one on its way at each of four places, each time


async def test_cut_connections_and_refusals_repeat_at_most_one_message_each(tmp_path, zygote):
    for mode in ("slack", "telegram"):
        platform = Platform(random.Random(5), people=4, length=9)
        platform.cut, platform.refuse = 0.05, 0.2
        folder = tmp_path / mode
        folder.mkdir()
        expected, db = model(platform, folder), folder / "advisor.db"
        async with online(platform, folder) as socket:
            await until_quiet(db, platform, zygote.start(db, socket, mode))
        told = verify(db, platform, expected, mode)
        assert told["visible twice"] <= sum(platform.ambiguous.values())


async def test_the_environment_arms_a_fail_point_and_nothing_else_does(tmp_path):
    code = "from bot.failpoints import failpoint; [failpoint('C4') for _ in range(3)]; print('alive')"
    for spec, expected in (("C4:3", -signal.SIGKILL), ("C4:4", 0), ("C5", 0), ("", 0)):
        env = {**os.environ, "ADVISOR_FAILPOINT": spec, "PYTHONPATH": str(VICTIM.parents[2])}
        done = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=env, stdout=subprocess.DEVNULL)
        assert await done.wait() == expected


async def test_a_few_random_moments(tmp_path, zygote):
    told = await random_moments(8, 1, tmp_path, zygote)
    assert told["kills"] == 8


async def random_moments(moments: int, seed: int, folder: Path, zygote: Zygote, *, report: bool = False) -> Counter[str]:
    """Kill at random moments under load until so many kills were made, checking after each and at the end of each database."""
    rng = random.Random(seed)
    total: Counter[str] = Counter()
    while total["kills"] < moments:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            total += await one_database(rng, Path(name), zygote, moments - total["kills"])
        total["databases"] += 1
        if report and total["databases"] % 10 == 0:
            print(json.dumps(total), flush=True)
    return total


async def one_database(rng: random.Random, folder: Path, zygote: Zygote, most: int) -> Counter[str]:
    mode = rng.choice(("slack", "telegram"))
    platform = Platform(random.Random(rng.random()), people=rng.choice((1, 8, 60)), length=rng.choice((6, 13)))
    platform.cut, platform.refuse = rng.choice((0.0, 0.02)), rng.choice((0.0, 0.1))
    expected, db = model(platform, folder), folder / "advisor.db"
    kills = 0
    async with online(platform, folder) as socket:
        while kills < most and not (platform.done and settled(db)):
            platform.heard = False
            pid = platform.pid = zygote.start(db, socket, mode)
            under_load = rng.random() < 0.9  # else while it starts
            while under_load and not platform.heard and alive(pid):
                await asyncio.sleep(0.002)
            await asyncio.sleep(rng.choice((0.03, 0.1, 0.3)) * rng.random())
            os.kill(pid, signal.SIGKILL)
            await gone(pid)
            kills += 1
            assert not failure(db), failure(db)
            intact(db, platform)
        await until_quiet(db, platform, zygote.start(db, socket, mode))
    told = verify(db, platform, expected, mode)
    told["kills"] = kills
    told["cut off or on their way"] = sum(platform.ambiguous.values())
    told[f"visible twice, {mode}"] = told["visible twice"]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--folder", type=Path, default=None)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, SQLite {sqlite3.sqlite_version}", flush=True)
    zygote = Zygote()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        total = asyncio.run(random_moments(arguments.moments, arguments.seed, Path(folder), zygote, report=True))
    zygote.close()
    print(f"held at {total['kills']} random moments: {json.dumps(total)}")


if __name__ == "__main__":
    main()
