"""What a language says about requests and typed answers (`<language>/requests.yaml`), made ready for matching once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from bot.understand.lexicon import Compiled, compiled
from bot.understand.phrasing import Filled, Phrases
from bot.understand.reading import RequestKind
from bot.understand.tokens import read
from bot.understand.words import Names, Token, Words, spelling, tokens, words_of
from knowledge.model import Language

PLACES = frozenset({"country", "nation", "region", "region_adj", "language"})
"""The classes of the lexicon that name where data and work may go, or who there can do it."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Around(_Section):
    """What may stand around the name of a question or a term."""

    before: tuple[str, ...]
    after: tuple[str, ...]


class SubjectWords(_Section):
    """How a question about the subject starts, what it is about, and what shows that a message describes work."""

    asks: tuple[str, ...]
    about: tuple[str, ...]
    versus: tuple[str, ...]
    ways: tuple[str, ...]
    tells: tuple[str, ...]
    describes: tuple[str, ...]
    own: tuple[str, ...]


class RankingWords(_Section):
    """The words between and around the items of a ranking."""

    then: tuple[str, ...]
    tie: tuple[str, ...]
    join: tuple[str, ...]
    top: tuple[str, ...]
    last: tuple[str, ...]
    everything: tuple[str, ...]
    light: tuple[str, ...]


