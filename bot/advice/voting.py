"""What redundancy buys: how often a joint judgement is right, how many votes it takes and what a vote costs.

Unless said otherwise, arguments are float64 arrays (or numbers) that broadcast, and results have the broadcast shape.
`p` is the share of single judgements that are right, in [0, 1]. `rho` is the correlation between two judgements of the
same item, in [0, 1): some items are harder, each item's own `p` is drawn from Beta(α, β) with mean `p` and
α + β = 1/rho − 1. Such votes are drawn from Pólya's urn, which also covers rho = 0, independent votes.
"""

from functools import lru_cache
from math import comb, factorial

import numpy as np
from numpy.polynomial.polynomial import polypow
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_REST = 1e-10  # a sum stops when what is left of it is below this
_LEAST_RHO = 1e-3  # below it a ceiling moves only for p within .1 of a coin, and takes ever more terms


def _next_right(p: Floats, rho: Floats, right: Floats | float, votes: int) -> Floats:
    """Chance that the next vote on an item is right, after `right` of `votes` were (Pólya's urn)."""
    chance: Floats = (p * (1 - rho) + right * rho) / (1 - rho + votes * rho)
    return chance


def majority(p: ArrayLike, votes: int) -> Floats:
    """Accuracy of the majority of an odd number of independent votes between two classes.

    Condorcet 1785: Σ_{j > k/2} C(k, j) p^j q^(k−j). ValueError if `votes` is not odd and positive.
    """
    return correlated_majority(p, 0.0, votes)


