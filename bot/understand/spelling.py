"""Slips of the key: a word that is one letter away from a known one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA

SHORTEST, LONGEST = 6, 18


class Spelling:
    """Known words, found again by what is left of them when one letter is struck out (a look-up, not a comparison)."""

    def __init__(self, words: Iterable[str], real: Iterable[str]) -> None:
        self._known = frozenset(words)
        self._real = frozenset(real)
        self._struck: dict[str, list[str]] = {}
        for word in sorted(self._known):
            if SHORTEST - 1 <= len(word) <= LONGEST:
                for rest in _struck(word):
                    self._struck.setdefault(rest, []).append(word)

    def mend(self, word: str) -> str:
        """The one known word at a slip's distance, else the word itself.

        The first letter and the last must be right: publisher is no slip of published.
        """
        if not SHORTEST <= len(word) <= LONGEST or word in self._known or word in self._real:
            return word
        near = {
            known
            for rest in _struck(word)
            for known in self._struck.get(rest, ())
            if known[0] == word[0] and known[-1] == word[-1]
        }
        near = {known for known in near if OSA.distance(word, known, score_cutoff=1) <= 1}
        return near.pop() if len(near) == 1 else word


def _struck(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
