"""Draws of everything uncertain: parameters, weights, and the answers nobody knows.

The draws belong to the knowledge version, not to a case: every case, and every what-if of a case, meets the same worlds
(common random numbers), so that two results differ only by what was changed. N is the number of worlds: many for the
report, fewer for choosing a question or for an expectation over unknown answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bot.advice.sheet import Known, Sheet
from bot.advice.tables import Floats, Ints, tables
from bot.advice.weights import deal, descending, swing, tiered_roc
from knowledge.model import ECONOMIC, Knowledge, Question

Levels = dict[str, Ints]


@dataclass(frozen=True)
class Draws:
    """Uniform draws, stratified per column so that N worlds carry little noise."""

    parameters: dict[str, Floats]  # id -> (N,) uniforms
    answers: dict[str, Floats]  # question -> (N,) uniforms that choose the level
    within: dict[str, Floats]  # numeric question -> (N,) uniforms that choose the number inside a band
    weights: Floats  # (N, C), uniform on the simplex
    descending: Floats  # (N, C), the same with the largest first
    shuffles: Floats  # (N, C)
    doubt: Floats  # (N,) uniforms that choose whether an unsure ranking holds


@lru_cache(maxsize=16)
def draws(knowledge: Knowledge, n: int) -> Draws:
    """N worlds of a knowledge version."""
    rng = np.random.default_rng(int(knowledge.decision["seed"].value))

    def stratified() -> Floats:
        return np.asarray((rng.permutation(n) + rng.random(n)) / n)

    t = tables(knowledge)
    parameters = {id: stratified() for id in knowledge.parameters}
    answers = {id: stratified() for id in t.questions}
    within = {id: stratified() for id in t.questions if knowledge.questions[id].bands}
    exponentials = rng.exponential(size=(n, len(t.criteria)))
    weights = exponentials / exponentials.sum(axis=1, keepdims=True)
    return Draws(
        parameters=parameters,
        answers=answers,
        within=within,
        weights=weights,
        descending=descending(weights),
        shuffles=rng.random((n, len(t.criteria))),
        doubt=stratified(),
    )


def parameters(knowledge: Knowledge, sheet: Sheet, n: int) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Each parameter in every world (N,) and at its centre (1,); a person's own figure replaces the range."""
    d, sampled, central = draws(knowledge, n), {}, {}
    for id, parameter in knowledge.parameters.items():
        own = sheet.figures.get(id)
        low, high = (own.low, own.high) if own else (parameter.low, parameter.high)
        sampled[id] = low + (high - low) * d.parameters[id]
        central[id] = np.array([(low + high) / 2])
    return sampled, central


def levels(knowledge: Knowledge, sheet: Sheet, n: int) -> Levels:
    """The level of every question: shape (1,) where it is certain, (N,) where it is unknown or unsure."""
    drawn = _drawn_levels(knowledge, n)
    return {
        id: _level(knowledge, id, sheet.known[id], n) if id in sheet.known else drawn[id] for id in tables(knowledge).questions
    }


@lru_cache(maxsize=16)
def _drawn_levels(knowledge: Knowledge, n: int) -> Levels:
    """The level of every question as if nobody knew any, shape (N,)."""
    t, d = tables(knowledge), draws(knowledge, n)
    return {id: _drawn(t.priors[id], d.answers[id]) for id in t.questions}


def _drawn(shares: Floats, uniforms: Floats) -> Ints:
    found = np.minimum(np.searchsorted(np.cumsum(shares), uniforms, side="right"), len(shares) - 1)
    found.flags.writeable = False  # every case reads the same array
    return found


def _level(knowledge: Knowledge, id: str, fact: Known, n: int) -> Ints:
    prior, uniforms = tables(knowledge).priors[id], draws(knowledge, n).answers[id]
    if not fact.unsure or knowledge.questions[id].bands:
        return np.array([fact.level])
    keeps = knowledge.decision["unsure_keeps"].value
    others = prior.copy()
    others[fact.level] = 0
    shares = keeps * np.eye(len(prior))[fact.level] + (1 - keeps) * others / others.sum()
    return _drawn(shares, uniforms)


def numbers(knowledge: Knowledge, sheet: Sheet, level: Levels, n: int) -> tuple[dict[str, Floats], Levels]:
    """The number of each numeric question per world, and the levels that follow from unsure numbers."""
    d, found, moved = draws(knowledge, n), dict[str, Floats](), dict(level)
    for id in ECONOMIC:
        question = knowledge.questions[id]
        if not question.bands:
            continue
        fact = sheet.known.get(id)
        if fact is not None and fact.number is not None:
            found[id] = _around(knowledge, question, fact, d.within[id])
            edges = np.array([band.upto for band in question.bands])
            moved[id] = np.minimum(np.searchsorted(edges, found[id], side="left"), len(edges) - 1)
        else:
            low, high = _limits(question)
            u = d.within[id]
            found[id] = low[level[id]] * (high[level[id]] / low[level[id]]) ** u
    return found, moved


