"""What an hour of the work costs in the company."""

from __future__ import annotations

from bot.answers import Money
from bot.understand.amounts import Amount
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.periods import Periods

DEFAULT_CURRENCY = "USD"


class Wages:
    """The hourly costs of a text; `used` are the amounts they were made of."""

    def __init__(self, scene: Scene, periods: Periods) -> None:
        self._scene = scene
        self.found: list[Found] = []
        self.used: set[int] = set()
        words = scene.text.words
        marks = scene.group("money")
        self._own = {words[hit.start].clause for hit in marks if hit.cue.question == "own"}
        self._paced = {words[place].clause for place in scene.scope.workers_from}
        hourly = [hit for hit in marks if hit.cue.question == "hourly"]
        self._hourly = {words[hit.start].clause for hit in hourly}
        # "Loaded rate: 41.75 dollars"
        self._hourly |= {words[hit.end].clause for hit in hourly if hit.end < len(words) and scene.leads_on(hit.end - 1)}
        others = {words[hit.start].sentence for hit in marks if hit.cue.question == "others"}
        loaded = {words[hit.start].clause for hit in marks if hit.cue.question == "loaded"}
        for index, amount in enumerate(scene.amounts):
            if index in periods.inside or index in scene.revised or scene.scope.moods[amount.start] is not Mood.STATED:
                continue
            end = self._end(index, amount, periods)
            if end is None:
                continue
            self.used.add(index)
            currency = amount.unit if amount.kind == "money" else DEFAULT_CURRENCY
            firm = words[amount.start].sentence not in others
            period = periods.of.get(index)
            start = min(amount.start, period.start) if period else amount.start
            money = Money(amount=round(amount.value, 6), currency=currency)
            self.found.append(Found("hourly_cost", (money,), start, end, firm))
        # "They earn $12, with overheads it comes to $17": what it costs in the end counts
        if whole := [each for each in self.found if words[each.start].clause in loaded]:
            self.found = whole

    def _end(self, index: int, amount: Amount, periods: Periods) -> int | None:
        """Where the words of an hourly cost end; None where the amount is something else."""
        clause = self._scene.text.words[amount.start].clause
        period = periods.of.get(index)
        hourly = clause in self._hourly
        if amount.kind == "money":
            if period is not None:
                return max(amount.end, period.end) if period.unit == "hour" else None
            return amount.end if hourly and not self._scene.per(amount.end) else None
        if amount.kind != "count" or amount.rough or clause in self._paced:
            return None
        # "28 an hour" is money only where the clause speaks of cost; "20 forms an hour" never is
        if period is not None and period.unit == "hour" and (clause in self._own or hourly):
            return period.end if period.start == amount.end else None
        ends = amount.end == len(self._scene.text.words) or not self._scene.same_clause(amount.end - 1, amount.end)
        return amount.end if hourly and period is None and ends else None
