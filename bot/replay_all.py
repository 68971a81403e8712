"""All past advices once more: which would be others today and why, or (`exact`) which are not the same bytes on their knowledge.

Rules: every batch is audited before it is read; what is advised and how firmly is computed for each, and the whole advice where
that differs; a process loads each knowledge base once. Results come in the order of the list.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bot.archive import Archive, Filter, Summary, Viewer
from bot.replay import Replayed, Versions, attempt, turned
from knowledge.model import Knowledge

AT_ONCE = 50
WORTH_A_PROCESS = 200
"""Fewer advices than this are done sooner than another process has started."""


@dataclass(frozen=True)
class Compared:
    """An advisory, how many of its advices were computed, and what differs: a replayed advice, or why there is none."""

    summary: Summary
    advices: int
    differing: tuple[Replayed | str, ...]


def compared(archive: Archive, viewer: Viewer, wanted: Filter, today: Knowledge, *, exact: bool = False) -> Iterator[Compared]:
    """Replay all that are wanted. The latest advice of each conversation counts; with `exact` all of them do."""
    advised = (each for each in archive.every(viewer, wanted) if each.verdict is not None)
    batches = _audited(archive, viewer, advised)
    processes = os.cpu_count() or 1
    if processes == 1 or archive.count(viewer, wanted, WORTH_A_PROCESS) < WORTH_A_PROCESS:
        desk = _Desk(archive, today)
        for batch in batches:
            yield from desk.compare(batch, exact=exact)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads of numpy in an unknown state
    with ProcessPoolExecutor(processes, context, _sit_down, (archive.path, today)) as pool:
        running: deque[Future[list[Compared]]] = deque()
        for batch in batches:
            running.append(pool.submit(_compare, batch, exact))
            if len(running) > 2 * processes:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()


def _audited(archive: Archive, viewer: Viewer, advised: Iterator[Summary]) -> Iterator[list[Summary]]:
    while batch := list(islice(advised, AT_ONCE)):
        archive.audit(viewer, [each.id for each in batch], "replay")
        yield batch


class _Desk:
    """Where one process computes."""

    def __init__(self, archive: Archive, today: Knowledge) -> None:
        self.archive, self.versions = archive, Versions(archive, today)

    def compare(self, batch: Sequence[Summary], *, exact: bool) -> list[Compared]:
        """A batch; what was erased meanwhile has no advice any more."""
        return [self._one(summary, exact=exact) for summary in batch]

    def _one(self, summary: Summary, *, exact: bool) -> Compared:
        whole = self.archive.whole(summary)
        given = whole.advice if exact else whole.advice[-1:]
        differing: list[Replayed | str] = []
        for each in given:
            if exact:
                found = attempt(whole, each, self.versions)
                differing += [found] if isinstance(found, str) or not found.identical else []
            elif turned(whole, each, self.versions.today):
                differing.append(attempt(whole, each, self.versions, on_today=True, why=True))
        return Compared(summary, len(given), tuple(differing))


_desk: _Desk | None = None
"""The one of this process, in a pool."""


def _sit_down(path: Path, today: Knowledge) -> None:
    global _desk
    _desk = _Desk(Archive(path), today)


def _compare(batch: Sequence[Summary], exact: bool) -> list[Compared]:
    if _desk is None:
        raise RuntimeError("the process has no desk")
    return _desk.compare(batch, exact=exact)
