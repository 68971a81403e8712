"""What stands over the words of a text: negations, hedges, and other times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.understand.cues import Hit, longest
from bot.understand.lexicon import Compiled
from bot.understand.moods import Moods
from bot.understand.tokens import Text

# A negation reaches this many words, and a list under it goes on over commas while its parts are this short.
REACH = 9
LIST_PART = 4
LIST_REACH = 14
# A negation after the fact ("an SLA is not needed") begins within this many words.
AFTER = 3
YEARS = range(1900, 2100)
# "The same day, please": a clause with so few words beside a time says nothing else.
BARE = 2


class Scope:
    """The marks of a text laid over its words."""

    def __init__(self, text: Text, compiled: Compiled, hits: Sequence[Hit]) -> None:
        self._text = text
        self._grammar = compiled.grammar
        self._numbers = {*compiled.lexicon.numbers, *compiled.lexicon.scales, *compiled.lexicon.parts}
        marks: dict[str, list[Hit]] = {}
        for hit in hits:
            if hit.cue.group == "marks":
                marks.setdefault(hit.cue.question, []).append(hit)
        # "Not only" covers "not", and negates nothing.
        negators = longest(marks.get("negator", []) + marks.get("not_negator", []))
        self._starts = _clause_starts(text)
        self.moods = Moods(text, compiled, self._starts).of(marks, {hit.start for hit in hits if hit.cue.group == "periods"})
        self._negators = {hit.start: hit for hit in negators if hit.cue.question == "negator"}
        breaks = {hit.start for hit in marks.get("break", ())}
        self._negators_to = {hit.end: hit.start for hit in self._negators.values()}
        self._negating = self._negations(self._negators, breaks)
        # "May not be sent abroad" denies the sending, not the data.
        forbidding = {hit.start for hit in marks.get("forbids", ())}
        self._denying = self._negations({at: each for at, each in self._negators.items() if at not in forbidding}, breaks)
        self._unforbidden = frozenset(compiled.lexicon.unforbidden)
        self._after = {hit.start for hit in marks.get("negator_after", ())}
        self._unsure = marks.get("unsure", [])
        self._open: dict[int, int] = {}
        guesses = {hit for hit in marks.get("open", ()) if hit.end < len(text.words) and text.words[hit.end].number is not None}
        several = Counter(text.words[hit.start].sentence for hit in guesses)
        for hit in marks.get("open", ()):
            # "Could be 4k, could be 10k" tells both ends
            if hit not in guesses or several[text.words[hit.start].sentence] == 1:
                self._open.setdefault(text.words[hit.start].clause, hit.start)
        perhaps = Counter(text.words[hit.start].sentence for hit in marks.get("perhaps", ()))
        for hit in marks.get("perhaps", ()):
            # "Maybe 500" is about 500; "maybe personal data" and "maybe 500, maybe 900" leave it open
            counts = hit.end < len(text.words) and (text.words[hit.end].number is not None or self._counts(hit.end))
            if not counts or perhaps[text.words[hit.start].sentence] > 1:
                self._open.setdefault(text.words[hit.start].clause, hit.start)
        # "My boss thinks we need an SLA. I don't.": what the sentence before says is left open
        taken_back = {text.words[hit.start].sentence - 1 for hit in marks.get("retracts", ())}
        for clause, start in self._starts.items() if taken_back else ():
            if text.words[start].sentence in taken_back:
                self._open[clause] = start
        self._past = self._other_times(marks)
        self._last_exception = max((hit.start for hit in marks.get("exception", ())), default=-1)
        self._delivering = {text.words[hit.start].clause for hit in marks.get("delivers", ())}
        self._peaks = {text.words[hit.start].clause for hit in marks.get("at_peak", ())}
        self._single_times = {text.words[hit.start].clause for hit in marks.get("one_time", ())}
        self._beliefs = {text.words[hit.start].clause for hit in self._unsure}
        self._lows = {text.words[hit.start].clause for hit in marks.get("at_low", ())}
        self._no_work: dict[int, int] = {}
        for hit in marks.get("not_work", ()):
            self._no_work.setdefault(text.words[hit.start].clause, hit.end)
        self._narrows = max((hit.start for hit in marks.get("narrows", ())), default=None)
        self._sizes = Counter(word.clause for word in text.words)
        workers = marks.get("one_worker", [])
        self.workers_from = frozenset(hit.start for hit in workers)
        self.workers_to = frozenset(hit.end for hit in workers)
        self._partial: dict[int, int] = {}
        for hit in marks.get("partial", ()):
            self._partial.setdefault(text.words[hit.start].clause, hit.start)
        paused = (hit for hit in marks.get("corrects_paused", ()) if _new_clause(text, hit.start) and _new_clause(text, hit.end))
        corrections = [*marks.get("corrects", ()), *paused]
        self.corrects_to = {hit.end: hit.start for hit in corrections}
        # "1,200 Rechnungen, sorry, invoices": the words between two pauses
        self.inserted = frozenset(text.words[hit.start].clause for hit in corrections)
        self.all_days = "all_days" in marks or "all_hours" in marks
        self.six_days = "six_days" in marks
        self.all_hours = "all_hours" in marks

    def negator(self, hit: Hit) -> int | None:
        """Where the negation of a hit begins; None where it stands affirmed."""
        over = self._denying if hit.cue.question in self._unforbidden else self._negating
        if (start := over[hit.start]) is not None:
            return start
        if self.skips_negator(hit):
            return hit.start
        words = self._text.words
        for place in range(hit.end, min(hit.end + AFTER, len(words))):
            if words[place].clause != words[hit.end - 1].clause:
                break
            if place in self._after:
                return hit.start
        return None

    def negated(self, place: int) -> bool:
        """Whether a word stands under a negation."""
        return self._negating[place] is not None

    def rejected(self, place: int) -> bool:
        """Whether a negation stands right before the words that begin at a place; it may hold their article ("not a")."""
        return any(self._negators_to.get(end, place) < place for end in (place, place + 1))

    def denies_amount(self, place: int) -> bool:
        """Whether somebody denies that it is the amount at a place, rather than that it is more or less.

        "Nobody types 500 a month for us" tells how many there are all the same.
        """
        start = self._negating[place]
        between = range(max(start, place - REACH), place) if start is not None else ()
        words = [self._text.words[at].norm for at in between]
        return any(word in self._grammar["denying"] for word in words) and not any(
            word in self._grammar["limit"] for word in words
        )

    def denied(self, hit: Hit) -> bool:
        """Whether a negation stands before a hit or inside it."""
        return self._negating[hit.start] is not None or self.skips_negator(hit)

    def skips_negator(self, hit: Hit) -> bool:
        """Whether a gap of the hit's pattern holds a negation: "an error is no disaster"."""
        if not hit.skipped:
            return False
        words = self._text.words
        clause = words[hit.end - 1].clause
        return any(place in self._negators and words[place].clause == clause for place in hit.skipped)

    def unsure(self, start: int, end: int) -> bool:
        """Whether the person doubts the words at start:end ("I think", "but I'm not sure")."""
        words = self._text.words
        first, last = words[start].clause, words[end - 1].clause
        for hit in self._unsure:
            clause = words[hit.start].clause
            if first <= clause <= last:
                return True
            if clause == last + 1 and hit.start - self._starts[clause] < AFTER:
                return words[hit.start].sentence == words[start].sentence
        return False

    def open(self, start: int) -> bool:
        """Whether the words at `start` are left open ("not sure whether", "it might be")."""
        return self._open.get(self._text.words[start].clause, start + 1) <= start

    def at_peak(self, place: int) -> bool:
        """Whether the clause tells of the busiest times only."""
        return self._text.words[place].clause in self._peaks

    def at_one_time(self, place: int) -> bool:
        """Whether the clause tells of one time of many: "we typed 500 yesterday"."""
        return self._text.words[place].clause in self._single_times

    def believed(self, place: int) -> bool:
        """Whether the clause tells what the person thinks."""
        return self._text.words[place].clause in self._beliefs

    def seasonal(self, place: int) -> bool:
        """Whether the clause tells of the busy or of the quiet times."""
        clause = self._text.words[place].clause
        return clause in self._peaks or clause in self._lows

    def no_work(self, place: int) -> bool:
        """Whether the clause tells of what is sold or earned rather than done."""
        begin = self._no_work.get(self._text.words[place].clause)
        # "We sell parts and get 1,700 calls": what is got is work again
        return begin is not None and not any(self._text.words[at].norm in self._grammar["receives"] for at in range(begin, place))

    def narrowed(self, place: int) -> bool:
        """Whether the text goes on to say that only a part of what is counted is meant."""
        return self._narrows is not None and self._narrows > place

    def delivers(self, start: int, end: int) -> bool:
        """Whether a time is that of a result: its clause speaks of one, or says hardly more than the time."""
        clause = self._text.words[start].clause
        return clause in self._delivering or self._sizes[clause] <= end - start + BARE

    def guessed(self, start: int, end: int) -> bool:
        """Whether the words hold of another time, or only perhaps: no fact, but worth asking about."""
        return self.open(start) or self._past[start] or self._past[end - 1]

    def partly(self, start: int) -> bool:
        """Whether what the words at `start` say holds of a part only ("half of it is")."""
        return self._partial.get(self._text.words[start].clause, start) < start

    def excepted(self, start: int) -> bool:
        """Whether something is said after `start` to be of another sort: "all public, except the names"."""
        return self._last_exception > start

    def _counts(self, place: int) -> bool:
        """Whether a word begins a number that is spelled out ("two hundred", "a dozen")."""
        words, grammar = self._text.words, self._grammar
        return any(
            words[at].norm in self._numbers
            for at in range(place, min(place + 2, len(words)))
            if at == place or words[place].norm in grammar["article"] | grammar["rough"]
        )

    def _other_times(self, marks: Mapping[str, Sequence[Hit]]) -> list[bool]:
        """For each word whether it is about the past: from the clause that says so to one that comes back, or the end."""
        words = self._text.words
        begins = {words[hit.start].clause for hit in marks.get("past", ())}
        verbs = {words[hit.start].clause for hit in marks.get("past_verb", ())}
        begins |= {
            word.clause
            for before, word in pairwise(words)
            if word.number is not None
            and word.number in YEARS
            and word.clause in verbs
            and before.norm in self._grammar["year_before"]
        }
        comes_back = {words[hit.start].clause for hit in marks.get("present", ())}
        # "We have done it since 2014 and it used to be 9,000": the present before it changes nothing
        last: dict[int, int] = {words[hit.start].clause: hit.start for hit in marks.get("present", ())}
        gone = marks.get("gone", ())
        comes_back -= {words[hit.start].clause for hit in gone if last.get(words[hit.start].clause, -1) < hit.start}
        begins |= {words[hit.start].clause for hit in gone}
        over: list[bool] = []
        past = False
        for place, word in enumerate(words):
            if place and word.clause != words[place - 1].clause:
                past = past and word.sentence == words[place - 1].sentence and word.clause not in comes_back
            past = past or (word.clause in begins and word.clause not in comes_back)
            over.append(past)
        return over

    def _negations(self, negators: Mapping[int, Hit], breaks: set[int]) -> list[int | None]:
        """For each word, where the negation over it begins."""
        words = self._text.words
        over: list[int | None] = []
        active: int | None = None
        until = 0
        for place, word in enumerate(words):
            if active is not None:
                new_clause = word.clause != words[place - 1].clause
                if new_clause and word.sentence == words[place - 1].sentence:
                    listed = self._list_end(place)
                    until = max(until, listed) if listed else place
                elif new_clause:
                    until = place
                if place >= until or place in breaks:
                    active = None
            over.append(active)
            if (negator := negators.get(place)) is not None and (active is None or place >= active):
                active = active if active is not None else place
                until = max(until, negator.end + REACH)
        return over

    def _list_end(self, place: int) -> int:
        """Where a list of short parts ends whose last part begins with "or"; 0 where there is none."""
        words = self._text.words
        size = 0
        for ahead in range(place, min(place + LIST_REACH, len(words))):
            if words[ahead].sentence != words[place].sentence:
                break
            size = 1 if words[ahead].clause != words[ahead - 1].clause else size + 1
            # "No names, anyone can do it": a part that says something of its own is none of a list
            if words[ahead].norm in self._grammar["says"] or words[ahead].number is not None:
                return 0
            if words[ahead].norm in self._grammar["or"]:
                return ahead + LIST_PART
            if size > LIST_PART:
                break
        return 0


def _new_clause(text: Text, place: int) -> bool:
    """Whether a word follows a pause."""
    return 0 < place < len(text.words) and text.words[place].clause != text.words[place - 1].clause


def _clause_starts(text: Text) -> dict[int, int]:
    starts: dict[int, int] = {}
    for place, word in enumerate(text.words):
        starts.setdefault(word.clause, place)
    return starts
