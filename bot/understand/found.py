"""What one reader found in a text for one question, before the readers' findings are put together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bot.answers import Value
from bot.understand.amounts import Amount
from bot.understand.cues import Hit
from bot.understand.lexicon import Compiled
from bot.understand.scope import Scope
from bot.understand.tokens import Text

# An amount and the one that corrects it have at most this many words between them.
CORRECTION = 8
# "Our budget for this is around 250k": the word for a sum stands this near before it.
SUM = 6
# So many words such as "about" lead up to an amount at most.
RUN = 6
# A correction to less than so small a part leaves out what both are counted in.
UNLIKELY = 50


@dataclass(frozen=True, slots=True)
class Found:
    """Words[start:end] say a value (`firm`), or hint at one of several."""

    question: str
    values: tuple[Value, ...]
    start: int
    end: int
    firm: bool = True


@dataclass(slots=True)
class Scene:
    """A text with everything that is known about its words."""

    text: Text
    compiled: Compiled
    amounts: list[Amount]
    hits: Sequence[Hit]
    scope: Scope
    by_group: dict[str, list[Hit]] = field(default_factory=dict)
    checks_to: frozenset[int] = frozenset()
    amounts_to: frozenset[int] = frozenset()  # where amounts end
    pays: frozenset[int] = frozenset()  # the clauses that speak of pay
    revised: dict[int, int] = field(default_factory=dict)  # amounts by index, each with the one that corrects it
    _denied: list[int] = field(default_factory=list)  # where amounts begin of which it is said that they are not the ones

    def __post_init__(self) -> None:
        for hit in self.hits:
            self.by_group.setdefault(hit.cue.group, []).append(hit)
        self.pays = frozenset(self.text.words[hit.start].clause for hit in self.group("money") if hit.cue.question != "loaded")
        self.amounts_to = frozenset(amount.end for amount in self.amounts)
        self._denied = [amount.start for amount in self.amounts if self.scope.denies_amount(amount.start)]
        # "Not 500 a month": a month is denied only as what they are counted over
        counted = {other.start for one, other in pairwise(self.amounts) if other.kind == "time" and one.start in self._denied}
        self._denied = [place for place in self._denied if place not in counted]
        self.checks_to = frozenset(hit.end for hit in self.group("accuracy") if hit.cue.question == "checked")
        for index in range(len(self.amounts) - 1):
            # "200 a day, make that 250": a day is the period
            between = self.amounts[index + 1].start <= self.amounts[index].end + 1 and self.amounts[index + 1].kind == "time"
            for new in (index + 1, index + 2) if between else (index + 1,):
                if new < len(self.amounts) and self._revises(self.amounts[index], self.amounts[new]):
                    self._revise(index, new)

        for index, amount in enumerate(self.amounts):
            if self.denies(amount.start, amount.end) and (instead := self._instead(index)) is not None:
                self._revise(index, instead)
        periods = {hit.start for hit in self.group("periods")}
        for old, new in pairwise(range(len(self.amounts))):
            if self.amounts[old].start not in periods:
                self._update(old, new)

    def leaves_open(self, start: int, end: int) -> bool:
        """Whether the words at start:end hold of another time, perhaps only, or not at all."""
        return self.scope.guessed(start, end) or self.denies(start, end)

    def denies(self, start: int, end: int) -> bool:
        """Whether the words at start:end hold an amount of which it is said that it is not the one."""
        return bisect_left(self._denied, start) < bisect_left(self._denied, end)

    def _instead(self, old: int) -> int | None:
        """The bare number behind a denied one: the 800 of "not 500 a month but 800", "we don't get 500 a month, we get 800"."""
        before = self.amounts[old]
        new = next((at for at in range(old + 1, min(old + 3, len(self.amounts))) if self.amounts[at].kind != "time"), None)
        if new is None or not self.same_sentence(before.start, self.amounts[new].start):
            return None
        after = self.amounts[new]
        if after.start - before.end > CORRECTION or self.denies(after.start, after.end):
            return None
        contrasted = self.has(self.run_before(after.start, "roughly") - 1, "instead")
        apart = not self.same_clause(before.start, after.start) and self.ends(after.end)
        return new if contrasted or apart else None

    def _update(self, old: int, new: int) -> None:
        """ "It took 10 minutes with the old form, now 3": minutes, too."""
        before, after = self.amounts[old], self.amounts[new]
        ends = after.end == len(self.text.words) or not self.same_clause(after.end - 1, after.end)
        bare = before.kind == "time" and after.kind == "count" and ends
        apart = self.same_sentence(before.start, after.start) and not self.same_clause(before.start, after.start)
        past = self.scope.guessed(before.start, before.end) and not self.scope.guessed(after.start, after.end)
        if bare and apart and past:
            self.amounts[new] = replace(after, kind="time", unit=before.unit)

    def _revise(self, old: int, new: int) -> None:
        before, after = self.amounts[old], self.amounts[new]
        if before.kind == after.kind and (before.unit == after.unit or after.kind == "time"):
            self.revised[old] = new
            # "12k a month, closer to 10": thousands, surely, but not said
            if after.kind == "count" and after.value * UNLIKELY < before.value:
                self.amounts[new] = replace(after, rough=True)
        elif after.kind == "count" and (after.end == len(self.text.words) or not self.same_clause(after.end - 1, after.end)):
            # "8 minutes per case, sorry, 12": asked about
            self.amounts[old] = replace(before, value=after.value, rough=True)

    def _revises(self, old: Amount, new: Amount) -> bool:
        """Whether the second amount stands in place of the first: "6,000 - no, 16,000"."""
        words = self.text.words
        # "3 crore items? no sorry 3 lakh": a correction may open a sentence
        if new.start - old.end > CORRECTION or words[new.start].sentence - words[old.start].sentence > 1:
            return False
        for place in range(new.start, max(new.start - 3, old.end), -1):
            begin = self.scope.corrects_to.get(place)
            if begin is not None and begin >= old.end:
                return self.same_sentence(old.start, new.start) or not self.same_sentence(begin - 1, begin)
        return False

    def group(self, name: str) -> list[Hit]:
        """The hits of one part of the lexicon, in the order of the text."""
        return self.by_group.get(name, [])

    def same_clause(self, first: int, second: int) -> bool:
        """Whether two words stand in one clause."""
        return self.text.words[first].clause == self.text.words[second].clause

    def budgeted(self, place: int) -> bool:
        """Whether a bare number is a sum: "Budget is 250k a year"."""
        before = range(max(place - SUM, 0), place)
        return any(self.has(at, "budget") and self.same_clause(at, place) for at in before)

    def leads_on(self, place: int) -> bool:
        """Whether a word belongs to what follows it: the same clause, or a colon between."""
        words = self.text.words
        return self.same_clause(place, place + 1) or words[place + 1].gap == ":" or words[place].clause in self.text.topics

    def run_before(self, place: int, *names: str) -> int:
        """Where the words of those names begin that lead up to a place in its clause; at most a few are followed."""
        for begin in range(place, max(place - RUN, 0), -1):
            if self.opens(begin) or not any(self.has(begin - 1, name) for name in names):
                return begin
        return max(place - RUN, 0)

    def opens(self, place: int) -> bool:
        """Whether a clause begins at a place."""
        return place == 0 or not self.same_clause(place - 1, place)

    def ends(self, place: int) -> bool:
        """Whether a clause ends before a place."""
        return place == len(self.text.words) or not self.same_clause(place - 1, place)

    def same_sentence(self, first: int, second: int) -> bool:
        """Whether two words stand in one sentence."""
        return self.text.words[first].sentence == self.text.words[second].sentence

    def has(self, place: int, name: str) -> bool:
        """Whether the word at a place is one of the grammar words of that name."""
        words = self.text.words
        return 0 <= place < len(words) and words[place].norm in self.compiled.grammar[name]

    def per(self, place: int) -> bool:
        """Whether the word at a place is divided by: "per form", "a form", "/form" (the word itself)."""
        words = self.text.words
        return 0 <= place < len(words) and (words[place].gap == "/" or self.has(place, "per"))