def correlated_majority(p: ArrayLike, rho: ArrayLike, votes: int) -> Floats:
    """Accuracy of the majority of an odd number of votes between two classes when some items are harder.

    The beta-binomial upper tail, Σ_{j > k/2} C(k, j) B(α+j, β+k−j) / B(α, β), summed by pairs of votes: going from
    2m − 1 to 2m + 1 votes matters only if 2m votes tie; then the next vote decides, where a coin did before.
    ValueError if `votes` is not odd and positive.
    """
    if votes < 1 or votes % 2 == 0:
        raise ValueError(f"votes must be an odd number such as 1, 3 or 5, so that they cannot tie; got {votes}")
    p, rho = np.broadcast_arrays(np.asarray(p, np.float64), np.asarray(rho, np.float64))
    accuracy, tie = np.full(p.shape, 0.5), np.ones(p.shape)
    for m in range((votes + 1) // 2):
        decides = _next_right(p, rho, m, 2 * m)
        accuracy += tie * (decides - 0.5)
        tie *= 2 * (2 * m + 1) / (m + 1) * decides * (1 - _next_right(p, rho, m + 1, 2 * m + 1))
    return accuracy


def majority_ceiling(p: ArrayLike, rho: ArrayLike) -> Floats:
    """Accuracy that no number of votes exceeds (p > ½): the share of items on which most people are right.

    1 − I_½(α, β), both halves of the beta integral by the series 2^(α+β) B_½(α, β) = Σ_n (α+β)_n / (α)_(n+1) / 2^n
    (DLMF §8.17(ii)), whose terms are all positive, so that the quotient needs no beta function. Good to 1e-8; a rho
    between 0 and .001 is read as .001, and 0 gives 1, ½ or 0.
    """
    p, rho = np.broadcast_arrays(np.asarray(p, np.float64), np.asarray(rho, np.float64))
    spread = np.maximum(rho, _LEAST_RHO)
    sides = np.stack([1 - p, p])
    term, series, n = np.ones(sides.shape), np.ones(sides.shape), 0
    while np.any(term > _REST * series):
        n += 1
        term *= (1 - spread + (n - 1) * spread) / (sides * (1 - spread) + n * spread) / 2
        series += term
    right, wrong = p * series[0], (1 - p) * series[1]
    return np.where(rho > 0, right / (right + wrong), np.heaviside(p - 0.5, 0.5))


@lru_cache(maxsize=256)
def _plurality_weights(votes: int, classes: int) -> tuple[float, ...]:
    """For j = 0 … `votes` right votes: the weight of p^j q^(votes−j) in the accuracy of the plurality."""
    weights = [0.0]
    for j in range(1, votes + 1):
        wrong, won = votes - j, 0.0
        for tied in range(min(classes - 1, wrong // j) + 1):
            fewer = polypow([1 / factorial(v) for v in range(j)], classes - 1 - tied)
            rest = wrong - tied * j
            if rest < len(fewer):
                won += comb(classes - 1, tied) / (tied + 1) * fewer[rest] / factorial(j) ** tied
        weights.append(comb(votes, j) * factorial(wrong) * won / (classes - 1) ** wrong)
    return tuple(weights)


def plurality(p: ArrayLike, votes: int, classes: int) -> Floats:
    """Accuracy of the most frequent of `votes` independent answers among `classes`, ties split evenly.

    Errors fall on every wrong class alike. Exact: with j right votes, count by exponential generating functions the
    ways in which t wrong classes also get j votes and the others fewer; the right class then wins with 1/(t + 1).
    For up
    to 150 votes. ValueError for fewer than one vote or two classes.
    """
    if votes < 1 or classes < 2:
        raise ValueError(f"a plurality needs at least 1 vote and 2 classes; got {votes} and {classes}")
    p = np.asarray(p, np.float64)
    accuracy = np.zeros(p.shape)
    for right, weight in enumerate(_plurality_weights(votes, classes)):
        accuracy += weight * p**right * (1 - p) ** (votes - right)
    return accuracy


def _check_lead(delta: int) -> None:
    if delta < 1:
        raise ValueError(f"the lead that ends a vote must be at least 1; got {delta}")


def margin_vote(p: ArrayLike, delta: int) -> tuple[Floats, Floats]:
    """Accuracy and expected votes when two classes collect independent votes until one leads by `delta`.

    Gambler's ruin (Boyarskaya & Ipeirotis): φ^δ/(1+φ^δ) and δ (φ+1)/(φ−1) (φ^δ−1)/(φ^δ+1) with φ = p/q, divided out
    so that p = ½ (accuracy ½, δ² votes) and p = 1 need no care. ValueError if `delta` is below 1.
    """
    _check_lead(delta)
    p = np.asarray(p, np.float64)
    q = 1 - p
    either = p**delta + q**delta
    paths = np.sum([p**i * q ** (delta - 1 - i) for i in range(delta)], axis=0)
    return p**delta / either, delta * paths / either


def correlated_margin_vote(p: ArrayLike, rho: ArrayLike, delta: int) -> tuple[Floats, Floats]:
    """Accuracy and expected votes of `margin_vote` when some items are harder: its mean over Beta(α, β), to 1e-8.

    Follows the chance of each lead that is still open from vote to vote; about 17 δ² votes are followed, so keep
    `delta` small. ValueError if it is below 1.
    """
    _check_lead(delta)
    p, rho = np.broadcast_arrays(np.asarray(p, np.float64), np.asarray(rho, np.float64))
    leads = np.arange(1 - delta, delta).reshape(-1, *[1] * p.ndim)
    undecided = np.where(leads == 0, 1.0, np.zeros(p.shape))
    accuracy, expected, votes = np.zeros(p.shape), np.zeros(p.shape), 0
    while np.any(undecided > _REST):
        up = undecided * _next_right(p, rho, (votes + leads) / 2, votes)
        down = undecided - up
        accuracy += up[-1]
        expected += undecided.sum(axis=0)
        undecided = np.zeros(undecided.shape)
        undecided[1:] += up[:-1]
        undecided[:-1] += down[1:]
        votes += 1
    return accuracy, expected


def double_entry(p: ArrayLike, adjudicator: ArrayLike, classes: int = 2, rho: ArrayLike = 0.0) -> tuple[Floats, Floats]:
    """Accuracy and share adjudicated when two people judge each item and a third settles where they differ.

    Two errors agree with probability 1/(c−1), so d = 1 − E[p²] − E[q²]/(c−1) differ and Q = E[p²] + d · `adjudicator`
    (that person's accuracy on such items); with Beta-distributed difficulty of intra-class correlation `rho`,
    E[p²] = p² + ρpq and E[q²] = q² + ρpq. ValueError for fewer than two classes.
    """
    if classes < 2:
        raise ValueError(f"a judgement needs at least 2 classes; got {classes}")
    p, adjudicator, rho = np.asarray(p, np.float64), np.asarray(adjudicator, np.float64), np.asarray(rho, np.float64)
    shared = rho * p * (1 - p)
    right: Floats = p**2 + shared
    differ: Floats = 1 - right - ((1 - p) ** 2 + shared) / (classes - 1)
    return right + differ * adjudicator, differ


def price_per_judgement(wage: ArrayLike, fee: ArrayLike, gold_share: ArrayLike) -> Floats:
    """Price of one useful judgement, in the unit of `wage`: w (1 + fee) (1 + g/(1 − g)).

    `fee` is the platform's surcharge as a share of the wage; `gold_share`, in [0, 1), the share of the stream spent
    on items with known answers, which are paid as well.
    """
    wage, fee, gold = np.asarray(wage, np.float64), np.asarray(fee, np.float64), np.asarray(gold_share, np.float64)
    price: Floats = wage * (1 + fee) * (1 + gold / (1 - gold))
    return price


def break_even_error_cost(
    cost_cheap: float,
    cost_dear: float,
    accuracy_cheap: float,
    accuracy_dear: float,
) -> float | None:
    """Cost of one error above which the dearer, more accurate option is worth its price; in the unit of the costs.

    Equates C + (1 − Q) L: L* = (C_dear − C_cheap) / (Q_dear − Q_cheap). None where the first option is not both
    cheaper and less accurate: then one dominates and the cost of an error decides nothing.
    """
    if cost_cheap < cost_dear and accuracy_cheap < accuracy_dear:
        return (cost_dear - cost_cheap) / (accuracy_dear - accuracy_cheap)
    return None
