"""How good each option is: values, vetoes, the leader, and how often each option comes first.

V_o = Σ_c w_c v_c(o), additive on fixed 0-1 scales. The leader is the option with the highest expected value at rank order
centroid weights and central prices, the expectation being over answers nobody knows; with every answer known that is one
plain sum (the mean over all weights that agree with a ranking is the value at its centroid weights; see `weights`). The
probability of being first is the share of worlds (weights, prices, unknown answers drawn) in which an option leads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.advice.economics import Costs, cost_value, costs, prices
from bot.advice.sheet import Known, Sheet
from bot.advice.tables import Bools, Floats, tables
from bot.advice.worlds import Levels, levels, numbers, rank_weights, sampled_weights
from bot.answers import Ranking
from knowledge.model import Knowledge

Change = tuple[str, Known | Ranking]
"""One answer that is another: question id and the fact, or the ranking for `priorities`."""


@dataclass(frozen=True)
class Standing:
    """The expected values of the options, shape (O,), which are out in every world, and in what share of worlds."""

    value: Floats
    excluded: Bools
    at_risk: Floats

    @property
    def order(self) -> list[int]:
        """Indices of the options still in, best first."""
        return [int(o) for o in np.argsort(-self.value, kind="stable") if not self.excluded[o]]

    @property
    def leader(self) -> int:
        """Index of the best option; in-house can never be vetoed, so there is one."""
        return self.order[0]

    def lead(self, option: int) -> float:
        """How far an option is ahead of its best rival; negative when behind, −1 when it is out."""
        rivals = [o for o in self.order if o != option]
        if self.excluded[option]:
            return -1.0
        return float(self.value[option] - self.value[rivals[0]]) if rivals else 1.0


def values(knowledge: Knowledge, weights: Floats, level: Levels, cost: Floats) -> Floats:
    """Weighted values, shape (N, O) (or (1, O)), of options with these levels and cost values."""
    t = tables(knowledge)
    by_criterion = np.ascontiguousarray(weights.T)[:, None, :]  # an option is a row here: numpy is slow along six columns
    total = (weights @ t.base).T + by_criterion[t.cost] * (cost - t.base[t.cost]).T
    for question, tabled in t.effects.items():
        for criterion, table in tabled.items():
            total = total + by_criterion[criterion] * table.T.take(level[question], axis=1)
    return np.ascontiguousarray(total.T)


def vetoed(knowledge: Knowledge, level: Levels) -> Bools:
    """Which options are out at these levels, shape (1, O) or (N, O)."""
    out = np.zeros((1, len(knowledge.options)), dtype=bool)
    for question, table in tables(knowledge).vetoes.items():
        out = out | table[level[question]]
    return np.asarray(out)


def stated_vetoes(knowledge: Knowledge, sheet: Sheet, besides: str | None = None) -> Bools:
    """Options out by what was said, sure or not, shape (O,): an unsure answer vetoes all the same."""
    out = np.zeros(len(knowledge.options), dtype=bool)
    for question, table in tables(knowledge).vetoes.items():
        fact = sheet.known.get(question)
        if fact is not None and question != besides:
            out |= table[fact.level]
    return out


def standing(knowledge: Knowledge, sheet: Sheet) -> Standing:
    """How the options stand as things are known."""
    return standings(knowledge, sheet, [])[0]


def unanimous(knowledge: Knowledge, sheet: Sheet) -> bool:
    """Whether one option leads for every drawn set of unknown answers: where not, no proof need be tried."""
    n = int(knowledge.decision["expectation_worlds"].value)
    level = levels(knowledge, sheet, n)
    number, level = numbers(knowledge, sheet, level, n)
    centre = prices(knowledge, sheet)
    cost = cost_value(knowledge, costs(knowledge, centre, centre, level, number).total)
    value = values(knowledge, rank_weights(knowledge, sheet, level), level, cost)
    first = np.where(vetoed(knowledge, level) | stated_vetoes(knowledge, sheet), -np.inf, value).argmax(axis=1)
    return bool((first == first[0]).all())


def standings(knowledge: Knowledge, sheet: Sheet, changes: Sequence[Change]) -> list[Standing]:
    """How they stand now, and after each single change, computed together: all worlds of all changes are rows of one table."""
    n = int(knowledge.decision["expectation_worlds"].value)
    level = levels(knowledge, sheet, n)
    number, level = numbers(knowledge, sheet, level, n)
    rows = max(array.size for array in (*level.values(), *number.values()))
    copies = len(changes) + 1
    level = {id: np.tile(np.broadcast_to(array, rows), copies) for id, array in level.items()}
    number = {id: np.tile(np.broadcast_to(array, rows), copies) for id, array in number.items()}
    for i, (question, to) in enumerate(changes, start=1):
        if isinstance(to, Known):
            level[question][i * rows : (i + 1) * rows] = to.level
            if to.number is not None:
                number[question][i * rows : (i + 1) * rows] = to.number
    centre = prices(knowledge, sheet)
    cost = cost_value(knowledge, costs(knowledge, centre, centre, level, number).total)
    value = values(knowledge, _weights(knowledge, sheet, changes, level, rows), level, cost)
    stated = np.stack([stated_vetoes(knowledge, sheet), *(stated_vetoes(knowledge, sheet, q) for q, _ in changes)])
    out = vetoed(knowledge, level) | np.repeat(stated, rows, axis=0)
    fallback = np.where(out, -np.inf, value).max(axis=1, keepdims=True) - knowledge.decision["veto_loss"].value
    expected = np.where(out, np.minimum(value, fallback), value)
    shape = (copies, rows, -1)
    out, value, expected = out.reshape(shape), value.reshape(shape), expected.reshape(shape)
    excluded = out.all(axis=1)
    mean = np.where(excluded, value.mean(axis=1), expected.mean(axis=1))
    return [Standing(mean[i], excluded[i], out[i].mean(axis=0)) for i in range(copies)]


def _weights(knowledge: Knowledge, sheet: Sheet, changes: Sequence[Change], level: Levels, rows: int) -> Floats:
    weights = np.broadcast_to(rank_weights(knowledge, sheet, level), (rows * (len(changes) + 1), len(knowledge.criteria)))
    if any(isinstance(to, tuple) for _, to in changes):
        weights = weights.copy()
        for i, (question, to) in enumerate(changes, start=1):
            if isinstance(to, tuple):
                part = slice(i * rows, (i + 1) * rows)
                here = {id: array[part] for id, array in level.items()}
                weights[part] = rank_weights(knowledge, sheet.having(question, to), here)
    return weights


@dataclass(frozen=True)
class Robustness:
    """What the worlds say: values (N, O) with vetoed options at −∞, weights (N, C), share of firsts (O,), and the sums."""

    value: Floats
    weights: Floats
    first: Floats
    level: Levels
    number: dict[str, Floats]
    costs: Costs
    criteria: Floats  # (C, O) mean value per criterion


def robustness(knowledge: Knowledge, sheet: Sheet, n: int) -> Robustness:
    """Draw everything uncertain together, n times."""
    return _robustness(knowledge, sheet, n, criteria)


def firsts(knowledge: Knowledge, sheet: Sheet, n: int) -> Floats:
    """Only the share of n worlds in which each option comes first, shape (O,)."""
    return _robustness(knowledge, sheet, n, lambda *_: np.zeros((0, 0))).first


def _robustness(
    knowledge: Knowledge, sheet: Sheet, n: int, per_criterion: Callable[[Knowledge, Levels, Floats], Floats]
) -> Robustness:
    t = tables(knowledge)
    level = levels(knowledge, sheet, n)
    number, level = numbers(knowledge, sheet, level, n)
    spent = costs(knowledge, prices(knowledge, sheet, n), prices(knowledge, sheet), level, number)
    weights = sampled_weights(knowledge, sheet, level, n)
    cost = cost_value(knowledge, spent.total)
    value = values(knowledge, weights, level, cost)
    value = np.where(vetoed(knowledge, level) | stated_vetoes(knowledge, sheet), -np.inf, value)
    first = np.bincount(value.argmax(axis=1), minlength=len(t.options)) / len(value)
    return Robustness(value, weights, first, level, number, spent, per_criterion(knowledge, level, cost))


def criteria(knowledge: Knowledge, level: Levels, cost: Floats) -> Floats:
    """Mean value of each option on each criterion over the worlds, shape (C, O)."""
    t = tables(knowledge)
    found = t.base.copy()
    found[t.cost] = cost.mean(axis=0)
    for question, tabled in t.effects.items():
        for criterion, table in tabled.items():
            found[criterion] += table[level[question]].mean(axis=0)
    return found
