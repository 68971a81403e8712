"""Questions about the subject, answered from the knowledge base alone: statements of it with who says so and when.

Every sentence of an answer restates one fact; what the base does not hold is declined, with the nearest topics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bot.answers import Frozen
from bot.understand.bm25 import Unit
from bot.understand.topics import Match, SubjectWords, TopicIndex, said, sentences
from knowledge.model import Claim, Derived, Dispute, Evidence, Fact, Knowledge, Omission, Precedent, Topic

MOST_STATEMENTS = 5
NEAR = 0.2  # least share of a question that a topic named in a refusal knows
# A fact that says so much more of a question than the first of its sort goes before it.
MUCH_MORE = {"claims": 2.0, "evidence": 1.2, "notes": 1.2, "precedents": 1.2}
RUNNER_UP = 0.85  # a topic this near to the best one lends its first claim, and the fact that is all of it
MOST_NEAR = 3


class Statement(Frozen):
    """A sentence and the fact it restates."""

    text: str
    fact: str


class Side(Frozen):
    """One way of sourcing in a comparison: what the base says of it."""

    option: str
    name: str
    statements: tuple[Statement, ...]


class SubjectAnswer(Frozen):
    """What the base says to a question: ids of facts, best first, and of the sources behind them."""

    answer: str
    statements: tuple[Statement, ...] = ()
    claims: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    precedents: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    declined: bool = False
    nearest: tuple[str, ...] = ()
    comparison: tuple[Side, ...] = ()


def answer(text: str, knowledge: Knowledge, language: str = "en") -> SubjectAnswer:
    """The answer to a question in free text. Pure; the index is built once for each version of the base."""
    index = index_of(knowledge, language)
    found: list[Match] = []
    for part in reversed(sentences(text)):
        units = index.read(part)
        matches = index.find(units, part)
        topics = _near(matches, index) or index.single(units)
        if topics:
            return _answered(units, [_fitted(topics, units, index), *topics[1:]], index.words, knowledge)
        found += matches
    return _declined(found, index)


@lru_cache(maxsize=4)
def index_of(knowledge: Knowledge, language: str) -> TopicIndex:
    """The index of a base in a language, kept in memory."""
    return TopicIndex(knowledge, language)


def _declined(matches: Sequence[Match], index: TopicIndex) -> SubjectAnswer:
    words = index.words
    named = (match for match in matches if match.covered >= NEAR and match.topic in words.topics)
    ids = tuple(dict.fromkeys(match.topic for match in sorted(named, key=lambda match: -match.score))) or tuple(words.topics)
    nearest = tuple(words.topics[id].name for id in ids[:3])
    text = f"{words.sentences['nothing']} {words.sentences['nearest'].format(topics=', '.join(nearest))}"
    return SubjectAnswer(answer=text, declined=True, nearest=nearest)


def _near(matches: Sequence[Match], index: TopicIndex) -> list[Topic]:
    """The topic that answers, and others that are hardly less near."""
    near = [match for match in matches if match.answers][:MOST_NEAR]
    return [index.topics[match.topic] for match in near if match.score >= RUNNER_UP * near[0].score]


def _fitted(topics: Sequence[Topic], units: Sequence[Unit], index: TopicIndex) -> Topic:
    """The first topic with the facts first, among those of each sort, that are asked for.

    Those are findings whose own ways of asking are hardly less near, in the topic or beside it; where none is, the fact that
    says much more of the question than the first one. A topic that is one fact leads with it already.
    """
    topic, *others = topics
    if topic.id in topic.facts:
        return topic
    scores = index.spoken.scores(units)
    fitted = {sort: _by_fit(getattr(topic, sort), much_more, scores) for sort, much_more in MUCH_MORE.items()}
    for sort in ("evidence", "notes"):
        own = (id for other in others for id in getattr(other, sort) if id == other.id)
        fitted[sort] = (*own, *fitted[sort])
    return topic.model_copy(update={sort: tuple(dict.fromkeys(ids)) for sort, ids in fitted.items()})


def _by_fit(ids: Sequence[str], much_more: float, scores: Mapping[str, float]) -> tuple[str, ...]:
    """Facts of one sort, that one first which says so much more of a question than the first one."""
    best = max(ids, key=lambda id: scores.get(id, 0.0), default="")
    return (best, *ids) if ids and scores.get(best, 0.0) >= much_more * scores.get(ids[0], 0.0) else tuple(ids)


def _answered(units: Sequence[Unit], topics: Sequence[Topic], words: SubjectWords, knowledge: Knowledge) -> SubjectAnswer:
    topic, *others = topics
    comparison = tuple(_sides(topic, words, knowledge)) if _compares(units, words) else ()
    lent = [other.claims[0] for other in others]
    beside = [statement.fact for side in comparison for statement in side.statements]
    cited = tuple(dict.fromkeys((*topic.claims[:2], *lent, *topic.facts, *beside)))
    shown = _shown(topic, knowledge)
    told = [[each for each in shown[:at] if each in knowledge.claims] for at in range(len(shown))]
    statements = tuple(_state(id, before, words, knowledge) for id, before in zip(shown, told, strict=True))
    return SubjectAnswer(
        answer=" ".join(statement.text for statement in statements),
        statements=statements,
        claims=tuple(id for id in cited if id in knowledge.claims),
        evidence=tuple(id for id in cited if id in knowledge.evidence),
        notes=topic.notes,
        precedents=topic.precedents,
        sources=tuple(dict.fromkeys(source for id in cited for source in knowledge.sources_of(id))),
        comparison=comparison,
    )


def _shown(topic: Topic, knowledge: Knowledge) -> list[str]:
    """The facts that the text restates: the one asked for alone, claims, what happened, how it stands today; none twice.

    Where the article leaves the topic out, that and what is known come before claims that only bear on it.
    """
    alone = [id for id in topic.facts if id == topic.id]
    claims = topic.claims[: 1 if topic.precedents else 2]
    told = {source for id in topic.precedents for source in knowledge.sources_of(id)}
    fresh = [id for id in topic.evidence if told.isdisjoint(knowledge.sources_of(id))]
    known = (*topic.precedents[:3], *topic.notes[:1], *fresh)
    told_in_order = (*alone, *known, *claims) if topic.left_out else (*alone, *claims, *known)
    return list(dict.fromkeys(told_in_order))[:MOST_STATEMENTS]


def _compares(units: Sequence[Unit], words: SubjectWords) -> bool:
    """Whether a question asks for options side by side: it says so, or names two."""
    terms = {unit[0][0] for unit in units}
    return not terms.isdisjoint(words.compares) or len(terms.intersection(words.named)) > 1


def _sides(topic: Topic, words: SubjectWords, knowledge: Knowledge) -> Iterator[Side]:
    for option, facts in topic.sides.items():
        statements = tuple(_state(id, (), words, knowledge) for id in facts)
        yield Side(option=option, name=words.sides[option], statements=statements)


def _state(id: str, told: Sequence[str], words: SubjectWords, knowledge: Knowledge) -> Statement:
    """A fact as a sentence with who says it and when, and how it stands to the claims told before it."""
    fact = knowledge.fact(id)
    assert fact is not None, id  # noqa: S101  topics are checked with the base
    form = words.sentences[_form(fact, told)]
    text = form.format(who=_who(fact, words, knowledge), dated=_dated(fact, words, knowledge), statement=said(fact))
    return Statement(text=text, fact=id)


def _form(fact: Fact, told: Sequence[str]) -> str:
    match fact:
        case Claim(kind=kind, attributed="author"):
            return kind
        case Claim(kind=kind):
            return f"{kind} of others"
        case Evidence():
            return _stance(fact.stance, [id for id in told if id in fact.claims]) if told else "evidence"
        case Derived():
            return "derived"
        case Dispute():
            return "dispute"
        case Omission():
            return "omission"
        case Precedent():
            return "precedent"


def _stance(stance: str, claims: Sequence[str]) -> str:
    """How evidence stands to claims told before it; "contradicts C07 / supports C34" depends on which they are."""
    parts = stance.split(" / ")
    part = next((part for id in claims for part in parts if id in part), parts[0])
    kinds = [word for word in part.replace("/", " ").split() if word in ("supports", "contradicts", "dates")]
    return kinds[0] if claims and kinds and set(kinds) != {"supports", "contradicts"} else "beside"


def _who(fact: Fact, words: SubjectWords, knowledge: Knowledge) -> str:
    match fact:
        case Claim(attributed=who) | Precedent(organisation=who):
            return who
        case Evidence(source=id):
            source = knowledge.sources[id]
            form = words.sentences["interested"] if source.quality == "interested" else "{who}"
            return form.format(who=source.publisher)
        case _:
            return ""


def _dated(fact: Fact, words: SubjectWords, knowledge: Knowledge) -> str:
    match fact:
        case Claim(year=year) | Derived(year=year):
            return str(year)
        case Evidence(year=None) | Precedent(dated="n.d."):
            return words.sentences["undated"]
        case Evidence(dated=dated) | Precedent(dated=dated):
            return dated.removeprefix("n.d. (").removesuffix(")") if dated.startswith("n.d. (") else dated
        case _:
            known = [knowledge.sources[id].year for id in knowledge.sources_of(fact.id)]
            years = [each for each in known if each is not None]
            return f"{min(years)}-{max(years)}"
