"""Intervals: known values, bounds, and whether they hold the truth as often as they say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from eval import stats as stats_module
from eval.stats import RESAMPLES, mean_interval, wilson_interval
from eval.types import Method

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=30)
SHARES = [0.1, 0.5, 0.7, 0.9, 0.2, 1.0, 1.0, 0.0]


def test_shares_have_the_bca_interval_of_scipy():
    interval = mean_interval(SHARES, seed=3)
    known = stats.bootstrap(
        (SHARES,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(3)
    ).confidence_interval
    assert interval.method is Method.BCA
    assert (interval.low, interval.high) == pytest.approx(tuple(known), abs=1e-6)


def test_right_and_wrong_have_the_wilson_interval():
    interval = mean_interval([1.0] * 18 + [0.0] * 2)
    assert interval.method is Method.WILSON
    assert (interval.low, interval.high) == pytest.approx(
        proportion_confint(18, 20, method="wilson"), abs=1e-6
    )


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_is_that_of_statsmodels(counts):
    interval = wilson_interval(*counts)
    known = proportion_confint(*counts, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(known, abs=1e-6)


def test_the_studentised_bootstrap_of_many_normal_values_nears_students_interval():
    values = np.random.default_rng(1).normal(10, 2, 400)
    interval = mean_interval(list(values), amounts=True)
    known = stats.ttest_1samp(values, 0).confidence_interval()
    assert interval.method is Method.STUDENTISED
    assert (interval.low, interval.high) == pytest.approx(tuple(known), abs=0.02)


def test_the_interval_of_skewed_amounts_reaches_further_to_their_tail():
    interval = mean_interval([1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 9.0] * 3, amounts=True)
    assert interval.high - interval.mean > 1.2 * (interval.mean - interval.low)


def test_amounts_of_which_a_resample_may_be_all_equal_still_have_an_interval():
    interval = mean_interval([2.0, 2.0, 2.0, 2.0, 5.0], amounts=True)
    assert interval.method is Method.BCA
    assert 2 <= interval.low < interval.mean < interval.high <= 5


def test_the_same_seed_gives_the_same_interval():
    first = mean_interval(SHARES, seed=7)
    assert mean_interval(SHARES, seed=8) != first
    stats_module._mean_interval.cache_clear()
    assert mean_interval(SHARES, seed=7) == first


def test_a_higher_level_gives_a_wider_interval():
    narrow, wide = (mean_interval(SHARES, level=level) for level in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_24_right_of_24_are_not_taken_for_certainty():
    """Wilson: with z = 1.96 the lower bound is 24 / (24 + z^2) = 0.862."""
    interval = mean_interval([1.0] * 24)
    assert (interval.mean, interval.high, interval.method) == (1.0, 1.0, Method.WILSON)
    assert interval.low == pytest.approx(0.862, abs=5e-4)
    none_right = mean_interval([0.0] * 24)
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


def test_equal_shares_are_not_taken_for_certainty_and_equal_amounts_are():
    share = mean_interval([0.25] * 8)
    assert share == wilson_interval(2, 8)
    amount = mean_interval([0.25] * 8, amounts=True)
    assert (amount.mean, amount.low, amount.high) == (0.25, 0.25, 0.25)
    assert amount.method is Method.CONSTANT


def test_no_values_have_no_interval():
    assert mean_interval([]) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_an_error(value):
    with pytest.raises(ValueError, match="finite"):
        mean_interval([1.0, value])


@given(SCORES)
def test_an_interval_holds_its_mean_and_stays_within_the_scale(values):
    interval = mean_interval(values)
    assert 0 <= interval.low <= interval.mean <= interval.high <= 1


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_mirrors_that_of_the_failures(counts):
    successes, n = counts
    right, wrong = wilson_interval(successes, n), wilson_interval(n - successes, n)
    assert 0 <= right.low <= right.mean <= right.high <= 1
    assert right.low == pytest.approx(1 - wrong.high)


def test_about_95_of_100_intervals_hold_the_true_mean():
    """Of 30 skewed shares with a mean of 5/6; benchmarks/statistics.py does it at length."""
    draws = np.random.default_rng(3).beta(5, 1, (200, 30))
    intervals = [mean_interval(row.tolist()) for row in draws]
    covered = sum(interval.low <= 5 / 6 <= interval.high for interval in intervals) / len(intervals)
    assert 0.90 <= covered <= 0.99
