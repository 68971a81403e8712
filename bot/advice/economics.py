"""Quality-adjusted unit economics: what one item really costs under each option.

All prices are shares of the onshore BPO price of one item, so hourly cost scales them and changes no order. Arrays have
a row per world (N, or 1 where nothing is uncertain) and a column per option. Sources of the formulas: the modules
`voting` and `capacity`; the article's 60 %, 65-70 % and 10-15 % act on their own baselines and multiply (D04).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.advice.capacity import idle_premium_lognormal
from bot.advice.setups import SETUPS, Yield, yields
from bot.advice.sheet import Figure, Sheet
from bot.advice.tables import Floats, Ints
from bot.advice.voting import price_per_judgement
from bot.advice.worlds import Levels, parameters
from knowledge.model import Knowledge

SKILLS = ("anyone", "trained", "specialist")
CROWD = ("crowd_direct", "crowd_vendor")
TEAMS = ("in_house", "bpo_onshore", "bpo_nearshore", "bpo_offshore")


@dataclass(frozen=True)
class Costs:
    """Per option; shapes (N, O) or (1, O)."""

    price: Floats  # running price of an item: work, redundancy, fees, checking, management, idle capacity
    setup: Floats  # one-off cost spread over all items
    accuracy: Floats  # share of items right
    errors: Floats  # cost of the errors that slip through, per item
    chosen: Ints  # (N, 2) index of the set-up for direct crowd and vendor

    @property
    def total(self) -> Floats:
        """Price, set-up and errors together: what the cost criterion is computed from."""
        return self.price + self.setup + self.errors

    def usual(self, channel: str) -> int:
        """The set-up that a crowd option has in most worlds: they differ only where the target or the kind of work is unsure."""
        return int(np.bincount(self.chosen[:, CROWD.index(channel)]).argmax())


@dataclass(frozen=True)
class Prices:
    """The parameters of a sheet with the yields of every crowd set-up, ready to be picked per world."""

    parameter: dict[str, Floats]
    crowd: dict[tuple[str, str], Yield]  # (channel, skill) -> yields, shapes (S, N)
    idle: dict[str, Floats]  # demand -> premium for committed capacity


@lru_cache(maxsize=32)
def _prices(knowledge: Knowledge, figures: tuple[tuple[str, Figure], ...], n: int) -> Prices:
    sampled, central = parameters(knowledge, Sheet(figures=dict(figures)), max(n, 1))
    p = sampled if n else central
    crowd = {}
    for skill in SKILLS:
        worker = p[f"worker_accuracy_{skill}"]
        managed = np.minimum(worker + p["vendor_uplift"], 0.995)
        crowd["crowd_direct", skill] = yields(worker, p["error_correlation"], p["accuracy_in_house"])
        crowd["crowd_vendor", skill] = yields(managed, p["error_correlation"], p["accuracy_in_house"])
    variations = {demand: p[f"variation_{demand}"] for demand in ("steady", "seasonal", "spiky")}
    idle = {demand: idle_premium_lognormal(cv, p["overflow_price"]) for demand, cv in variations.items()}
    return Prices(p, crowd, {**idle, "one_off": np.zeros(1)})


def prices(knowledge: Knowledge, sheet: Sheet, n: int = 0) -> Prices:
    """Parameters in n worlds; at their centres for n = 0."""
    return _prices(knowledge, tuple(sorted(sheet.figures.items())), n)


def costs(knowledge: Knowledge, p: Prices, centre: Prices, level: Levels, number: Mapping[str, Floats]) -> Costs:
    """Every option's cost in every world. The crowd set-up is chosen at central values, as a buyer has to."""
    q = knowledge.questions
    hours = number["volume"] * number["minutes"] / 60  # a month, or the whole of a one-off job
    one_off = level["demand"] == q["demand"].choices.index("one_off")
    total_hours = np.where(one_off, hours, hours * number["months"])
    idle = _pick([p.idle[demand] for demand in q["demand"].choices], level["demand"])
    error_cost = _error_cost(knowledge, p, level)
    columns: dict[str, tuple[Floats, Floats, Floats]] = {}  # option -> price, accuracy, set-up hours
    zero = np.zeros(1)
    for option in TEAMS:
        accuracy = p.parameter[f"accuracy_{option}"]
        columns[option] = (
            _team_price(knowledge, p, option, hours, idle, one_off) - _credit(p, option, accuracy),
            accuracy,
            zero if option == "in_house" else p.parameter["setup_bpo"],
        )
    chosen = []
    for option in CROWD:
        pick = _choose(knowledge, centre, option, level, number)
        price, accuracy = _crowd(knowledge, p, option, level, pick)
        columns[option] = (price, accuracy, p.parameter[f"setup_{option}"])
        chosen.append(pick)
    rows = [np.broadcast_arrays(*columns[option], total_hours, error_cost) for option in knowledge.options]
    price, accuracy, setup = (np.stack(np.broadcast_arrays(*(row[i] for row in rows)), axis=-1) for i in range(3))
    errors = (1 - accuracy) * error_cost[:, None]
    return Costs(
        price=price,
        setup=setup / total_hours[:, None],
        accuracy=accuracy,
        errors=errors,
        chosen=np.stack(np.broadcast_arrays(*chosen), axis=-1),
    )


def cost_value(knowledge: Knowledge, total: Floats) -> Floats:
    """Total cost on the fixed 0-1 scale: 1 − ln(C/best)/ln(worst/best), clipped."""
    best, worst = knowledge.decision["cost_best"].value, knowledge.decision["cost_worst"].value
    return np.asarray(np.clip(1 - np.log(total / best) / np.log(worst / best), 0, 1))


