"""Several runs against a first one are told apart over all that is compared, not pair by pair."""

import pytest
from test_comparison import right, run_of

from eval.comparison import compare, compare_all
from eval.stats import holm
from eval.types import Verdict


def runs(*lost):
    """A first run of eighty right answers, and others that lost some, in two metrics."""
    names = ("reference_match", "mrr")
    first = run_of(**dict.fromkeys(names, right(same=80)[0]))
    others = [
        run_of(reference_match=right(lost=count, same=80 - count)[1], mrr=right(same=80)[1])
        for count in lost
    ]
    return first, others, names


def test_p_values_are_adjusted_over_every_pair_and_metric():
    first, others, names = runs(7, 8, 0)
    found = compare_all(first, others, metrics=names)
    ps = [one.p for each in found for one in each]
    assert len(ps) == 6
    assert [one.adjusted for each in found for one in each] == pytest.approx(holm(ps))


def test_what_is_worse_alone_may_be_luck_among_many():
    """Seven lost of eighty have p = 0.0078; of seventeen runs one of them is nothing much."""
    first, others, names = runs(7, *[0] * 16)
    (alone, _) = compare(first, others[0], metrics=names)
    assert alone.verdict is Verdict.WORSE
    (among, _), *_ = compare_all(first, others, metrics=names)
    assert among.verdict is Verdict.UNDECIDED
    assert among.needed > alone.difference.n


def test_metrics_that_no_case_has_are_left_out():
    first, others, _ = runs(1)
    (found,) = compare_all(first, others, metrics=("mrr", "judged"))
    assert [one.metric for one in found] == ["mrr"]
