"""Phrases with alternatives, optional parts and slots, all matched at once: each word is looked at once per live phrase.

An automaton instead of regular expressions, because it cannot backtrack and because slots stand for names that only the
knowledge base knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from bot.understand.words import Spelled, words_of

_LEXEME = re.compile(r"[()\[\]|]|\{\w+\}|[^\s()\[\]|{}]+")

Filled = tuple[str, object]
Slots = Callable[[str, int], Iterable[tuple[int, object]]]


class Hit(NamedTuple):
    """A phrase found: its label, its place in the list of phrases, where it ends, and what its slots hold."""

    label: str
    order: int
    end: int
    filled: tuple[Filled, ...]


class Malformed(ValueError):
    """A phrase that cannot be read."""


class Phrases:
    """Labelled phrases: `(a|b)` one of, `[a]` may be left out, `{slot}` whatever the slot takes.

    `skips` may stand anywhere between the words of a phrase, `articles` may be left out of one.
    """

    def __init__(self, spelled: Spelled, skips: Collection[str] = (), articles: Collection[str] = ()) -> None:
        self._spelled = spelled
        self._skips = skips
        self._articles = articles
        self._next: list[dict[str, list[int]]] = [{}]
        self._slots: list[list[tuple[str, int]]] = [[]]
        self._free: list[list[int]] = [[]]
        self._labels: dict[int, tuple[str, int]] = {}
        self._closed: dict[int, tuple[int, ...]] = {}
        self.vocabulary: set[str] = set()

    def add(self, phrase: str, label: str) -> None:
        """Add a phrase. Raises Malformed where its brackets do not pair."""
        lexemes = _LEXEME.findall(phrase)
        end, read = self._alternatives(lexemes, 0, 0)
        if read != len(lexemes):
            raise Malformed(f"unpaired {lexemes[read]!r} in {phrase!r}")
        self._labels[end] = (label, len(self._labels))
        self._closed.clear()

    def find(self, words: Sequence[str], start: int, slots: Slots) -> list[Hit]:
        """Every phrase that begins at `start`, with every place where it can end."""
        hits: list[Hit] = []
        live: list[dict[tuple[int, tuple[Filled, ...]], None]] = [{} for _ in range(len(words) + 1)]
        live[start][(0, ())] = None
        for place in range(start, len(words) + 1):
            skipped = place < len(words) and words[place] in self._skips
            for state, filled in live[place]:
                if skipped:
                    live[place + 1][(state, filled)] = None
                for each in self._closure(state):
                    if each in self._labels:
                        label, order = self._labels[each]
                        hits.append(Hit(label, order, place, filled))
                    if place == len(words):
                        continue
                    for after in self._next[each].get(words[place], ()):
                        live[place + 1][(after, filled)] = None
                    for slot, after in self._slots[each]:
                        for end, held in slots(slot, place):
                            live[end][(after, (*filled, (slot, held)))] = None
        return hits

    def _alternatives(self, lexemes: Sequence[str], read: int, start: int) -> tuple[int, int]:
        """Lay the alternatives at `read` between `start` and a new state; stops at a closing bracket."""
        join = self._state()
        while True:
            end, read = self._sequence(lexemes, read, start)
            self._free[end].append(join)
            if read == len(lexemes) or lexemes[read] != "|":
                return join, read
            read += 1

    def _sequence(self, lexemes: Sequence[str], read: int, state: int) -> tuple[int, int]:
        while read < len(lexemes) and lexemes[read] not in (")", "]", "|"):
            lexeme = lexemes[read]
            if lexeme in ("(", "["):
                before = state
                state, read = self._alternatives(lexemes, read + 1, before)
                if read == len(lexemes) or lexemes[read] != {"(": ")", "[": "]"}[lexeme]:
                    raise Malformed(f"{lexeme!r} is not closed in {' '.join(lexemes)!r}")
                if lexeme == "[":
                    self._free[before].append(state)
            elif lexeme.startswith("{"):
                after = self._state()
                self._slots[state].append((lexeme[1:-1], after))
                state = after
            else:
                for word in words_of(lexeme, self._spelled):
                    after = self._state()
                    self._next[state].setdefault(word, []).append(after)
                    if word in self._articles:
                        self._free[state].append(after)
                    self.vocabulary.add(word)
                    state = after
            read += 1
        return state, read

    def _state(self) -> int:
        self._next.append({})
        self._slots.append([])
        self._free.append([])
        return len(self._next) - 1

    def _closure(self, state: int) -> tuple[int, ...]:
        """The states that are reached from this one without a word."""
        if state not in self._closed:
            seen, open_ = {state}, [state]
            while open_:
                for after in self._free[open_.pop()]:
                    if after not in seen:
                        seen.add(after)
                        open_.append(after)
            self._closed[state] = tuple(seen)
        return self._closed[state]
