"""A ranking as people type it: names or numbers of the items, with what stands between them saying before or equal.

Every word must be understood; one that is not, or a join that could mean either ("cost and quality"), yields nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from bot.answers import Ranking
from bot.understand.slips import slips
from bot.understand.tokens import LONGEST_NUMBER
from bot.understand.wording import Wording
from bot.understand.words import Names, Token
from knowledge.model import Language, Question

Mark = Literal["item", "number", "then", "tie", "join", "comma", "top", "last", "everything", "light"]
_SIGNS: dict[str, Mark] = {">": "then", "=": "tie", "+": "join", "&": "join"}
_GAPS: tuple[tuple[str, Mark], ...] = ((";", "then"), ("\n", "then"), ("/", "join"), (",", "comma"))
_MOST_WORDS = 40


class _Part(NamedTuple):
    mark: Mark
    item: str = ""
    number: int = 0


class Rankings:
    """The items of one question under all their names."""

    def __init__(self, question: Question, words: Language, wording: Wording) -> None:
        self._items = question.items
        self._wording = wording
        self._names: Names[str] = Names()
        for item in question.items:
            thing = words.criteria.get(item)
            for name in (item, *((thing.name, thing.short, *thing.said) if thing else ())):
                self._names.add(wording.words(name), item)
        said = wording.said.answers.ranking
        self._marks: Names[Mark] = Names()
        named: tuple[tuple[Mark, tuple[str, ...]], ...] = (
            ("then", said.then),
            ("tie", said.tie),
            ("join", said.join),
            ("top", said.top),
            ("last", said.last),
            ("everything", said.everything),
            ("light", (*said.light, *wording.said.answers.hedges)),
        )
        for mark, phrases in named:
            for phrase in phrases:
                self._marks.add(wording.words(phrase), mark)

    def read(self, text: str, *, alone: bool = False) -> Ranking | None:
        """The order that the text states; partial ones leave items out. `alone`: there is no sentence around it."""
        found = self._wording.tokens(text)
        if not 0 < len(found) <= _MOST_WORDS:
            return None
        parts = list(self._parts(text, found))
        marks = {part.mark for part in parts if part}
        if None in parts or (alone and "light" in marks):
            return None
        known = [part for part in parts if part and part.mark != "light"]
        if "number" in marks:
            known = [part for part in known if part.mark not in ("top", "last")]
            return self._numbered(known) if "item" in marks else self._order(self._by_number(known))
        if "item" not in marks:
            return (self._items,) if {"everything", "tie"} <= marks <= {"everything", "tie", "light", "top"} else None
        return self._order(known)

    def _parts(self, text: str, found: Sequence[Token]) -> Iterator[_Part | None]:
        """What each stretch of the text is; None for what is not understood."""
        words = [token.word for token in found]
        place = 0
        while place < len(found):
            if place:
                gap = text[found[place - 1].end : found[place].start]
                yield from (_Part(mark) for sign, mark in _GAPS if sign in gap)
            item = next(self._names.at(words, place), None)
            mark = next(self._marks.at(words, place), None)
            word = words[place]
            if item and (mark is None or item[0] >= mark[0]):
                yield _Part("item", item[1][0])
                place = item[0]
            elif mark:
                yield _Part(mark[1][0])
                place = mark[0]
            else:
                yield from self._word(word)
                place += 1

    def _word(self, word: str) -> Iterable[_Part | None]:
        if word in _SIGNS:
            return [_Part(_SIGNS[word])]
        if word[0].isdecimal():
            # "1,3,2,4" is cut as one numeral
            return [_Part("number", number=int(digits)) for digits in re.findall(r"\d+", word[:LONGEST_NUMBER])]
        near = {ids[0] for name, ids in self._names if len(name) == 1 and slips(word, name[0]) is not None}
        return [_Part("item", near.pop()) if len(near) == 1 else None]

    def _by_number(self, parts: Sequence[_Part]) -> list[_Part]:
        """Numbers of items turned into the items; "1324" is four of them."""
        if len(parts) == 1 and len(str(parts[0].number)) == len(self._items):
            parts = [_Part("number", number=int(digit)) for digit in str(parts[0].number)]
        if any(part.mark == "number" and not 1 <= part.number <= len(self._items) for part in parts):
            return []
        if sum(part.mark == "number" for part in parts) < 2:
            return []  # a lone number could as well be anything else
        return [_Part("item", self._items[part.number - 1]) if part.mark == "number" else part for part in parts]

    def _numbered(self, parts: Sequence[_Part]) -> Ranking | None:
        """ "1. cost 2. quality", or "cost 2, quality 1": every item with its place."""
        pairs = [part for part in parts if part.mark in ("item", "number")]
        first, second = pairs[0::2], pairs[1::2]
        if len(first) != len(second) or any(part.mark not in ("item", "number", "comma", "then", "join") for part in parts):
            return None
        if {part.mark for part in first} == {"item"}:
            first, second = second, first
        if {part.mark for part in first} != {"number"} or {part.mark for part in second} != {"item"}:
            return None
        places: dict[int, list[str]] = {}
        for number, item in zip(first, second, strict=True):
            places.setdefault(number.number, []).append(item.item)
        return tuple(tuple(places[place]) for place in sorted(places))

    def _order(self, parts: Sequence[_Part]) -> Ranking | None:
        """Items in the order of the text, joined or parted by what stands between them."""
        parts, bottom = _bottom(list(parts))
        places = [place for place, part in enumerate(parts) if part.mark == "item"]
        if not places:
            return self._with_bottom((), bottom)
        between = [{part.mark for part in parts[one + 1 : other]} - {"top", "everything"} for one, other in pairwise(places)]
        outside = {part.mark for part in (*parts[: places[0]], *parts[places[-1] + 1 :])}
        tied = "tie" in outside
        parted = any("then" in marks for marks in between) or bool(bottom) or any(part.mark == "top" for part in parts)
        tiers: list[list[str]] = [[parts[places[0]].item]]
        for number, (marks, place) in enumerate(zip(between, places[1:], strict=True)):
            listed = number > 0 and number == len(between) - 1 and all(each == {"comma"} for each in between[:-1])
            if "then" in marks and "tie" in marks:
                return None
            if "tie" in marks or ("join" in marks and "then" not in marks and (tied or parted)):
                tiers[-1].append(parts[place].item)
            elif tied and len(between) == 1 and marks <= {"comma"}:
                return None  # "cost, quality equally" with what?
            elif "join" in marks and "then" not in marks and not listed:
                return None  # "cost and quality": equal, or in this order?
            else:
                tiers.append([parts[place].item])
        return self._with_bottom(tuple(map(tuple, tiers)), bottom)

    def _with_bottom(self, tiers: Ranking, bottom: str | None) -> Ranking | None:
        """Put the item that is said to be last behind all others, named or not."""
        if bottom is None:
            return tiers or None
        named = {item for tier in tiers for item in tier}
        rest = tuple(item for item in self._items if item not in named and item != bottom)
        return (*tiers, *((rest,) if rest else ()), (bottom,))


def _bottom(parts: list[_Part]) -> tuple[list[_Part], str | None]:
    """Take out "cost last" or "least: cost"; the item beside the word, rather the one before it."""
    place = next((place for place, part in enumerate(parts) if part.mark == "last"), None)
    if place is None:
        return parts, None
    for item in (place - 1, place + 1):
        if 0 <= item < len(parts) and parts[item].mark == "item":
            kept = [part for at, part in enumerate(parts) if at not in (place, item)]
            return kept, parts[item].item
    return [], None
