"""What one reader found in a text for one question, before the readers' findings are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.answers import Value
from bot.understand.amounts import Amount
from bot.understand.cues import Hit
from bot.understand.lexicon import Compiled
from bot.understand.scope import Scope
from bot.understand.tokens import Text


@dataclass(frozen=True, slots=True)
class Found:
    """Words[start:end] say a value (`firm`), or hint at one of several."""

    question: str
    values: tuple[Value, ...]
    start: int
    end: int
    firm: bool = True


@dataclass(slots=True)
class Scene:
    """A text with everything that is known about its words."""

    text: Text
    compiled: Compiled
    amounts: Sequence[Amount]
    hits: Sequence[Hit]
    scope: Scope
    by_group: dict[str, list[Hit]] = field(default_factory=dict)
    checks_to: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        for hit in self.hits:
            self.by_group.setdefault(hit.cue.group, []).append(hit)
        self.checks_to = frozenset(hit.end for hit in self.group("accuracy") if hit.cue.question == "checked")

    def group(self, name: str) -> list[Hit]:
        """The hits of one part of the lexicon, in the order of the text."""
        return self.by_group.get(name, [])

    def same_clause(self, first: int, second: int) -> bool:
        """Whether two words stand in one clause."""
        return self.text.words[first].clause == self.text.words[second].clause

    def leads_on(self, place: int) -> bool:
        """Whether a word belongs to what follows it: the same clause, or a colon between."""
        words = self.text.words
        return self.same_clause(place, place + 1) or words[place + 1].gap == ":"

    def same_sentence(self, first: int, second: int) -> bool:
        """Whether two words stand in one sentence."""
        return self.text.words[first].sentence == self.text.words[second].sentence

    def has(self, place: int, name: str) -> bool:
        """Whether the word at a place is one of the grammar words of that name."""
        words = self.text.words
        return 0 <= place < len(words) and words[place].norm in self.compiled.grammar[name]

    def per(self, place: int) -> bool:
        """Whether the word at a place is divided by: "per form", "a form", "/form" (the word itself)."""
        words = self.text.words
        return 0 <= place < len(words) and (words[place].gap == "/" or self.has(place, "per"))
