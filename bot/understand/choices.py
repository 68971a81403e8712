"""A choice as people name it: by number, letter, ordinal, id, label or synonym, or a sentence that holds just one.

A reading counts only if the words around the name change nothing; a denial, a second choice or an unknown word does.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.understand.slips import phrase_slips
from bot.understand.wording import Wording
from bot.understand.words import Names, Token, Words, covers, negative, tails
from knowledge.model import Question, QuestionWords

_DENIED_WITHIN = 3  # a denial this many words before a name denies it
_MOST_WORDS = 60  # a longer message is a description, not a choice


class Choices:
    """The choices of one question under all their names."""

    def __init__(self, question: Question, words: QuestionWords, wording: Wording) -> None:
        self.ids = question.choices
        self._wording = wording
        self._strictest = question.id in wording.lexicon.lexicon.strictest  # of a mixture counts its strictest part
        self._yes_no = {"yes", "no"} <= set(self.ids)
        self.names: Names[str] = Names()
        told = [words.ask, words.name, *words.said]
        for id in self.ids:
            choice = words.choices[id]
            told.append(choice.means)
            for name in (id, choice.label, choice.means, *choice.said):
                self.names.add(wording.words(name), id)
        # What the question itself says may be said back without changing an answer; so may words of no weight.
        kept = {word for names in (wording.denials, self.names) for phrase, _ in names for word in phrase[: len(phrase) == 1]}
        echo = {word for text in told for word in wording.words(text)} - kept
        light = (*wording.said.answers.light, *wording.said.answers.hedges, *echo)
        self._light = wording.names(phrase for phrase in light if not self.names.get(wording.words(phrase)))

    def exact(self, text: str) -> str | None:
        """The choice that the whole text names or numbers."""
        words = self._words(found := self._wording.tokens(text))
        return self._named(words) or (None if self._negative(text, found) else self._numbered(words, spoken=False))

    def read(self, text: str) -> str | None:
        """The one choice that the text makes."""
        found = self._wording.tokens(text)
        if len(found) > _MOST_WORDS:
            return None
        if self._negative(text, found):
            return self._stripped(self._words(found)) if len(found) > 1 else None
        if choice := self.whole(text):
            return choice
        mixture = self._mixture(found)
        return self._clauses(found) if len(mixture) < 2 else max(mixture, key=self.ids.index) if self._strictest else None

    def whole(self, text: str) -> str | None:
        """The choice that all of the text makes, with no clause of another kind beside it."""
        found = self._wording.tokens(text)
        return None if len(found) > _MOST_WORDS else self.exact(text) or self._stripped(self._words(found))

    def _mixture(self, found: Sequence[Token]) -> set[str]:
        """The choices of a list that holds nothing else: "2 and 3"."""
        parts = [self._words(part) for part in self._wording.joined(found)]
        named = [self._named(part) or self._numbered(part, spoken=True) for part in parts]
        return {id for id in named if id is not None} if None not in named else set()

    def mentions(self, found: Sequence[Token]) -> list[tuple[str, bool]]:
        """(choice, denied) for every name in the words, the longest name at each place."""
        words = self._words(found)
        mentions: list[tuple[str, bool]] = []
        place, denial = 0, -1
        while place < len(words):
            if self._turns(words, place):
                denial = -1
            if named := next(self.names.at(words, place), None):
                denied = 0 <= denial >= place - _DENIED_WITHIN and found[denial].clause == found[place].clause
                mentions.extend((id, denied) for id in named[1])
                place = named[0]
            else:
                denial = place if next(self._wording.denials.at(words, place), None) else denial
                place += 1
        return mentions

    def _turns(self, words: Words, place: int) -> bool:
        """A clause begins here without a comma."""
        return any(next(names.at(words, place), None) for names in (self._wording.contrasts, self._wording.breaks))

    @staticmethod
    def _negative(text: str, found: Sequence[Token]) -> bool:
        """A numeral with a minus before it is no choice's number."""
        return any(token.number is not None and negative(text, token.start) for token in found)

    @staticmethod
    def _words(found: Sequence[Token]) -> Words:
        return tuple(token.word for token in found)

    def _named(self, words: Words) -> str | None:
        ids = self.names.get(words)
        if not ids and self._yes_no:
            return self._wording.affirmation(words)
        return ids[0] if len(ids) == 1 else None

    def _numbered(self, words: Words, *, spoken: bool) -> str | None:
        """The choice at "2", "option b", "the second one", "2nd", "last". In a sentence (`spoken`) a letter is a word."""
        said = self._wording.said.answers
        start = max(covers(self._wording.numbered, words))
        article = words[start:] and words[start] in said.articles
        ordinal = words[start + bool(article) :]
        for size in range(len(ordinal), 0, -1):
            if len(ordinal) not in covers(self._wording.after_number, ordinal, size):
                continue
            match ordinal[:size]:
                case (word,) if word in said.ordinals:
                    return self._at(said.ordinals.index(word) + 1)
                case (word,) if word in said.last:
                    return self.ids[-1]
                case (word, mark) if word.isdecimal() and mark in said.ordinal_marks:
                    return self._at(int(word[:3]))
                case (word,) if word.isdecimal():
                    return self._at(int(word[:3]))
                case (word,) if word in said.counting and not article:
                    return self._at(said.counting.index(word) + 1)
                case (word,) if not spoken and len(word) == 1 and "a" <= word <= "z":
                    return self._at(ord(word) - ord("a") + 1)
        return None

    def _at(self, number: int) -> str | None:
        return self.ids[number - 1] if 1 <= number <= len(self.ids) else None

    def _stripped(self, words: Words) -> str | None:
        """The choice that is left when words of no weight are taken away on both sides."""
        starts, ends = sorted(covers(self._light, words)), tails(self._light, words)
        found = [(end - start, ids) for start in starts for end, ids in self.names.at(words, start) if end in ends]
        if found:
            longest = max(size for size, _ in found)
            ids = {id for size, ids in found for id in ids if size == longest}
            return ids.pop() if len(ids) == 1 else None
        inner = [(start, min((end for end in ends if end > start), default=start)) for start in starts]
        for start, end in dict.fromkeys(((0, len(words)), *inner[-1:])):
            if core := words[start:end]:
                whole = end == len(words) or start == 0
                if choice := self._slipped(core) or self._numbered(core, spoken=True):
                    return choice
                if self._yes_no and whole and (choice := self._wording.affirmation(words[start:])):
                    return choice
        return None

    def _slipped(self, words: Words) -> str | None:
        """The one choice with a name that these words misspell; two equally near ones are none."""
        near: dict[str, int] = {}
        for name, ids in self.names:
            count = phrase_slips(words, name)
            if count is not None:
                for id in ids:
                    near[id] = min(count, near.get(id, count))
        best = [id for id, count in near.items() if count == min(near.values())]
        return best[0] if len(best) == 1 else None

    def _clauses(self, found: Sequence[Token]) -> str | None:
        """The choice that the first or last clause makes while no other clause makes another."""
        parts, contrast = self._parts(found)
        mentions = self.mentions(found)
        denied = {id for id, denied in mentions if denied}
        affirmed = {id for id, denied in mentions if not denied}
        if len(parts) < 2 or (contrast and not denied):
            return None
        chosen = {self._named(part) or self._stripped(part) for part in parts} - {None}
        choice = chosen.pop() if len(chosen) == 1 else None
        return choice if affirmed <= {choice} and choice not in denied else None

    def _parts(self, found: Sequence[Token]) -> tuple[list[Words], bool]:
        """The first clause, and the last if a comma or a contrast sets it off; whether there is a contrast ("but")."""
        words = self._words(found)
        parts: list[list[str]] = [[]]
        contrast, place, apart = False, 0, False
        while place < len(words):
            against = next(self._wording.contrasts.at(words, place), None)
            between = against or next(self._wording.breaks.at(words, place), None)
            comma = place > 0 and found[place].clause != found[place - 1].clause
            contrast = contrast or against is not None
            if between or comma:
                parts.append([])
                apart = comma or against is not None
            end = between[0] if between else place + 1
            parts[-1].extend(() if between else words[place:end])
            place = end
        full = [tuple(part) for part in parts if part]
        return (full[:1] + full[-1:] if apart and len(full) > 1 else full[:1] + [()] * (len(full) > 1)), contrast
