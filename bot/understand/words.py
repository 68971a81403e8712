"""A text as words in one spelling, and the names that a run of words can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from bot.understand.tokens import read

Spelled = Mapping[str, tuple[str, ...]]
Words = tuple[str, ...]


class Token(NamedTuple):
    """A word in its one spelling, where it stands in the text, its clause and sentence, its value if a numeral."""

    word: str
    start: int
    end: int
    clause: int
    sentence: int
    number: float | None


def tokens(text: str, spelled: Spelled) -> list[Token]:
    """The words of a text. One written word may stand for several ("what's"); they then share its place."""
    found: list[Token] = []
    parts = read(text).words
    at = 0
    while at < len(parts):
        word = parts[at]
        at += 1
        end, norm = word.end, word.norm
        # `read` cuts at apostrophes; here a contraction is one word
        while at < len(parts) and text[end : parts[at].start] in ("'", "’") and parts[at].number is None:
            end, norm, at = parts[at].end, norm + parts[at].norm, at + 1
        written = text[word.start : end].casefold().replace("’", "'")
        for each in spelled.get(written, (norm,) if norm else ()):
            found.append(Token(each, word.start, end, word.clause, word.sentence, word.number))
    return found


def words_of(text: str, spelled: Spelled) -> Words:
    """The words alone."""
    return tuple(token.word for token in tokens(text, spelled))


def spelling(table: Mapping[str, Iterable[str]]) -> Spelled:
    """`{what is: [what's, whats]}` turned round: each written form with the words it stands for."""
    return {form.casefold(): tuple(meant.split()) for meant, forms in table.items() for form in forms}


T = TypeVar("T")


class Names(Generic[T]):
    """Runs of words, each with what it names; finds the longest that starts at a place."""

    def __init__(self) -> None:
        self._named: dict[Words, list[T]] = {}
        self._longest: dict[str, int] = {}

    def add(self, words: Words, named: T) -> None:
        """Let `words` name something; no words name nothing."""
        if words and named not in self._named.setdefault(words, []):
            self._named[words].append(named)
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def get(self, words: Words) -> Sequence[T]:
        """What exactly these words name."""
        return self._named.get(words, ())

    def at(self, words: Sequence[str], start: int) -> Iterator[tuple[int, Sequence[T]]]:
        """Every (end, named) for names that start here, the longest first."""
        if start < len(words):
            for end in range(min(len(words), start + self._longest.get(words[start], 0)), start, -1):
                if named := self._named.get(tuple(words[start:end])):
                    yield end, named

    def __iter__(self) -> Iterator[tuple[Words, Sequence[T]]]:
        return iter(self._named.items())


def covers(names: Names[str], words: Sequence[str], start: int = 0) -> frozenset[int]:
    """The places that can be reached from `start` by names alone, itself among them."""
    reached, open_ = {start}, [start]
    while open_:
        for end, _ in names.at(words, open_.pop()):
            if end not in reached:
                reached.add(end)
                open_.append(end)
    return frozenset(reached)


def tails(names: Names[str], words: Sequence[str]) -> frozenset[int]:
    """The places from which names alone lead to the end, the end among them."""
    good = {len(words)}
    for place in range(len(words) - 1, -1, -1):
        if any(end in good for end, _ in names.at(words, place)):
            good.add(place)
    return frozenset(good)


def negative(text: str, start: int) -> bool:
    """The numeral at `start` has a minus sign; the dash of "2-3" is none."""
    return text[start - 1 : start] in ("-", "−") and start > 0 and not text[max(0, start - 2) : start - 1].isalnum()
