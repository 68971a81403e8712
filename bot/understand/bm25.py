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
FAINT = 0.7
LONGEST_PHRASE = 5
MOST_SLIPS = 8  # a text with more unknown words than this is not a question about the subject


class Lexis:
    """Turns text of one language into units. `alike` lists phrases under the term they stand for."""

    def __init__(
        self,
        endings: Iterable[str],
        filler: Iterable[str],
        alike: Mapping[str, Iterable[str]],
        broader: Mapping[str, str],
        texts: Iterable[str],
    ) -> None:
        self.endings = tuple(sorted(endings, key=len, reverse=True))
        self.broader = broader
        self.filler = frozenset(filler)
        self.phrases = {tuple(map(self.stem, words(p))): term for term, said in alike.items() for p in said}
        spoken = {word for phrases in alike.values() for phrase in phrases for word in words(phrase)}
        spoken.update(word for text in texts for word in words(text))
        self.known = spoken | self.filler
        self.guessable = sorted(word for word in self.known if len(word) >= 4)

    def stem(self, word: str) -> str:
        """The word without its ending, so that its forms meet; never less than three letters."""
        for ending in self.endings:
            if len(word) - len(ending) >= 3 and word.endswith(ending):
                word = word[: -len(ending)]
                break
        return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word

    def meant(self, word: str) -> str:
        """The known word that an unknown one is a slip of: one letter off, or two in a long word."""
        if len(word) < 5:
            return word
        near = extractOne(word, self.guessable, scorer=OSA.distance, score_cutoff=1 if len(word) < 8 else 2)
        return near[0] if near and near[0][0] == word[0] else word

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
            for length in range(min(LONGEST_PHRASE, len(said) - at), 0, -1):
                term = self.phrases.get(tuple(stems[at : at + length]))
                if term is not None:
                    break
            else:
                length, term = 1, None if said[at] in self.filler else stems[at]
            if term is not None:
                found.append(tuple(self._meanings(term)))
            at += length
        return tuple(found)

    def _meanings(self, term: str | None) -> Iterator[tuple[str, float]]:
        weight = 1.0
        while term is not None:
            yield term, weight
            term, weight = self.broader.get(term), weight * FAINT


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
        self.rarest = log(1 + (len(terms) + 0.5) / 0.5)

    def rarity(self, unit: Unit) -> float:
        """How much a unit says: the idf of its first known meaning; of none, that of a word never seen."""
        return next((self.idf[term] for term, _ in unit if term in self.idf), self.rarest)

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
