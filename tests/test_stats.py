"""Intervals: known values, bounds, and whether they hold the truth as often as they say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.stats import bootstrap_interval, wilson_interval
from eval.types import Method

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_the_bootstrap_of_two_values_is_known_exactly():
    """A mean of 0 or of 1 comes up in a quarter of the resamples each, so both tails reach it."""
    interval = bootstrap_interval([0.0, 1.0], seed=1)
    assert (interval.mean, interval.low, interval.high, interval.n) == (0.5, 0.0, 1.0, 2)
    assert interval.method is Method.BOOTSTRAP


def test_the_bootstrap_of_many_values_nears_the_normal_interval():
    """By the central limit theorem: half the values are 1, so the error is 0.5 / sqrt(400)."""
    interval = bootstrap_interval([0.0, 1.0] * 200, seed=1)
    assert interval.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.004)
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.004)


def test_the_same_seed_gives_the_same_interval():
    values = [0.1, 0.5, 0.7, 0.9, 0.2]
    assert bootstrap_interval(values, seed=7) == bootstrap_interval(values, seed=7)
    assert bootstrap_interval(values, seed=7, resamples=50) != bootstrap_interval(
        values, seed=8, resamples=50
    )


def test_a_higher_level_gives_a_wider_interval():
    values = [0.0, 0.2, 0.3, 0.9, 1.0, 0.4, 0.7]
    narrow = bootstrap_interval(values, seed=1, level=0.5)
    wide = bootstrap_interval(values, seed=1, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_24_right_of_24_are_not_taken_for_certainty():
    """Wilson: with z = 1.96 the lower bound is 24 / (24 + z^2) = 0.862."""
    interval = bootstrap_interval([1.0] * 24, seed=1)
    assert (interval.mean, interval.high, interval.method) == (1.0, 1.0, Method.WILSON)
    assert interval.low == pytest.approx(0.862, abs=5e-4)
    none_right = bootstrap_interval([0.0] * 24, seed=1)
    assert (none_right.mean, none_right.low) == (0.0, 0.0)
    assert none_right.high == pytest.approx(1 - interval.low)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_the_wilson_interval_is_the_published_one(successes, n, low, high):
    """81 of 263: Newcombe (1998), table I, method 3."""
    interval = wilson_interval(successes, n)
    assert (interval.low, interval.high) == (
        pytest.approx(low, abs=5e-5),
        pytest.approx(high, abs=5e-5),
    )


def test_equal_values_that_are_no_proportion_have_themselves_as_bounds():
    interval = bootstrap_interval([0.25] * 3, seed=1)
    assert (interval.mean, interval.low, interval.high) == (0.25, 0.25, 0.25)
    assert interval.method is Method.CONSTANT


def test_no_values_have_no_interval():
    assert bootstrap_interval([], seed=1) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_an_error(value):
    with pytest.raises(ValueError, match="finite"):
        bootstrap_interval([1.0, value], seed=1)


@given(SCORES)
def test_an_interval_holds_its_mean_and_stays_within_the_scale(values):
    interval = bootstrap_interval(values, seed=1, resamples=50)
    assert 0 <= interval.low <= interval.mean <= interval.high <= 1


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_mirrors_that_of_the_failures(counts):
    successes, n = counts
    right, wrong = wilson_interval(successes, n), wilson_interval(n - successes, n)
    assert 0 <= right.low <= right.mean <= right.high <= 1
    assert right.low == pytest.approx(1 - wrong.high)


def test_about_95_of_100_intervals_hold_the_true_mean():
    """40 uniform values have a mean of 0.5; the percentile bootstrap covers it a little less."""
    draws = np.random.default_rng(3).random((400, 40))
    intervals = [bootstrap_interval(row.tolist(), seed=1, resamples=500) for row in draws]
    covered = sum(interval.low <= 0.5 <= interval.high for interval in intervals) / len(intervals)
    assert 0.90 <= covered <= 0.98
