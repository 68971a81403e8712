"""Amounts in a text: counts, ranges, durations, percentages, money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from babel.core import get_global

from bot.understand.lexicon import Compiled
from bot.understand.numbers import Number, Numbers
from bot.understand.tokens import Text

# Minutes of hands-on time: a working day has 8 hours, a month 21 such days.
MINUTES = {
    "second": 1 / 60,
    "minute": 1.0,
    "hour": 60.0,
    "day": 480.0,
    "week": 2_400.0,
    "fortnight": 4_800.0,
    "month": 10_080.0,
    "quarter": 30_240.0,
    "year": 120_960.0,
}
# Months of the calendar: 52 weeks and 12 months to a year.
MONTHS = {"day": 12 / 365, "week": 12 / 52, "fortnight": 24 / 52, "month": 1.0, "quarter": 3.0, "year": 12.0}
# Days of waiting.
DAYS = {
    "second": 1 / 86_400,
    "minute": 1 / 1_440,
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "fortnight": 14.0,
    "month": 30.4,
    "quarter": 91.0,
    "year": 365.0,
}

Kind = Literal["count", "time", "percent", "money"]
APART = 1.6
# So many seconds are the years of a decade.
DECADES = 1_000
RANGE_SIGNS = frozenset("-–—")
# What stands right before a tolerance; the plus of "+/-" is a word of its own.
TOLERANCE_SIGNS, MINUS_SIGNS = frozenset({"±"}), frozenset({"/-", "-", "/−", "−"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity at words[start:end]. A range is its midpoint, "a few" is `rough`, `unit` a time unit or a currency."""

    value: float
    start: int
    end: int
    kind: Kind = "count"
    unit: str = ""
    rough: bool = False

    def within(self, table: dict[str, float]) -> float | None:
        """A duration by a table of units; None for what the table does not measure."""
        return self.value * table[self.unit] if self.unit in table else None


def amounts(text: Text, compiled: Compiled) -> list[Amount]:
    """All amounts, in the order of the text; a range is one amount."""
    reader = _Amounts(text, compiled)
    found: list[Amount] = []
    at = 0
    while at < len(text.words):
        amount = reader.range(at) if reader.may_start(at) else None
        if amount is not None:
            found.append(amount)
        at = amount.end if amount is not None else at + 1
    return found


