"""Past advisories in numbers: what opening, listing, searching and replaying cost as a database grows, beside a bare lookup.

Makes databases of 1,000 and more interviews of forty messages (`filled.py`), spreads statuses, kinds, outcomes and reviews over
them as life does, and measures what a reviewer and an owner wait for. Ratios are to one `SELECT` by primary key in the same file
and run. On a busy machine the wall time says little, so processor time stands beside it. A reviewer's read waits for the durable
commit of its audit row, whose bare cost is printed too.

Run: python benchmarks/archive.py [CONVERSATIONS ...] [--replay N] [--keep FOLDER]      (default: 1000 100000, 1000 replayed)
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

import filled

from bot.archive import Archive, Filter, Viewer
from bot.replay_all import compared
from bot.search import search
from knowledge.load import packaged

REVIEWER = Viewer("bench:-:reviewer", reviewer=True)
TIMES = 200
SPREAD = """
UPDATE conversations SET
    platform = CASE rowid * 7919 % 10 WHEN 0 THEN 'console' WHEN 1 THEN 'telegram' WHEN 2 THEN 'telegram' ELSE 'slack' END,
    status = CASE rowid * 49979687 % 7 WHEN 0 THEN 'open' WHEN 1 THEN 'paused' WHEN 2 THEN 'cancelled' ELSE status END,
    kind = CASE rowid * 67867967 % 4 WHEN 0 THEN kind WHEN 1 THEN 'transcription' WHEN 2 THEN 'research' ELSE 'data_entry' END,
    verdict = CASE WHEN rowid * 86028121 % 9 = 0 THEN 'abstain' ELSE verdict END,
    recommended = CASE WHEN rowid * 86028121 % 9 = 0 THEN NULL ELSE recommended END,
    chosen = CASE rowid * 32452843 % 12 WHEN 0 THEN recommended WHEN 1 THEN 'in_house' WHEN 2 THEN 'split' END,
    unknowns = CASE rowid * 104729 % 3 WHEN 0 THEN 2 ELSE 0 END,
    reviewed = rowid * 15485863 % 20 = 0, flagged = rowid * 15485863 % 200 = 0