def _around(knowledge: Knowledge, question: Question, fact: Known, uniforms: Floats) -> Floats:
    number = np.array([fact.number or 0.0])
    if not fact.unsure:
        return number
    if question.type == "percent":  # the share of errors, not of right items, is what one is unsure about
        wrong = (100 - number) * knowledge.decision["unsure_factor"].value ** (2 * uniforms - 1)
        return np.clip(100 - wrong, question.least, question.most)
    spread = number * knowledge.decision["unsure_factor"].value ** (2 * uniforms - 1)
    return np.clip(spread, (question.least or 0) or 1e-6, question.most)


@lru_cache(maxsize=64)
def _band_limits(bands: tuple[tuple[float, float], ...]) -> tuple[Floats, Floats]:
    low = [bands[0][1] / 3] + [upto for upto, _ in bands[:-1]]
    high = [min(upto, typical * 4) for upto, typical in bands]
    return np.array(low), np.array(high)


def _limits(question: Question) -> tuple[Floats, Floats]:
    """Where a number is sought inside each band: open ends stop at a third and at four times the typical number."""
    return _band_limits(tuple((band.upto, band.typical) for band in question.bands))


def placed(knowledge: Knowledge, sheet: Sheet, places: dict[str, str]) -> list[tuple[str, ...]]:
    """The tiers of all criteria: the ranking, with the unranked criteria put where answers place them."""
    ranked = tuple(id for id, criterion in knowledge.criteria.items() if criterion.ranked)
    tiers = [tuple(tier) for tier in (sheet.priorities or (ranked,))]
    second = tuple(criterion for criterion, place in places.items() if place == "second")
    joining = tuple(criterion for criterion, place in places.items() if place == "joins_last")
    last = tuple(criterion for criterion, place in places.items() if place == "last")
    if len(tiers) == 1:  # nothing is last yet: what joins the last comes right before it
        return [tier for tier in (tiers[0], second, joining, last) if tier]
    return [tier for tier in (tiers[0], second, *tiers[1:-1], (*tiers[-1], *joining), last) if tier]


def _placements(knowledge: Knowledge, level: Levels) -> tuple[Ints, list[dict[str, str]]]:
    """A group number per world, and for each group where the unranked criteria go."""
    t = tables(knowledge)
    group = np.zeros(1, dtype=np.intp)
    groups: list[dict[str, str]] = [{}]
    for question, (criterion, places) in t.placements.items():
        group = group * len(places) + level[question]
        groups = [{**earlier, criterion: place} for earlier in groups for place in places]
    return group, groups


def rank_weights(knowledge: Knowledge, sheet: Sheet, level: Levels) -> Floats:
    """Rank order centroid weights per world, shape (1, C) or (N, C); swing points, where given, are used as they are."""
    if sheet.swing is not None:
        return _swung(knowledge, sheet.swing)
    group, groups = _placements(knowledge, level)
    table = np.zeros((len(groups), len(knowledge.criteria)))
    for g in np.unique(group):
        weights = tiered_roc(placed(knowledge, sheet, groups[g]))
        table[g] = [weights[criterion] for criterion in knowledge.criteria]
    return np.asarray(table[group])


def sampled_weights(knowledge: Knowledge, sheet: Sheet, level: Levels, n: int) -> Floats:
    """Weights drawn evenly from all that agree with the ranking, or from around swing points; shape (N, C)."""
    d = draws(knowledge, n)
    if sheet.swing is not None:
        keeps = knowledge.decision["swing_keeps"].value
        return np.asarray(keeps * _swung(knowledge, sheet.swing) + (1 - keeps) * d.weights)
    group, groups = _placements(knowledge, level)
    group = np.broadcast_to(group, n)
    weights = np.empty_like(d.weights)
    for g in np.unique(group):
        rows = np.flatnonzero(group == g)
        tiers = placed(knowledge, sheet, groups[g])
        names = [name for tier in tiers for name in tier]
        cone = deal(tiers, d.descending.take(rows, axis=0), d.shuffles.take(rows, axis=0))
        weights[rows] = cone[:, [names.index(criterion) for criterion in knowledge.criteria]]
    if sheet.unsure_priorities:
        kept = d.doubt < knowledge.decision["unsure_keeps"].value
        weights = np.where(kept[:, None], weights, d.weights)
    return weights


def _swung(knowledge: Knowledge, points: Mapping[str, float]) -> Floats:
    weights = swing({criterion: points.get(criterion, 0.0) for criterion in knowledge.criteria})
    return np.array([[weights[criterion] for criterion in knowledge.criteria]])
