"""Numbers however they are written: 200k, 12 500, two hundred and fifty, half a million, three dozen."""

from __future__ import annotations

from typing import NamedTuple

from bot.understand.lexicon import Compiled
from bot.understand.tokens import Text, Word

# "A few thousand" is rough: it counts as three of them and is never a fact.
ROUGHLY = 3.0
HUNDRED = 100.0
# "Grand" and "score" at the start of a part are words, "million" is a number with its digits left out.
MOST_ALONE = 100.0
# Powers of ten from here on are no amounts.
MOST_ZEROS = 12
# No spelled number in use is longer.
LONGEST = 12


class Number(NamedTuple):
    """A number that ends before words[end]; `mantissa` times `scale` is how it was put ("3 thousand")."""

    value: float
    end: int
    mantissa: float
    scale: float = 1.0
    rough: bool = False


class Numbers:
    """Reads numbers at places of a text; every rule looks ahead a bounded number of words."""

    def __init__(self, text: Text, compiled: Compiled) -> None:
        self.text = text
        self.words = text.words
        self.compiled = compiled
        self.lexicon = compiled.lexicon
        self._grammar = compiled.grammar

    def number(self, at: int, joined: bool = True) -> Number | None:
        """The number that starts at a word. Not `joined`: an "and" ends it, as between two ends of a range."""
        word = self.word(at)
        if word is None:
            return None
        if word.number is not None:
            return self._fraction(at) or self._power(at) or (self._scaled(word.number, at + 1) if self._separate(at) else None)
        if self._part(at) or (self.has(at, "article") and self._part(at + 1)):
            return self._part_of_scale(at)
        if self.has(at, "article") or self.has(at, "rough"):
            return self._article(at)
        if self.has(at - 1, "per") and (scale := self._scale(at)):
            return Number(scale, at + 1, 1.0, scale)
        if self._alone(at):
            return self._scaled(self.lexicon.scales[word.norm], at + 1)
        return self._spelled(at, joined)

    def word(self, at: int) -> Word | None:
        """The word at a place, if the text has one there."""
        return self.words[at] if 0 <= at < len(self.words) else None

    def has(self, at: int, name: str) -> bool:
        """Whether the word at a place is one of the grammar words of that name."""
        return 0 <= at < len(self.words) and self.words[at].norm in self._grammar[name]

    def unit(self, at: int) -> str | None:
        """The time unit named at a place."""
        word = self.word(at)
        # "1k/day" is a rate, not a thousand days
        return None if word is None or word.gap == "/" else self.compiled.units.get(word.norm)

    def raw(self, at: int) -> str:
        """The letters of a word as they were written."""
        return self.text.raw[self.words[at].start : self.words[at].end]

    def and_part(self, at: int) -> tuple[float, int] | None:
        """ "And a half": its value and where it ends."""
        part_at = at + (2 if self.has(at + 1, "article") else 1)
        if self.has(at, "and") and (part := self._part(part_at)):
            return part, part_at + 1
        word = self.word(at)
        return (part, at + 1) if word is not None and not word.norm.isalpha() and (part := self._part(at)) else None

    def _part(self, at: int) -> float:
        word = self.word(at)
        return self.lexicon.parts.get(word.norm, 0.0) if word is not None else 0.0

    def _separate(self, at: int) -> bool:
        """Digits that belong to a name, such as A4 or Q3, are no number; USD28 and 1h30 are."""
        if at == 0 or not self.words[at].glued:
            return True
        before = self.words[at - 1].norm
        return not before.isalpha() or before in self.compiled.currencies or before in self.compiled.units

    def _power(self, at: int) -> Number | None:
        """1e6, as programs write a million."""
        mark, power = self.word(at + 1), self.word(at + 2)
        if mark is None or power is None or power.number is None or not (mark.glued and power.glued):
            return None
        value = self.words[at].number or 0.0
        return Number(value * 10**power.number, at + 3, value) if mark.norm == "e" and power.number <= MOST_ZEROS else None

    def _fraction(self, at: int) -> Number | None:
        """1/2, 1 1/2: read so before a time unit or a scale only, since 9/10 is as often a score."""
        place, whole = at, 0.0
        second = self.word(at + 1)
        if second is not None and second.number is not None and second.gap == " ":
            place, whole = at + 1, self.words[at].number or 0.0
        top, bottom = self.words[place].number, self.word(place + 1)
        if bottom is None or bottom.gap != "/" or not bottom.number or not top or not top < bottom.number < 9:
            return None
        value = whole + top / bottom.number
        if self.unit(place + 2):
            return Number(value, place + 2, value)
        scaled = self._scaled(value, place + 2)
        return scaled if scaled.scale > 1 else None

    def _scaled(self, value: float, at: int) -> Number:
        scale, place = 1.0, at
        if value < 1000 and (part := self.and_part(place)) is not None:
            value, place = value + part[0], part[1]
        while place < at + 4 and (factor := self._scale(place)) is not None:
            scale, place = scale * factor, place + 1
        return Number(value * scale, place, value, scale)

    def _scale(self, at: int) -> float | None:
        word = self.word(at)
        if word is None or word.norm not in self.lexicon.scales or word.clause != self.words[at - 1].clause:
            return None
        if len(word.norm) > 1:
            return self.lexicon.scales[word.norm]
        # 5k and 5 k, but only 5m: "5 m" are minutes or metres, and so is "5m each"
        if not (word.glued or word.norm in self._grammar["loose_scale"]) or self._each(at):
            return None
        return self.lexicon.scales[word.norm]

    def _alone(self, at: int) -> bool:
        """ "Hundred a day", "our dozen letters": a scale that counts one of itself."""
        word = self.words[at]
        opens = at == 0 or word.clause != self.words[at - 1].clause or self.has(at - 1, "whose")
        heap = self.has(at + 1, "of")  # "dozens of letters"
        return opens and not heap and len(word.norm) > 1 and self.lexicon.scales.get(word.norm, MOST_ALONE + 1) <= MOST_ALONE

    def _each(self, at: int) -> bool:
        return (self.unit(at) is not None and self.has(at + 1, "each")) or (
            self.unit(at) is not None and self.has(at + 1, "per") and self.unit(at + 2) is None
        )

    def _article(self, at: int) -> Number | None:
        """A hundred, a dozen, a couple of thousand, several hundred."""
        rough = self.has(at, "rough")
        if not rough and self.has(at + 1, "rough"):
            at, rough = at + 1, True
        place = at + 1 + (1 if rough and self.has(at + 1, "of") else 0)
        if self._scale(place) is None:
            return Number(ROUGHLY, place, ROUGHLY, rough=True) if rough else None
        number = self._scaled(ROUGHLY if rough else 1.0, place)
        more = self._spelled(number.end + 1, True) if not rough and self.has(number.end, "and") else None
        if more is not None and more.value < number.value:
            return Number(number.value + more.value, more.end, number.mantissa)
        if more is not None and number.scale == HUNDRED and more.scale > HUNDRED > more.value / more.scale:
            # "a hundred and twenty thousand"
            return Number((number.value + more.value / more.scale) * more.scale, more.end, number.value, more.scale)
        return number._replace(rough=rough)

    def _spelled(self, at: int, joined: bool) -> Number | None:
        """Two hundred and fifty thousand; twenty-five; one and a half."""
        total = current = 0.0
        place, scale, mantissa = at, 1.0, 0.0
        while place < at + LONGEST and (word := self.word(place)) is not None:
            if place > at and word.clause != self.words[place - 1].clause:
                break
            step = self.lexicon.numbers.get(word.norm)
            factor = self._scale(place) if place > at else None
            if step is not None:
                # "two three" are two numbers: only a ten takes a one
                if current % 10 or (current % 100 and step >= 10):
                    break
                current, mantissa, scale = current + step, mantissa or step, 1.0
            elif factor is not None:
                scale = factor
                current *= factor if factor == 100 else 1
                total, current = (total, current) if factor == 100 else (total + (current or 1) * factor, 0.0)
            elif not (joined and scale >= 100 and self.has(place, "and") and self._ones(place + 1)):
                break
            place += 1
        if place == at:
            return None
        value = total + current
        if (part := self.and_part(place)) is not None:
            return self._scaled(value + part[0], part[1])
        return Number(value, place, mantissa, scale)

    def _ones(self, at: int) -> bool:
        word = self.word(at)
        return word is not None and word.norm in self.lexicon.numbers

    def _part_of_scale(self, at: int) -> Number | None:
        """Half a million; a quarter of a million; half a per cent."""
        place = at if self._part(at) else at + 1
        part = self._part(place)
        place += 1
        while place < at + 5 and (self.has(place, "of") or self.has(place, "article")):
            place += 1
        scale = self._scale(place)
        if scale is None and (self.has(place, "percent") or (self.has(place, "per") and self.has(place + 1, "cent"))):
            return Number(part, place, part)
        return Number(part * scale, place + 1, part, scale) if scale else None
