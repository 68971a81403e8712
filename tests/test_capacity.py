"""What capacity costs: textbook figures, and the optimum found by search."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice.capacity import (
    combined_saving,
    erlang_c,
    idle_premium,
    idle_premium_lognormal,
    newsvendor,
    service_level,
    staffing,
)

QUANTILES = (np.arange(20_000) + 0.5) / 20_000
STANDARD = np.array([NormalDist().inv_cdf(u) for u in QUANTILES])


def cheapest_commitment(demand: np.ndarray, overflow: float) -> float:
    """Extra cost of the best of many capacities against equally likely demands of mean 1."""
    capacities = np.quantile(demand, np.linspace(0.05, 0.6, 56))
    return min(c + overflow * np.maximum(demand - c, 0).mean() - 1 for c in capacities)


@pytest.mark.parametrize(("cv", "per_cent"), [(0.05, 2.7), (0.2, 10.9), (0.3, 16.4), (0.5, 27.3), (0.8, 43.6)])
def test_idle_capacity_costs_the_reference_share_at_an_overflow_price_of_one_and_a_half(cv, per_cent):
    assert 100 * idle_premium(cv, 1.5) == pytest.approx(per_cent, abs=0.06)


def test_the_articles_ten_to_fifteen_per_cent_is_a_plausible_seasonal_load():
    assert idle_premium([0.18, 0.28], 1.5) == pytest.approx([0.10, 0.15], abs=0.005)


@pytest.mark.parametrize("overflow", [1.3, 1.5, 1.8])
def test_the_premium_is_that_of_the_cheapest_commitment(overflow):
    for cv in (0.1, 0.3):
        assert idle_premium(cv, overflow) == pytest.approx(cheapest_commitment(1 + cv * STANDARD, overflow), abs=2e-4)
    for cv in (0.3, 0.6, 1.0):
        sigma = np.sqrt(np.log1p(cv**2))
        demand = np.exp(sigma * STANDARD - sigma**2 / 2)
        found = cheapest_commitment(demand / demand.mean(), overflow)
        assert idle_premium_lognormal(cv, overflow) == pytest.approx(found, abs=2e-3)


@given(cv=st.floats(0, 0.05), overflow=st.floats(1.2, 2))
def test_for_steady_demand_the_two_shapes_agree(cv: float, overflow: float):
    assert idle_premium_lognormal(cv, overflow) == pytest.approx(float(idle_premium(cv, overflow)), abs=2e-3)


@given(cv=st.floats(0.01, 2), overflow=st.floats(1.05, 5))
def test_commitment_is_never_free_nor_dearer_than_overflow_alone(cv: float, overflow: float):
    assert 0 < idle_premium_lognormal(cv, overflow) < overflow - 1
    assert idle_premium(cv, overflow) > 0


@given(cv=st.floats(0.01, 2), overflow=st.floats(1.05, 5))
def test_a_more_volatile_demand_or_a_dearer_overflow_costs_more(cv: float, overflow: float):
    for cost in (idle_premium, idle_premium_lognormal):
        assert cost(cv, overflow) < cost(cv + 0.01, overflow)
        assert cost(cv, overflow) < cost(cv, overflow + 0.01)


@pytest.mark.parametrize("cost", [idle_premium, idle_premium_lognormal])
def test_overflow_at_the_base_price_is_refused(cost):
    with pytest.raises(ValueError, match="above 1"):
        cost(0.2, [1.5, 1.0])


def test_the_textbook_bookseller_orders_234_and_a_half():
    # Cachon & Terwiesch Q12.1d: 235.2 from a table that rounds z = .4307 up to .44.
    assert newsvendor(200, 80, underage=8, overage=4) == pytest.approx(234.458, abs=5e-4)


@given(mean=st.floats(50, 500), sd=st.floats(0, 50), cost=st.floats(0.1, 10))
def test_a_newsvendor_who_fears_both_sides_alike_orders_the_mean(mean: float, sd: float, cost: float):
    assert newsvendor(mean, sd, cost, cost) == pytest.approx(mean)


@pytest.mark.parametrize(("underage", "overage"), [(0, 1), (1, 0), (-1, 2)])
def test_a_newsvendor_with_nothing_to_fear_is_refused(underage, overage):
    with pytest.raises(ValueError, match="must both cost something"):
        newsvendor(100, 10, underage, overage)


def test_forty_eight_erlangs_on_fifty_five_agents_wait_a_quarter_of_the_time():
    assert erlang_c(48, 55) == pytest.approx(0.239, abs=5e-4)


def test_ten_erlangs_need_fourteen_agents_for_eighty_per_cent_within_twenty_seconds():
    assert erlang_c(10, 14) == pytest.approx(0.174, abs=5e-4)
    assert service_level(10, 14, handling=180, within=20) == pytest.approx(0.888, abs=5e-4)
    assert staffing(10, handling=180, within=20, target=0.8) == 14


@pytest.mark.parametrize(("load", "busy"), [(2, 0.50), (5, 0.63), (10, 0.71), (20, 0.83), (50, 0.89)])
def test_small_teams_that_answer_at_once_are_idle_much_of_the_time(load, busy):
    assert load / staffing(load, handling=180, within=20, target=0.8) == pytest.approx(busy, abs=0.006)


@given(load=st.floats(0, 0.99))
def test_one_agent_makes_people_wait_while_busy(load: float):
    assert erlang_c(load, 1) == pytest.approx(load)


@given(load=st.floats(0.1, 60), spare=st.integers(1, 20))
def test_another_agent_always_shortens_the_queue(load: float, spare: int):
    agents = int(load) + spare
    assert 0 < erlang_c(load, agents + 1) < erlang_c(load, agents) <= 1
    assert service_level(load, agents, 180, 20) <= service_level(load, agents + 1, 180, 20)


@given(load=st.floats(0.1, 60), target=st.floats(0.3, 0.99))
def test_staffing_is_enough_and_one_agent_fewer_is_not(load: float, target: float):
    agents = staffing(load, 180, 20, target)
    assert service_level(load, agents, 180, 20) >= target
    assert agents - 1 <= load or service_level(load, agents - 1, 180, 20) < target


@pytest.mark.parametrize(("load", "agents"), [(10, 10), (11, 10), (-1, 10), (0, 0)])
def test_a_queue_that_would_grow_for_ever_is_refused(load, agents):
    with pytest.raises(ValueError, match="less than the number of agents"):
        service_level(load, agents, 180, 20)


@pytest.mark.parametrize("target", [1, 1.5, -0.1])
def test_a_promise_no_team_can_keep_is_refused(target):
    with pytest.raises(ValueError, match="less than 1"):
        staffing(10, 180, 20, target)


@pytest.mark.parametrize(
    ("rate", "idle", "total"), [(0.6, 0.10, 0.64), (0.6, 0.15, 0.66), (0.65, 0.10, 0.685), (0.70, 0.15, 0.745)]
)
def test_a_lower_rate_and_fewer_paid_hours_multiply(rate, idle, total):
    assert combined_saving(rate, idle) == pytest.approx(total)


@given(rate=st.floats(0, 1), idle=st.floats(0, 1))
def test_a_combined_saving_is_at_least_the_larger_part_and_at_most_the_sum(rate: float, idle: float):
    assert max(rate, idle) - 1e-12 <= combined_saving(rate, idle) <= min(1, rate + idle) + 1e-12