"""
QUERIES = (
    "the", "quality", "photos", "tagging", "microlabor", "don't know", "cost quality", "crowd data", "seasonal spiky",
    "regulated domestic", "product", "zzz", "28 dollars", "claims", "in house", "how many items",
)  # fmt: skip


def filters(middle: int) -> dict[str, Filter]:
    """Each filter alone, and combinations: common, rare, and such as nothing has."""
    return {
        "none": Filter(), "platform": Filter(platform="slack"), "kind": Filter(kind="claims"), "verdict": Filter(verdict="clear"),
        "status": Filter(status="paused"), "recommended": Filter(recommended="in_house"), "outcome": Filter(outcome="split"),
        "unknowns": Filter(unknowns=True), "no unknowns": Filter(unknowns=False), "reviewed": Filter(reviewed=True),
        "unreviewed": Filter(reviewed=False), "flagged": Filter(flagged=True), "since": Filter(since=middle),
        "until": Filter(until=middle), "kind + verdict": Filter(kind="claims", verdict="close"),
        "kind + other verdict": Filter(kind="tagging", verdict="likely"),
        "five": Filter(kind="research", status="advised", unknowns=True, reviewed=False, platform="slack"),
        "six + until": Filter(kind="research", verdict="close", status="paused", outcome="split", flagged=False, until=middle),
        "nothing has it": Filter(kind="claims", recommended="crowd_direct", until=middle),
    }  # fmt: skip


class Times(NamedTuple):
    """Milliseconds of each go, sorted: as the clock has it, and of the processor."""

    wall: list[float]
    processor: list[float]


def timed(act: Callable[[], object], times: int = TIMES) -> Times:
    """The first go is left out."""
    act()
    wall, processor = [], []
    for _ in range(times):
        begun, spent = time.perf_counter(), time.thread_time()
        act()
        processor.append(1000 * (time.thread_time() - spent))
        wall.append(1000 * (time.perf_counter() - begun))
    return Times(sorted(wall), sorted(processor))


def together(many: Sequence[Times]) -> Times:
    return Times(sorted(each for one in many for each in one.wall), sorted(each for one in many for each in one.processor))


def at(share: float, found: list[float]) -> float:
    return found[min(int(share * len(found)), len(found) - 1)]


def told(name: str, found: Times, bare: float, target: float | None = None) -> None:
    half, most, busy = at(0.5, found.wall), at(0.95, found.wall), at(0.95, found.processor)
    verdict = "" if target is None else "met" if most <= target else "met by the processor" if busy <= target else "MISSED"
    limit = f"  target {target:g}: {verdict}" if verdict else ""
    print(f"  {name:50} p50 {half:7.3f}  p95 {most:7.3f} ms  processor p95 {busy:7.3f} ms  {half / bare:6.1f} x bare{limit}")


def measure(path: Path, conversations: int) -> None:
    """One file, everything but replay."""
    print(f"\n{conversations:,} transcripts, {path.stat().st_size / 1e6:,.0f} MB")
    archive, rng = Archive(path), random.Random(1)
    connection = archive.store.connection
    ids = [filled._id(rng.randrange(conversations), conversations) for _ in range(500)]
    some = iter(ids * TIMES)
    middle = filled.FIRST_AT + conversations // 2 * filled.APART_MS
    floor = timed(lambda: connection.execute("SELECT * FROM conversations WHERE id = ?", (next(some),)).fetchone(), 500)
    bare = at(0.5, floor.wall)
    told("bare SQLite: one row by its key", floor, bare)
    told("look one up", timed(lambda: archive.summary(REVIEWER, next(some))), bare, 1)
    last = "SELECT at, speaker, person, message, text FROM transcript WHERE conversation = ? ORDER BY id DESC LIMIT 20"
    told("its last 20 messages", timed(lambda: connection.execute(last, (next(some),)).fetchall()), bare, 1)
    owners = {id: row for id in ids if (row := archive.summary(REVIEWER, id)) is not None}
    own = {id: Viewer(row.person, reviewer=False) for id, row in owners.items()}
    told("open one of one's own, whole", timed(lambda: archive.transcript(own[id := next(some)], id, "show")), bare, 5)
    told("bare SQLite: a durable commit of one row", timed(lambda: _commit(archive), 50), bare)
    told("open another's, whole, with its audit row", timed(lambda: archive.transcript(REVIEWER, next(some), "show"), 50), bare)
    told("the same without the commit", timed(lambda: archive.whole(owners[next(some)])), bare, 5)
    for who, viewers in (("reviewer", [REVIEWER]), ("owner", [own[id] for id in ids[:40]])):
        worst, slowest = Times([0.0], [0.0]), ""
        for name, wanted in filters(middle).items():
            turn = iter(viewers * TIMES)
            found = timed(lambda wanted=wanted, turn=turn: archive.page(next(turn), wanted, 20), 40)
            if at(0.5, found.processor) > at(0.5, worst.processor):
                worst, slowest = found, name
        told(f"list 20, {who}, slowest of {len(filters(middle))}: {slowest}", worst, bare, 10)
    for newest, target in ((True, 5.0), (False, 100.0)):
        name = "newest first" if newest else "ranked"
        every, slowest, most = [], "", 0.0
        for query in QUERIES:
            found = timed(lambda query=query, newest=newest: search(archive, REVIEWER, query, newest=newest), 12)
            every.append(found)
            if at(0.5, found.processor) > most:
                slowest, most = query, at(0.5, found.processor)
        told(f"search, {name} (slowest: {slowest})", together(every), bare, target)
    viewers = iter([own[id] for id in ids] * TIMES)
    found = together([timed(lambda query=query: search(archive, next(viewers), query), 6) for query in QUERIES])
    told("search one's own, ranked", found, bare, 100)
    archive.close()
    size(path, conversations)


def _commit(archive: Archive) -> None:
    with archive.writer.transaction():
        archive.writer.connection.execute("INSERT INTO access_audit(at, viewer, conversation, did) VALUES (0, '', '', 'show')")


def size(path: Path, conversations: int) -> None:
    """Bytes that a transcript takes, beside its bare text; a large file is not read whole for it."""
    if conversations > 100_000:
        return
    connection = sqlite3.connect(path)
    text = connection.execute("SELECT sum(length(CAST(text AS BLOB))) FROM transcript").fetchone()[0] / conversations
    pages = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())
    connection.close()
    kept = sum(taken for name, taken in pages.items() if name.startswith(("lines", "wordings"))) / conversations
    index = sum(taken for name, taken in pages.items() if name.startswith("transcript_search")) / conversations
    print(f"  a transcript: {text:,.0f} bytes of text in {kept:,.0f} ({kept / text:.2f} x), and {index:,.0f} of search index")


def replayed(count: int) -> None:
    """Replay of all advices on today's knowledge, in one pass after the processes have started."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "replay.db"
        filled.fill(path, count, queues=False)
        archive, today = Archive(path), packaged()
        begun, spent = time.perf_counter(), sum(os.times()[:4])
        differing = sum(len(each.differing) for each in compared(archive, REVIEWER, Filter(), today))
        wall, processor = time.perf_counter() - begun, sum(os.times()[:4]) - spent
        archive.close()
    rate, free = 60 * count / wall, 120 * count / processor
    print(f"\nreplay of {count:,} advices, {differing} differ: {wall:.1f} s on {os.cpu_count()} cores, {rate:,.0f} a minute;")
    print(f"  processor {1000 * processor / count:.1f} ms each with the start: {free:,.0f} a minute on two free cores")


def prepared(folder: Path, sizes: Iterable[int]) -> Iterable[tuple[Path, int]]:
    for conversations in sizes:
        path = folder / f"{conversations}.db"
        if not path.exists():
            filled.fill(path, conversations, queues=False)
            connection = sqlite3.connect(path)
            connection.execute(SPREAD)
            connection.commit()
            connection.close()
        yield path, conversations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("conversations", nargs="*", type=int, default=[1_000, 100_000])
    parser.add_argument("--replay", type=int, default=1_000, metavar="N", help="how many advices to replay; 0 for none")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the databases there and leave them")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for path, conversations in prepared(arguments.keep or Path(temporary), arguments.conversations):
            measure(path, conversations)
    if arguments.replay:
        replayed(arguments.replay)


if __name__ == "__main__":
    main()
