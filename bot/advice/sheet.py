"""The answers of a case as the decision model takes them: levels, numbers and priorities; what is absent is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.answers import Answer, Money, Ranking, Value, tiers
from knowledge.model import Knowledge, Question


@dataclass(frozen=True)
class Known:
    """A stated fact: the index of its level, and the number for numeric questions. Index L means "not applicable"."""

    level: int
    number: float | None = None
    unsure: bool = False


@dataclass(frozen=True, order=True)
class Figure:
    """A person's own figure for a parameter of the economics, with where it is from."""

    low: float
    high: float
    source: str
    dated: str


@dataclass(frozen=True)
class Sheet:
    """What is known of a case. Questions not in `known` are unknown; `priorities` is None while unknown."""

    known: Mapping[str, Known] = field(default_factory=dict)
    priorities: Ranking | None = None
    unsure_priorities: bool = False
    hourly: Money | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    swing: Mapping[str, float] | None = None
    waived: frozenset[str] = frozenset()  # numbers said not to apply: drawn like unknown ones, but nothing to find out

    def having(self, question: str, to: Known | Ranking) -> Sheet:
        """A copy in which one answer is another."""
        if isinstance(to, Known):
            return replace(self, known={**self.known, question: to})
        return replace(self, priorities=to, unsure_priorities=False, swing=None)


def known(question: Question, value: Value, unsure: bool = False) -> Known:
    """A value of a question with levels as a fact of the sheet."""
    match value:
        case str():
            return Known(question.choices.index(value), None, unsure)
        case float() | int():
            return Known(question.bands.index(question.band(value)), float(value), unsure)
        case _:
            raise TypeError(f"question {question.id} has no levels")


def at_level(question: Question, level: int) -> Known:
    """A level of a question as a fact; a band is represented by its typical number."""
    return Known(level, question.bands[level].typical if question.bands else None)


def sheet(
    answers: Mapping[str, Answer],
    knowledge: Knowledge,
    figures: Mapping[str, Figure] | None = None,
    swing: Mapping[str, float] | None = None,
) -> Sheet:
    """The sheet of a set of answers; answers that do not apply are to be left out by the caller.

    `swing` are points from 0 to 100 per criterion, which then replace the weights of the ranking.
    """
    facts: dict[str, Known] = {}
    priorities, unsure_priorities, hourly = None, False, None
    waived: set[str] = set()
    for id, answer in answers.items():
        question = knowledge.questions[id]
        match answer:
            case Answer(status="given", value=Money() as money):
                hourly = money
            case Answer(status="given", value=tuple() as ranking):
                priorities, unsure_priorities = tiers(ranking, question.items), answer.unsure
            case Answer(status="given", value=str() | float() as value) if question.levels:
                facts[id] = known(question, value, answer.unsure)
            case Answer(status="not_applicable") if question.choices:
                facts[id] = Known(len(question.choices))
            case Answer(status="not_applicable"):
                waived.add(id)
            case _:
                pass
    return Sheet(facts, priorities, unsure_priorities, hourly, figures or {}, swing, frozenset(waived))
