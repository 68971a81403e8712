"""What redundancy buys: published figures, exact sums and limits."""

from fractions import Fraction
from itertools import product
from math import comb, exp, lgamma

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice.voting import (
    break_even_error_cost,
    correlated_majority,
    correlated_margin_vote,
    double_entry,
    majority,
    majority_ceiling,
    margin_vote,
    plurality,
    price_per_judgement,
)

accuracies = st.floats(0.02, 0.98)
odd = st.integers(0, 12).map(lambda m: 2 * m + 1)
correlations = st.floats(0.005, 0.6)
leads = st.integers(1, 4)


def beta_mean(values, p: float, rho: float) -> float:
    """Mean of `values(x)` over the Beta distribution of item difficulty, by the trapezoid rule in log odds sinh(u)."""
    a, b = p * (1 / rho - 1), (1 - p) * (1 / rho - 1)
    u = np.linspace(-9, 9, 6001)
    odds = np.sinh(u)
    log_density = -a * np.logaddexp(0, -odds) - b * np.logaddexp(0, odds)
    density = np.exp(log_density - log_density.max()) * np.cosh(u)
    return float(density @ values(0.5 + 0.5 * np.tanh(odds / 2)) / density.sum())


@pytest.mark.parametrize(
    ("p", "votes", "expected"),
    [(0.6, 3, 0.648), (0.6, 5, 0.68256), (0.8, 3, 0.896), (0.8, 5, 0.94208), (0.7, 7, 0.873964), (0.9, 3, 0.972)],
)
def test_majorities_have_condorcets_accuracy(p, votes, expected):
    assert majority(p, votes) == pytest.approx(expected, abs=1e-12)


