"""What a sentence states about a choice, judged by its words: a linear classifier for each value of each question.

The lexicon knows what its phrases mean; the classifier knows what thousands of labelled sentences with these words stated, and
how far a finding of the lexicon can be relied on, which is evidence among the words. `corpus/learn.py` computes the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from math import exp, log
from struct import Struct
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from bot.remember import by_identity
from bot.understand.tokens import Word
from knowledge.model import Language

NUMBER = "#"
FIRST, LAST, PAUSE = "<", ">", ","
LANE, MIDDLE = 16, 1 << 15
"""Bits for the sum of a class's weights, and what is added to it so that it is never negative. A test adds up all there are."""
STEMS = (3, 4, 5, 6)
"""Lengths of the beginnings of words that stand for their stems: "photographs" shares "photo*" with "photos"."""


class Learned(BaseModel):
    """What was learned: `weights` has a line for each feature, with the class numbers and tenths of the log-odds it adds to them.

    A class is "question=value" in classifier.yaml, a kind of request in requested.yaml. `corpus` is the digest of the labelled
    sentences that it was learned from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpus: str
    classes: tuple[str, ...]
    bias: tuple[int, ...] = Field(description="tenths of log-odds of each class before anything is read")
    weights: str


class Finding(NamedTuple):
    """What the lexicon finds in a text, and at which word it begins."""

    name: str
    at: int


class Judgement(NamedTuple):
    """A value that the sentence words[start:end] states with this probability."""

    question: str
    value: str
    probability: float
    start: int
    end: int


class Weights:
    """Learned weights, ready to add up: one number holds those of all classes, `LANE` bits each."""

    def __init__(self, learned: Learned) -> None:
        self._lanes = Struct(f"<{len(learned.classes)}H")
        self._raise = _packed((number, MIDDLE) for number in range(len(learned.classes)))  # no lane is negative with this
        self._bias = _packed(enumerate(learned.bias))
        self._weights = dict(_weights(learned.weights))

    def totals(self, names: Iterable[str]) -> list[int]:
        """For each class the tenths of log-odds that these features make together."""
        total = sum(map(self._weights.get, names, repeat(0)), self._bias + self._raise)
        return [lane - MIDDLE for lane in self._lanes.unpack(total.to_bytes(self._lanes.size, "little"))]

    def weight(self, name: str, number: int) -> int:
        """What a feature adds to one class."""
        return (self._weights.get(name, 0) + self._raise >> LANE * number) % (1 << LANE) - MIDDLE


class Classifier(Weights):
    """The learned weights of the choices, ready to judge with."""

    def __init__(self, learned: Learned) -> None:
        super().__init__(learned)
        self.classes = [(question, value) for question, _, value in (name.partition("=") for name in learned.classes)]
        self.questions = frozenset(question for question, _ in self.classes)

    def judge(self, words: Sequence[Word], findings: Sequence[Finding], least: float) -> Iterator[Judgement]:
        """The values that each sentence states with at least that probability."""
        at_least = _tenths(least)
        for start, end in sentences(words):
            told = {each.name for each in findings if start <= each.at < end}
            for number, total in enumerate(self.totals((*features(words[start:end]), *told))):
                if total >= at_least:
                    yield Judgement(*self.classes[number], _probability(total), start, end)

    def telling(self, judged: Judgement, words: Sequence[Word]) -> tuple[int, int]:
        """The run of words that speaks most for a judgement (its start and end among `words`)."""
        number = self.classes.index((judged.question, judged.value))
        gains = [0] * (judged.end - judged.start)
        for name, place in features(words[judged.start : judged.end]).items():
            gains[place] += self.weight(name, number)
        first, last = _heaviest(gains)
        return judged.start + first, judged.start + last


def features(words: Sequence[Word]) -> dict[str, int]:
    """The features of a sentence with the place of the word each begins at: words, their beginnings, and pairs of neighbours."""
    found: dict[str, int] = {}
    before = FIRST
    for place, word in enumerate(words):
        norm = word.norm if word.number is None else NUMBER
        if place and word.clause != words[place - 1].clause:
            found.setdefault(f"{before} {PAUSE}", place - 1)
            before = PAUSE
        found.setdefault(norm, place)
        found.setdefault(f"{before} {norm}", place)
        for size in STEMS:
            if size < len(norm):
                found.setdefault(norm[:size] + "*", place)
        before = norm
    if words:
        found.setdefault(f"{before} {LAST}", len(words) - 1)
    return found


def sentences(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends."""
    start = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or words[place].sentence != words[start].sentence:
            yield start, place
            start = place


@by_identity(16)
def classifier(words: Language) -> Classifier | None:
    """The classifier of a language, made ready once; None where it has none, as in a base of an earlier release."""
    return Classifier(Learned.model_validate(words.classifier)) if words.classifier else None


def _weights(lines: str) -> Iterator[tuple[str, int]]:
    """Each line is a feature, a bar, and pairs of class number and weight, such as "no data|3:-12 4:7"."""
    for line in lines.splitlines():
        name, _, pairs = line.rpartition("|")
        numbers = [part.partition(":") for part in pairs.split()]
        yield name, _packed((int(number), int(weight)) for number, _, weight in numbers)


def _packed(weights: Iterable[tuple[int, int]]) -> int:
    return sum(weight << LANE * number for number, weight in weights)


def _probability(tenths: int) -> float:
    return 1 / (1 + exp(-tenths / 10))


def _tenths(probability: float) -> float:
    return 10 * log(probability / (1 - probability))


def _heaviest(gains: Iterable[int]) -> tuple[int, int]:
    """The run with the largest sum (Kadane's algorithm); never empty."""
    best, where = float("-inf"), (0, 1)
    total, start = 0, 0
    for place, gain in enumerate(gains):
        if total <= 0:
            total, start = 0, place
        total += gain
        if total > best:
            best, where = total, (start, place + 1)
    return where
