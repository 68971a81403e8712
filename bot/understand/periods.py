"""Which amount goes with which period: 300 a day, every month some 3k, 600 twice a week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot.understand.amounts import MONTHS, Amount
from bot.understand.cues import longest
from bot.understand.found import Scene

WORKING_DAYS, DAYS_A_MONTH = 21.0, 30.4
WORKING_HOURS, HOURS = 8.0, 24.0
WEEKS = 52 / 12
# A day has no more shifts.
MOST_SHIFTS = 4
# The thing that is counted stands between a number and its period: "15,000 stock photos of shoes a month".
REACH = 7
# "640 farms each send in a paper book every quarter": with what they do, so many words more.
DOING = 2


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time at words[start:end] that comes `monthly` times a month."""

    start: int
    end: int
    unit: str
    monthly: float


class Periods:
    """The periods of a text and the amounts they belong to (by the index of the amount)."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._amount_at = {amount.start: index for index, amount in enumerate(scene.amounts)}
        self._corrections = frozenset(scene.revised.values())
        # What is counted by: "per sprint"
        words = scene.text.words
        self._each = {
            words[at + 1].norm: at
            for at in range(len(words) - 1)
            if scene.per(at) and not scene.has(at, "article") and words[at].gap != "/"
        }
        self._days, self._hours = self._calendar()
        # "Twenty logs per shift, three shifts"
        shifts = (each.value for each in scene.amounts if each.kind == "count" and scene.has(each.end, "shift"))
        self._shifts = next((value for value in shifts if value <= MOST_SHIFTS), 1.0)
        found = self._find()
        self._all = [period for period in found if not scene.scope.rejected(period.start)]
        # "800, not a month but a day"
        self._rejected = {at for period in found if scene.scope.rejected(period.start) for at in range(period.start, period.end)}
        self._starting = {period.start: period for period in self._all}
        self._ending = {period.end: period for period in self._all}
        self.of: dict[int, Period] = {}
        taken: set[Period] = set()
        inside = {self._amount_at[place] for place in self._rejected if place in self._amount_at}
        for search in (self._after, self._before):
            for index, amount in enumerate(scene.amounts):
                if index in self.of or index in inside:
                    continue
                period = search(amount)
                if period is not None and period not in taken:
                    self.of[index] = period
                    taken.add(period)
                    inside.update(self._amount_at[place] for place in range(period.start, period.end) if place in self._amount_at)
        for index, new in sorted(scene.revised.items()):
            # "200 a day, make that 250"
            period = self.of.pop(index, None)
            if period is not None and new not in self.of:
                self.of[new] = period
        self.inside = frozenset(inside)
        self.free = [period for period in self._all if period not in taken]

    def _find(self) -> list[Period]:
        found: list[Period] = []
        size = {
            place: amount.end - amount.start
            for amount in self._scene.amounts
            if amount.kind == "time"
            for place in range(amount.start, amount.end)
        }
        for hit in longest(self._scene.group("periods")):
            unit = hit.cue.question
            if unit == "month" and self._o_clock(hit.start):
                continue
            # "A quarter of an hour" is no quarter
            if size.get(hit.start, 0) > hit.end - hit.start:
                continue
            monthly = {
                "minute": 60 * self._hours * self._days,
                "hour": self._hours * self._days,
                "day": self._days,
                "working_day": WORKING_DAYS,
                "every_day": DAYS_A_MONTH,
                "other_day": self._days / 2,
                "week": WEEKS,
                "fortnight": WEEKS / 2,
                "month": 1.0,
                "quarter": 1 / 3,
                "half_year": 1 / 6,
                "year": 1 / 12,
            }[unit]
            start, times = self._times(hit.start)
            if self._scene.has(hit.end - 1, "shift"):
                times *= self._shifts
            found.append(Period(start, hit.end, unit, monthly * times))
        for amount in self._scene.amounts:
            if amount.kind == "time" and (named := self._named(amount)) is not None:
                found.append(named)
            months = amount.within(MONTHS) if amount.kind == "time" else None
            if months and self._scene.has(amount.start - 1, "every"):
                found.append(Period(amount.start - 1, amount.end, amount.unit, 1 / months))
            elif months and (begin := self._cycle(amount)) is not None:
                found.append(Period(begin, amount.end, amount.unit, 1 / months))
        return [*found, *self._opening_hours()]

    def _opening_hours(self) -> Iterator[Period]:
        """ "Between 9 and 5", "from 8 am to 6 pm": what comes in within these hours comes in a day."""
        scene = self._scene
        hours = [each for each in scene.amounts if each.kind == "count" and each.value <= HOURS]
        for one, other in [*pairwise(hours), *((each, each) for each in hours)]:
            begin = one.start - (0 if scene.has(one.start, "between") else 1)
            joined = other.start - 1 == self._hour_end(one) and (
                scene.has(other.start - 1, "to") or scene.has(other.start - 1, "and")
            )
            ranged = one is other and one.end > one.start + 1
            end = self._hour_end(other)
            if (joined or ranged) and (scene.has(begin, "between") or scene.has(begin, "origin")) and scene.ends(end):
                yield Period(begin, end, "day", self._days)

    def _hour_end(self, amount: Amount) -> int:
        """Where an hour of the clock ends: "9", "9 am"."""
        return amount.end + self._scene.has(amount.end, "half_day")

    def _named(self, amount: Amount) -> Period | None:
        """The "per sprint" of "180 per sprint, a sprint is two weeks"."""
        scene, words = self._scene, self._scene.text.words
        months = amount.within(MONTHS)
        if not months or not scene.has(amount.start - 1, "lasting") or amount.start < 2:
            return None
        name = words[amount.start - 2].norm
        place = self._each.get(name)
        return Period(place, place + 2, amount.unit, 1 / months) if place is not None and place < amount.start else None

    def _cycle(self, amount: Amount) -> int | None:
        """Where "per sprint of 2 weeks" or "per two-week sprint" begins."""
        scene, place = self._scene, amount.start - 1
        if scene.has(place, "of") or (place >= 0 and scene.text.words[amount.start].gap == "("):
            place -= 1 if scene.has(place, "of") else 0
            begin = place - 1
            return begin if begin >= 0 and scene.per(begin) and not scene.has(begin, "article") else None
        shut = amount.end < len(scene.text.words) and scene.text.words[amount.end - 1].gap == "-"
        if shut and scene.has(place, "article") and scene.has(place - 1, "in"):
            return place - 1  # "in a two-week sprint"
        return place if shut and scene.per(place) and not scene.has(place, "article") else None

    def _o_clock(self, place: int) -> bool:
        """ "3 pm" is no rate."""
        before = self._scene.text.words[place - 1].number if place else None
        return self._scene.text.words[place].norm == "pm" and before is not None and before < HOURS

    def _times(self, start: int) -> tuple[int, float]:
        """Twice a week; three times a week."""
        words, lexicon = self._scene.text.words, self._scene.compiled.lexicon
        if start == 0:
            return start, 1.0
        if (times := lexicon.times.get(words[start - 1].norm)) is not None:
            return start - 1, times
        if self._scene.has(start - 1, "times") and start > 1:
            index = next((self._amount_at[at] for at in (start - 2, start - 3) if at in self._amount_at), None)
            if index is not None and self._scene.amounts[index].end == start - 1:
                return self._scene.amounts[index].start, self._scene.amounts[index].value
        return start, 1.0

    def _calendar(self) -> tuple[float, float]:
        """Days a month and hours a day on which the work comes in, where the text tells."""
        scene = self._scene
        days = DAYS_A_MONTH if scene.scope.all_days else 6 * WEEKS if scene.scope.six_days else WORKING_DAYS
        hours = HOURS if scene.scope.all_hours else WORKING_HOURS
        weekly = {hit.start for hit in scene.group("periods") if hit.cue.question == "week"}
        daily = {hit.start for hit in scene.group("periods") if hit.cue.question in ("day", "every_day")}
        for amount in scene.amounts:
            if amount.kind == "time" and amount.unit == "day" and amount.end in weekly and amount.value in (6, 7):
                days = amount.value * WEEKS
            if amount.kind == "time" and amount.unit == "hour" and amount.end in daily and 8 < amount.value <= HOURS:
                hours = amount.value
        return days, hours

    def _after(self, amount: Amount) -> Period | None:
        """The period that follows an amount: next to it, or behind the thing that is counted."""
        scene, words = self._scene, self._scene.text.words
        reach = REACH + DOING * self._each_sends(amount.end + 1) if amount.kind == "count" else 3 if amount.kind == "money" else 1
        for place in range(amount.end, min(amount.end + reach, len(words))):
            period = self._starting.get(place)
            same = scene.same_clause(place - 1, place) or self._amended(amount, place)
            if not same and (period is None or amount.kind == "time" or not scene.same_sentence(place - 1, place)):
                return None
            if period is not None:
                return period
            # "5 fields per form", and another amount before any period
            other = place in self._amount_at and place not in self._rejected
            divided = scene.per(place) and not scene.has(place, "article") and not self._each_sends(place)
            if other or divided:
                return None
        return None

    def _each_sends(self, place: int) -> bool:
        """ "640 farms each send a book a year": what is counted does something, and nothing is divided by it."""
        return self._scene.has(place, "each") and self._scene.has(place + 1, "receives")

    def _amended(self, amount: Amount, place: int) -> bool:
        """Whether a correction ends or begins here, or closes here: "6,000 - no, 16,000 - letters a month"."""
        scene, words = self._scene, self._scene.text.words
        if not scene.same_sentence(place - 1, place):
            return False
        inserted = {words[place - 1].clause, words[place].clause} & scene.scope.inserted
        return bool(inserted) or (place == amount.end and self._amount_at[amount.start] in self._corrections)

    def _before(self, amount: Amount) -> Period | None:
        """The period that leads up to a count: "monthly volume: 45,000"."""
        scene = self._scene
        if amount.kind not in ("count", "money"):
            return None
        crossed = 0
        for place in range(amount.start - 1, max(amount.start - 1 - REACH, -1), -1):
            crossed += not scene.same_clause(place, place + 1)
            if crossed > 1 or not scene.same_sentence(place, place + 1):
                return None
            if (period := self._ending.get(place + 1)) is not None:
                return period
            if place in self._amount_at:
                return None
        return None