@given(p=st.fractions(0, 1, max_denominator=1000), votes=odd)
def test_a_majority_is_the_binomial_tail(p: Fraction, votes: int):
    tail = sum(comb(votes, j) * p**j * (1 - p) ** (votes - j) for j in range((votes + 1) // 2, votes + 1))
    assert majority(float(p), votes) == pytest.approx(float(tail), abs=1e-13)


@given(p=accuracies, rho=correlations, votes=odd)
def test_a_correlated_majority_is_the_beta_binomial_tail(p: float, rho: float, votes: int):
    a, b = p * (1 / rho - 1), (1 - p) * (1 / rho - 1)

    def log_beta(x: float, y: float) -> float:
        return lgamma(x) + lgamma(y) - lgamma(x + y)

    most = range((votes + 1) // 2, votes + 1)
    tail = sum(comb(votes, j) * exp(log_beta(a + j, b + votes - j) - log_beta(a, b)) for j in most)
    assert correlated_majority(p, rho, votes) == pytest.approx(tail, abs=1e-10)


@pytest.mark.parametrize("votes", [0, 2, -1, 100])
def test_votes_that_can_tie_are_refused(votes):
    with pytest.raises(ValueError, match="odd"):
        majority(0.8, votes)


@given(p=accuracies, votes=odd, rho=st.floats(0, 0.6))
def test_more_accurate_people_make_a_more_accurate_majority(p: float, votes: int, rho: float):
    lower, higher = correlated_majority([p, p + 0.01], rho, votes)
    assert higher > lower - 1e-12
    assert correlated_majority(0.99, rho, votes) > correlated_majority(0.5, rho, votes)


@given(p=accuracies, votes=odd)
def test_more_votes_help_exactly_if_people_beat_a_coin(p: float, votes: int):
    gain = majority(p, votes + 2) - majority(p, votes)
    m = (votes + 1) // 2
    assert gain == pytest.approx(comb(votes, m) * (p * (1 - p)) ** m * (2 * p - 1), abs=1e-13)
    assert abs(gain) < 1e-13 or (gain > 0) == (p > 0.5)


@given(p=accuracies, votes=odd)
def test_without_correlation_the_correlated_majority_is_the_plain_one(p: float, votes: int):
    assert correlated_majority(p, 0, votes) == majority(p, votes)
    assert correlated_majority(p, 1e-9, votes) == pytest.approx(float(majority(p, votes)), abs=1e-6)


def test_arrays_broadcast_and_certainty_stays_certain():
    assert correlated_majority(np.full((4, 1), 0.9), np.array([0.1, 0.2]), 3).shape == (4, 2)
    for rho in (0, 0.2):
        assert correlated_majority([0, 0.5, 1], rho, 5) == pytest.approx([0, 0.5, 1])
        assert correlated_margin_vote([0, 0.5, 1], rho, 2)[0] == pytest.approx([0, 0.5, 1])
        assert majority_ceiling([0, 0.5, 1], rho) == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize(("p", "share"), [(0.9, 0.976), (0.8, 0.917)])
def test_a_hundred_and_one_votes_do_not_reach_99_5_per_cent_when_errors_correlate(p, share):
    reached, ceiling = correlated_majority(p, 0.2, 101), majority_ceiling(p, 0.2)
    assert reached == pytest.approx(share, abs=5e-4)
    assert reached < ceiling < reached + 0.004
    assert ceiling < 0.995


@given(a=st.integers(1, 60), b=st.integers(1, 60))
def test_the_ceiling_is_a_binomial_tail_for_whole_parameters(a: int, b: int):
    n = a + b - 1
    right = sum(comb(n, j) for j in range(a)) / 2**n
    assert majority_ceiling(a / (a + b), 1 / (a + b + 1)) == pytest.approx(right, abs=1e-8)


@given(a=st.floats(0.3, 60), b=st.floats(0.3, 60))
def test_the_ceiling_is_the_beta_mass_above_a_half(a: float, b: float):
    p, rho = a / (a + b), 1 / (a + b + 1)
    mass = beta_mean(lambda x: np.heaviside(x - 0.5, 0.5), p, rho)
    assert majority_ceiling(p, rho) == pytest.approx(mass, abs=1e-5)
    assert majority_ceiling(p, rho) + majority_ceiling(1 - p, rho) == pytest.approx(1, abs=1e-8)


@given(alpha=st.floats(0.3, 60))
def test_the_ceiling_has_a_closed_form_where_one_parameter_is_one(alpha: float):
    assert majority_ceiling(alpha / (alpha + 1), 1 / (alpha + 2)) == pytest.approx(1 - 0.5**alpha, abs=1e-8)


def test_without_correlation_the_ceiling_is_certainty_for_people_who_beat_a_coin():
    assert majority_ceiling([0.3, 0.5, 0.51], 0).tolist() == [0, 0.5, 1]
    assert majority_ceiling(0.7, [1e-12, 1e-4]) == pytest.approx([1, 1])


def test_five_votes_on_four_classes_have_the_published_plurality():
    assert plurality(0.55, 5, 4) == pytest.approx(0.74627, abs=5e-6)


@pytest.mark.parametrize(("votes", "classes"), [(1, 3), (2, 2), (4, 2), (3, 3), (4, 3), (6, 3), (4, 4), (5, 4), (3, 5)])
def test_plurality_equals_counting_every_possible_vote(votes, classes):
    p, counted = 0.55, 0.0
    for vote in product(range(classes), repeat=votes):
        counts = [vote.count(c) for c in range(classes)]
        if counts[0] == max(counts):
            right = counts[0]
            chance = p**right * ((1 - p) / (classes - 1)) ** (votes - right)
            counted += chance / counts.count(counts[0])
    assert plurality(p, votes, classes) == pytest.approx(counted, abs=1e-12)


@given(p=accuracies, votes=st.one_of(odd, st.just(149)))
def test_plurality_of_two_classes_is_condorcets_majority(p: float, votes: int):
    assert plurality(p, votes, 2) == pytest.approx(float(majority(p, votes)), abs=1e-12)


@given(p=st.floats(0, 1), votes=st.integers(1, 9), classes=st.integers(2, 6))
def test_plurality_is_fair_to_guessers_and_grows_with_accuracy(p: float, votes: int, classes: int):
    assert plurality(1 / classes, votes, classes) == pytest.approx(1 / classes)
    accuracy = plurality([p, min(1, p + 0.01)], votes, classes)
    assert -1e-12 <= accuracy[0] <= accuracy[1] + 1e-12 <= 1 + 2e-12


@pytest.mark.parametrize(("votes", "classes"), [(0, 2), (3, 1)])
def test_a_plurality_of_nobody_or_of_one_class_is_refused(votes, classes):
    with pytest.raises(ValueError, match="at least 1 vote and 2 classes"):
        plurality(0.8, votes, classes)


def test_a_lead_of_two_has_the_published_accuracy_and_cost():
    accuracy, votes = margin_vote(0.9, 2)
    assert accuracy == pytest.approx(81 / 82)
    assert votes == pytest.approx(2.43902, abs=5e-6)
    assert accuracy > majority(0.9, 3)
    assert votes < 3


@given(p=accuracies.filter(lambda p: abs(p - 0.5) > 0.01), delta=leads)
def test_a_lead_is_gamblers_ruin(p: float, delta: int):
    phi = p / (1 - p)
    accuracy, votes = margin_vote(p, delta)
    assert accuracy == pytest.approx(phi**delta / (1 + phi**delta))
    assert votes == pytest.approx(delta * (phi + 1) / (phi - 1) * (phi**delta - 1) / (phi**delta + 1))


@given(delta=leads)
def test_coins_take_the_square_of_the_lead(delta: int):
    accuracy, votes = margin_vote([0.5, 1.0], delta)
    assert accuracy == pytest.approx([0.5, 1])
    assert votes == pytest.approx([delta**2, delta])


@given(p=st.floats(0.5, 1), delta=leads)
def test_a_lead_is_at_least_as_accurate_as_one_person(p: float, delta: int):
    accuracy, votes = margin_vote(p, delta)
    assert p - 1e-12 <= accuracy <= 1
    assert delta - 1e-12 <= votes <= delta**2 + 1e-12


@given(p=accuracies, delta=leads)
def test_without_correlation_a_correlated_lead_is_a_plain_one(p: float, delta: int):
    plain = np.array(margin_vote(p, delta))
    assert np.array(correlated_margin_vote(p, 0, delta)) == pytest.approx(plain, abs=1e-8)
    assert np.array(correlated_margin_vote(p, 1e-9, delta)) == pytest.approx(plain, abs=1e-6)


@given(p=st.floats(0.05, 0.95), rho=st.floats(0.01, 0.5), delta=leads)
def test_a_correlated_lead_is_the_mean_over_items_of_every_difficulty(p: float, rho: float, delta: int):
    accuracy, votes = correlated_margin_vote(p, rho, delta)
    assert accuracy == pytest.approx(beta_mean(lambda x: margin_vote(x, delta)[0], p, rho), abs=1e-6)
    assert votes == pytest.approx(beta_mean(lambda x: margin_vote(x, delta)[1], p, rho), abs=1e-6)


def test_correlation_costs_a_lead_accuracy():
    accuracy, _ = correlated_margin_vote(np.full(3, 0.9), np.array([0, 0.05, 0.2]), 2)
    assert accuracy[0] > accuracy[1] > accuracy[2] > 0.9


@pytest.mark.parametrize("vote", [margin_vote, lambda p, delta: correlated_margin_vote(p, 0.1, delta)])
def test_a_lead_of_nothing_is_refused(vote):
    with pytest.raises(ValueError, match="at least 1"):
        vote(0.8, 0)


@given(p=st.floats(0, 1), adjudicator=st.floats(0, 1), classes=st.integers(2, 6))
def test_double_entry_counts_agreements_and_settled_differences(p: float, adjudicator: float, classes: int):
    agreed, agreed_wrong = 0.0, 0.0
    for first, second in product(range(classes), repeat=2):
        chance = np.prod([p if c == 0 else (1 - p) / (classes - 1) for c in (first, second)])
        agreed += chance * (first == second)
        agreed_wrong += chance * (first == second != 0)
    accuracy, differ = double_entry(p, adjudicator, classes)
    assert differ == pytest.approx(1 - agreed)
    assert accuracy == pytest.approx(agreed - agreed_wrong + (1 - agreed) * adjudicator)


def test_double_entry_with_an_adjudicator_no_better_is_a_vote_of_three():
    accuracy, differ = double_entry(0.9, 0.9)
    assert accuracy == pytest.approx(float(majority(0.9, 3)))
    assert differ == pytest.approx(0.18)
    with pytest.raises(ValueError, match="2 classes"):
        double_entry(0.9, 0.9, classes=1)


def test_gold_questions_and_the_fee_are_paid_on_top():
    assert price_per_judgement(1.0, 0.2, 0.05) == pytest.approx(1.2 / 0.95)
    assert price_per_judgement([2.0, 4.0], 0, 0) == pytest.approx([2, 4])


@pytest.mark.parametrize(
    ("remaining", "free", "after_fee_and_gold"),
    [(0.36, 2.78, 2.20), (0.34, 2.94, 2.33), (0.40, 2.5, 1.98), (0.315, 3.17, 2.51), (0.255, 3.92, 3.10)],
)
def test_the_saving_pays_for_so_many_judgements_per_item(remaining, free, after_fee_and_gold):
    assert 1 / price_per_judgement(remaining, 0, 0) == pytest.approx(free, abs=0.006)
    assert 1 / price_per_judgement(remaining, 0.2, 0.05) == pytest.approx(after_fee_and_gold, abs=0.006)


def test_three_domestic_votes_cost_more_than_the_provider():
    assert 3 * price_per_judgement([0.36, 0.40], 0, 0) == pytest.approx([1.08, 1.20])
    assert 3 * price_per_judgement(0.34, 0, 0) > 1


def test_three_indian_votes_pay_until_an_error_costs_eight_items():
    votes = 3 * price_per_judgement(0.285, 0, 0)
    assert break_even_error_cost(float(votes), 1, float(majority(0.9, 3)), 0.99) == pytest.approx(8.1, abs=0.06)


@given(cheap=st.floats(0.1, 5), more=st.floats(0.01, 5), low=st.floats(0.5, 0.9), better=st.floats(0.01, 0.1))
def test_at_the_break_even_error_cost_both_options_cost_the_same(cheap, more, low, better):
    error = break_even_error_cost(cheap, cheap + more, low, low + better)
    assert error is not None
    assert cheap + (1 - low) * error == pytest.approx(cheap + more + (1 - low - better) * error)


@pytest.mark.parametrize(
    ("cost", "accuracy"), [((1, 2), (0.9, 0.9)), ((1, 2), (0.95, 0.9)), ((1, 1), (0.8, 0.9)), ((2, 1), (0.9, 0.8))]
)
def test_a_dominated_option_has_no_break_even_error_cost(cost, accuracy):
    assert break_even_error_cost(*cost, *accuracy) is None
