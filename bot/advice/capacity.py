"""What capacity costs that waits for work, and what work costs that waits for capacity."""

from math import exp, floor
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_STANDARD = NormalDist()
_NORMAL_UP_TO = 0.5  # the cv above which normal demand would be negative too often


def _cdf(z: Floats) -> Floats:
    """Standard normal distribution function."""
    probability: Floats = np.vectorize(_STANDARD.cdf, otypes=[np.float64])(z)
    return probability


def _quantile(probability: Floats) -> Floats:
    """Standard normal quantile."""
    z: Floats = np.vectorize(_STANDARD.inv_cdf, otypes=[np.float64])(probability)
    return z


def _density(z: Floats) -> Floats:
    """Standard normal density."""
    density: Floats = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return density


def _cv_and_overflow(cv: ArrayLike, overflow: ArrayLike) -> tuple[Floats, Floats]:
    cv, overflow = np.asarray(cv, np.float64), np.asarray(overflow, np.float64)
    if np.any(overflow <= 1):
        raise ValueError("overflow must be above 1, the base price; otherwise no capacity is worth holding")
    return cv, overflow


def idle_premium(cv: ArrayLike, overflow: ArrayLike) -> Floats:
    """Least extra cost of committed capacity over paying only for work done, as a share, for normal demand.

    `cv` is the standard deviation of demand over its mean, `overflow` the price of work beyond the capacity with the
    base price at 1; they broadcast. Capacity at the critical ratio 1 − 1/e costs e · cv · φ(Φ⁻¹(1 − 1/e)) more
    (newsvendor model, Cachon & Terwiesch, ch. 12). ValueError if `overflow` is not above 1.
    """
    cv, overflow = _cv_and_overflow(cv, overflow)
    return overflow * cv * _density(_quantile(1 - 1 / overflow))


def idle_premium_lognormal(cv: ArrayLike, overflow: ArrayLike) -> Floats:
    """`idle_premium` for lognormal demand: e Φ(σ − z) − 1 with σ² = ln(1 + cv²) and z = Φ⁻¹(1 − 1/e).

    The newsvendor's cost at the critical ratio, where demand beyond a capacity K (mean demand = 1) is Φ(σ − z) − K/e.
    ValueError if `overflow` is not above 1.
    """
    cv, overflow = _cv_and_overflow(cv, overflow)
    return overflow * _cdf(np.sqrt(np.log1p(cv**2)) - _quantile(1 - 1 / overflow)) - 1


def newsvendor(mean: float, sd: float, underage: float, overage: float) -> float:
    """Quantity to order for normal demand, in the unit of `mean`: μ + σ Φ⁻¹(c_u / (c_u + c_o)).

    Cachon & Terwiesch, ch. 12. `underage` and `overage` are the costs of one unit too few and one too many.
    ValueError unless both are positive.
    """
    if underage <= 0 or overage <= 0:
        raise ValueError(f"underage and overage must both cost something; got {underage} and {overage}")
    return mean + sd * _STANDARD.inv_cdf(underage / (underage + overage))


def erlang_c(load: float, agents: int) -> float:
    """Probability that a contact waits, with `load` in Erlangs (arrivals per time × handling time).

    Erlang 1917, M/M/N without abandonment, by the recursion of the blocking formula, B_n = a B / (n + a B), and
    C = N B / (N − a (1 − B)). ValueError if the load reaches the agents: the queue would grow for ever.
    """
    if not 0 <= load < agents:
        raise ValueError(f"the load must be at least 0 and less than the number of agents; got {load} for {agents}")
    blocking = 1.0
    for n in range(1, agents + 1):
        blocking = load * blocking / (n + load * blocking)
    return agents * blocking / (agents - load * (1 - blocking))


def service_level(load: float, agents: int, handling: float, within: float) -> float:
    """Share of contacts answered `within` that time (same unit as `handling`): 1 − C e^(−(N − a) t / h).

    ValueError if the load reaches the agents.
    """
    return 1 - erlang_c(load, agents) * exp(-(agents - load) * within / handling)


def staffing(load: float, handling: float, within: float, target: float) -> int:
    """Fewest agents who answer the share `target` of contacts `within` that time (same unit as `handling`).

    ValueError if `target` is not in [0, 1): no number of agents answers every contact in time.
    """
    if not 0 <= target < 1:
        raise ValueError(f"target must be at least 0 and less than 1; got {target}")
    agents = floor(load) + 1
    while service_level(load, agents, handling, within) < target:
        agents += 1
    return agents


def combined_saving(rate_saving: float, idle_saving: float) -> float:
    """Share saved in all by a lower price per hour and by fewer paid hours: 1 − (1 − s)(1 − u).

    The two multiply because cost = price × hours: the second saving is taken from what the first has left. Their sum
    counts the overlap s·u twice. Both are shares of the dearer option's cost; the result increases in each, so
    intervals combine end by end.
    """
    return 1 - (1 - rate_saving) * (1 - idle_saving)
