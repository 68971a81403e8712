"""Texts ranked by the words they share with a question: BM25 over terms, with words that mean the same or nearly so.

A text becomes units, one per word or phrase that carries a subject; a unit is the term itself and, fainter, what it also
is ("mturk" is a crowd). Everything about a language (endings, filler, phrases) comes from the knowledge base.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

Unit = tuple[tuple[str, float], ...]
WORD = re.compile(r"[^\W_]+")
FAINT = "~"  # marks the term of a faint word, so that no other word meets it by its stem
ELSEWHERE = "!"  # marks the term of a word or phrase of other subjects, which nothing of this one meets
BROADER = 0.7  # what a word counts as the broader thing that it also is
LONGEST_PHRASE = 5
MOST_SLIPS = 8  # words mended in one text; with more unknown ones it is hardly a question about the subject


class Lexis:
    """Turns text of one language into units. `alike` pairs phrases with the term they stand for; the last one counts.

    A word of `elsewhere` is well known to be of other subjects: it is no slip of the pen and has no form in common with others.
    """

    def __init__(
        self,
        endings: Iterable[str],
        filler: Iterable[str],
        faint: Iterable[str],
        elsewhere: Iterable[str],
        alike: Iterable[tuple[str, str]],
        broader: Mapping[str, str],
        texts: Iterable[str],
    ) -> None:
        self.endings = tuple(sorted(endings, key=len, reverse=True))
        self.broader = broader
        self.filler = frozenset(filler)
        self.faint = frozenset(faint)
        self.elsewhere = frozenset(form for word in elsewhere for form in (word, word + "s"))
        phrases = [(tuple(words(phrase)), term) for phrase, term in alike]
        self.phrases = {tuple(map(self.stem, phrase)): term for phrase, term in phrases} | dict(phrases)
        spoken = {word for phrase, _ in phrases for word in phrase}.union(*map(words, texts))
        ours = spoken | self.filler | self.faint
        self.known = ours | self.elsewhere
        self.guessable = sorted((word for word in ours if len(word) >= 3), key=self._plainest)
        self.letters = {"".join(sorted(word)): word for word in reversed(self.guessable)}

    def stem(self, word: str) -> str:
        """The word without its ending, so that its forms meet; never less than three letters."""
        for ending in self.endings:
            if len(word) - len(ending) >= 3 and word.endswith(ending):
                word = word[: -len(ending)]
                break
        return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word

    def _plainest(self, word: str) -> tuple[bool, str]:
        return word not in self.filler, word

    def meant(self, word: str) -> str:
        """The known word that an unknown one is a slip of: letters swapped, one wrong, or two in a long word."""
        swapped = self.letters.get("".join(sorted(word)), "")
        if swapped[:1] == word[0]:
            return swapped
        near = extractOne(word, self.guessable, scorer=OSA.distance, score_cutoff=1 if len(word) < 10 else 2)
        return near[0] if near and len(word) > 4 and near[0][0] == word[0] else word

    def units(self, text: str, *, repair: bool = False) -> tuple[Unit, ...]:
        """The units of a text in order, without filler. `repair` mends slips of the pen first."""
        said = list(words(text))
        if repair:
            unknown = [word for word in dict.fromkeys(said) if word not in self.known]
            mended = {word: self.meant(word) for word in unknown[:MOST_SLIPS]}
            said = [mended.get(word, word) for word in said]
        stems = [self.stem(word) for word in said]
        found: list[Unit] = []
        at = 0
        while at < len(said):
            length, term = self._longest(said, stems, at)
            if term is not None:
                found.append(tuple(self._meanings(term)))
            at += length
        return tuple(found)

    def _longest(self, said: Sequence[str], stems: Sequence[str], at: int) -> tuple[int, str | None]:
        """The longest phrase at a word, as said or by its stems: how many words it has, and its term unless filler."""
        for length in range(min(LONGEST_PHRASE, len(said) - at), 1, -1):
            until = at + length
            term = self.phrases.get(tuple(said[at:until])) or self.phrases.get(tuple(stems[at:until]))
            if term is not None:
                return length, term
        if said[at] in self.filler:
            return 1, None
        if said[at] in self.faint:
            return 1, FAINT + stems[at]
        if said[at] in self.elsewhere:
            return 1, ELSEWHERE + said[at]
        return 1, self.phrases.get((said[at],)) or self.phrases.get((stems[at],)) or stems[at]

    def _meanings(self, term: str | None) -> Iterator[tuple[str, float]]:
        weight = 1.0
        while term is not None:
            yield term, weight
            term, weight = self.broader.get(term), weight * BROADER


class Bm25:
    """Ranks documents, given as units, by Okapi BM25 (Robertson and Zaragoza 2009, equation 3.15; k1 1.2, b 0.75)."""

    def __init__(self, documents: Mapping[str, Sequence[Unit]], k1: float = 1.2, b: float = 0.75) -> None:
        terms = {id: Counter(term for unit in units for term, _ in unit) for id, units in documents.items()}
        mean = sum(counts.total() for counts in terms.values()) / max(1, len(terms)) or 1.0
        self.postings: dict[str, dict[str, float]] = defaultdict(dict)
        for id, counts in terms.items():
            length = 1 - b + b * counts.total() / mean
            for term, count in counts.items():
                self.postings[term][id] = count * (k1 + 1) / (count + k1 * length)
        self.idf = {term: log(1 + (len(terms) - len(ids) + 0.5) / (len(ids) + 0.5)) for term, ids in self.postings.items()}

    def rarity(self, unit: Unit) -> float | None:
        """How much a unit tells documents apart: the idf of its first meaning that any of them has."""
        return next((self.idf[term] for term, _ in unit if term in self.idf), None)

    def scores(self, units: Iterable[Unit]) -> dict[str, float]:
        """Score of every document that shares a term; of a unit's meanings the best one counts."""
        totals: dict[str, float] = defaultdict(float)
        for unit in set(units):
            best: dict[str, float] = {}
            for term, weight in unit:
                for id, frequency in self.postings.get(term, {}).items():
                    best[id] = max(best.get(id, 0.0), weight * self.idf[term] * frequency)
            for id, score in best.items():
                totals[id] += score
        return totals


def words(text: str) -> Iterator[str]:
    """Words in lower case."""
    return (match.group() for match in WORD.finditer(text.casefold()))
