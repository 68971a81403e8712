"""Ways to organise crowd work on one item: how often it is asked, who settles disagreement, and what that yields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bot.advice.voting import correlated_majority, correlated_margin_vote, double_entry

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Setup:
    """One set-up. `lay` set-ups need results that workers can judge by themselves (not `checkable: expert`)."""

    id: str
    lay: bool


SETUPS = (
    Setup("single", lay=False),
    Setup("majority_3", lay=True),
    Setup("majority_5", lay=True),
    Setup("margin_2", lay=True),
    Setup("double_entry", lay=False),
)


@dataclass(frozen=True)
class Yield:
    """What each set-up yields, shapes (S, …): accuracy reached, judgements per item, share of items adjudicated."""

    accuracy: Floats
    votes: Floats
    adjudicated: Floats


def yields(worker: ArrayLike, correlation: ArrayLike, adjudicator: ArrayLike) -> Yield:
    """Accuracy, judgements and adjudications of every set-up for workers of this accuracy (arrays broadcast)."""
    p, rho, a = np.broadcast_arrays(
        np.asarray(worker, dtype=float), np.asarray(correlation, dtype=float), np.asarray(adjudicator, dtype=float)
    )
    ones, none = np.ones_like(p), np.zeros_like(p)
    margin, margin_votes = correlated_margin_vote(p, rho, 2)
    double, disputed = double_entry(p, a, rho=rho)
    return Yield(
        accuracy=np.stack([p, correlated_majority(p, rho, 3), correlated_majority(p, rho, 5), margin, double]),
        votes=np.stack([ones, 3 * ones, 5 * ones, margin_votes, 2 * ones]),
        adjudicated=np.stack([none, none, none, none, disputed]),
    )
