"""A server killed with SIGKILL at every point of the crash matrix: nothing acknowledged is lost, nothing is applied twice.

The long run, which kills at random moments under load: python tests/test_crashes.py --moments 1000 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import pytest

from crash.network import Platform, intact, settled, verify
from talk import Talk

VICTIM = Path(__file__).parent / "crash" / "victim.py"
PATIENCE = 40.0


def model(platform: Platform, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """The transcript that each place must have, from a run without crashes."""
    found: dict[str, list[tuple[str, str]]] = {}
    known: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for place, texts in platform.queues.items():
        shape = (*texts[:1], *texts[1:])
        if shape not in known:
            talk = Talk(folder / f"model{len(known)}.db")
            talk.begin()
            for text in texts[1:]:
                talk.last = None
                talk.say(text)
            known[shape] = talk.store.connection.execute("SELECT speaker, text FROM transcript ORDER BY id").fetchall()
            talk.store.close()
        found[place] = known[shape]
    return found


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


async def started(db: Path, socket: Path, mode: str, *options: str, failpoint: str = "") -> asyncio.subprocess.Process:
    env = {**os.environ, "ADVISOR_FAILPOINT": failpoint, "CRASH_AFTER_MS": "0.5"}
    return await asyncio.create_subprocess_exec(sys.executable, str(VICTIM), str(db), str(socket), mode, *options, env=env)


async def until_quiet(db: Path, platform: Platform, process: asyncio.subprocess.Process) -> None:
    """Wait until everything is acknowledged, worked off and sent; then stop the server as an operator does."""
    end = time.monotonic() + PATIENCE
    while not (platform.done and settled(db)):
        assert process.returncode is None, f"the server ended by itself with {process.returncode}"
        assert time.monotonic() < end, "not done in time"
        await asyncio.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def killed_then_restarted(
    folder: Path, mode: str, failpoint: str, *options: str, kill_at_send: int = 0, seed: int = 1
) -> tuple[Counter[str], Platform]:
    """One victim that dies at the fail point and one that finishes; returns what `verify` counts."""
    platform = Platform(random.Random(seed), people=4, length=9)
    expected, db = model(platform, folder), folder / "advisor.db"
    platform.kill_at_send = kill_at_send
    async with online(platform, folder) as socket:
        first = await started(db, socket, mode, *options, failpoint=failpoint)
        platform.pid = first.pid
        assert await asyncio.wait_for(first.wait(), PATIENCE) == -signal.SIGKILL, "the fail point was never passed"
        intact(db, platform)
        second = await started(db, socket, mode)
        await until_quiet(db, platform, second)
    return verify(db, platform, expected, mode, kills=1), platform


@pytest.mark.parametrize("mode", ["slack", "telegram"])
@pytest.mark.parametrize("point", ["C1:2", "C2:2", "C3:2", "C4:7", "C5:3", "C6:4", "C8:4"])
async def test_killed_at(tmp_path, point, mode):
    told, _ = await killed_then_restarted(tmp_path, mode, point)
    assert told["visible twice"] <= (mode == "telegram")


@pytest.mark.parametrize("mode", ["slack", "telegram"])
async def test_killed_when_the_platform_has_accepted_and_not_yet_replied_c7(tmp_path, mode):
    told, platform = await killed_then_restarted(tmp_path, mode, "", kill_at_send=5)
    assert platform.sends > 5
    assert told["visible twice"] == (1 if mode == "telegram" else 0)


@pytest.mark.parametrize("migration", [1, 2, 3])
async def test_killed_during_a_migration_c9(tmp_path, migration):
    await killed_then_restarted(tmp_path, "slack", f"C9:{migration}", "--act", "migrate")


async def test_killed_during_a_backup_c10(tmp_path):
    await killed_then_restarted(tmp_path, "slack", "C10:40", "--act", "backup")


async def test_killed_during_a_checkpoint_c11(tmp_path):
    await killed_then_restarted(tmp_path, "slack", "C11", "--act", "checkpoint")


@pytest.mark.parametrize("mode", ["slack", "telegram"])
async def test_a_full_disk_acknowledges_nothing_it_has_not_stored_c12(tmp_path, mode):
    platform = Platform(random.Random(3), people=4, length=9)
    expected, db = model(platform, tmp_path), tmp_path / "advisor.db"
    async with online(platform, tmp_path) as socket:
        for pages in ("100", "112", "124"):
            full = await started(db, socket, mode, "--most-pages", pages)
            await asyncio.sleep(1.3)
            assert full.returncode is None, "a full disk must not end the server"
            assert not settled(db) or not platform.done
            full.kill()
            await full.wait()
            intact(db, platform)
        roomy = await started(db, socket, mode)
        await until_quiet(db, platform, roomy)
    told = verify(db, platform, expected, mode, kills=3)
    assert told["visible twice"] <= (mode == "telegram") * 3 * 4  # the one on its way at each of four places


async def test_cut_connections_and_refusals_repeat_at_most_one_message_each(tmp_path):
    for mode in ("slack", "telegram"):
        platform = Platform(random.Random(5), people=4, length=9)
        platform.cut, platform.refuse = 0.05, 0.2
        folder = tmp_path / mode
        folder.mkdir()
        expected, db = model(platform, folder), folder / "advisor.db"
        async with online(platform, folder) as socket:
            await until_quiet(db, platform, await started(db, socket, mode))
        told = verify(db, platform, expected, mode, kills=0)
        assert told["visible twice"] <= sum(platform.ambiguous.values())


async def test_a_few_random_moments(tmp_path):
    told = await random_moments(8, seed=1, folder=tmp_path)
    assert told["kills"] == 8


async def random_moments(moments: int, seed: int, folder: Path, *, report: bool = False) -> Counter[str]:
    """Kill at random moments under load until so many kills were made, checking after each and at the end of each database."""
    rng = random.Random(seed)
    zygote = await asyncio.create_subprocess_exec(
        sys.executable, str(VICTIM), "--zygote", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    total: Counter[str] = Counter()
    try:
        while total["kills"] < moments:
            with tempfile.TemporaryDirectory(dir=folder) as name:
                total += await one_database(rng, Path(name), zygote, moments - total["kills"])
            total["databases"] += 1
            if report:
                print(json.dumps(total), flush=True)
    finally:
        zygote.stdin.close()
        await zygote.wait()
    return total


async def born(zygote: asyncio.subprocess.Process, *arguments: str) -> int:
    zygote.stdin.write(json.dumps(arguments).encode() + b"\n")
    return int(await asyncio.wait_for(zygote.stdout.readline(), 10))


async def gone(pid: int) -> None:
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.001)


async def one_database(rng: random.Random, folder: Path, zygote: asyncio.subprocess.Process, most: int) -> Counter[str]:
    mode = rng.choice(("slack", "telegram"))
    platform = Platform(random.Random(rng.random()), people=rng.choice((1, 4, 24)), length=rng.choice((6, 13)))
    platform.cut, platform.refuse = rng.choice((0.0, 0.02)), rng.choice((0.0, 0.1))
    expected, db = model(platform, folder), folder / "advisor.db"
    kills = 0
    async with online(platform, folder) as socket:
        while kills < most and not (platform.done and settled(db)):
            pid = platform.pid = await born(zygote, str(db), str(socket), mode)
            await asyncio.sleep(rng.choice((0.03, 0.1, 0.3)) * rng.random())
            os.kill(pid, signal.SIGKILL)
            await gone(pid)
            kills += 1
            intact(db, platform)
        pid = await born(zygote, str(db), str(socket), mode)
        end = time.monotonic() + PATIENCE
        while not (platform.done and settled(db)):
            assert time.monotonic() < end, "not done in time"
            await asyncio.sleep(0.01)
        os.kill(pid, signal.SIGTERM)
        await asyncio.wait_for(gone(pid), 10)
    told = verify(db, platform, expected, mode, kills)
    told["kills"] = kills
    told["cut connections"] = sum(platform.ambiguous.values())
    told[f"visible twice, {mode}"] = told["visible twice"]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--folder", type=Path, default=None)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, SQLite {sqlite3.sqlite_version}", flush=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        total = asyncio.run(random_moments(arguments.moments, arguments.seed, Path(folder), report=True))
    print(f"held at {total['kills']} random moments: {json.dumps(total)}")


if __name__ == "__main__":
    main()
