"""What a message most likely asks for, judged by its words: a linear classifier of the kinds of request, and of none.

It judges what no phrase covers. Its features are those of the classifier of choices, with what the message names (a question, a
term, a choice) and whether it ends in a question mark. `corpus/learn_requests.py` computes the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import exp
from typing import NamedTuple

from pydantic import TypeAdapter

from bot.remember import by_identity
from bot.understand.classifier import Learned, Weights, features
from bot.understand.reading import RequestKind
from bot.understand.slots import Named
from bot.understand.tokens import Word
from bot.understand.words import Token
from knowledge.model import Language

KINDS: TypeAdapter[RequestKind] = TypeAdapter(RequestKind)
NONE = "none"


class Judged(NamedTuple):
    """The likeliest kind of request, or None where most likely nothing is requested, and how likely that is."""

    kind: RequestKind | None
    probability: float


class Requested(Weights):
    """The learned weights of the kinds, ready to judge with."""

    def __init__(self, learned: Learned) -> None:
        super().__init__(learned)
        self._kinds = learned.classes

    def knows(self, word: str) -> bool:
        """The word was among those learned from, and tells something."""
        return word in self._weights

    def judge(self, found: Sequence[Token], evidence: Iterable[str]) -> Judged:
        """What the message most likely requests."""
        totals = self.totals((*told(found), *evidence))
        most = max(totals)
        best = totals.index(most)
        kind = None if self._kinds[best] == NONE else KINDS.validate_python(self._kinds[best])
        return Judged(kind, 1 / sum(exp((total - most) / 10) for total in totals))


def told(found: Sequence[Token]) -> dict[str, int]:
    """The features of the whole message, however many sentences it has; "one" stays a word, figures are all alike."""
    return features(
        [
            Word(each.word, each.start, each.end, "", each.clause, 0, each.number if each.word[0].isdecimal() else None)
            for each in found
        ]
    )


def evidence(text: str, found: Sequence[Token], named: Named) -> Iterator[str]:
    """What is weighed together with the words: that the message names something, and that it ends in a question mark."""
    words = tuple(each.word for each in found)
    for slot, names in named.slots.items():
        if any(next(names.at(words, place), None) for place in range(len(words))):
            yield f"names a {slot}"
    if text.rstrip().endswith("?"):
        yield "asks"


@by_identity(16)
def requested(words: Language) -> Requested | None:
    """The classifier of requests of a language, made ready once; None where it has none, as in a base of an earlier release."""
    return Requested(Learned.model_validate(words.requested)) if words.requested else None