class AnswerWords(_Section):
    """How an answer to the open question is put."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    hedges: tuple[str, ...]
    light: tuple[str, ...]
    around_amount: tuple[str, ...]
    corrects: tuple[str, ...]
    errors: tuple[str, ...]
    rights: tuple[str, ...]
    out_of: tuple[str, ...]
    denials: tuple[str, ...]
    breaks: tuple[str, ...]
    contrasts: tuple[str, ...]
    numbered: tuple[str, ...]
    after_number: tuple[str, ...]
    counting: tuple[str, ...]
    articles: tuple[str, ...]
    ordinals: tuple[str, ...]
    ordinal_marks: tuple[str, ...]
    last: tuple[str, ...]
    ranking: RankingWords


class Multiples(_Section):
    """Words that multiply an answer, by factor; that follow a number of times; that say of a percentage which way it goes."""

    words: dict[float, tuple[str, ...]] = {}
    times: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


class RequestWords(_Section):
    """The whole file."""

    spelled: dict[str, tuple[str, ...]]
    openers: tuple[str, ...]
    closers: tuple[str, ...]
    skips: tuple[str, ...]
    articles: tuple[str, ...]
    around: Around
    requests: dict[RequestKind, tuple[str, ...]]
    drops: tuple[str, ...] = ()
    multiples: Multiples = Multiples()
    subject: SubjectWords
    answers: AnswerWords
    telling: dict[RequestKind, tuple[str, ...]]
    examples: dict[str, tuple[str, ...]] = Field(default={}, description="of bases of an earlier release; nothing reads them")


class Wording:
    """The words of one language, compiled."""

    def __init__(self, words: Language) -> None:
        self._language = words
        self.said = RequestWords.model_validate(words.requests)
        self.spelled = spelling(self.said.spelled)
        answers = self.said.answers
        self.openers = self._phrases(self.said.openers)
        self.closers = self._phrases(self.said.closers)
        self._drops = self.names(self.said.drops)
        self.hedges = self.names(answers.hedges)
        self.light = self.names((*answers.light, *answers.hedges))
        self.denials = self.names(answers.denials)
        self._joins = frozenset(answers.ranking.join)
        self.breaks = self.names(answers.breaks)
        self.contrasts = self.names(answers.contrasts)
        self.numbered = self.names(answers.numbered)
        self.after_number = self.names(answers.after_number)

    def names_place(self, text: str) -> bool:
        """A country, a region or a language is named."""
        lexicon = self.lexicon
        return any(hit.cue.question in PLACES for hit in lexicon.classes.hits(lexicon.read(text).words))

    def only_denies(self, words: Sequence[str]) -> bool:
        """All that is said is a denial, courtesies apart."""
        return self._all(self.denials, words)

    def drops(self, words: Sequence[str]) -> bool:
        """All that is said takes back what was begun ("never mind"), courtesies apart."""
        return self._all(self._drops, words)

    def _all(self, names: Names[str], words: Sequence[str]) -> bool:
        """One of the names is all that is said, courtesies apart."""
        starts, ends = self.courteous_starts(words), self.courteous_ends(words)
        return any(end in ends for start in starts for end, _ in names.at(words, start))

    def tokens(self, text: str) -> list[Token]:
        """The words of a text with their places."""
        return tokens(text, self.spelled)

    def plain(self, phrases: Iterable[str]) -> Names[str]:
        """Phrases in the spelling of `bot.understand.tokens`, which amounts are read in."""
        names: Names[str] = Names()
        for phrase in phrases:
            names.add(tuple(word.norm for word in read(phrase).words), phrase)
        return names

    def words(self, text: str) -> Words:
        """The words of a text."""
        return words_of(text, self.spelled)

    def names(self, phrases: Iterable[str]) -> Names[str]:
        """Phrases without alternatives, each naming itself."""
        names: Names[str] = Names()
        for phrase in phrases:
            names.add(self.words(phrase), phrase)
        return names

    @cached_property
    def lexicon(self) -> Compiled:
        """The words that amounts are made of."""
        return compiled(self._language)

    @cached_property
    def yes_no(self) -> Phrases:
        """Affirmations and denials, labelled with the choice they make."""
        phrases = Phrases(self.spelled)
        for label, said in (("yes", self.said.answers.yes), ("no", self.said.answers.no)):
            for phrase in said:
                phrases.add(phrase, label)
        return phrases

    def affirmation(self, words: Words) -> str | None:
        """`yes` or `no` when that is all that is said, courtesies apart."""
        ends = self.courteous_ends(words)
        labels = {
            hit.label
            for start in self.courteous_starts(words)
            for hit in self.yes_no.find(words, start, no_slots)
            if hit.end in ends and hit.end > start
        }
        return labels.pop() if len(labels) == 1 else None

    def joined(self, found: Sequence[Token]) -> list[list[Token]]:
        """The parts of a list: what "and" or the like, or a comma, sets apart."""
        parts: list[list[Token]] = [[]]
        for place, token in enumerate(found):
            if place and token.clause != found[place - 1].clause:
                parts.append([])
            if token.word in self._joins:
                parts.append([])
            else:
                parts[-1].append(token)
        return [part for part in parts if part]

    def courteous_starts(self, words: Sequence[str]) -> list[int]:
        """The places before which there are only openers; ascending."""
        reached = {0}
        for place in range(len(words)):
            if place in reached:
                reached |= {hit.end for hit in self.openers.find(words, place, no_slots)}
        return sorted(reached)

    def courteous_ends(self, words: Sequence[str]) -> frozenset[int]:
        """The places after which there are only closers."""
        good = {len(words)}
        for place in range(len(words) - 1, -1, -1):
            if any(hit.end in good for hit in self.closers.find(words, place, no_slots)):
                good.add(place)
        return frozenset(good)

    def _phrases(self, said: Iterable[str]) -> Phrases:
        phrases = Phrases(self.spelled)
        for phrase in said:
            phrases.add(phrase, phrase)
        return phrases


def no_slots(_slot: str, _place: int) -> Iterable[tuple[int, Filled]]:
    """For phrases without slots."""
    return ()


# A Language cannot be hashed; each is held here, so that its identity stays its own.
_ready: dict[int, tuple[Language, Wording]] = {}
_MOST_READY = 16


def wording(words: Language) -> Wording:
    """The compiled words of a language."""
    if id(words) not in _ready:
        if len(_ready) >= _MOST_READY:
            _ready.clear()
        _ready[id(words)] = (words, Wording(words))
    return _ready[id(words)][1]
