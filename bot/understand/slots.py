"""What the slots of a phrase stand for: a question, a term or a choice by name, an answer, a supposed answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.answers import Value
from bot.understand.choose import choices_of, read_answer
from bot.understand.typed import amounts_in
from bot.understand.wording import Wording
from bot.understand.words import Names, covers
from knowledge.model import Knowledge, Language, Question

Held = str | tuple[int, int]

_MOST_BEFORE = 5
_MOST_VALUE = 12
_MOST_FREE = 6


class Named:
    """The names that the knowledge base gives to slots, in one language."""

    def __init__(self, knowledge: Knowledge, words: Language, wording: Wording) -> None:
        self._knowledge = knowledge
        self._words = words
        self._wording = wording
        self._before = wording.names(wording.said.around.before)
        self._after = wording.names(wording.said.around.after)
        self._light = wording.names((*wording.said.answers.light, *wording.said.around.before))
        self.slots = {"question": self._questions(), "term": self._terms(), "choice": self._choices()}

    def slot(self, words: Sequence[str]) -> Callable[[str, int], Iterable[tuple[int, Held]]]:
        """The filler of slots for one message: every (end, id) of a name, every (end, span) of free words."""

        def fill(slot: str, place: int) -> Iterable[tuple[int, Held]]:
            if slot in self.slots:
                return self._with_company(self.slots[slot], words, place)
            most = _MOST_FREE if slot == "words" else _MOST_VALUE
            return [(end, (place, end)) for end in range(place + 1, min(len(words), place + most) + 1)]

        return fill

    def is_value(self, said: str) -> bool:
        """The words hold an amount, or are the name of a choice."""
        words = self._wording.words(said)
        start = max(covers(self._light, words))
        names = self.slots["choice"]
        return bool(amounts_in(said, self._wording) or names.get(words) or names.get(words[start:]))

    def chooses(self, words: Sequence[str]) -> bool:
        """A choice is named anywhere among the words, other than by a denial ("never", "nobody")."""
        places = [place for place in range(len(words)) if not next(self._wording.denials.at(words, place), None)]
        return any(next(self.slots["choice"].at(words, place), None) for place in places)

    def questions(self, words: Sequence[str]) -> list[str]:
        """The questions named that have a value to read: "the work" is rather what all of this is about."""
        return [id for id in self.mentioned("question", words) if self._knowledge.questions[id].type != "text"]

    def mentioned(self, slot: str, words: Sequence[str]) -> list[str]:
        """What is named anywhere among the words, each once; of names that share a place the longest."""
        found: list[str] = []
        place = 0
        while place < len(words):
            end, ids = next(self.slots[slot].at(words, place), (place + 1, ()))
            found += [id for id in ids if id not in found] if len(ids) == 1 else []
            place = end
        return found

    def supposed(self, said: str, open_question: str | None) -> tuple[str, Value] | None:
        """The one question that the words answer, and the answer; the open one if they would answer several."""
        assigned = self.assigned(said)
        if assigned is not None and assigned[1] is not None:
            return assigned[0], assigned[1]
        named = self.questions(self._wording.words(said))
        values = {
            id: value
            for id, question in self._knowledge.questions.items()
            if question.type != "text" and (not named or id in named) and (value := self._whole(said, question)) is not None
        }
        if len(values) > 1:
            values = {id: value for id, value in values.items() if id == open_question}
        return next(iter(values.items()), None)

    def assigned(self, said: str) -> tuple[str, Value | None] | None:
        """The question that the words name first with the answer that the rest makes, or with none where nothing is behind it."""
        found = self._wording.tokens(said)
        words = tuple(token.word for token in found)
        bare: tuple[str, Value | None] | None = None
        for start in sorted(covers(self._light, words)):
            for end, id in self._with_company(self.slots["question"], words, start):
                question = self._knowledge.questions[id]
                if end == len(words):
                    bare = bare or (id, None)
                elif (
                    question.type != "text"
                    and (value := read_answer(said[found[end].start :], question, self._words)) is not None
                ):
                    return id, value
        return bare

    def _whole(self, said: str, question: Question) -> Value | None:
        """The answer that all of the words make, with nothing beside it."""
        return choices_of(question, self._words).whole(said) if question.choices else read_answer(said, question, self._words)

    def _with_company(self, names: Names[str], words: Sequence[str], place: int) -> Iterator[tuple[int, str]]:
        """Names at a place, with an article or the like before and "question" or the like after."""
        for start in sorted(covers(self._before, words[: place + _MOST_BEFORE], place)):
            for end, ids in names.at(words, start):
                if len(ids) == 1:
                    yield end, ids[0]
                    yield from ((after, ids[0]) for after, _ in self._after.at(words, end))

    def _questions(self) -> Names[str]:
        return self._all((id, (id, said.name, *said.said)) for id, said in self._words.questions.items())

    def _terms(self) -> Names[str]:
        """Glossary names; "SLA (service level agreement)" is two of them."""
        return self._all(
            (id, (id, term.name, *term.name.replace(")", "").split("("), *term.said)) for id, term in self._words.glossary.items()
        )

    def _choices(self) -> Names[str]:
        return self._all(
            (f"{id}.{choice}", (choice, said.label, *said.said))
            for id, question in self._words.questions.items()
            for choice, said in question.choices.items()
        )

    def _all(self, entries: Iterable[tuple[str, Iterable[str]]]) -> Names[str]:
        names: Names[str] = Names()
        for id, phrases in entries:
            for phrase in phrases:
                names.add(self._wording.words(phrase), id)
        return names
