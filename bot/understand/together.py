"""What two phrases of one sentence say together, in either order: a mistake and what it leads to, a contract and who wants it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator

from bot.understand.cues import Hit, longest
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood

# So many words may stand between the two.
REACH = 10


def together(scene: Scene, settled: Collection[str]) -> Iterator[Found]:
    """The values of questions that nothing plainer speaks of."""
    halves: dict[str, list[Hit]] = {}
    for hit in scene.group("half"):
        halves.setdefault(hit.cue.question, []).append(hit)
    if len(halves) < 2:
        return
    standing = {half: [hit for hit in longest(hits) if _stands(scene, hit)] for half, hits in halves.items()}
    affirmed = {half: [hit for hit in hits if scene.scope.negator(hit) is None] for half, hits in standing.items()}
    ignored = {(hit.cue.question, place) for hit in scene.group("ignore") for place in range(hit.start, hit.end)}
    for question, value, left, right in scene.compiled.together:
        if question in settled or not standing.get(left) or not affirmed.get(right):
            continue
        starts = [hit.start for hit in affirmed[right]]
        for one in standing[left]:
            after = bisect_left(starts, one.end)
            for other in affirmed[right][max(after - 1, 0) : after + 1]:
                start, end = min(one.start, other.start), max(one.end, other.end)
                clear = all((question, place) not in ignored for hit in (one, other) for place in range(hit.start, hit.end))
                if clear and _joined(scene, one, other):
                    yield Found(question, (value,), start, end)


def _stands(scene: Scene, hit: Hit) -> bool:
    """Whether a phrase is said of the work as it is; what comes behind it may deny more than it: "mistakes are not deadly"."""
    scope = scene.scope
    stated = scope.moods[hit.start] is Mood.STATED or scene.text.words[hit.start].clause in scene.text.topics
    return stated and not scope.denied(hit) and not scope.open(hit.start)


def _joined(scene: Scene, one: Hit, other: Hit) -> bool:
    """Whether two phrases stand near each other in one sentence without sharing a word."""
    first, second = (one, other) if one.start < other.start else (other, one)
    return first.end <= second.start <= first.end + REACH and scene.same_sentence(first.start, second.start)