class _Amounts(Numbers):
    """Reads amounts at places of a text; every rule looks ahead a bounded number of words."""

    def __init__(self, text: Text, compiled: Compiled) -> None:
        super().__init__(text, compiled)
        self._codes = get_global("all_currencies")

    def may_start(self, at: int) -> bool:
        """A quick look at one word, which spares the rules most words of a text."""
        word = self.words[at]
        following = self.word(at + 1)
        if word.number is None and following is not None and following.gap == "-" and self.has(at + 1, "compound"):
            return False  # "one-off" counts nothing
        if word.number is not None or word.norm in self.compiled.amount_starts:
            return True
        return len(word.norm) == 3 and self._currency(at) is not None

    def range(self, at: int) -> Amount | None:
        """One amount, or two with a dash, "to", "or", or (after "between") "and" between them."""
        between = self.has(at, "between")
        first = self._quantity(at + between, joined=not between)
        if first is None or self._grew(at):
            return first
        if (exact := self._within_tolerance(first)) is not None:
            return exact
        join = self._guesses(first) or self._join(first.end, between)
        second = None if join is None else self._quantity(first.end + join)
        if second is None:
            return self._or_two(first)
        ends = self._aligned(first, second)
        if ends is None:
            return self._or_two(first)
        one, other = ends
        factor = MINUTES[one.unit] / MINUTES[other.unit] if one.kind == "time" else 1.0
        low, high = sorted((one.value * factor, other.value))
        either = join == 1 and self.has(first.end, "or")
        if high > other.value and not either:
            return first
        # "97 or 98" is a range, "2,400 or 4,200" are two readings, and so are "5,000 or 3,000"
        apart = either and low * APART < high
        return replace(other, value=(low + high) / 2, start=at, rough=one.rough or other.rough or apart)

    def _grew(self, at: int) -> bool:
        """ "It went up from 2,000 to 3,000": no range but a change."""
        return self.has(at - 1, "origin") and any(self.has(at - back, "changed") for back in (2, 3) if at >= back)

    def _within_tolerance(self, first: Amount) -> Amount | None:
        """ "500 ± 50", "98 plus or minus 1 %": the amount in the middle, to where its tolerance ends."""
        place, signs = first.end, TOLERANCE_SIGNS
        if self._ends(place):
            return None
        if self.has(place, "plus"):
            place, signs = place + 1 + self.has(place + 1, "or"), MINUS_SIGNS
            place += self.has(place, "minus")
        following = self.word(place)
        signed = following is not None and following.gap in signs
        second = self._quantity(place) if signed or self.has(place - 1, "minus") else None
        if second is None:
            return None
        part = second.kind == "percent" and first.value > 100  # of 800
        middle, _ = (not part and self._aligned(first, second)) or (first, second)
        return replace(middle, end=second.end)

    def _quantity(self, at: int, joined: bool = True) -> Amount | None:
        """A number with what it measures: money before or after, per cent, a duration, or a mere count."""
        currency = self._currency(at)
        if self._ones(at) and self._part(at + 1) and self.has(at + 2, "of") and (parts := self._indefinite(at)):
            return parts
        if currency and self._ends(at + 1):
            currency = None  # "is it real? 500 a month": no reais
        number = self.number(at + 1 if currency else at, joined)
        if number is None:
            return None if currency else self._indefinite(at)
        if not 0 < number.value < 1e15:
            return None
        if self.has(number.end, "odd") and not self._ends(number.end):
            number = number._replace(end=number.end + 1)
        end = number.end
        if currency:
            return Amount(number.value, at, end, "money", currency)
        if code := self.compiled.currencies.get(f"{self._norm(end)} {self._norm(end + 1)}"):
            return Amount(number.value, at, end + 2, "money", code)
        if code := self._currency(end):
            return self._with_hundredths(Amount(number.value, at, end + 1, "money", code))
        if code := self._cents(end):
            return Amount(number.value / 100, at, end + 1, "money", code)
        sign = end + (1 if self.has(end, "plus") else 0)
        if self.has(sign, "percent"):
            return Amount(number.value, at, sign + 1, "percent")
        if self.has(end, "per") and self.has(end + 1, "cent"):
            return Amount(number.value, at, end + 2, "percent")
        return self._duration(at, number) or Amount(number.value, at, end, rough=number.rough)

    def _with_hundredths(self, money: Amount) -> Amount:
        """ "17 quid fifty an hour": what follows a whole sum at once, and counts nothing itself, are its hundredths."""
        rest = None if self._ends(money.end) else self.number(money.end, joined=False)
        whole = money.value == int(money.value)
        if rest is None or not whole or not 10 <= rest.value < 100 or not (self._ends(rest.end) or self.has(rest.end, "per")):
            return money
        return replace(money, value=money.value + rest.value / 100, end=rest.end)

    def _ordinal(self, at: int) -> bool:
        """ "A second opinion" takes no second."""
        return self.words[at].norm == "second" and not (self._ends(at + 1) or self.has(at + 1, "per") or self.has(at + 1, "or"))

    def _duration(self, at: int, number: Number) -> Amount | None:
        """5 minutes, 3 working days, 1 h 20 min, 2 hours and 15 minutes, one hour and a half."""
        place = number.end + (1 if self.has(number.end, "working") else 0)
        unit = self.unit(place)
        if unit is None or self.words[place].clause != self.words[at].clause or self._names(number, place):
            return None
        amount = Amount(number.value, at, place + 1, "time", unit, number.rough)
        if (part := self.and_part(place + 1)) is not None:
            return replace(amount, value=amount.value + part[0], end=part[1])
        more = place + 1 + (1 if self.has(place + 1, "and") else 0)
        rest = self.number(more)
        if rest is None or self.words[more].clause != self.words[place].clause:
            return amount
        smaller = self.unit(rest.end)
        # "1h30", "two minutes thirty", "an hour and ten", "1 h 30 per case"
        told = self.words[more].glued or self._ends(rest.end) or self._each_takes(rest.end)
        if smaller is None and unit in ("hour", "minute") and rest.value < 60 and told:
            return replace(amount, value=amount.value + rest.value / 60, end=rest.end)
        if smaller is not None and MINUTES[smaller] < MINUTES[unit] <= MINUTES["hour"]:
            return replace(amount, value=amount.value + rest.value * MINUTES[smaller] / MINUTES[unit], end=rest.end + 1)
        return amount

    def _each_takes(self, at: int) -> bool:
        """Whether an item follows that takes the time before this place: "per case", "/case", but not "a day"."""
        slash = self.words[at].gap == "/"
        return (slash or self.has(at, "per")) and self.unit(at if slash else at + 1) is None

    def _names(self, number: Number, at: int) -> bool:
        """ "A 3D plan" takes no three days, and "from the 1950s" tells of years."""
        if self.words[at].norm == "s" and self.words[at].glued and number.value >= DECADES:
            return True
        short = self.words[at].norm == "d" and self.words[at].glued and number.value in (2, 3)
        return short and not self._ends(at + 1) and not self.has(at + 1, "per")

    def _ends(self, at: int) -> bool:
        """Whether a clause ends before this place."""
        return at == len(self.words) or self.words[at].clause != self.words[at - 1].clause

    def _indefinite(self, at: int) -> Amount | None:
        """An hour, half an hour, a good quarter of an hour, an hour and a half."""
        place = at + (1 if self.has(at, "article") else 0)
        if place > at and self.has(place, "working") and self._part(place + 1) and self.has(place + 2, "of"):
            place += 1
        part, after = self._part(place), place + 1
        if not part and self._ones(place):
            # "three quarters of an hour", which are no nine months
            part, after = self.lexicon.numbers[self.words[place].norm] * self._part(place + 1), place + 2
        if part:
            unit_at = after
            while unit_at < after + 2 and (self.has(unit_at, "article") or self.has(unit_at, "of")):
                unit_at += 1
            if unit := self.unit(unit_at):
                return Amount(part, at, unit_at + 1, "time", unit)
        if place > at and self.has(place, "working") and self.unit(place + 1):
            return Amount(1.0, at, place + 2, "time", str(self.unit(place + 1)))  # "a full day"
        if place > at and self.unit(place) and not self._ordinal(place):
            return self._duration(at, Number(1.0, place, 1.0))
        return None

    def _aligned(self, first: Amount, second: Amount) -> tuple[Amount, Amount] | None:
        """Both ends of a range in one kind and scale: "2 to 3 thousand", "5-10 minutes", "$25 to 30"."""
        if first.kind == "count" and not first.rough:
            number = self.number(second.start)
            if number is not None and number.scale > 1 and first.value < number.mantissa:
                first = replace(first, value=first.value * number.scale)
        if first.kind == second.kind:
            return (first, second) if first.kind != "money" or first.unit == second.unit else None
        if first.kind == "count":
            return replace(first, kind=second.kind, unit=second.unit), second
        if first.kind == "money" and second.kind == "count":
            return first, replace(second, kind=first.kind, unit=first.unit)
        return None

    def _join(self, at: int, between: bool) -> int | None:
        """How many words join the two ends of a range; None where nothing does."""
        word = self.word(at)
        if word is None:
            return None
        if word.gap and set(word.gap) <= RANGE_SIGNS:
            return 0
        if word.clause == self.words[at - 1].clause and (self.has(at, "to") or (between and self.has(at, "and"))):
            return 1
        return None

    def _guesses(self, first: Amount) -> int | None:
        """ "Could be 4k, could be 10k": how many words a guess repeats before its other end."""
        for size in (1, 2):
            opens = first.start - size
            again = [self._norm(first.end + ahead) for ahead in range(size)]
            if opens >= 0 and self.has(opens, "guessing") and again == [self._norm(opens + ahead) for ahead in range(size)]:
                return size
        return None

    def _or_two(self, amount: Amount) -> Amount:
        """A week or two."""
        if amount.value == 1 and amount.kind == "time" and self.has(amount.end, "or") and self.has(amount.end + 1, "two"):
            return replace(amount, value=1.5, end=amount.end + 2)
        return amount

    def _currency(self, at: int) -> str | None:
        word = self.word(at)
        if word is None:
            return None
        code = self.compiled.currencies.get(word.norm)
        if code and len(word.norm) == 1 and word.norm.isalpha() and not self._glued(at):
            return None  # "R185" is money, "r" is a letter
        if code or len(word.norm) != 3:
            return code
        # The other codes of ISO 4217 count in capitals only: "try" and "all" are words.
        written = self.raw(at)
        return written if written.isupper() and written in self._codes else None

    def _glued(self, at: int) -> bool:
        following = self.word(at + 1)
        return following is not None and following.number is not None and following.glued

    def _norm(self, at: int) -> str:
        word = self.word(at)
        return "" if word is None else word.norm

    def _cents(self, at: int) -> str | None:
        word = self.word(at)
        # "50p" is money, "14k p.m." is not
        if word is None or (len(word.norm) == 1 and word.norm.isalpha() and not word.glued):
            return None
        return self.compiled.cents.get(word.norm)
