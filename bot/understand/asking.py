"""Questions about the subject, told from questions and sentences that describe the asker's own work."""

from __future__ import annotations

from collections.abc import Sequence

from bot.understand.reading import Request
from bot.understand.wording import Wording
from bot.understand.words import Names, Token
from knowledge.model import Knowledge, Language, Named

_FEWEST_WORDS = 3  # of a question without a question mark
_MOST_TOPIC_WORDS = 8  # of a topic with a question mark but no verb
_YEARS = range(1990, 2100)
_PERCENT_REACH = 4  # "65 to 70 per cent"
_SMALL = 12  # counts up to this say nothing about a volume


class Subjects:
    """The words that start, mark and rule out a question about the subject."""

    def __init__(self, knowledge: Knowledge, words: Language, wording: Wording) -> None:
        said = wording.said.subject
        self._wording = wording
        self._asks = wording.names(said.asks)
        self._describes = wording.names(said.describes)
        self._own = frozenset(said.own)
        self._versus = frozenset(said.versus)
        self._tells = wording.names(said.tells)
        options = [name for thing in words.options.values() for name in (thing.name, *thing.said)]
        self._ways = wording.names((*said.ways, *options))
        self._about = wording.names(said.about)
        things: tuple[Named, ...] = (*words.options.values(), *words.criteria.values(), *words.glossary.values())
        for thing in things:
            for name in (thing.name, *thing.said):
                self._about.add(wording.words(name), name)
        self._kinds = wording.names(
            name for choice in words.questions["kind"].choices.values() for name in (choice.label, *choice.said)
        )
        self._opening = next(iter(knowledge.questions))

    def request(self, text: str, found: Sequence[Token], open_question: str | None) -> Request | None:
        """The whole text as a question about the subject."""
        words = tuple(token.word for token in found)
        last = [place for place, token in enumerate(found) if token.sentence == found[-1].sentence]
        if self._states_amounts(words, found) or not self._led_up_to(words[: last[0]]):
            return None
        asked = text.rstrip(" \t\n\"')").endswith("?")
        own = bool(self._own & set(words))
        starts = [last[0] + start for start in self._wording.courteous_starts(words[last[0] :])]
        if any(self._begins(self._tells, words, start) for start in (0, *starts)):
            asked = True
        elif not any(self._begins(self._asks, words, start) for start in starts):
            return self._topic(text, words, asked) if not own else None
        if any(self._begins(self._describes, words, start) for start in starts):
            return None
        topical = self._count(self._about, words) > 0
        if own and open_question in (None, self._opening) and self._count(self._kinds, words):
            return None
        if asked or (topical and not own and len(words) >= _FEWEST_WORDS):
            return Request(kind="subject", about=text.strip())
        return None

    def _topic(self, text: str, words: Sequence[str], asked: bool) -> Request | None:
        """ "Nearshore savings?", "crowd vs BPO on price": a topic instead of a sentence."""
        compared = bool(self._versus & set(words)) and self._count(self._ways, words) > 1
        if 1 < len(words) <= _MOST_TOPIC_WORDS and (compared or (asked and self._count(self._about, words))):
            return Request(kind="subject", about=text.strip())
        return None

    @staticmethod
    def _begins(names: Names[str], words: Sequence[str], start: int) -> bool:
        return next(names.at(words, start), None) is not None

    def _led_up_to(self, before: Sequence[str]) -> bool:
        """What comes before the question is a remark on the subject or a courtesy, not a description of own work."""
        if not before or len(before) in self._wording.courteous_starts(before):
            return True
        return not self._own & set(before) and self._count(self._about, before) > 0

    @staticmethod
    def _count(names: Names[str], words: Sequence[str]) -> int:
        return sum(next(names.at(words, place), None) is not None for place in range(len(words)))

    @staticmethod
    def _states_amounts(words: Sequence[str], found: Sequence[Token]) -> bool:
        """A numeral that is neither small, a year nor a percentage."""
        for place, token in enumerate(found):
            if token.number is None and not token.word[0].isdecimal():
                continue
            if token.number is not None and (token.number <= _SMALL or int(token.number) in _YEARS):
                continue
            if not {"%", "percent", "cent"} & set(words[place + 1 : place + 1 + _PERCENT_REACH]):
                return True
        return False
