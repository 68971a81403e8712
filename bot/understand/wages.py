"""What an hour of the work costs in the company."""

from __future__ import annotations

from bot.answers import Money
from bot.understand.amounts import Amount
from bot.understand.found import Found, Scene
from bot.understand.moods import Mood
from bot.understand.periods import Period, Periods

DEFAULT_CURRENCY = "USD"
# A bare number beyond this is what somebody earns in longer than an hour, or what a machine costs.
MOST_AN_HOUR = 500
# A sum that stands alone is rather that of a thing from here on.
MOST_ALONE = 150
# What everything on top adds to a wage at most.
ON_TOP = 3


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
            end = self._end(index, amount, periods) or self._on_top(amount, loaded)
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
            priced = hourly or self._of_staff(amount) or self._alone(amount)
            return amount.end if priced and not self._scene.per(amount.end) else None
        if amount.kind != "count" or amount.rough:
            return None
        if period is not None and period.unit == "hour":
            return self._bare(amount, period, clause in self._own or hourly)
        priced = (hourly and clause not in self._paced) or self._of_staff(amount)
        return amount.end if priced and period is None and self._ends(amount) else None

    def _bare(self, amount: Amount, period: Period, costs: bool) -> int | None:
        """ "28 an hour" is money only where the clause speaks of cost, or by its form; "20 forms an hour" never is."""
        scene = self._scene
        paced = scene.text.words[amount.start].clause in self._paced
        if amount.value > MOST_AN_HOUR:
            return None
        if period.start == amount.end:
            slash = scene.text.words[period.start].gap == "/"
            priced = slash or self._priced(amount) or self._of_staff(amount) or (costs and not paced)
            return period.end if priced else None
        before = period.end <= amount.start  # "every hour they wait costs us 58"
        return amount.end if before and costs and not paced and self._ends(amount) else None

    def _priced(self, amount: Amount) -> bool:
        """ "At 31 an hour" is a price, and so is "16.80 an hour": nobody counts items in hundredths."""
        before = self._before(amount)
        cents = round(amount.value * 100) % 100 != 0 and self._scene.text.words[amount.start].number == amount.value
        return cents or self._scene.has(before, "priced")

    def _of_staff(self, amount: Amount) -> bool:
        """ "Typists cost 35", "temps at 20.40": those who do the work, and then a sum that could be that of an hour."""
        scene, before = self._scene, self._before(amount)
        verb = scene.has(before, "priced") or scene.has(before, "costing")
        if not verb or before < 1 or amount.value > MOST_AN_HOUR or not scene.same_clause(before - 1, amount.start):
            return False
        return scene.has(before - 1, "staff") or scene.has(before - 1, "doer")

    def _alone(self, amount: Amount) -> bool:
        """ "1,120 claims a month, 31 min, 29 €": a part of a note that holds nothing else, behind another or a full stop."""
        scene, start = self._scene, amount.start
        listed = start > 0 and (start in scene.amounts_to or not scene.same_sentence(start - 1, start))
        return listed and scene.opens(start) and self._ends(amount) and amount.value <= MOST_ALONE

    def _on_top(self, amount: Amount, loaded: set[int]) -> int | None:
        """ "Salary is 8 an hour, with overheads 12.50": a bare number that holds more than the one before."""
        if not self.found or amount.kind != "count" or self._scene.text.words[amount.start].clause not in loaded:
            return None
        wage = self.found[-1].values[0]
        more = isinstance(wage, Money) and wage.amount < amount.value < ON_TOP * wage.amount
        return amount.end if more and self._ends(amount) else None

    def _before(self, amount: Amount) -> int:
        """The place of the word before an amount, but for words such as "about"."""
        place = self._scene.run_before(amount.start, "roughly") - 1
        return place if place >= 0 and self._scene.same_clause(place, amount.start) else -1

    def _ends(self, amount: Amount) -> bool:
        """Whether a clause or a part of one ends behind an amount."""
        return self._scene.ends(amount.end) or self._scene.has(amount.end, "and")
