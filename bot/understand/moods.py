"""How far the words of a text commit the person who wrote them: statements, proposals, questions, suppositions, hearsay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

from bot.understand.cues import Hit
from bot.understand.lexicon import Compiled
from bot.understand.tokens import Text

# "Well, so, could we ...": a question opens its clause but for this many words.
LEAD_IN = 4
# "Does it matter that ..." takes so many words as said.
FACT = 14


class Mood(IntEnum):
    """How far words commit the person who wrote them."""

    STATED = 0
    PROPOSED = 1  # "could we give 5,000 photos a month to a crowd?" says what the work is, and no more
    ASKED = 2  # nothing is said


class Moods:
    """Reads the moods of one text; `starts` are the first words of its clauses."""

    def __init__(self, text: Text, compiled: Compiled, starts: Mapping[int, int]) -> None:
        self._text = text
        self._grammar = compiled.grammar
        self._starts = starts

    def of(self, marks: Mapping[str, Sequence[Hit]], periods: set[int]) -> list[Mood]:
        """The mood of each word; `periods` are the places where something is counted over time."""
        words = self._text.words
        whether_hits = marks.get("asks_whether", [])
        # "Do you think we could" asks whether, though "do you" alone asks about something
        longer = {hit.start: hit.end for hit in whether_hits}
        about_hits = [hit for hit in marks.get("asks_about", []) if longer.get(hit.start, 0) <= hit.end]
        about = self._openers(about_hits, marks.get("asks_about_marked", ()))
        whether = self._openers(whether_hits, marks.get("asks_whether_marked", ()))
        about -= self._openers(hit for hit in whether_hits if hit.start in longer and longer[hit.start] > hit.start + 2)
        resumed = self._openers(marks.get("resumes", ()))
        supposed = {words[hit.start].clause for group in ("supposes", "aside") for hit in marks.get(group, ())}
        # "Our competitors send theirs to Manila" tells of others, "competitors must not see it" of us.
        supposed |= {
            words[hit.start].clause
            for hit in marks.get("others", ())
            if hit.end < len(words) and not self._is(hit.end, "modal") and self._leads(hit.start)
        }
        supposed |= self._conditions(about | whether)
        own = {words[hit.start].sentence for hit in marks.get("own", ())}
        counted = {words[place].sentence for place in periods}
        counted -= {words[hit.start].sentence for hit in marks.get("you", ())}  # "do you take 500 files a day?"
        # "Is a crowd any good for claims? We have 900 a month": what is counted next is what was asked about
        counted |= {sentence - 1 for sentence in counted if sentence - 1 in self._text.asked}
        moods: list[Mood] = []
        mood, sentence, clause = Mood.STATED, -1, -1
        tail = self._bare_questions(about | whether)
        for word in words:
            if word.sentence != sentence:
                mood, sentence = Mood.STATED, word.sentence
            if word.clause != clause:
                if clause in self._text.topics:
                    mood = Mood.STATED
                clause = word.clause
                proposed = Mood.PROPOSED if sentence in own or sentence in counted else Mood.ASKED
                if clause in about or clause in supposed or clause in self._text.topics:
                    mood = Mood.ASKED
                elif clause in whether or clause in tail:
                    mood = max(mood, proposed)
                elif clause in resumed:
                    mood = Mood.STATED
            moods.append(mood)
        for hit in marks.get("factive", ()):
            for place in range(hit.end, min(hit.end + FACT, len(words))):
                if words[place].clause != words[hit.end - 1].clause:
                    break
                moods[place] = Mood.STATED
        return moods

    def _openers(self, always: Iterable[Hit], marked: Iterable[Hit] = ()) -> set[int]:
        """Clauses that open with one of these marks; the second kind counts before a question mark only."""
        words = self._text.words
        found: set[int] = set()
        for hits, needs_mark in ((always, False), (marked, True)):
            for hit in hits:
                word = words[hit.start]
                if (not needs_mark or word.sentence in self._text.asked) and self._leads(hit.start):
                    found.add(word.clause)
        return found

    def _conditions(self, questions: set[int]) -> set[int]:
        """Clauses that only say under what condition the question behind them is put: "if it came in bursts, which is best?"."""
        words = self._text.words
        return {
            clause
            for clause, place in self._starts.items()
            if clause + 1 in questions
            and words[self._starts[clause + 1]].sentence == words[place].sentence
            and words[place].sentence in self._text.asked
            and words[place].norm in self._grammar["condition"]
        }

    def _bare_questions(self, opened: set[int]) -> set[int]:
        """The last clause of each sentence that ends in a question mark without opening like a question."""
        last: dict[int, int] = {}
        has_opener: set[int] = set()
        for word in self._text.words:
            last[word.sentence] = word.clause
            if word.clause in opened:
                has_opener.add(word.sentence)
        return {last[sentence] for sentence in self._text.asked if sentence in last and sentence not in has_opener}

    def _leads(self, place: int) -> bool:
        """Whether a word opens its clause, but for "well", "but" and the like."""
        before = range(self._starts[self._text.words[place].clause], place)
        return len(before) <= LEAD_IN and all(self._text.words[at].norm in self._grammar["lead_in"] for at in before)

    def _is(self, place: int, name: str) -> bool:
        """Whether the word at a place, in the clause of the one before, is one of the grammar words of that name."""
        words = self._text.words
        return words[place].clause == words[place - 1].clause and words[place].norm in self._grammar[name]
