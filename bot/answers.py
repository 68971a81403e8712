"""What an answer is, and whether a value is one that its question takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from knowledge.model import Language, Question

Status = Literal["given", "dont_know", "not_applicable", "later"]
STATUSES: tuple[Status, ...] = ("given", "dont_know", "not_applicable", "later")

Ranking = tuple[tuple[str, ...], ...]

# Hundredths say nothing of a figure from here on, and too little of one below.
LARGE, SMALL = 1_000, 0.1


class Frozen(BaseModel):
    """Base of the values of the conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Frozen):
    """An amount in an ISO 4217 currency."""

    amount: float
    currency: str = "USD"


Value = str | float | Money | Ranking


class Answer(Frozen):
    """An answer as it stands: a value, or the kind of its absence. `unsure` may go with a value only."""

    status: Status = "given"
    value: Value | None = None
    unsure: bool = False


class Refused(ValueError):
    """A value does not answer its question; the text says what would."""


def accepted(question: Question, words: Language) -> str:
    """What the question takes, in a sentence fragment for people."""
    match question.type:
        case "choice":
            return "one of " + ", ".join(question.choices)
        case "ranking":
            return "an order of " + ", ".join(question.items) + "; a nested list is a tie"
        case "text":
            return f"text of 1 to {question.longest} characters"
        case "number" | "percent" | "money":
            least = f"above {number(question.least or 0)}" if question.above else f"from {number(question.least or 0)}"
            currency = ", with an ISO 4217 currency such as USD" if question.type == "money" else ""
            return f"a number {least} to {number(question.most or 0)} ({words.questions[question.id].unit}){currency}"


def check(question: Question, raw: object, words: Language) -> Value:
    """`raw` as a value of this question. Raises Refused with what would be accepted."""
    match question.type, raw:
        case "choice", str() if raw in question.choices:
            return raw
        case "choice", bool():
            return check(question, "yes" if raw else "no", words)
        case "text", str() if 1 <= len(raw.strip()) <= (question.longest or 0):
            return raw.strip()
        case (("number" | "percent"), (int() | float())) if not isinstance(raw, bool):
            return _within(question, float(raw), words)
        case "money", Money():
            return Money(amount=_within(question, raw.amount, words), currency=_currency(question, raw.currency, words))
        case "money", (int() | float()) if not isinstance(raw, bool):
            return Money(amount=_within(question, float(raw), words))
        case "ranking", (list() | tuple()):
            return _ranking(question, raw, words)
        case _:
            raise Refused(f"{raw!r} is not {accepted(question, words)}")


def rounded(value: float) -> float:
    """A figure to read rather than to reckon with: in hundredths, a large one whole, a small one in two digits."""
    if abs(value) >= LARGE:
        return float(round(value))
    return float(f"{value:.2g}") if abs(value) < SMALL else round(value, 2)


def number(value: float) -> str:
    """A number as people write it: no exponent, no needless zeros, thousands separated."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4f}".rstrip("0").rstrip(".")


def tiers(ranking: Ranking, items: Sequence[str]) -> Ranking:
    """A ranking with what it leaves out in a shared last place."""
    missing = tuple(item for item in items if all(item not in tier for tier in ranking))
    return (*ranking, missing) if missing else ranking


def _within(question: Question, value: float, words: Language) -> float:
    least, most = question.least or 0.0, question.most or math.inf
    if not (math.isfinite(value) and least <= value <= most) or (question.above and value == least):
        raise Refused(f"{number(value) if math.isfinite(value) else value} is not {accepted(question, words)}")
    return value


def _currency(question: Question, code: str, words: Language) -> str:
    from babel.core import get_global

    code = code.upper()
    if code not in get_global("all_currencies"):
        raise Refused(f"{code!r} is not an ISO 4217 currency; {accepted(question, words)}")
    return code


def _ranking(question: Question, raw: Iterable[object], words: Language) -> Ranking:
    ranking = tuple(
        (tier,) if isinstance(tier, str) else tuple(tier) if isinstance(tier, list | tuple) else (tier,) for tier in raw
    )
    flat = [item for tier in ranking for item in tier]
    if not flat or any(item not in question.items for item in flat) or len(set(flat)) != len(flat) or () in ranking:
        raise Refused(f"{[list(tier) for tier in ranking]} is not {accepted(question, words)}, each at most once")
    return ranking
