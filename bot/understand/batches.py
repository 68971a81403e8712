"""Items that come in batches: 500 per shift and two shifts a day, 25 candidates for each of thirty openings a month."""

from __future__ import annotations

from bot.understand.amounts import Amount
from bot.understand.found import Found, Scene
from bot.understand.periods import Period, Periods
from bot.understand.scope import Mood

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
        if not named:
            return
        for index, amount in enumerate(scene.amounts):
            if amount.kind != "count" or scene.scope.moods[amount.start] is Mood.ASKED:
                continue
            following = scene.amounts[index + 1].start if index + 1 < len(scene.amounts) else len(scene.text.words)
            batch = next((named[name] for name in self._held_by(scene, amount, following) if name in named), None)
            if batch is None or batch[0] == index:
                continue
            other, many, period = batch
            self.used |= {index, other}
            start = min(amount.start, many.start)
            end = max(amount.end, many.end, period.end)
            firm = not amount.rough and not many.rough
            self.found.append(Found("volume", (amount.value * many.value * period.monthly,), start, end, firm))

    @staticmethod
    def _held_by(scene: Scene, amount: Amount, following: int) -> list[str]:
        """What the items are counted by: the words behind "per" and the like."""
        words = scene.text.words
        last = min(amount.end + REACH, following, len(words) - 1)
        return [
            _singular(words[place + 1].norm)
            for place in range(amount.end, last)
            if scene.per(place) and scene.same_clause(place, place + 1)
        ]


def _singular(noun: str) -> str:
    return noun.removesuffix("s")
