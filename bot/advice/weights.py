"""What a ranking of priorities says about their weights, and what would have to change in the weights to matter.

Weights are at least 0 and sum to 1. `tiers` are the names of the criteria, most important first; those in one tier
tie. Draws are made from random numbers the caller supplies, so that two cases can be compared on the same ones.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def roc(n: int) -> Floats:
    """Rank order centroid weights of `n` ranked criteria, shape (n,): w_k = (1/n) Σ_{j ≥ k} 1/j.

    Barron & Barrett 1996. They are the mean of all weights that agree with the ranking. ValueError if `n` is below 1.
    """
    if n < 1:
        raise ValueError(f"there must be at least 1 criterion to weigh; got {n}")
    weights: Floats = np.cumsum(1 / np.arange(n, 0, -1))[::-1] / n
    return weights


def _places(tiers: Sequence[Sequence[str]]) -> list[slice]:
    """The places each tier takes in the ranking; ValueError for an empty tier or a repeated name."""
    if not all(tiers):
        raise ValueError("a tier of the ranking is empty; leave it out")
    names = list(chain.from_iterable(tiers))
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"ranked more than once: {', '.join(repeated)}")
    ends = np.cumsum([len(tier) for tier in tiers]).tolist()
    return [slice(end - len(tier), end) for tier, end in zip(tiers, ends, strict=True)]


def tiered_roc(tiers: Sequence[Sequence[str]]) -> dict[str, float]:
    """Rank order centroid weights by name; those that tie share the mean of their places' weights.

    ValueError for no tiers, an empty tier or a name that is ranked twice.
    """
    places = _places(tiers)
    weights = roc(sum(map(len, tiers)))
    return {name: float(weights[place].mean()) for tier, place in zip(tiers, places, strict=True) for name in tier}


def sample_cone(tiers: Sequence[Sequence[str]], exponentials: Floats, shuffles: Floats) -> Floats:
    """Weights drawn uniformly from all that agree with the ranking, shape (N, n); their mean is `tiered_roc`.

    Columns follow the names in `tiers`, flattened. `exponentials` (N, n), independent standard exponentials, become
    uniform on the simplex when divided by their sum (Devroye 1986, ch. V.2); sorted, they fill the places of the
    ranking, and `shuffles` (N, n), independent uniforms, deal the places of a tier to its names. ValueError for an
    empty tier, a name that is ranked twice or another shape.
    """
    _places(tiers)  # refuses what is no ranking
    n = sum(map(len, tiers))
    if exponentials.shape != shuffles.shape or exponentials.shape[1:] != (n,):
        raise ValueError(f"expected two arrays of shape (N, {n}); got {exponentials.shape} and {shuffles.shape}")
    return deal(tiers, descending(exponentials / exponentials.sum(axis=1, keepdims=True)), shuffles)


def descending(weights: Floats) -> Floats:
    """Each row of weights with the largest first."""
    return np.ascontiguousarray(np.sort(weights, axis=1)[:, ::-1])


def deal(tiers: Sequence[Sequence[str]], weights: Floats, shuffles: Floats) -> Floats:
    """The second half of `sample_cone`: `weights` (N, n) with the largest first, given to the names in `tiers`."""
    places = _places(tiers)
    dealt = [
        weights[:, place]
        if place.stop - place.start == 1
        else np.take_along_axis(weights[:, place], shuffles[:, place].argsort(axis=1), axis=1)
        for place in places
    ]
    return np.hstack(dealt)


def swing(points: Mapping[str, float]) -> dict[str, float]:
    """Weights by name in proportion to swing points: 100 for the swing that matters most, 0 for one that does not.

    Edwards & Barron 1994. ValueError for points outside 0 to 100, or if all are 0.
    """
    if wrong := [name for name, given in points.items() if not 0 <= given <= 100]:
        raise ValueError(f"points must be between 0 and 100: {', '.join(wrong)}")
    total = sum(points.values())
    if total == 0:
        raise ValueError("at least one criterion needs more than 0 points")
    return {name: given / total for name, given in points.items()}


def critical_weight(weights: Floats, differences: Floats, i: int) -> float | None:
    """The weight of criterion `i` at which two options are level while the other weights keep their proportions.

    `weights` and `differences` (first option's value less the second's), both (n,). The margin is (1−t) A + t B with
    B = d_i and A the mean of the other differences, hence t* = A/(A − B). None where no weight in [0, 1] does it,
    every weight does, or the other weights are all 0.
    """
    others = np.delete(weights, i)
    if not others.any():
        return None
    without, alone = float(np.average(np.delete(differences, i), weights=others)), float(differences[i])
    if without == alone or without * alone > 0:
        return None
    return without / (without - alone)


def least_shift(weights: Floats, differences: Floats) -> float | None:
    """The least weight to move between criteria before the option that leads no longer does.

    `weights` and `differences` (first option's value less the second's), both (n,). Moves weight from the criteria
    that speak most for the leader, in order (a fractional knapsack), to the one that speaks most against. At the
    result the two are level; 0 if they are already. None where no criterion speaks against the leader.
    """
    margin = float(weights @ differences)
    if margin == 0:
        return 0.0
    gains = differences * np.sign(margin)
    if gains.min() >= 0:
        return None
    order = np.argsort(-gains)
    moved = np.cumsum(weights[order])
    lost = np.cumsum(weights[order] * (gains - gains.min())[order])
    return float(np.interp(abs(margin), [0, *lost], [0, *moved]))


def rank_acceptability(values: Floats) -> Floats:
    """b[o, r], shape (m, m): the share of draws in which option o has rank r (0 is first).

    `values` (N, m): the value of each option in each draw; of equal ones the earlier option ranks first. SMAA-2,
    Lahdelma & Salminen 2001.
    """
    order = np.argsort(-values, axis=1, kind="stable")
    share: Floats = (order[:, None, :] == np.arange(values.shape[1])[None, :, None]).mean(axis=0)
    return share


def central_weights(weights: Floats, first: NDArray[np.intp], options: int) -> Floats:
    """Mean weights of the draws in which each option is first, shape (options, k); NaN for one that never is.

    `weights` (N, k) and `first` (N,), the option that is first in each draw. SMAA-2, Lahdelma & Salminen 2001.
    """
    wins = first == np.arange(options)[:, None]
    count = wins.sum(axis=1, keepdims=True)
    never = np.full((options, weights.shape[1]), np.nan)
    means: Floats = np.divide(wins @ weights, count, out=never, where=count > 0)
    return means
