"""Can anything still change the advice? An exact answer, by blocks of questions that share nothing.

With weights fixed, the lead of the leader over a rival is a constant plus one term per block of unknown questions: the
economic questions form one block (they meet in the cost table), every other question is its own. Blocks are independent,
so the smallest lead is the sum of the blocks' smallest terms, over answers that do not veto the rival. Unknown answers that
place a criterion, and an unknown ranking, change the weights and are gone through one by one; every ranking's weights lie
between those of strict orders, and values are linear in weights, so strict orders suffice. Numbers enter by the typical
number of their band, prices by their centres.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from math import prod

import numpy as np

from bot.advice.economics import cost_value, costs, prices
from bot.advice.scores import standing, vetoed
from bot.advice.sheet import Sheet, at_level
from bot.advice.tables import Bools, Floats, tables
from bot.advice.worlds import Levels, rank_weights
from knowledge.model import ECONOMIC, Knowledge

LARGEST_BLOCK = 60_000
"""Combinations of a block that are enumerated; above it nothing is claimed."""


def proved(knowledge: Knowledge, sheet: Sheet) -> bool:
    """True only if every way to answer what is open leaves the leader of today the leader.

    Unsure answers and swing points prove nothing.
    """
    if any(fact.unsure for fact in sheet.known.values()) or sheet.unsure_priorities or sheet.swing is not None:
        return False
    open_economics = [id for id in ECONOMIC if id not in sheet.known]
    if prod(len(knowledge.questions[id].levels) for id in open_economics) > LARGEST_BLOCK:
        return False
    leader = standing(knowledge, sheet).leader
    block, cost = _economics(knowledge, sheet, open_economics)
    return all(_holds(knowledge, case, block, cost, leader) for case in _weight_cases(knowledge, sheet))


def _economics(knowledge: Knowledge, sheet: Sheet, open_economics: list[str]) -> tuple[Levels, Floats]:
    """Levels of the economic questions in all K combinations, and the cost values (K, O)."""
    q = knowledge.questions
    combinations = list(product(*(range(len(q[id].levels)) for id in open_economics))) or [()]
    columns = np.array(combinations, dtype=np.intp).reshape(len(combinations), -1)
    level: Levels = {id: np.full(len(combinations), sheet.known[id].level) for id in ECONOMIC if id in sheet.known}
    number: dict[str, Floats] = {id: np.array([sheet.known[id].number or 0.0]) for id in level if q[id].bands}
    for i, id in enumerate(open_economics):
        level[id] = columns[:, i]
        if q[id].bands:
            number[id] = np.array([band.typical for band in q[id].bands])[level[id]]
    centre = prices(knowledge, sheet)
    total = costs(knowledge, centre, centre, level, number).total
    return level, np.broadcast_to(cost_value(knowledge, total), (len(combinations), len(knowledge.options)))


def _weight_cases(knowledge: Knowledge, sheet: Sheet) -> Iterator[Sheet]:
    """The sheet with every way to answer the questions that move weights."""
    ranked = [id for id, criterion in knowledge.criteria.items() if criterion.ranked]
    orders = [sheet.priorities] if sheet.priorities else [tuple((c,) for c in order) for order in permutations(ranked)]
    movers = [id for id in tables(knowledge).placements if id not in sheet.known]
    for order in orders:
        for answers in product(*(range(len(knowledge.questions[id].levels)) for id in movers)):
            facts = {id: at_level(knowledge.questions[id], level) for id, level in zip(movers, answers, strict=True)}
            yield replace(sheet, priorities=order, known={**sheet.known, **facts})


def _holds(knowledge: Knowledge, sheet: Sheet, block: Levels, cost: Floats, leader: int) -> bool:
    t = tables(knowledge)
    fixed = {id: np.array([fact.level]) for id, fact in sheet.known.items() if id in t.questions and id not in block}
    opened = [id for id in t.questions if id not in fixed and id not in block]
    placing = {id: fixed.get(id, np.zeros(1, dtype=np.intp)) for id in t.placements}
    weights = rank_weights(knowledge, sheet, placing)[0]
    lead = np.zeros(len(t.options))  # smallest lead over each rival, block by block
    out = vetoed(knowledge, {id: np.array([len(knowledge.questions[id].levels)]) for id in t.questions} | fixed)[0]
    worth = weights[t.cost] * cost + sum(_effect(knowledge, weights, id, block[id]) for id in block)
    refused = _refused(knowledge, block)
    if out[leader] or refused[:, leader].any():
        return False
    lead += _smallest(worth, refused, leader)
    for id in opened:
        every = np.arange(len(knowledge.questions[id].levels))
        refused = _refused(knowledge, {id: every})
        if refused[:, leader].any():
            return False
        lead += _smallest(_effect(knowledge, weights, id, every), refused, leader)
    constant = weights @ np.where(np.arange(len(t.criteria))[:, None] == t.cost, 0.0, t.base)
    for id, level in fixed.items():
        constant = constant + _effect(knowledge, weights, id, level)[0]
    lead += constant[leader] - constant
    rivals = ~out & (np.arange(len(out)) != leader)
    return bool((lead[rivals] > 0).all())


def _effect(knowledge: Knowledge, weights: Floats, id: str, level: np.ndarray) -> Floats:
    """Weighted effect of one question at these levels, shape (K, O)."""
    tabled = tables(knowledge).effects.get(id, {})
    found = np.zeros((len(level), len(knowledge.options)))
    for criterion, table in tabled.items():
        found += weights[criterion] * table[level]
    return found


def _refused(knowledge: Knowledge, level: Levels) -> Bools:
    """Which options each combination of a block vetoes, shape (K, O)."""
    rows = len(next(iter(level.values())))
    out = np.zeros((rows, len(knowledge.options)), dtype=bool)
    for id, at in level.items():
        if id in tables(knowledge).vetoes:
            out |= tables(knowledge).vetoes[id][at]
    return out


def _smallest(worth: Floats, refused: Bools, leader: int) -> Floats:
    """Smallest lead over each rival among combinations that leave the rival in; infinite where none does."""
    gap = worth[:, leader, None] - worth
    return np.asarray(np.where(refused, np.inf, gap).min(axis=0))
