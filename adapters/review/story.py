"""A transcript as the page tells it: turns with what each was understood as, the answers in force, and advice with its proof."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from bot.archive import Transcript
from bot.chart import Which, alt, pictures
from bot.engine import fold
from bot.events import Act, Answered, CameLate, Confirmed, Exposed, Heard, Missed, Proposed, Rejected, Requested
from bot.handout import advice_of
from bot.library import Library
from bot.markup import clean
from bot.records import Given
from knowledge.model import Dispute, Knowledge, Precedent

LONG = 1200
"""Letters of a message that are shown before the rest is folded away."""


@dataclass(frozen=True)
class Understood:
    """One thing that was understood, and the question it is about."""

    text: str
    question: str | None


@dataclass(frozen=True)
class Source:
    """Where a fact comes from."""

    id: str
    title: str
    publisher: str
    dated: str
    url: str | None


@dataclass(frozen=True)
class Fact:
    """What a reason rests on, in words, with its date and sources."""

    id: str
    text: str
    dated: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Card:
    """An advice as it was given: its JSON, every fact that it names, and in words what each picture of it shows."""

    given: Given
    advice: Mapping[str, Any]
    facts: Mapping[str, Fact]
    pictures: Mapping[Which, str]


@dataclass(frozen=True)
class Turn:
    """One message; `who` is None for the advisor, `anchor` its stable place on the page."""

    anchor: str
    at: int
    who: str | None
    how: str
    start: str
    rest: str
    understood: tuple[Understood, ...]
    asked: str | None
    card: Card | None


@dataclass(frozen=True)
class InForce:
    """An answer in force."""

    question: str
    name: str
    told: str
    known: bool


@dataclass(frozen=True)
class Story:
    """Everything the page shows of one conversation."""

    turns: tuple[Turn, ...]
    answers: tuple[InForce, ...]
    card: Card | None


def story(library: Library, transcript: Transcript) -> Story:
    """Tell it with the knowledge of its time where that can still be read."""
    retelling = library.retelling(transcript.summary)
    asked = library.archive.asked(transcript.summary.id)
    language = transcript.summary.language
    cards = {given.event_number: card(library, given, language) for given in transcript.advice}
    turns, seen = list[Turn](), dict[int, int]()
    for said in retelling.conversation(transcript):
        nth = seen[said.event_number] = seen.get(said.event_number, 0) + 1
        event = transcript.events[said.event_number]
        about = [id for act in event.acts for id in _about(act)] if isinstance(event, Heard) and said.by is not None else []
        told = tuple(Understood(text, id) for text, id in zip(said.understood, about, strict=True))
        turns.append(
            Turn(
                anchor=f"event-{said.event_number}" + (f"-{nth}" if nth > 1 else ""),
                at=said.at,
                who=said.by,
                how=said.how,
                start=said.text[:LONG],
                rest=said.text[LONG:],
                understood=told,
                asked=asked.get((said.at, said.how)) if said.by is None else None,
                card=cards.get(said.event_number) if said.by is None and said.how == "recommend" else None,
            )
        )
    case = fold(transcript.events, retelling.base)
    answers = case.answers if case else {}
    given = tuple(
        InForce(id, retelling.name(id), clean(retelling.answer(id, answer)), answer.status == "given")
        for id, answer in answers.items()
    )
    latest = cards[transcript.advice[-1].event_number] if transcript.advice else None
    return Story(tuple(turns), given, latest)


def _about(act: Act) -> Iterable[str | None]:
    """The questions an act is about, one for each line that `Retelling.acts` makes of it."""
    match act:
        case Answered(question=id) | CameLate(question=id):
            return [id]
        case Proposed(facts=facts, doubts=doubts):
            return [*(fact.question for fact in facts), *(doubt.question for doubt in doubts)]
        case Rejected(question=question):
            return [question]
        case Requested() | Confirmed() | Missed() | Exposed():
            return [None]
        case _:
            assert_never(act)


def card(library: Library, given: Given, language: str) -> Card:
    """An advice with the facts that its statements name."""
    plain = json.loads(given.text)
    base = library.worded(given.knowledge)
    facts = {id: fact for id in _named(plain) if (fact := _fact(base, id)) is not None}
    return Card(given, plain, facts, _pictures(given, base, language))


def _pictures(given: Given, base: Knowledge, language: str) -> dict[Which, str]:
    advice = advice_of(given)
    try:
        return {which: alt(advice, base, language, which) for which in pictures(advice)} if advice else {}
    except (KeyError, ValueError):
        return {}  # of a knowledge base that can no longer be read


def _named(node: object) -> set[str]:
    """The ids under `claims` and `evidence`, wherever they stand."""
    match node:
        case dict():
            here = {str(id) for key in ("claims", "evidence") for id in node.get(key) or ()}
            return here.union(*(_named(value) for value in node.values()))
        case list():
            return set().union(*(_named(each) for each in node))
        case _:
            return set()


def _fact(base: Knowledge, id: str) -> Fact | None:
    found = base.fact(id)
    if found is None:
        return None
    text = found.finding if isinstance(found, Dispute) else found.happened if isinstance(found, Precedent) else found.statement
    kept = (base.sources[source] for source in base.sources_of(id))
    sources = tuple(Source(each.id, each.title, each.publisher, each.dated, web(each.url)) for each in kept)
    return Fact(id, text, base.dated(id), sources)


def web(address: str | None) -> str | None:
    """An address that may be linked to; None for any other."""
    return address if address is not None and address.startswith(("https://", "http://")) else None