def _pick(choices: Sequence[Floats], index: Ints) -> Floats:
    """choices[index] per world, shape (…, N); a choice is (…, 1) or (…, N). "Not applicable" takes the first."""
    if index.size == 1:
        only = int(index[0])
        return choices[only if only < len(choices) else 0]
    picked = choices[0]
    for i, choice in enumerate(choices[1:], start=1):
        picked = np.where(index == i, choice, picked)
    return np.asarray(np.broadcast_to(picked, np.broadcast_shapes(picked.shape, index.shape)))


def _error_cost(knowledge: Knowledge, p: Prices, level: Levels) -> Floats:
    impacts = knowledge.questions["error_impact"].choices
    return _pick([p.parameter[f"error_cost_{impact}"] for impact in impacts], level["error_impact"])


def _team_price(knowledge: Knowledge, p: Prices, option: str, hours: Floats, idle: Floats, one_off: NDArray[np.bool_]) -> Floats:
    """Committed capacity: rate × hours paid for (idle ones too, and never less than the smallest team) × management."""
    a = p.parameter
    match option:
        case "in_house":
            return np.asarray(a["rate_in_house"] * (1 + idle))
        case "bpo_onshore":
            rate = np.ones(1)
        case "bpo_nearshore":
            rate = a["rate_nearshore"] * (1 + a["productivity_loss_nearshore"])
        case _:
            rate = a["rate_offshore"] * (1 + a["productivity_loss_offshore"])
    smallest = a["minimum_seats"] * knowledge.decision["seat_hours"].value
    paid = np.where(one_off, 1.0, np.maximum(1 + idle, smallest / hours))
    return np.asarray(rate * paid * (1 + a["governance_bpo"]))


def _credit(p: Prices, option: str, accuracy: Floats) -> Floats:
    return np.zeros(1) if option == "in_house" else np.asarray(p.parameter["sla_credit"] * (1 - accuracy))


def wage(knowledge: Knowledge, p: Prices, level: Levels) -> Floats:
    """Price of one unchecked crowd judgement before fees: D01 at home, D02 abroad, a mixture where both may work."""
    a = p.parameter
    home = 1 - a["crowd_saving_domestic"]
    abroad = a["rate_offshore"] * (1 - a["crowd_saving_abroad"])
    shares = {"anywhere": a["crowd_at_home_anywhere"], "region": a["crowd_at_home_region"], "domestic": np.ones(1)}
    at_home = _pick([shares[place] for place in knowledge.questions["residency"].choices], level["residency"])
    return np.asarray(at_home * home + (1 - at_home) * abroad)


def _judgement(knowledge: Knowledge, p: Prices, option: str, level: Levels) -> Floats:
    a = p.parameter
    fee = a["platform_fee"] if option == "crowd_direct" else a["vendor_markup"]
    return price_per_judgement(wage(knowledge, p, level), fee, a["gold_share"])


def _crowd_price(p: Prices, option: str, judgement: Floats, votes: Floats, adjudicated: Floats) -> Floats:
    a = p.parameter
    own_checks = a["sample_share"] * a["rate_in_house"] if option == "crowd_direct" else np.zeros(1)
    settled = adjudicated * a["adjudication_price"] * a["rate_in_house"]
    return np.asarray((judgement * votes + settled + own_checks) * (1 + a[f"governance_{option}"]))


def setup_table(knowledge: Knowledge, p: Prices, option: str, level: Levels) -> tuple[Floats, Floats]:
    """Price and accuracy of every crowd set-up, shapes (S, N)."""
    yielded = [p.crowd[option, skill] for skill in knowledge.questions["skill"].choices]
    votes, adjudicated, accuracy = (
        _pick(fields, level["skill"])
        for fields in zip(*((each.votes, each.adjudicated, each.accuracy) for each in yielded), strict=True)
    )
    price = _crowd_price(p, option, _judgement(knowledge, p, option, level), votes, adjudicated)
    return price, accuracy


def _choose(knowledge: Knowledge, centre: Prices, option: str, level: Levels, number: Mapping[str, Floats]) -> Ints:
    """The cheapest allowed set-up that reaches the target, errors counted; where none does, the cheapest of all."""
    price, accuracy = setup_table(knowledge, centre, option, level)
    burden = price + (1 - accuracy) * _error_cost(knowledge, centre, level)
    expert = level["checkable"] == knowledge.questions["checkable"].choices.index("expert")
    lay = np.array([setup.lay for setup in SETUPS])
    burden, short = np.broadcast_arrays(
        burden + np.where(lay[:, None] & expert, np.inf, 0), accuracy < number["accuracy"] / 100 - 1e-9
    )
    within = np.where(short, np.inf, burden)
    reached = np.asarray(np.isfinite(within).any(axis=0))
    return np.asarray(np.where(reached, within.argmin(axis=0), burden.argmin(axis=0)))


def _crowd(knowledge: Knowledge, p: Prices, option: str, level: Levels, pick: Ints) -> tuple[Floats, Floats]:
    """Price and accuracy of the set-up picked in each world: as in `setup_table`, without the others."""
    yielded = [p.crowd[option, skill] for skill in knowledge.questions["skill"].choices]
    votes, adjudicated, accuracy = (
        _pick([_row(field, pick) for field in fields], level["skill"])
        for fields in zip(*((each.votes, each.adjudicated, each.accuracy) for each in yielded), strict=True)
    )
    return _crowd_price(p, option, _judgement(knowledge, p, option, level), votes, adjudicated), accuracy


def _row(table: Floats, pick: Ints) -> Floats:
    """table[pick] per world, shape (N,) or (1,), of a table (S, N) or (S, 1)."""
    if pick.size == 1:
        return np.asarray(table[int(pick[0])])
    return np.asarray(table[pick, np.arange(pick.size) if table.shape[1] > 1 else 0])
