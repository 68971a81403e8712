"""What a short message asks for by the examples it is most like, where no phrase covers it.

Words and pairs of neighbouring words count the more the rarer they are among the examples. A message counts only where its
nearest examples agree and are near; examples of answers and remarks ("none") speak against.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import log, sqrt

from bot.understand.words import Words

NEIGHBOURS = 5
# The least likeness of the nearest example, and of all that agree; how much stronger these must be than those of another kind.
NEAR, AGREED, CLEARLY = 0.34, 0.15, 1.6
# A message that would end or throw away the interview must be this near.
GRAVE, GRAVELY = frozenset({"cancel", "restart"}), 0.45
PAIR = 0.7  # what a pair of words counts against a single one
NONE = "none"


class Nearest:
    """The examples of one language."""

    def __init__(self, examples: Iterable[tuple[str, Words]]) -> None:
        self._kinds: list[str] = []
        found: list[Counter[str]] = []
        for kind, words in examples:
            found.append(Counter(_features(words)))
            self._kinds.append(kind)
        frequency = Counter(feature for features in found for feature in features)
        self._rarity = {feature: log(1 + len(found) / count) for feature, count in frequency.items()}
        self._unheard = log(1 + 2 * len(found))
        self._having: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, features in enumerate(found):
            for feature, weight in self._weights(features).items():
                self._having[feature].append((place, weight))

    def kind(self, words: Words, without: int | None = None) -> str | None:
        """The kind of request, or None. `without` leaves out one example, for measuring."""
        likeness: dict[int, float] = defaultdict(float)
        for feature, weight in self._weights(Counter(_features(words))).items():
            for place, other in self._having.get(feature, ()):
                likeness[place] += weight * other
        if without is not None:
            likeness.pop(without, None)
        nearest = sorted(likeness, key=lambda place: -likeness[place])[:NEIGHBOURS]
        if not nearest or likeness[nearest[0]] < NEAR:
            return None
        agreed: dict[str, float] = defaultdict(float)
        for place in nearest:
            agreed[self._kinds[place]] += likeness[place] ** 2
        best, *others = sorted(agreed, key=lambda kind: -agreed[kind])
        if best in GRAVE and likeness[nearest[0]] < GRAVELY:
            return None
        clear = agreed[best] >= AGREED and all(agreed[best] >= CLEARLY * agreed[other] for other in others[:1])
        return best if clear and best != NONE else None

    def _weights(self, features: Mapping[str, int]) -> dict[str, float]:
        """What each feature counts, so that all together are of length one."""
        weights = {feature: self._rarity.get(feature, self._unheard) * (PAIR if " " in feature else 1.0) for feature in features}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}


def _features(words: Words) -> Iterator[str]:
    """The words, and the pairs of neighbours with the ends of the message."""
    yield from words
    for one, other in pairwise(("^", *words, "$")):
        yield f"{one} {other}"
