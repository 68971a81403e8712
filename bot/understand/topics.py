"""Which topic of the base a question is about, or none.

A topic counts only if it covers nearly all that the question says: a word that the topic does not know speaks against it,
the more the rarer it is. So a question about something else finds nothing even where it shares a word or two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from pydantic import TypeAdapter

from bot.understand.bm25 import Bm25, Lexis, Unit
from knowledge.load import Loader, packaged_files
from knowledge.model import Claim, Derived, Dispute, Entry, Evidence, Knowledge, Omission, Precedent, Words
import yaml

COVERED = 0.66  # least share of a question that its topic must know
ALIKE = 0.4  # least likeness to one of the topic's own ways of asking
HINTED = 0.6  # what a word counts that only the topic's facts know
PLAINEST, RAREST = 1.0, 4.0  # bounds of what one word says


class Topic(Entry):
    """What answers one kind of question: ids of facts, the best first. `notes` are arithmetic, disputes and omissions."""

    claims: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    precedents: tuple[str, ...] = ()
    sides: dict[str, tuple[str, ...]] = {}

    @property
    def facts(self) -> tuple[str, ...]:
        """All of them."""
        return self.claims + self.evidence + self.notes + self.precedents


class TopicWords(Words):
    """The short name of a topic and ways of asking about it."""

    name: str
    asks: tuple[str, ...]


class SubjectWords(Words):
    """The words for questions about the subject."""

    endings: tuple[str, ...]
    filler: tuple[str, ...]
    alike: dict[str, tuple[str, ...]]
    broader: dict[str, str]
    compares: tuple[str, ...]
    sides: dict[str, str]
    sentences: dict[str, str]
    topics: dict[str, TopicWords]


@lru_cache(maxsize=4)
def topics_of(knowledge: Knowledge) -> dict[str, Topic]:
    content = yaml.load(packaged_files()["topics.yaml"], Loader)
    return TypeAdapter(dict[str, Topic]).validate_python({id: {"id": id, **entry} for id, entry in content.items()})


@lru_cache(maxsize=4)
def words_of(knowledge: Knowledge, language: str) -> SubjectWords:
    return SubjectWords.model_validate(yaml.load(packaged_files()["en/topics.yaml"], Loader))


class TopicIndex:
    """Finds topics by their ways of asking, and facts by their words."""

    def __init__(self, knowledge: Knowledge, language: str) -> None:
        self.topics = topics_of(knowledge)
        self.words = words_of(knowledge, language)
        names = {id: (words.name, *words.asks) for id, words in self.words.topics.items()}
        facts = {id: text for id, text in _texts(knowledge)}
        self.lexis = Lexis(
            self.words.endings,
            self.words.filler,
            _alike(knowledge, language, self.words),
            self.words.broader,
            [ask for asks in names.values() for ask in asks],
        )
        units = {id: self.lexis.units(text) for id, text in facts.items()}
        asks = {id: [self.lexis.units(ask) for ask in said] for id, said in names.items()}
        self.facts = Bm25({**units, **{f"topic {id}": sum(said, ()) for id, said in asks.items()}})
        self.asks: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self.ask_topic: list[str] = []
        self.ask_size: list[float] = []
        self.known: dict[str, dict[str, float]] = defaultdict(dict)
        for id, topic in self.topics.items():
            for unit in (unit for fact in topic.facts for unit in units[fact]):
                for term, weight in unit:
                    self.known[term][id] = max(HINTED * weight, self.known[term].get(id, 0))
            for ask in asks[id]:
                for unit in dict.fromkeys(ask):
                    for term, weight in unit:
                        self.asks[term].append((len(self.ask_topic), weight))
                        self.known[term][id] = max(weight, self.known[term].get(id, 0))
                self.ask_topic.append(id)
                self.ask_size.append(sum(self.says(unit) for unit in dict.fromkeys(ask)))

    def says(self, unit: Unit) -> float:
        return min(RAREST, max(PLAINEST, self.facts.rarity(unit)))

    def match(self, units: Sequence[Unit]) -> list[tuple[float, float, float, str]]:
        """Score, coverage, likeness of every topic that shares a word."""
        units = list(dict.fromkeys(units))
        size = sum(self.says(unit) for unit in units)
        covered: dict[str, float] = defaultdict(float)
        shared: dict[int, float] = defaultdict(float)
        for unit in units:
            best: dict[str, float] = {}
            best_ask: dict[int, float] = {}
            for term, weight in unit:
                for id, known in self.known.get(term, {}).items():
                    best[id] = max(best.get(id, 0), known * weight)
                for ask, known in self.asks.get(term, ()):
                    best_ask[ask] = max(best_ask.get(ask, 0), known * weight)
            says = self.says(unit)
            for id, share in best.items():
                covered[id] += share * says / size
            for ask, share in best_ask.items():
                shared[ask] += share * says
        like: dict[str, float] = defaultdict(float)
        for ask, share in shared.items():
            id = self.ask_topic[ask]
            like[id] = max(like[id], 2 * share / (size + self.ask_size[ask]))
        return sorted(((covered[id] + like[id], covered[id], like[id], id) for id in covered), reverse=True)


def _texts(knowledge: Knowledge) -> Iterable[tuple[str, str]]:
    for shelf in (knowledge.claims, knowledge.evidence, knowledge.derived, knowledge.disputes, knowledge.omissions, knowledge.precedents):
        for id, fact in shelf.items():
            yield id, text_of(fact)


def text_of(fact: Claim | Evidence | Derived | Dispute | Omission | Precedent) -> str:
    match fact:
        case Dispute():
            return f"{fact.topic} {fact.finding}"
        case Precedent():
            return f"{fact.organisation} {fact.process} {fact.happened}"
        case _:
            return fact.statement


def _alike(knowledge: Knowledge, language: str, words: SubjectWords) -> Mapping[str, Iterable[str]]:
    return words.alike
