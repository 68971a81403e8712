"""Which topic of the base a question is about, or none.

A topic counts only if it covers nearly all that the question says: a word that the topic does not know speaks against it,
the more the rarer it is. So a question about something else finds nothing even where it shares a word or two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple, TypeVar

from bot.understand.bm25 import ELSEWHERE, FAINT, Bm25, Lexis, Unit, words
from knowledge.model import Claim, Derived, Dispute, Evidence, Fact, Knowledge, Omission, Precedent, Topic, Words

TELLING = 2  # words of a question that tell it from others, unless one is of this subject alone
COVERED = 0.62  # least share of a question that its topic must know
STATED = 0.85  # least share that a single fact must say
ALIKE = 0.42  # least likeness to one of the topic's own ways of asking
CASE = 0.52  # least likeness where a topic is about one organisation
HINTED = 0.6  # what a word counts that only the topic's facts know
FAINTEST, PLAINEST, RAREST, UNHEARD = 0.4, 1.0, 3.0, 3.5  # what words say: faint ones, bounds of others, unknown ones
ELSEWHERE_SAYS = 6.0  # what a word of another subject says: as much as two rare ones
SHAPE = 0.2  # what the words count that carry no subject, and their order
SAME = 0.75  # share of words and pairs of words of a question that is the same as a way of asking
LONGEST = 40  # units of a question that are looked at
K = TypeVar("K")
NAME = re.compile("[A-Z].*[a-z]|[a-z].*[A-Z]")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")


class TopicWords(Words):
    """The short name of a topic and ways of asking about it."""

    name: str
    asks: tuple[str, ...]


class SubjectWords(Words):
    """The words of one language for questions about the subject."""

    endings: tuple[str, ...]
    filler: tuple[str, ...]
    faint: tuple[str, ...]
    elsewhere: tuple[str, ...]
    alike: dict[str, tuple[str, ...]]
    broader: dict[str, str]
    compares: tuple[str, ...]
    named: tuple[str, ...]
    anchors: tuple[str, ...]
    sides: dict[str, str]
    sentences: dict[str, str]
    topics: dict[str, TopicWords]
    facts: dict[str, tuple[str, ...]]  # ways of asking for one fact alone


@lru_cache(maxsize=4)
def words_of(knowledge: Knowledge, language: str) -> SubjectWords:
    """The words of a language; English where it is not there."""
    return SubjectWords.model_validate(knowledge.words(language).topics)


class Way(NamedTuple):
    """How near a question is to a way of asking: altogether, by what both say, and word by word, which counts for little."""

    near: float
    like: float
    shape: float

    @property
    def same(self) -> bool:
        """Whether the two are the same but for a word."""
        return self.shape >= SAME


NO_WAY = Way(0.0, 0.0, 0.0)


class Match(NamedTuple):
    """How well a topic meets a question: the share of the question it covers, and how near a way of asking is."""

    topic: str
    covered: float
    way: Way
    least: float

    @property
    def score(self) -> float:
        return self.covered + self.way.near

    @property
    def answers(self) -> bool:
        """Near enough to be the answer."""
        return self.covered >= COVERED and (self.way.same or self.way.like >= self.least)


class TopicIndex:
    """Finds the topics of a question by what they cover and how people ask about them."""

    def __init__(self, knowledge: Knowledge, language: str) -> None:
        self.words = words_of(knowledge, language)
        self.topics = knowledge.topics | {id: _of_fact(id, asks, knowledge) for id, asks in self.words.facts.items()}
        spoken = {id: words.asks for id, words in self.words.topics.items()} | self.words.facts
        self.lexis = Lexis(
            self.words.endings,
            self.words.filler,
            self.words.faint,
            self.words.elsewhere,
            _alike(knowledge, language, self.words),
            self.words.broader,
            chain(*spoken.values()),
        )
        facts = {id: self.lexis.units(text) for id, text in _texts(knowledge)}
        asks = {id: [self.lexis.units(ask) for ask in spoken[id]] for id in self.topics}
        self.facts = Bm25(facts)
        self.spoken = Bm25({id: [*units, *chain(*asks.get(id, ()))] for id, units in facts.items()})
        self.alone = {id: Topic(id=id, claims=(id,), evidence=claim.evidence[:3]) for id, claim in knowledge.claims.items()}
        self.alone |= {id: Topic(id=id, claims=each.claims, evidence=(id,)) for id, each in knowledge.evidence.items()}
        self.known: dict[str, dict[str, float]] = defaultdict(dict)  # term → topic → how well the topic knows it
        self.asked: dict[str, list[tuple[int, float]]] = defaultdict(list)  # term → ways of asking that have it
        self.ways: list[tuple[str, float]] = []  # topic and size of each way of asking
        for id, topic in self.topics.items():
            stated = () if topic.case else (id,) if id in facts else topic.facts
            hints = chain(*chain(*(facts[fact] for fact in stated)))
            for term, weight in hints:
                self.known[term][id] = max(HINTED * weight, self.known[term].get(id, 0.0))
            for units in asks[id]:
                for term, weight in chain(*units):
                    self.known[term][id] = max(weight, self.known[term].get(id, 0.0))
                    self.asked[term].append((len(self.ways), weight))
                self.ways.append((id, sum(map(self.says, set(units)))))
        self.shapes = [shape(ask) for id in self.topics for ask in spoken[id]]

    def says(self, unit: Unit) -> float:
        """How much a unit tells one question from another."""
        if unit[0][0].startswith(FAINT):
            return FAINTEST
        if unit[0][0].startswith(ELSEWHERE):
            return ELSEWHERE_SAYS
        rarity = self.facts.rarity(unit)
        return UNHEARD if rarity is None else min(RAREST, max(PLAINEST, rarity))

    def read(self, text: str) -> tuple[Unit, ...]:
        """What a question says: its distinct units."""
        return tuple(dict.fromkeys(self.lexis.units(text, repair=True)))[:LONGEST]

    def single(self, units: Sequence[Unit]) -> list[Topic]:
        """The one claim or piece of evidence that says nearly every word of a question, three telling ones at least."""
        size = sum(map(self.says, units))
        scores = self.facts.scores(units)
        for id in sorted(scores, key=lambda id: -scores[id])[:3]:
            met = {unit: max(weight * (id in self.facts.postings.get(term, ())) for term, weight in unit) for unit in units}
            telling = sum(share == 1 and self.says(unit) > PLAINEST for unit, share in met.items())
            if telling > 2 and sum(share * self.says(unit) for unit, share in met.items()) >= STATED * size:
                return [self.alone[id]] if id in self.alone else []
        return []

    def find(self, units: Sequence[Unit], text: str) -> list[Match]:
        """Every topic that shares a word with the question, the nearest first."""
        size = sum(map(self.says, units))
        telling = {unit[0][0] for unit in units if not unit[0][0].startswith(FAINT)}
        # One word that many subjects share tells nothing ("my card", "an old one"), but a name does.
        named_only = len(telling) < TELLING and telling.isdisjoint(self.words.anchors)
        strict = sum(RAREST if self.says(unit) == FAINTEST else self.says(unit) for unit in units)
        covered: dict[str, float] = defaultdict(float)
        shared: dict[int, float] = defaultdict(float)
        for unit in units:
            if unit[0][0].startswith(ELSEWHERE):
                continue
            says = self.says(unit)
            for id, share in _best((weight, self.known.get(term, {}).items()) for term, weight in unit).items():
                covered[id] += share * says / (strict if self.topics[id].case else size)
            for way, share in _best((weight, self.asked.get(term, ())) for term, weight in unit).items():
                shared[way] += share * says
        own = shape(text)
        best: dict[str, Way] = {}
        for way, share in shared.items():
            id, full = self.ways[way]
            like = 2 * share / (size + full)
            known = best.get(id, NO_WAY).near
            if like >= ALIKE and like + SHAPE > known:
                theirs = self.shapes[way]
                form = 2 * len(own & theirs) / (len(own) + len(theirs))
                if like + SHAPE * form > known:
                    best[id] = Way(like + SHAPE * form, like, form)
        matches = (
            Match(id, covered[id], best.get(id, NO_WAY), CASE if topic.case else ALIKE)
            for id, topic in self.topics.items()
            if id in covered and (topic.case or not named_only or best.get(id, NO_WAY).same)
        )
        return sorted(matches, key=lambda match: -match.score)


def _of_fact(id: str, asks: Iterable[str], knowledge: Knowledge) -> Topic:
    """A topic that is one fact, with what it bears on; about one organisation where most ways of asking name one."""
    named = [any(NAME.search(word) for word in ask.split()) for ask in asks]
    case = 2 * sum(named) > len(named)
    beside = [*_beside(id, knowledge)]
    claims = tuple(dict.fromkeys(each for each in beside if each in knowledge.claims))
    evidence = tuple(dict.fromkeys(each for each in beside if each in knowledge.evidence))
    notes = (id,) if id not in knowledge.claims and id not in knowledge.evidence else ()
    return Topic(id=id, claims=claims[:3], evidence=evidence[:3], notes=notes, case=case)


def _beside(id: str, knowledge: Knowledge) -> Iterator[str]:
    """A fact and what it rests or bears on, the nearest first; beside a claim also what the topics say that it leads."""
    yield id
    match knowledge.fact(id):
        case Claim(evidence=evidence):
            yield from evidence
            yield from chain(*(topic.facts for topic in knowledge.topics.values() if topic.claims[0] == id))
        case Evidence(claims=claims):
            yield from claims
        case Dispute(claims=claims, evidence=evidence):
            yield from claims + evidence
        case Derived(inputs=ids) | Omission(basis=ids):
            yield from ids
            yield from chain(*(_beside(each, knowledge) for each in ids))


def sentences(text: str) -> tuple[str, ...]:
    """The questions in a text, up to four; the whole text where nothing in it ends with a question mark."""
    asked = [part for part in SENTENCE.split(text) if part.rstrip().endswith("?")]
    return tuple(asked[-4:]) or (text,)


def said(fact: Fact) -> str:
    """What a fact states."""
    match fact:
        case Dispute(finding=statement) | Precedent(happened=statement):
            return statement
        case _:
            return fact.statement


def shape(text: str) -> frozenset[object]:
    """The words of a text and the pairs of them that follow each other."""
    said = tuple(words(text))
    return frozenset((*said, *pairwise(("", *said, ""))))


def _best(found: Iterable[tuple[float, Iterable[tuple[K, float]]]]) -> dict[K, float]:
    """Of a unit's meanings the one that each finding knows best."""
    best: dict[K, float] = {}
    for weight, findings in found:
        for key, share in findings:
            best[key] = max(best.get(key, 0.0), weight * share)
    return best


def _texts(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    shelves = (knowledge.claims, knowledge.evidence, knowledge.derived)
    more = (knowledge.disputes, knowledge.omissions, knowledge.precedents)
    for shelf in (*shelves, *more):
        for id, fact in shelf.items():
            title = f"{fact.organisation} {fact.process} " if isinstance(fact, Precedent) else ""
            yield id, title + said(fact)


def _alike(knowledge: Knowledge, language: str, words: SubjectWords) -> Iterator[tuple[str, str]]:
    """Phrases and the terms they stand for: the glossary's first, then the topics' own, which count in a conflict."""
    own = [(phrase, term) for term, phrases in words.alike.items() for phrase in phrases]
    term_of = {phrase.casefold(): term for phrase, term in own}
    for id, entry in knowledge.words(language).glossary.items():
        name = entry.name.partition("(")[0].strip()
        term = term_of.get(name.casefold(), id)
        yield from ((phrase, term) for phrase in (name, *entry.said))
    yield from own
