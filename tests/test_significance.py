"""Paired tests, corrections and numbers of cases, against scipy, statsmodels and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as known_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_sample_size_one_tail

from eval.stats import (
    difference_interval,
    holm,
    least_found,
    mcnemar,
    needed_to_equate,
    needed_to_find,
    paired_test,
    sign_flip,
)
from eval.types import Method

COUNTS = st.integers(0, 60)
SMALL = [0.5, -0.2, 0.3, 0.4, 0.1, -0.05, 0.25]


@given(COUNTS, COUNTS)
def test_mid_p_is_the_exact_test_of_statsmodels_less_half_the_chance_of_what_was_seen(lost, gained):
    exact = known_mcnemar([[0, lost], [gained, 0]], exact=True).pvalue
    seen = stats.binom.pmf(min(lost, gained), lost + gained, 0.5)
    expected = exact - seen if lost != gained else 1.0
    assert mcnemar(lost, gained) == pytest.approx(expected, abs=1e-6)


def test_mid_p_is_the_published_one():
    """7 and 1 of 21 children: Fagerland, Lydersen and Laake (2013), of Bentur et al. (2009)."""
    assert mcnemar(7, 1) == pytest.approx(0.0391, abs=5e-5)


@given(COUNTS, COUNTS)
def test_the_sides_of_mcnemars_test_add_up(lost, gained):
    """Mid-p splits what was seen between them, so that none of it counts twice."""
    assert mcnemar(lost, gained, "less") + mcnemar(lost, gained, "greater") == pytest.approx(1)
    assert mcnemar(lost, gained, "less") == mcnemar(gained, lost, "greater")


@pytest.mark.parametrize("side", ["two-sided", "less", "greater"])
def test_sign_flips_give_the_exact_p_of_scipy_whatever_cases_stayed_the_same(side):
    known = stats.permutation_test(
        (np.array(SMALL),),
        np.mean,
        permutation_type="samples",
        alternative=side,
        n_resamples=np.inf,
    ).pvalue
    assert sign_flip(SMALL, side) == pytest.approx(known, abs=1e-6)
    assert sign_flip(SMALL + [0.0] * 50, side) == pytest.approx(known, abs=1e-6)


def test_sign_flips_of_right_and_wrong_are_mcnemars_exact_test():
    differences = [1.0] * 9 + [-1.0] * 3 + [0.0] * 20
    exact = known_mcnemar([[0, 3], [9, 0]], exact=True).pvalue
    assert sign_flip(differences) == pytest.approx(exact, abs=1e-6)


def test_many_sign_flips_near_students_test():
    differences = list(np.random.default_rng(5).normal(0.1, 0.5, 80))
    assert sign_flip(differences) == pytest.approx(
        stats.ttest_1samp(differences, 0).pvalue, abs=0.02
    )
    assert sign_flip(differences) == sign_flip(differences)


@pytest.mark.parametrize("differences", [[0.0] * 5, [0.0], [0.3], [-0.3, 0.3]])
def test_what_cannot_tell_has_a_p_of_1(differences):
    assert paired_test(differences) == 1.0


def test_the_interval_of_a_difference_of_right_and_wrong_is_walds_with_two_cases_more():
    differences = [-1.0] * 7 + [1.0] + [0.0] * 13
    more = [*differences, 1.0, -1.0]
    half = 1.959964 * np.std(more) / math.sqrt(len(more))
    interval = difference_interval(differences)
    assert interval.method is Method.BONETT_PRICE
    assert interval.mean == pytest.approx(-6 / 21)
    assert (interval.low, interval.high) == pytest.approx(
        (np.mean(more) - half, np.mean(more) + half), abs=1e-6
    )


def test_the_interval_of_a_difference_of_scores_is_students():
    interval = difference_interval(SMALL)
    known = stats.ttest_1samp(SMALL, 0).confidence_interval()
    assert interval.method is Method.STUDENT
    assert (interval.low, interval.high) == pytest.approx(tuple(known), abs=1e-6)


def test_80_cases_that_stayed_the_same_do_not_prove_that_the_next_one_will():
    interval = difference_interval([0.0] * 80)
    assert -0.04 < interval.low < interval.mean == 0 < interval.high < 0.04
    seconds = difference_interval([0.5] * 3, amounts=True)
    assert (seconds.low, seconds.high, seconds.method) == (0.5, 0.5, Method.CONSTANT)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_the_interval_of_a_difference_holds_it_and_stays_within_the_scale(differences):
    interval = difference_interval(differences)
    assert -1 <= interval.low <= interval.mean <= interval.high <= 1


@pytest.mark.parametrize(
    "ps", [[0.2], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.001, 0.9], [1.0, 0.0, 0.02] * 8]
)
def test_holms_correction_is_that_of_statsmodels(ps):
    assert holm(ps) == pytest.approx(list(multipletests(ps, method="holm")[1]), abs=1e-6)


@pytest.mark.parametrize(("effect", "flips"), [(0.1, 0.2), (0.05, 0.1), (-0.05, 0.3)])
def test_the_cases_needed_are_those_of_statsmodels(effect, flips):
    spread = math.sqrt(flips - effect**2)
    known = normal_sample_size_one_tail(abs(effect), 0.8, 0.025, math.sqrt(flips), spread)
    assert needed_to_find(effect, flips, 0.05) == math.ceil(known)


def test_a_fall_that_was_planned_for_is_found_8_times_in_10():
    """Of the cases that Connor's formula asks for, by McNemar's test, over 400 draws."""
    n = needed_to_find(-0.1, 0.2, 0.05)
    drawn = np.random.default_rng(2).multinomial(n, [0.15, 0.05, 0.8], 400)
    found = sum(mcnemar(int(lost), int(gained)) < 0.05 for lost, gained, _ in drawn) / 400
    assert 0.74 <= found <= 0.86


@pytest.mark.parametrize(("lost", "gained"), [(0.05, 0.05), (0.06, 0.04)])
def test_cases_that_are_enough_to_equate_do_so_8_times_in_10(lost, gained):
    n = needed_to_equate(0.05, lost + gained, lost - gained)
    drawn = np.random.default_rng(2).multinomial(n, [lost, gained, 1 - lost - gained], 300)
    equal = 0
    for down, up, same in drawn:
        interval = difference_interval([-1.0] * down + [1.0] * up + [0.0] * same)
        equal += -0.05 <= interval.low and interval.high <= 0.05
    assert 0.72 <= equal / 300 <= 0.88


def test_more_cases_find_smaller_falls():
    found = [least_found(n, 0.05, 0.01) for n in (20, 80, 320)]
    assert found == sorted(found, reverse=True)
    assert needed_to_find(found[1] + 0.001, max(0.05, found[1]), 0.02) <= 80
