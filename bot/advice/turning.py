"""What would turn the advice, in words: flips of stated answers, and unknowns to find out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.advice.advice import FindOut, FlipAdvice, TornadoBar
from bot.advice.changes import Bar, Flip, Unknown
from bot.advice.scores import Standing, robustness
from bot.advice.sheet import Known, Sheet
from bot.advice.split import split
from bot.answers import number
from knowledge.model import Knowledge, Question

MOST_FLIPS = 12
"""Flips told, nearest first."""


def firm(knowledge: Knowledge, facts: Sheet, turning: Sequence[Flip], open_questions: bool) -> list[Flip]:
    """The nearest flips that would really be advised: while questions are open, one that ends in abstention is no flip."""
    least, n = knowledge.decision["abstain_below"].value, int(knowledge.decision["question_worlds"].value)
    found: list[Flip] = []
    for flip in turning:
        if len(found) == MOST_FLIPS:
            break
        if not open_questions or robustness(knowledge, facts.having(flip.question, flip.to), n).first.max() >= least:
            found.append(flip)
    return found


def flip_told(knowledge: Knowledge, facts: Sheet, flip: Flip, leader: str, language: str) -> FlipAdvice:
    words, question = knowledge.words(language), knowledge.questions[flip.question]
    now = facts.priorities if flip.question == "priorities" else facts.known[flip.question]
    before, after = _written(question, now or ()), _written(question, flip.to)
    then, demand = list(knowledge.options)[flip.then], knowledge.questions["demand"]
    once = "demand" in facts.known and facts.known["demand"].level == demand.choices.index("one_off")
    if question.bands:
        pattern = ("flip_below" if after < before else "flip_above") + ("_veto" if flip.veto else "")
    else:
        pattern = "flip_ranking" if question.type == "ranking" else "flip_veto" if flip.veto else "flip_choice"
    text = words.sentences[pattern].format(
        name=words.questions[flip.question].name,
        unit=words.questions[flip.question].unit_of(once=once),
        to=spoken(knowledge, flip.question, after, language),
        **{"from": spoken(knowledge, flip.question, before, language)},
        then=words.options[then].name,
        leader=words.options[leader].name,
    )
    return FlipAdvice(question=flip.question, from_=before, to=after, then=then, veto=flip.veto, text=text)


def bar_told(knowledge: Knowledge, facts: Sheet, bar: Bar) -> TornadoBar:
    """A bar of the tornado with the answers at its ends; the present one where it is itself an end."""
    question = knowledge.questions[bar.question]
    now = facts.priorities if bar.question == "priorities" else facts.known.get(bar.question)
    low, high = (end if end is not None else now for end in (bar.low_at, bar.high_at))
    written = {name: _written(question, end) for name, end in (("low_at", low), ("high_at", high)) if end is not None}
    return TornadoBar(question=bar.question, low=bar.low, high=bar.high, fixed=not question.actionable, **written)


def find_out(knowledge: Knowledge, unknown: Unknown, language: str) -> FindOut:
    words, options = knowledge.words(language), list(knowledge.options)
    become = tuple(options[o] for o in unknown.could_become)
    exclude = tuple(options[o] for o in unknown.could_exclude)
    pattern = "find_both" if become and exclude else "find_become" if become else "find_exclude"
    text = words.sentences[pattern].format(
        name=words.questions[unknown.question].name,
        options=words.sentences["or"].join(words.options[o].name for o in (become or exclude)),
        excluded=words.sentences["and"].join(words.options[o].name for o in exclude),
    )
    return FindOut(question=unknown.question, could_become=become, could_exclude=exclude, power=unknown.power, text=text)


def split_to_find(knowledge: Knowledge, facts: Sheet, now: Standing, language: str) -> tuple[FindOut, ...]:
    """Whether parts can be masked, if nobody knows yet and a "yes" would open a split that lifts a veto."""
    if "deidentify" in facts.known:
        return ()
    masked = split(knowledge, facts.having("deidentify", Known(0)), now, language)
    if masked is None or not any(part.part == "deidentify" for part in masked.parts):
        return ()
    text = knowledge.words(language).sentences["find_split"].format(name=knowledge.words(language).questions["deidentify"].name)
    return (FindOut(question="deidentify", could_become=(), could_exclude=(), power=0.0, text=text),)


def spoken(knowledge: Knowledge, id: str, written: Any, language: str) -> str:
    """A written answer in words: a label, a number with its unit, or an order."""
    words = knowledge.words(language)
    match written:
        case str() if written in words.questions[id].choices:
            return words.questions[id].choices[written].label
        case float() | int():
            return number(float(written))
        case {"status": status}:
            return words.sentences[f"unknown_value_{status}"]
        case list():
            names = [[words.criteria[c].name for c in ([tier] if isinstance(tier, str) else tier)] for tier in written]
            return ", ".join(" = ".join(tier) for tier in names)
        case _:
            return str(written)


def _written(question: Question, to: Known | tuple[tuple[str, ...], ...]) -> Any:
    """A fact as an answer file writes it."""
    if not isinstance(to, Known):
        return [tier[0] if len(tier) == 1 else list(tier) for tier in to]
    if to.number is not None:
        return to.number
    return question.levels[to.level] if to.level < len(question.levels) else {"status": "not_applicable"}
