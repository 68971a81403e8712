"""What a ranking says about weights: published weights, closed forms, and every other weight tried."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.advice.weights import (
    central_weights,
    critical_weight,
    least_shift,
    rank_acceptability,
    roc,
    sample_cone,
    swing,
    tiered_roc,
)

TIERS = [["cost"], ["quality", "security", "recourse"], ["speed", "effort"]]
differences = st.lists(st.integers(-20, 20).map(lambda d: d / 20), min_size=3, max_size=3).map(np.array)
raw_weights = st.lists(st.integers(1, 20), min_size=3, max_size=3).map(lambda w: np.array(w) / sum(w))


def cone(tiers, draws: int, seed: int = 7) -> np.ndarray:
    chance = np.random.default_rng(seed)
    shape = (draws, sum(map(len, tiers)))
    return sample_cone(tiers, chance.exponential(size=shape), chance.random(shape))


@pytest.mark.parametrize(
    "expected",
    [
        [1],
        [0.75, 0.25],
        [0.6111, 0.2778, 0.1111],
        [0.5208, 0.2708, 0.1458, 0.0625],
        [0.4567, 0.2567, 0.1567, 0.09, 0.04],
    ],
)
def test_rank_order_centroid_weights_are_the_published_ones(expected):
    assert roc(len(expected)) == pytest.approx(expected, abs=5e-5)


@given(n=st.integers(1, 40))
def test_rank_order_centroid_weights_sum_to_one_and_descend(n: int):
    weights = roc(n)
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights) < 0).all()
    assert weights[-1] == pytest.approx(1 / n**2)


def test_nothing_to_weigh_is_refused():
    with pytest.raises(ValueError, match="at least 1 criterion"):
        roc(0)
    with pytest.raises(ValueError, match="at least 1 criterion"):
        tiered_roc([])


def test_criteria_that_tie_share_the_weights_of_their_places():
    weights = tiered_roc([["cost"], ["quality", "speed"]])
    assert weights == pytest.approx({"cost": 11 / 18, "quality": 7 / 36, "speed": 7 / 36})
    assert tiered_roc([["a", "b", "c", "d"]]) == pytest.approx(dict.fromkeys("abcd", 0.25))
    assert list(tiered_roc([["a"], ["b"], ["c"]]).values()) == pytest.approx(roc(3))


@pytest.mark.parametrize(
    ("tiers", "said"), [([["a"], []], "empty"), ([["a"], ["b", "a"]], "more than once: a"), ([["a", "a"]], "more than")]
)
def test_a_ranking_that_is_none_is_refused(tiers, said):
    with pytest.raises(ValueError, match=said):
        tiered_roc(tiers)
    with pytest.raises(ValueError, match=said):
        sample_cone(tiers, np.ones((4, 2)), np.ones((4, 2)))


@pytest.mark.parametrize("shapes", [((4, 2), (4, 2)), ((4, 3), (5, 3)), ((3,), (3,))])
def test_random_numbers_of_another_shape_are_refused(shapes):
    with pytest.raises(ValueError, match=r"shape \(N, 3\)"):
        sample_cone([["a"], ["b", "c"]], *map(np.ones, shapes))


def test_the_mean_of_drawn_weights_is_the_tiered_centroid():
    drawn = cone(TIERS, 200_000)
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (abs(drawn.mean(axis=0) - list(tiered_roc(TIERS).values())) < 5 * error).all()


@given(seed=st.integers(0, 2**32 - 1), sizes=st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_drawn_weights_sum_to_one_and_respect_the_ranking(seed: int, sizes: list[int]):
    tiers = [[f"{tier}.{name}" for name in range(size)] for tier, size in enumerate(sizes)]
    drawn = cone(tiers, 50, seed)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(50))
    ends = np.cumsum([0, *sizes])
    for left, here, right in zip(ends, ends[1:], ends[2:], strict=False):
        assert (drawn[:, left:here].min(axis=1) >= drawn[:, here:right].max(axis=1)).all()


def test_inside_a_tier_every_order_is_drawn():
    drawn = cone([["a", "b", "c"]], 600)
    orders = {tuple(order) for order in drawn.argsort(axis=1).tolist()}
    assert len(orders) == 6


def test_columns_follow_the_ranking_and_the_random_numbers_alone_decide():
    exponentials, shuffles = np.array([[1.0, 5, 2, 2]]), np.array([[0.3, 0.9, 0.1, 0.2]])
    assert sample_cone([["a"], ["b", "c"], ["d"]], exponentials, shuffles).tolist() == [[0.5, 0.2, 0.2, 0.1]]
    assert sample_cone([["a", "b", "c"], ["d"]], exponentials, shuffles).tolist() == [[0.2, 0.5, 0.2, 0.1]]


def test_swing_points_become_weights_in_proportion():
    assert swing({"cost": 100, "quality": 60, "speed": 40}) == {"cost": 0.5, "quality": 0.3, "speed": 0.2}
    assert swing({"cost": 100, "speed": 0}) == {"cost": 1, "speed": 0}


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ({}, "more than 0"),
        ({"cost": 0, "speed": 0}, "more than 0"),
        ({"cost": -1, "speed": 50}, "between 0 and 100: cost"),
        ({"cost": 50, "speed": 101}, "between 0 and 100: speed"),
        ({"cost": float("nan")}, "between 0 and 100: cost"),
    ],
)
def test_points_that_are_none_are_refused(points, said):
    with pytest.raises(ValueError, match=said):
        swing(points)


def with_weight(weights: np.ndarray, i: int, t: float) -> np.ndarray:
    moved = weights * (1 - t) / (1 - weights[i])
    moved[i] = t
    return moved


@given(weights=raw_weights, d=differences, i=st.integers(0, 2))
def test_the_critical_weight_is_where_the_leader_changes(weights: np.ndarray, d: np.ndarray, i: int):
    t = critical_weight(weights, d, i)
    ends = [with_weight(weights, i, end) @ d for end in (0.0, 1.0)]
    if t is None:
        assert ends[0] * ends[1] > -1e-12
    else:
        before, after = (with_weight(weights, i, t + step) @ d for step in (-1e-6, 1e-6))
        assert 0 <= t <= 1
        assert before * after < 0


def test_some_criteria_have_no_critical_weight():
    halves = np.array([0.5, 0.5])
    assert critical_weight(halves, np.array([0.2, 0.3]), 0) is None
    assert critical_weight(halves, np.array([0.0, 0.0]), 0) is None
    assert critical_weight(np.array([1.0, 0.0]), np.array([0.2, -0.3]), 0) is None
    assert critical_weight(halves, np.array([0.2, -0.3]), 0) == pytest.approx(0.6)


@given(steps=st.tuples(st.integers(0, 20), st.integers(0, 20)), d=differences)
def test_no_other_shift_that_levels_the_options_moves_less_weight(steps: tuple[int, int], d: np.ndarray):
    weights = np.array([min(steps), abs(steps[0] - steps[1]), 20 - max(steps)]) / 20
    margin = weights @ d
    assume(abs(margin) > 1e-9)
    shift = least_shift(weights, d)
    grid = np.array([(a, b, 20 - a - b) for a, b in product(range(21), repeat=2) if a + b <= 20]) / 20
    flipped = grid[grid @ d * np.sign(margin) < -1e-12]
    if shift is None:
        assert not len(flipped)
    else:
        moved = abs(flipped - weights).sum(axis=1).min() / 2
        assert 0 < shift <= moved <= shift + 0.05 + 1e-12


def test_the_least_shift_takes_from_the_strongest_argument_first():
    weights, d = np.array([0.4, 0.1, 0.5]), np.array([0.5, 1.0, -0.2])
    # .2 of margin: .1 from the second (1.2 each) loses .12, the rest of .08 comes from the first (.7 each).
    assert least_shift(weights, d) == pytest.approx(0.1 + 0.08 / 0.7)
    assert least_shift(weights, -d) == pytest.approx(0.1 + 0.08 / 0.7)


def test_some_leads_need_no_shift_and_some_survive_any():
    assert least_shift(np.array([0.5, 0.5]), np.array([0.25, -0.25])) == 0
    assert least_shift(np.array([0.5, 0.5]), np.array([0.2, 0.0])) is None
    assert least_shift(np.array([0.5, 0.5]), np.array([-0.2, -0.1])) is None


def test_three_unit_options_share_the_ranks_and_have_the_textbook_central_weights():
    drawn = cone([["a", "b", "c"]], 100_000)
    assert rank_acceptability(drawn) == pytest.approx(np.full((3, 3), 1 / 3), abs=0.006)
    central = central_weights(drawn, drawn.argmax(axis=1), 3)
    expected = np.full((3, 3), 7 / 36) + np.eye(3) * (11 / 18 - 7 / 36)
    assert central == pytest.approx(expected, abs=0.004)


def test_one_advantage_against_several_drawbacks_wins_the_product_of_odds():
    d = np.array([0.3, -0.2, -0.5])
    drawn = cone([["a", "b", "c"]], 100_000)
    first = rank_acceptability(np.column_stack([drawn @ d, np.zeros(len(drawn))]))[0, 0]
    assert first == pytest.approx(0.3 / (0.3 + 0.2) * 0.3 / (0.3 + 0.5), abs=0.0066)  # .225


@given(seed=st.integers(0, 2**32 - 1), options=st.integers(1, 6))
def test_every_option_has_some_rank_and_every_rank_some_option(seed: int, options: int):
    values = np.random.default_rng(seed).integers(0, 5, (40, options)).astype(float)
    shares = rank_acceptability(values)
    assert shares.sum(axis=0) == pytest.approx(np.ones(options))
    assert shares.sum(axis=1) == pytest.approx(np.ones(options))


@given(seed=st.integers(0, 2**32 - 1), lift=st.floats(0, 1))
def test_a_better_score_never_lowers_an_options_ranks(seed: int, lift: float):
    values = np.random.default_rng(seed).random((60, 4))
    better = rank_acceptability(values + np.array([0, lift, 0, 0]))[1].cumsum()
    assert (better >= rank_acceptability(values)[1].cumsum() - 1e-12).all()


def test_of_equal_options_the_earlier_ranks_first_and_a_vetoed_one_last():
    values = np.array([[0.5, -np.inf, 0.5], [0.1, -np.inf, 0.9]])
    assert rank_acceptability(values).tolist() == [[0.5, 0.5, 0], [0, 0, 1], [0.5, 0.5, 0]]


def test_an_option_that_is_never_first_has_no_central_weights():
    weights = np.array([[0.6, 0.4], [0.8, 0.2], [0.1, 0.9]])
    central = central_weights(weights, np.array([0, 0, 2]), 3)
    assert central[[0, 2]] == pytest.approx(np.array([[0.7, 0.3], [0.1, 0.9]]))
    assert np.isnan(central[1]).all()
