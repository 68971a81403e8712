"""What would change the advice: every other single answer is tried, and the leader compared.

One table serves the flips (answers given), what to find out (answers unknown) and the tornado (how far each answer moves
the lead). Numbers are tried on a grid and the edge is then narrowed down, so that a flip can be told in the asker's units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from bot.advice.scores import Change, Standing, standings
from bot.advice.sheet import Known, Sheet, at_level, known
from bot.advice.tables import tables
from bot.answers import Ranking
from knowledge.model import Knowledge, Question


@dataclass(frozen=True)
class Tried:
    """One change and how the options stand after it."""

    question: str
    to: Known | Ranking
    standing: Standing


@dataclass(frozen=True)
class Changes:
    """How the options stand, and how they would after each single change."""

    now: Standing
    tried: tuple[Tried, ...]

    def of(self, question: str) -> list[Tried]:
        """The changes of one question."""
        return [each for each in self.tried if each.question == question]


def influential(knowledge: Knowledge) -> tuple[str, ...]:
    """The questions whose answers enter the values, in file order; `priorities` is one."""
    acting = {*tables(knowledge).questions, "priorities"}
    return tuple(id for id in knowledge.questions if id in acting)


def changes(knowledge: Knowledge, sheet: Sheet, narrow: bool = True) -> Changes:
    """Try every other level of every question, every grid number, and every promotion in the ranking."""
    now, tried = _tried(knowledge, sheet, influential(knowledge))
    if narrow:
        tried += _edges(knowledge, sheet, now, tried)
    return Changes(now, tuple(tried))


def _tried(knowledge: Knowledge, sheet: Sheet, ids: Sequence[str]) -> tuple[Standing, list[Tried]]:
    wanted = [change for id in ids for change in _others(knowledge.questions[id], sheet)]
    now, *after = standings(knowledge, sheet, wanted)
    return now, [Tried(question, to, standing) for (question, to), standing in zip(wanted, after, strict=True)]


def _others(question: Question, sheet: Sheet) -> list[Change]:
    if question.type == "ranking":
        return [(question.id, ranking) for ranking in _rankings(question, sheet.priorities)]
    fact = sheet.known.get(question.id)
    if question.bands:
        return [(question.id, known(question, value)) for value in _grid(question) if fact is None or value != fact.number]
    return [(question.id, at_level(question, i)) for i in range(len(question.levels)) if fact is None or i != fact.level]


def _grid(question: Question) -> list[float]:
    """The typical number of each band and the band's edges, within the question's limits."""
    points = {value for band in question.bands for value in (band.typical, min(band.upto, band.typical * 4))}
    lowest = question.bands[0].typical / 3 if question.type != "percent" else question.least or 0
    return sorted(value for value in (points | {max(lowest, question.least or 0)}) if value <= (question.most or np.inf))


def _rankings(question: Question, ranking: Ranking | None) -> list[Ranking]:
    """Each item put first, and each pair of neighbouring tiers swapped; every order while there is none."""
    if ranking is None:
        return [tuple((item,) for item in order) for order in permutations(question.items)]
    found: list[Ranking] = []
    for item in question.items:
        rest = tuple(kept for tier in ranking if (kept := tuple(other for other in tier if other != item)))
        found.append(((item,), *rest))
    for i in range(len(ranking) - 1):
        found.append((*ranking[:i], ranking[i + 1], ranking[i], *ranking[i + 2 :]))
    return [other for other in dict.fromkeys(found) if other != ranking]


def _edges(knowledge: Knowledge, sheet: Sheet, now: Standing, tried: Sequence[Tried]) -> list[Tried]:
    """Where a known number, moved up or down, first meets another leader: three rounds of sixteen steps each."""
    brackets: dict[tuple[str, bool], tuple[float, float]] = {}
    for id, fact in sheet.known.items():
        if fact.number is None:
            continue
        ladder = sorted(
            (each.to.number, each.standing)
            for each in tried
            if each.question == id and isinstance(each.to, Known) and each.to.number
        )
        for upward in (False, True):
            inner = fact.number
            steps = [rung for rung in ladder if (rung[0] > fact.number) == upward]
            for value, standing in steps if upward else reversed(steps):
                if standing.leader != now.leader:
                    brackets[id, upward] = (inner, value)
                    break
                inner = value
    found: dict[tuple[str, bool], Tried] = {}
    for last in (False, True):
        wanted: list[Change] = []
        keys: list[tuple[str, bool]] = []
        for (id, upward), (inner, outer) in brackets.items():
            question = knowledge.questions[id]
            for value in (
                v for v in _steps(question, inner, outer, rounded=last) if (question.least or 0) < v <= (question.most or v)
            ):
                wanted.append((id, known(question, value)))
                keys.append((id, upward))
        _, *after = standings(knowledge, sheet, wanted)
        found = {}
        for key, (id, to), standing in zip(keys, wanted, after, strict=True):
            number = to.number if isinstance(to, Known) else None
            if number is None or key in found:
                continue
            if standing.leader == now.leader:
                brackets[key] = (number, brackets[key][1])
            else:
                brackets[key] = (brackets[key][0], number)
                found[key] = Tried(id, to, standing)
    return list(found.values())


def _steps(question: Question, inner: float, outer: float, *, rounded: bool) -> list[float]:
    """Sixteen geometric steps from inner (not included) to outer; in the last round at two significant digits."""
    values = np.geomspace(inner, outer, 17)[1:].tolist()
    if not rounded:
        return [*values[:-1], outer]
    short = [_round(question, value) for value in values]
    low, high = sorted((inner, outer))
    beyond = [_round(question, outer * (1 + part if outer > inner else 1 / (1 + part))) for part in (0, 0.005, 0.05)]
    return [*dict.fromkeys([*(value for value in short if low < value < high), *beyond]), outer]


def _round(question: Question, value: float) -> float:
    """Two significant digits; per cents keep a decimal."""
    return round(value, 1) if question.type == "percent" else float(f"{value:.2g}")


@dataclass(frozen=True)
class Flip:
    """A single change of a stated answer after which another option leads."""

    question: str
    to: Known | Ranking
    then: int
    veto: bool  # the present leader is excluded by the change
    steps: int  # how many levels away
    actionable: bool
    lead: float  # of the new leader


def flips(knowledge: Knowledge, sheet: Sheet, found: Changes) -> list[Flip]:
    """Flips, best first: preference flips before veto flips, actionable before fixed, near before far, narrow before wide."""
    collected: list[Flip] = []
    for id in influential(knowledge):
        question = knowledge.questions[id]
        stated = sheet.known.get(id)
        if stated is None and not (id == "priorities" and sheet.priorities):
            continue
        turned = [each for each in found.of(id) if each.standing.leader != found.now.leader]
        if stated is not None and stated.number is not None:
            turned = _nearest(turned, stated.number)
        for each in turned:
            far = abs(each.to.level - stated.level) if isinstance(each.to, Known) and stated else 1
            veto = bool(each.standing.excluded[found.now.leader])
            leader = each.standing.leader
            collected.append(Flip(id, each.to, leader, veto, max(far, 1), question.actionable, each.standing.lead(leader)))
    return sorted(collected, key=lambda flip: (flip.veto, not flip.actionable, flip.steps, -flip.lead))


def _nearest(turned: Sequence[Tried], number: float) -> list[Tried]:
    """Of the numbers that turn the advice, the nearest below and the nearest above."""
    near = []
    for upward in (False, True):
        side = [each for each in turned if isinstance(each.to, Known) and each.to.number and (each.to.number > number) == upward]
        near += sorted(side, key=lambda each: abs(np.log((each.to.number or 1) / number)) if isinstance(each.to, Known) else 0)[
            :1
        ]
    return near


@dataclass(frozen=True)
class Unknown:
    """An answer that nobody has yet, and what it could do."""

    question: str
    could_become: tuple[int, ...]
    could_exclude: tuple[int, ...]
    power: float  # probability (by the prior) that the answer turns the advice


def unknowns(knowledge: Knowledge, sheet: Sheet, found: Changes) -> list[Unknown]:
    """Every unknown that can change the leader or exclude an option still in, strongest first."""
    collected = []
    for id in _open(knowledge, sheet):
        tried = found.of(id)
        shares = _shares(knowledge, id, tried)
        become = {each.standing.leader: 0.0 for each in tried if each.standing.leader != found.now.leader}
        for each, share in zip(tried, shares, strict=True):
            if each.standing.leader in become:
                become[each.standing.leader] += share
        exclude = {o for each in tried for o in np.flatnonzero(each.standing.excluded & ~found.now.excluded).tolist()}
        if become or exclude:
            ranked = tuple(sorted(become, key=lambda o: -become[o]))
            collected.append(Unknown(id, ranked, tuple(sorted(exclude)), sum(become.values())))
    return sorted(collected, key=lambda unknown: (-unknown.power, not unknown.could_become))


def any_unknown(knowledge: Knowledge, sheet: Sheet) -> bool:
    """Whether `unknowns` would find one: tried a question at a time, until one does."""
    for id in _open(knowledge, sheet):
        now, tried = _tried(knowledge, sheet, (id,))
        if any(each.standing.leader != now.leader or (each.standing.excluded & ~now.excluded).any() for each in tried):
            return True
    return False


def _open(knowledge: Knowledge, sheet: Sheet) -> list[str]:
    """The questions that have no answer yet, or an unsure one."""
    facts = {id: sheet.known.get(id) for id in influential(knowledge) if id != "priorities" and id not in sheet.waived}
    unanswered = {id for id, fact in facts.items() if fact is None or fact.unsure}
    if sheet.priorities is None and "priorities" not in sheet.waived:
        unanswered.add("priorities")
    return [id for id in influential(knowledge) if id in unanswered]


def _shares(knowledge: Knowledge, id: str, tried: Sequence[Tried]) -> list[float]:
    """The prior share of each tried answer; grid numbers of one band share its prior."""
    if id == "priorities":
        return [1 / len(tried)] * len(tried)
    prior = tables(knowledge).priors[id]
    at = [each.to.level for each in tried if isinstance(each.to, Known)]
    return [float(prior[level]) / at.count(level) for level in at]


@dataclass(frozen=True)
class Bar:
    """How far one question moves the leader's lead: the lowest and highest lead over its answers, and the answers that bring
    them; None where that is how it stands now."""

    question: str
    low: float
    high: float
    low_at: Known | Ranking | None = None
    high_at: Known | Ranking | None = None


def tornado(found: Changes) -> list[Bar]:
    """One bar per question, widest first; the line at zero is where the advice flips."""
    now = found.now.lead(found.now.leader)
    bars: dict[str, Bar] = {}
    for each in found.tried:
        lead = each.standing.lead(found.now.leader)
        bar = bars.setdefault(each.question, Bar(each.question, now, now))
        if lead < bar.low:
            bars[each.question] = replace(bar, low=lead, low_at=each.to)
        elif lead > bar.high:
            bars[each.question] = replace(bar, high=lead, high_at=each.to)
    return sorted(bars.values(), key=lambda bar: bar.low - bar.high)
