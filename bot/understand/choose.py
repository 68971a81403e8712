"""The answer to the open question as it was typed: a choice, a number, money, a ranking or text.

A caller tries `exact`, then a request (`bot.understand.intents`), then `read_answer`, then facts: "no" to a question of
yes or no is an answer before it is a refusal, and everything less plain is a request first.
"""

from __future__ import annotations

from functools import lru_cache

from bot.answers import Refused, Value, check
from bot.remember import by_identity
from bot.understand.choices import Choices
from bot.understand.order import Rankings
from bot.understand.typed import Typed
from bot.understand.wording import Wording, wording
from knowledge.model import Language, Question

_MOST_CHARACTERS = 400  # a longer message is a description, not an answer


def read_answer(text: str, question: Question, words: Language) -> Value | None:
    """The value that the text gives to the question; None if it gives none, or could give two."""
    if question.type != "text" and len(text) > _MOST_CHARACTERS:
        return None
    match question.type:
        case "choice":
            if question.id in wording(words).lexicon.lexicon.strictest and _excepts(text, words):
                return None
            value: Value | None = _waited(text, question, words) or choices_of(question, words).read(text)
        case "ranking":
            value = _readers(wording(words)).rankings(question, words).read(text)
        case "text":
            value = text
        case "number" | "percent" | "money":
            value = _readers(wording(words)).typed(question, words).read(text)
    return _checked(value, question, words)


@by_identity(4_096)  # most answers are a label, "yes" or a round number, from everybody
def exact(text: str, question: Question, words: Language) -> Value | None:
    """The value whose id, label, number or listed synonym is all that the text holds, or the amount alone."""
    if len(text) > _MOST_CHARACTERS:
        return None
    match question.type:
        case "choice":
            return _checked(
                _waited(text, question, words, alone=True) or choices_of(question, words).exact(text), question, words
            )
        case "text":
            return None
        case "ranking":
            return _checked(_readers(wording(words)).rankings(question, words).read(text, alone=True), question, words)
        case "number" | "percent" | "money":
            return _checked(_readers(wording(words)).typed(question, words).read(text, alone=True), question, words)


def _excepts(text: str, words: Language) -> bool:
    """Whether the answer does not hold of everything: "all public, except the names"."""
    lexicon = wording(words).lexicon
    return any(hit.cue[:2] == ("marks", "exception") for hit in lexicon.hits(lexicon.read(text).words))


def _waited(text: str, question: Question, words: Language, *, alone: bool = False) -> Value | None:
    """The choice of how soon for a time: "a week or two", "within 2 days"."""
    return _readers(wording(words)).typed(question, words).read(text, alone=alone) if question.id == "turnaround" else None


@by_identity(4_096)
def unsure(text: str, words: Language) -> bool:
    """The text carries a hedge ("I think", "not sure but") or ends in a question mark."""
    ready = wording(words)
    said = ready.words(text)
    return text.rstrip().endswith("?") or any(next(ready.hedges.at(said, place), None) for place in range(len(said)))


def _checked(value: Value | None, question: Question, words: Language) -> Value | None:
    try:
        return None if value is None else check(question, value, words)
    except Refused:
        return None


def choices_of(question: Question, words: Language) -> Choices:
    """The choices of a question under all their names."""
    return _readers(wording(words)).choices(question, words)


class _Readers:
    """What reads the answers to each question, made when first needed."""

    def __init__(self, ready: Wording) -> None:
        self._ready = ready
        self._choices: dict[str, Choices] = {}
        self._typed: dict[str, Typed] = {}
        self._rankings: dict[str, Rankings] = {}

    def choices(self, question: Question, words: Language) -> Choices:
        if question.id not in self._choices:
            self._choices[question.id] = Choices(question, words.questions[question.id], self._ready)
        return self._choices[question.id]

    def typed(self, question: Question, words: Language) -> Typed:
        if question.id not in self._typed:
            self._typed[question.id] = Typed(question, words.questions[question.id], self._ready)
        return self._typed[question.id]

    def rankings(self, question: Question, words: Language) -> Rankings:
        if question.id not in self._rankings:
            self._rankings[question.id] = Rankings(question, words, self._ready)
        return self._rankings[question.id]


@lru_cache(maxsize=16)
def _readers(ready: Wording) -> _Readers:
    return _Readers(ready)
