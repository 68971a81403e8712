"""The words of one language for reading facts, compiled once for each knowledge base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.remember import by_identity
from bot.understand import tokens
from bot.understand.cues import Cue, Hit, Tree
from bot.understand.spelling import Spelling
from bot.understand.tokens import Text, Word, normal
from knowledge.model import Language


def _listed(raw: object) -> object:
    """A list as the file writes it: patterns with commas between."""
    if not isinstance(raw, str):
        return raw
    return tuple(part for part in (" ".join(part.split()) for part in raw.split(",")) if part)


# Hostile text must not fill the memory with its words.
REMEMBERED = 20_000

Patterns = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Part(BaseModel):
    """Base of the parts of lexicon.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Around(Part):
    """Patterns that give an amount its role by standing before or after it."""

    before: Patterns = ()
    after: Patterns = ()


class Money(Part):
    """Currencies by their words and signs; `cents` are hundredths."""

    currencies: dict[str, Patterns]
    cents: dict[str, Patterns]
    own: Patterns = Field(description="a bare number an hour is the asker's own cost")
    hourly: Patterns = Field(description="an amount of money without a period is one an hour")
    others: Patterns = Field(description="the amount is somebody else's price")
    loaded: Patterns = Field(description="the amount holds everything that an hour costs")


class Lexicon(Part):
    """lexicon.yaml as it is written; its comments say what each part is for."""

    classes: dict[str, Patterns]
    states: dict[str, dict[str, Patterns]]
    does: dict[str, dict[str, Patterns]]
    together: dict[str, dict[str, Patterns]]
    suggests: dict[str, dict[str, Patterns]]
    hints: dict[str, dict[str, Patterns]]
    ignore: dict[str, Patterns]
    negated: dict[str, dict[str, Patterns]]
    strictest: tuple[str, ...]
    unforbidden: tuple[str, ...]
    halfway: dict[str, dict[str, Patterns]]
    marks: dict[str, Patterns]
    grammar: dict[str, Patterns]
    numbers: dict[str, float]
    times: dict[str, float]
    scales: dict[str, float]
    parts: dict[str, float]
    units: dict[str, Patterns]
    periods: dict[str, Patterns]
    roles: dict[str, Around]
    accuracy: dict[str, Patterns]
    money: Money
    ranking: dict[str, Patterns]
    trades: dict[str, Patterns]
    abbreviations: Patterns
    spelling: Patterns
    real: Patterns


class Compiled:
    """A lexicon ready to read with."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.abbreviations = frozenset(map(normal, lexicon.abbreviations))
        self.classes = Tree(lexicon.numbers)
        self.cues = Tree(lexicon.numbers)
        for name, phrases in lexicon.classes.items():
            for phrase in phrases:
                self.classes.add(phrase, Cue("class", name, ""))
        for cue, pattern in _cues(lexicon):
            self.cues.add(pattern, cue)
        self.together = tuple(_together(lexicon))
        for half in dict.fromkeys(half for _, _, *halves in self.together for half in halves):
            self.cues.add(half, Cue("half", half, ""))
        self.classes.close()
        self.cues.close()
        self.grammar = {name: frozenset(map(normal, words)) for name, words in lexicon.grammar.items()}
        self.units = {normal(word): unit for unit, words in lexicon.units.items() for word in words}
        self.currencies = _reversed(lexicon.money.currencies)
        self.amount_starts = (
            self.grammar["between"]
            | self.grammar["article"]
            | self.grammar["rough"]
            | set(lexicon.numbers)
            | set(lexicon.parts)
            | set(lexicon.scales)
            | set(self.currencies)
        )
        self.cents = _reversed(lexicon.money.cents)
        words = self.classes.words | self.cues.words | set(self.units) | set(lexicon.numbers)
        self._spelling = Spelling(words | set(map(normal, lexicon.spelling)), lexicon.real)
        self._mended: dict[str, str] = {}

    def read(self, text: str) -> Text:
        """The words of a text with slips of the key mended."""
        cut = tokens.read(text, self.abbreviations)
        return replace(cut, words=tuple(self._mend(word) for word in cut.words))

    def hits(self, words: Sequence[Word]) -> list[Hit]:
        """Every cue of the lexicon in a text."""
        classes: list[list[tuple[str, int]]] = [[] for _ in words]
        for cue, start, end, _ in self.classes.hits(words):
            classes[start].append((f"{{{cue.question}}}", end))
        return self.cues.hits(words, classes)

    def _mend(self, word: Word) -> Word:
        if word.number is not None:
            return word
        mended = self._mended.get(word.norm)
        if mended is None:
            # A word that a stem covers is known, however it ends.
            stemmed = self.cues.covers(word) or self.classes.covers(word)
            mended = word.norm if stemmed else self._spelling.mend(word.norm)
            if len(self._mended) > REMEMBERED:
                self._mended.clear()
            self._mended[word.norm] = mended
        return word if mended == word.norm else word._replace(norm=mended)


@by_identity(16)
def compiled(words: Language) -> Compiled:
    """The compiled lexicon of a language: once for all who read, since it takes a third of a second."""
    return Compiled(Lexicon.model_validate(words.lexicon))


def _cues(lexicon: Lexicon) -> Iterator[tuple[Cue, str]]:
    """Every pattern that stands for something in a text, with what it stands for."""
    for group in ("states", "does", "suggests", "hints"):
        questions: Mapping[str, Mapping[str, Patterns]] = getattr(lexicon, group)
        for question, values in questions.items():
            for value, patterns in values.items():
                yield from zip(repeat(Cue(group, question, value)), patterns)
    flat: dict[str, Mapping[str, Patterns]] = {
        "ignore": lexicon.ignore,
        "marks": lexicon.marks,
        "periods": lexicon.periods,
        "accuracy": lexicon.accuracy,
        "ranking": lexicon.ranking,
        "trades": lexicon.trades,
        "before": {role: around.before for role, around in lexicon.roles.items()},
        "after": {role: around.after for role, around in lexicon.roles.items()},
        "money": {
            "own": lexicon.money.own,
            "hourly": lexicon.money.hourly,
            "others": lexicon.money.others,
            "loaded": lexicon.money.loaded,
        },
    }
    for group, lists in flat.items():
        for name, patterns in lists.items():
            yield from zip(repeat(Cue(group, name, "")), patterns)


def _together(lexicon: Lexicon) -> Iterator[tuple[str, str, str, str]]:
    """Question, value, and the two phrases that say it in one sentence."""
    for question, values in lexicon.together.items():
        for value, patterns in values.items():
            for pattern in patterns:
                left, _, right = pattern.partition(" & ")
                yield question, value, left, right


def _reversed(words: Mapping[str, Patterns]) -> dict[str, str]:
    return {normal(word): code for code, spellings in words.items() for word in spellings}
