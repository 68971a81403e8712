"""Items that come in batches: 500 per shift and two shifts a day, 300 farms that each send two notes a week."""

from __future__ import annotations

from itertools import pairwise

from bot.understand.amounts import Amount
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.periods import Period, Periods

# The batch is named this near behind the items it holds ("1,800 applications per intake").
REACH = 6
# And no more words stand between a number of batches and what they are called.
NAMED = 2


class Batches:
    """The products of a text; `used` are the amounts they were made of."""

    def __init__(self, scene: Scene, periods: Periods) -> None:
        self.found: list[Found] = []
        self.used: set[int] = set()
        named: dict[str, tuple[int, Amount, Period]] = {}
        for index, amount in enumerate(scene.amounts):
            period = periods.of.get(index)
            if amount.kind == "count" and period is not None:
                for place in range(amount.end, min(amount.end + NAMED, period.start)):
                    named.setdefault(_singular(scene.text.words[place].norm), (index, amount, period))
        for index, (amount, following) in enumerate(pairwise(scene.amounts)):
            period = periods.of.get(index + 1)
            counted = amount.kind == following.kind == "count" and index not in periods.of
            if counted and period is not None and self._each(scene, amount, following):
                self._multiply(index, amount, index + 1, following, period)
        for index, amount in enumerate(scene.amounts):
            period = periods.of.get(index)
            after = next((at for at in range(index + 1, len(scene.amounts)) if at not in periods.inside), None)
            if amount.kind != "count" or period is None or after is None or after in periods.of:
                continue
            following = scene.amounts[after]
            if self._of_each(scene, period, following) or (amount.value < following.value and self._in_each(scene, following)):
                self._multiply(after, scene.amounts[after], index, amount, period)
        if not named:
            return
        for index, amount in enumerate(scene.amounts):
            if amount.kind != "count" or scene.scope.moods[amount.start] is Mood.ASKED:
                continue
            until = scene.amounts[index + 1].start if index + 1 < len(scene.amounts) else len(scene.text.words)
            batch = next((named[name] for name in self._held_by(scene, amount, until) if name in named), None)
            if batch is not None and batch[0] != index and index not in self.used:
                self._multiply(index, amount, *batch)

    def _multiply(self, index: int, amount: Amount, other: int, many: Amount, period: Period) -> None:
        self.used |= {index, other}
        start, end = min(amount.start, many.start), max(amount.end, many.end, period.end)
        firm = not amount.rough and not many.rough
        self.found.append(Found("volume", (amount.value * many.value * period.monthly,), start, end, firm))

    @staticmethod
    def _each(scene: Scene, amount: Amount, following: Amount) -> bool:
        """ "300 farms each send one note a day": the second number is that of each."""
        near = (
            *range(max(amount.start - NAMED - 1, 0), amount.start),
            *range(amount.end + 1, min(amount.end + REACH, following.start)),
        )
        return scene.same_clause(amount.start, following.start) and any(scene.has(place, "each_one") for place in near)

    @staticmethod
    def _of_each(scene: Scene, period: Period, following: Amount) -> bool:
        """ "20 a day from each of our 15 depots": so many times as there are depots."""
        near = range(max(following.start - NAMED - 1, period.end), following.start)
        joined = (
            following.kind == "count"
            and following.start < len(scene.text.words)
            and scene.same_clause(period.end - 1, following.start)
        )
        return joined and any(scene.has(place, "each_one") and scene.has(place + 1, "of") for place in near)

    @staticmethod
    def _in_each(scene: Scene, following: Amount) -> bool:
        """ "Four sales a year, 700 lots in each": a part of a sentence ends with what holds so many."""
        last = min(following.end + REACH, len(scene.text.words) - 1)
        ends = next((at for at in range(following.end, last) if scene.ends(at + 2)), None)
        return following.kind == "count" and ends is not None and scene.has(ends, "in") and scene.has(ends + 1, "each_one")

    @staticmethod
    def _held_by(scene: Scene, amount: Amount, until: int) -> list[str]:
        """What the items are counted by: the words behind "per" and the like, as in "each ship brings 150"."""
        words = scene.text.words
        last = min(amount.end + REACH, until, len(words) - 1)
        behind = (place for place in range(amount.end, last) if scene.per(place))
        before = (place for place in range(max(amount.start - NAMED - 1, 0), amount.start - 1) if scene.has(place, "each_one"))
        near = [place for place in (*behind, *before) if scene.same_clause(*sorted((amount.start, place)))]
        return [_singular(words[place + 1].norm) for place in near if scene.same_clause(place, place + 1)]


def _singular(noun: str) -> str:
    return noun.removesuffix("s")
