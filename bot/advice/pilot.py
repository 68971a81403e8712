"""The pilot before signing: how many items to check, how many errors end it, and how likely given work is to pass.

An acceptance sampling plan with exact binomial risks, errors taken as independent (two-point single sampling by attributes,
Schilling & Neubauer, "Acceptance Sampling in Quality Control"): (n, c) is the smallest plan for which work that misses the
target passes with at most 5 per cent probability, and good work, by default that with half the errors allowed, passes with at
least 80 per cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, fsum, lgamma, log, log1p

WRONGLY_PASSED, RIGHTLY_PASSED = 0.05, 0.8
MARGIN = 0.5
"""Share of the allowed error rate at which good work is taken to lie."""
LARGEST = 200_000


@dataclass(frozen=True)
class Plan:
    """Check `items`; more than `errors` wrong ends the pilot. `few` is the sample that passes only without any error."""

    target: float
    good: float
    items: int
    errors: int
    few: int

    def passing(self, accuracy: float) -> float:
        """The chance that work of this accuracy passes."""
        return at_most(self.errors, self.items, 1 - accuracy)

    @property
    def small(self) -> Plan:
        """The plan with the smallest sample that can show the target: no error at all is allowed."""
        return Plan(self.target, float(RIGHTLY_PASSED ** (1 / self.few)), self.few, 0, self.few)


def plan(target: float, good: float | None = None, most: int = LARGEST) -> Plan:
    """The plan for a target accuracy, 0 < target < 1. Work that is expected to lie nearer to the target than the default can be
    given as `good`: telling it from bad work takes a larger sample.

    Raises ValueError outside, where `good` is no better than the target, or where the plan needs over `most` items.
    """
    if not 0 < target < 1:
        raise ValueError(f"a pilot can show accuracies between 0 and 1, not {target}")
    default = 1 - (1 - target) * MARGIN
    good = default if good is None else min(good, default)
    if good <= target:
        raise ValueError(f"work with {good:%} right is no better than {target:%}")
    few = ceil(log(WRONGLY_PASSED) / log(target))

    def passes(errors: int) -> bool:
        return at_most(errors, _smallest(errors, 1 - target, few), 1 - good) >= RIGHTLY_PASSED

    errors = 0
    while not passes(errors):
        errors = 2 * errors + 1
        if errors / (1 - target) > 2 * most + few:
            raise ValueError(f"showing {target:%} takes more than {most} items")
    least = errors // 2
    while least < errors:
        middle = (least + errors) // 2
        least, errors = (least, middle) if passes(middle) else (middle + 1, errors)
    items = _smallest(errors, 1 - target, few)
    if items > most:
        raise ValueError(f"showing {target:%} takes more than {most} items")
    return Plan(target, good, items, errors, few)


def shown(items: int) -> float:
    """The accuracy that a sample without any error shows, at the same risk of passing what misses it."""
    return float(WRONGLY_PASSED ** (1 / items))


def _smallest(errors: int, allowed: float, least: int) -> int:
    """The smallest sample in which `errors` or fewer wrong items are improbable at the allowed error rate."""
    low, high = least, least
    while at_most(errors, high, allowed) > WRONGLY_PASSED:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at_most(errors, middle, allowed) <= WRONGLY_PASSED else (middle + 1, high)
    return low


def at_most(errors: int, items: int, rate: float) -> float:
    """P(X <= errors) for X ~ Binomial(items, rate), summed term by term (in logarithms: large samples underflow)."""
    if rate <= 0 or errors >= items:
        return 1.0
    if rate >= 1:
        return 0.0
    hit, miss, whole = log(rate), log1p(-rate), lgamma(items + 1)
    terms = (
        exp(whole - lgamma(wrong + 1) - lgamma(items - wrong + 1) + wrong * hit + (items - wrong) * miss)
        for wrong in range(errors + 1)
    )
    return min(fsum(terms), 1.0)
