"""Slips of the key: a word that is one letter away from a known one."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

SHORTEST, LONGEST = 6, 18


class Spelling:
    """Known words, found again by a slip of them. Its first letter and its last must be right."""

    def __init__(self, words: Iterable[str], real: Iterable[str]) -> None:
        self._known = frozenset(words)
        self._real = frozenset(real)
        self._alike: dict[tuple[str, str, int], list[str]] = {}
        for word in sorted(self._known):
            if SHORTEST - 1 <= len(word) <= LONGEST + 1:
                self._alike.setdefault((word[0], word[-1], len(word)), []).append(word)

    def mend(self, word: str) -> str:
        """The one known word at a slip's distance, else the word itself: publisher is no slip of published."""
        if not SHORTEST <= len(word) <= LONGEST or word in self._known or word in self._real:
            return word
        near = [
            known
            for size in (len(word) - 1, len(word), len(word) + 1)
            for known, _, _ in extract(
                word, self._alike.get((word[0], word[-1], size), ()), scorer=OSA.distance, processor=None, score_cutoff=1, limit=2
            )
        ]
        return near[0] if len(near) == 1 else word
