"""The pilot before signing: how many items to check, and how many errors end it.

An acceptance sampling plan with exact binomial risks, errors taken as independent (two-point single sampling by attributes,
Schilling & Neubauer, "Acceptance Sampling in Quality Control"): (n, c) is the smallest plan for which work that misses the
target passes with at most 5 per cent probability, and work with half the errors allowed passes with at least 80 per cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

WRONGLY_PASSED, RIGHTLY_PASSED = 0.05, 0.8
MARGIN = 0.5
"""Share of the allowed error rate at which good work is taken to lie."""
LARGEST = 200_000


@dataclass(frozen=True)
class Plan:
    """Check `items`; more than `errors` wrong ends the pilot. `few` is the sample that passes only without any error."""

    target: float
    items: int
    errors: int
    few: int


def plan(target: float) -> Plan:
    """The plan for a target accuracy, 0 < target < 1. Raises ValueError outside, or where it needs over `LARGEST` items."""
    if not 0 < target < 1:
        raise ValueError(f"a pilot can show accuracies between 0 and 1, not {target}")
    allowed = 1 - target
    errors = 0
    items = few = ceil(log(WRONGLY_PASSED) / log(1 - allowed))
    while at_most(errors, items, allowed * MARGIN) < RIGHTLY_PASSED:
        errors += 1
        items = _smallest(errors, allowed, items)
        if items > LARGEST:
            raise ValueError(f"showing {target:%} takes more than {LARGEST} items")
    return Plan(target, items, errors, few)


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
    """P(X <= errors) for X ~ Binomial(items, rate), summed term by term."""
    term = (1 - rate) ** items
    total = term
    for wrong in range(1, min(errors, items) + 1):
        term *= (items - wrong + 1) / wrong * rate / (1 - rate)
        total += term
    return min(total, 1.0)
