"""The sampling plan of a pilot, against exact binomial sums computed another way."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice.pilot import MARGIN, RIGHTLY_PASSED, WRONGLY_PASSED, at_most, plan


def binomial(errors, items, rate):
    return math.fsum(math.comb(items, k) * rate**k * (1 - rate) ** (items - k) for k in range(errors + 1))


@given(st.integers(0, 12), st.integers(1, 300), st.floats(0.001, 0.5))
def test_the_probability_of_few_errors_is_the_binomial_sum(errors, items, rate):
    assert at_most(errors, items, rate) == pytest.approx(min(binomial(min(errors, items), items, rate), 1), abs=1e-9)


@pytest.mark.parametrize("target", [0.8, 0.9, 0.95, 0.97, 0.99])
def test_the_plan_keeps_both_risks_and_is_the_smallest(target):
    found = plan(target)
    allowed = 1 - target
    assert binomial(found.errors, found.items, allowed) <= WRONGLY_PASSED
    assert binomial(found.errors, found.items - 1, allowed) > WRONGLY_PASSED
    assert binomial(found.errors, found.items, allowed * MARGIN) >= RIGHTLY_PASSED


@pytest.mark.parametrize(("target", "good"), [(0.95, 0.96), (0.97, 0.98), (0.8, 0.82), (0.98, 0.985)])
def test_work_nearer_to_the_target_takes_a_larger_sample_that_keeps_both_risks(target, good):
    found = plan(target, good)
    assert found.items > plan(target).items
    assert at_most(found.errors, found.items, 1 - target) <= WRONGLY_PASSED
    assert found.passing(good) >= RIGHTLY_PASSED > found.passing(good - 0.005)


def test_work_better_than_the_default_needs_no_other_plan():
    assert plan(0.95, 0.999) == plan(0.95)


def test_work_that_is_no_better_than_the_target_has_no_plan():
    with pytest.raises(ValueError, match="no better than"):
        plan(0.95, 0.95)


def test_a_sample_beyond_what_can_be_checked_is_refused():
    with pytest.raises(ValueError, match="more than 5000 items"):
        plan(0.95, 0.952, most=5000)


def test_large_samples_do_not_underflow():
    assert at_most(2500, 5000, 0.5) == pytest.approx(0.5, abs=0.01)


def test_the_smallest_plan_passes_good_work_as_surely_as_the_usual_one():
    small = plan(0.95).small
    assert (small.items, small.errors) == (59, 0)
    assert small.passing(small.good) == pytest.approx(RIGHTLY_PASSED)
    assert small.passing(0.95) <= WRONGLY_PASSED


def test_a_sample_without_any_error_is_the_rule_of_three():
    assert plan(0.95).few == 59  # ln 0.05 / ln 0.95 = 58.4, the well-known 59 of success-run testing at 95 % / 95 %
    assert plan(0.99).few == 299


@given(st.floats(0.5, 0.994))
def test_a_stricter_target_needs_a_larger_sample(target):
    assert plan(target + 0.005).few >= plan(target).few


@pytest.mark.parametrize("target", [0, 1, 1.2, -0.5])
def test_a_target_that_no_sample_can_show_is_refused(target):
    with pytest.raises(ValueError, match="between 0 and 1"):
        plan(target)


def test_a_target_beyond_any_pilot_is_refused():
    with pytest.raises(ValueError, match="takes more than"):
        plan(0.99999)
