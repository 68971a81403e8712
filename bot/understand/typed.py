"""A number, percentage, sum of money or time to wait as typed for the open question, in the question's own unit.

Only what is little more than the amount counts; a number in a longer statement is for `bot.understand.facts`, which knows
what the number is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.answers import Money, Value
from bot.understand.amounts import MINUTES, MONTHS, Amount, amounts
from bot.understand.durations import wait
from bot.understand.found import Scene
from bot.understand.lexicon import Compiled
from bot.understand.periods import Period, Periods
from bot.understand.scope import Scope
from bot.understand.tokens import Text
from bot.understand.wording import Wording
from bot.understand.words import Names, negative
from knowledge.model import Question, QuestionWords

_MOST_UNKNOWN = 2  # words beside an amount with its unit that need not be understood: "3 minutes per invoice"
_MOST_WORDS = 40
_FRACTION_REACH = 3  # words that may stand between the two numbers of "one error in 200"
# The signs of minutes and seconds behind a numeral; thousands may be parted by the same apostrophe.
_MINUTE, _SECOND = re.compile(r"(?<=\d)['′’](?!\d{3}|['′’])"), re.compile(r"(?<=\d)(?:[\"″”]|['′’]{2})")
_QUOTED = re.compile(r"(?:^|\s)[\"“]")
_TIMES: dict[str, dict[str, float]] = {"minutes": MINUTES, "months": MONTHS}


class Typed:
    """The words around an amount that one question lets pass."""

    def __init__(self, question: Question, words: QuestionWords, wording: Wording) -> None:
        said = wording.said.answers
        self._question = question
        self._lexicon: Compiled = wording.lexicon
        self._denials = wording.plain(said.denials)
        self._errors, self._rights = wording.plain(said.errors), wording.plain(said.rights)
        self._out_of = wording.plain(said.out_of)
        told = " ".join((words.ask, words.name, *words.said)).split()
        shares = (*said.errors, *said.rights, *said.out_of) if question.type == "percent" else ()
        # Beside an amount that stands alone only these; in a sentence also what carries no weight or corrects.
        self._beside = wording.plain((*said.hedges, *said.around_amount, *words.unit.split(), *shares))
        self._light = wording.plain((*said.light, *said.corrects, *said.contrasts, *told))

    def read(self, text: str, *, alone: bool = False) -> Value | None:
        """The one value that the text gives. `alone`: there may be hedges and units beside it, but no sentence around it."""
        cut = self._lexicon.read(_spelled_out(text) if self._question.id == "minutes" else text)
        if not 0 < len(cut.words) <= _MOST_WORDS or any(
            word.number is not None and negative(text, word.start) for word in cut.words
        ):
            return None
        hits = self._lexicon.hits(cut.words)
        scene = Scene(cut, self._lexicon, amounts(cut, self._lexicon), hits, Scope(cut, self._lexicon, hits))
        values = list(dict.fromkeys(self._values(scene, alone)))
        return values[0] if len(values) == 1 else None

    def _values(self, scene: Scene, alone: bool) -> Iterator[Value]:
        """Every value that the text could be giving; none where an amount is rough or words remain unknown."""
        norms = tuple(word.norm for word in scene.text.words)
        periods = Periods(scene)
        spans = [(amount.start, amount.end) for amount in scene.amounts]
        spans += [(period.start, period.end) for period in periods.of.values()]
        kept: list[tuple[Amount, Period | None]] = []
        for index, amount in enumerate(scene.amounts):
            denied = self._denied(scene, norms, amount.start)
            if denied is not None and not alone:
                spans.append((denied, amount.start))
            elif index not in periods.inside:
                kept.append((amount, periods.of.get(index)))
        light = (self._beside,) if alone else (self._beside, self._light)
        unknown = self._unknown(scene, norms, spans, light)
        vague = self._question.type != "choice" and any(amount.rough for amount, _ in kept)
        if vague or unknown > (0 if alone else _MOST_UNKNOWN):
            return
        if (share := self._share(scene, norms, kept)) is not None:
            yield share
            return
        for amount, period in kept:
            bare = amount.kind == "count" and period is None
            value = self._value(amount, period, norms)
            within = self._question.type != "choice" and scene.has(amount.start - 1, "deadline")
            if value is not None and not (bare and unknown) and not within and not self._of_a_piece(scene, amount, period):
                yield value

    def _value(self, amount: Amount, period: Period | None, norms: Sequence[str]) -> Value | None:
        """The amount in the unit of the question."""
        match self._question.type, amount.kind:
            case "money", "money" if period is None or period.unit == "hour":
                return Money(amount=amount.value, currency=amount.unit)
            case "money", "count" if period is None or period.unit == "hour":
                return Money(amount=amount.value)
            case "percent", "percent" | "count" if period is None:
                wrong = self._says(self._errors, norms) and not self._says(self._rights, norms)
                return 100 - amount.value if wrong else amount.value
            case "choice", "time" if self._question.id == "turnaround":
                return wait(amount)
            case "number", "time" if period is None:
                return amount.within(_TIMES.get(self._question.id, {}))
            case "number", "count" if period is None:
                return amount.value
            case "number", "count" if period is not None and self._question.id == "volume":
                return amount.value * period.monthly
        return None

    @staticmethod
    def _of_a_piece(scene: Scene, amount: Amount, period: Period | None) -> bool:
        """ "10 cents each", "$2 per form": the price of a piece is no hourly cost."""
        return amount.kind == "money" and period is None and (scene.per(amount.end) or scene.has(amount.end, "each"))

    def _share(self, scene: Scene, norms: Sequence[str], kept: Sequence[tuple[Amount, Period | None]]) -> float | None:
        """ "One in 200" for a percentage: the smaller part is the errors, unless the words say otherwise."""
        if self._question.type != "percent" or [amount.kind for amount, _ in kept] != ["count", "count"]:
            return None
        (part, _), (whole, _) = kept
        between = norms[part.end : whole.start]
        joined = self._says(self._out_of, between) or scene.text.words[whole.start].gap == "/"
        if len(between) > _FRACTION_REACH or not joined or part.value > whole.value:
            return None
        share = 100 * part.value / whole.value
        return share if share >= 50 else 100 - share

    def _denied(self, scene: Scene, norms: Sequence[str], start: int) -> int | None:
        """Where a denial begins that ends right before an amount of its clause ("not 2k but 20k")."""
        for place in range(max(0, start - 2), start):
            if scene.same_clause(place, start) and any(end == start for end, _ in self._denials.at(norms, place)):
                return place
        return None

    def _unknown(self, scene: Scene, norms: Sequence[str], spans: Sequence[tuple[int, int]], light: Sequence[Names[str]]) -> int:
        """How many words are neither part of an amount nor light; a denial that denies no amount makes all unknown."""
        known = {place for start, end in spans for place in range(start, end)}
        for place in range(len(norms)):
            known |= {each for names in light for end, _ in names.at(norms, place) for each in range(place, end)}
            if not norms[place].isalnum():
                known.add(place)
        if len(norms) > 1 and not scene.same_clause(0, 1) and next(self._denials.at(norms, 0), None):
            known.add(0)  # "no, 20k"
        denied = any(place not in known and next(self._denials.at(norms, place), None) for place in range(len(norms)))
        return len(norms) if denied else len(norms) - len(known)

    @staticmethod
    def _says(names: Names[str], norms: Sequence[str]) -> bool:
        return any(next(names.at(norms, place), None) for place in range(len(norms)))


def _spelled_out(text: str) -> str:
    """A text with units for signs: 1'30" is 1 minute 30 seconds. Behind a quotation mark it may be the end of what is quoted."""
    return text if _QUOTED.search(text) else _MINUTE.sub(" minutes ", _SECOND.sub(" seconds ", text))


def amounts_in(text: str, wording: Wording) -> Sequence[Amount]:
    """Every amount in a text."""
    cut: Text = wording.lexicon.read(text)
    return amounts(cut, wording.lexicon)
