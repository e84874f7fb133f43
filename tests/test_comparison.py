"""Two runs over the same cases: which differences count, which cases flipped, what it takes."""

import io
import json
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from eval_fakes import make_case
from rich.console import Console

from eval.comparison import compare, flips, other_cases, paired, summarise
from eval.report import terminal
from eval.report.results import RunComparison
from eval.types import Outcome, Run, Verdict

WHEN = datetime(2026, 1, 2, tzinfo=UTC)


def run_of(planned=None, **scores):
    """A run whose cases have these scores, by metric, in order; None was not judged."""
    rows = [dict(zip(scores, row, strict=True)) for row in zip(*scores.values(), strict=True)]
    outcomes = tuple(
        Outcome(make_case(case_id=f"c{n}"), None, row, seconds=0.1) for n, row in enumerate(rows)
    )
    return Run(outcomes, planned or len(outcomes), WHEN, 1.0, {})


def right(lost=0, gained=0, same=0, wrong=0):
    """The scores of two runs: cases only the first got right, only the second, both, neither."""
    return (
        [1.0] * lost + [0.0] * gained + [1.0] * same + [0.0] * wrong,
        [0.0] * lost + [1.0] * gained + [1.0] * same + [0.0] * wrong,
    )


def only(before, after, **options):
    (found,) = compare(before, after, **options)
    return found


def compared(metric="reference_match", margin=0.05, **counts):
    before, after = (run_of(**{metric: scores}) for scores in right(**counts))
    return only(before, after, margin=margin)


def test_a_fall_that_chance_hardly_explains_is_worse_and_a_rise_better():
    assert compared(lost=12, gained=1, same=67).verdict is Verdict.WORSE
    assert compared(lost=1, gained=12, same=67).verdict is Verdict.BETTER


def test_what_is_better_low_is_worse_when_it_rises():
    assert compared("refusal_wrong", lost=1, gained=12, same=67).verdict is Verdict.WORSE


def test_the_same_fall_of_few_cases_is_undecided_and_says_how_many_would_tell():
    """3 of 20 lost, by Connor: (1.96 sqrt(.15) + .84 sqrt(.15 - .0225))^2 / .15^2 cases."""
    found = compared(lost=3, same=17)
    assert (found.verdict, found.needed) == (Verdict.UNDECIDED, 50)


def test_a_difference_near_the_margin_takes_more_cases_than_a_few_more():
    """4 of 100: whether it is below .05 is harder to tell than whether it is there."""
    found = compared(lost=4, gained=0, same=96)
    assert found.verdict is Verdict.UNDECIDED
    assert 150 <= found.needed <= 250


def test_runs_that_hardly_differ_are_equal_if_the_cases_are_many_enough_to_show_it():
    assert compared(same=80).verdict is Verdict.EQUAL
    few = compared(same=20)
    assert few.verdict is Verdict.UNDECIDED
    assert few.needed > 20


def test_a_difference_within_the_margin_is_equal_however_sure_it_is():
    found = compared(lost=30, gained=4, same=1966)
    assert found.p < 0.001
    assert found.verdict is Verdict.EQUAL
    assert compared(lost=30, gained=4, same=1966, margin=0.01).verdict is Verdict.WORSE


def test_the_more_metrics_are_compared_the_larger_a_difference_has_to_be():
    """7 lost and none gained have a p of 1/128, which is nothing rare among 20 metrics."""
    before, after = right(lost=7, same=60)
    names = [f"m{n}" for n in range(19)]
    still = dict.fromkeys(names, [0.0, 1.0] * 33 + [0.0])
    found = compare(
        run_of(reference_match=before, **still),
        run_of(reference_match=after, **still),
        metrics=["reference_match", *names],
    )
    assert found[0].p == pytest.approx(1 / 128)
    assert found[0].adjusted == pytest.approx(20 / 128)
    assert found[0].verdict is Verdict.UNDECIDED
    assert compared(lost=7, same=60).verdict is Verdict.WORSE


def test_scores_between_0_and_1_are_compared_by_sign_flips():
    before = run_of(token_f1=[0.5] * 30)
    found = only(before, run_of(token_f1=[0.5 - 0.01 * n for n in range(30)]))
    assert (found.test, found.verdict) == ("sign-flip permutation", Verdict.WORSE)
    assert found.difference.mean == pytest.approx(-0.145)


def test_the_margin_of_seconds_is_a_share_of_them():
    before = run_of(seconds_total=[10.0, 11.0, 12.0, 10.0] * 10)
    after = run_of(seconds_total=[10.1, 11.2, 12.1, 10.1] * 10)
    assert only(before, after).verdict is Verdict.EQUAL
    assert only(before, after, margin=0.001).verdict is Verdict.WORSE


def test_only_cases_that_both_runs_judged_count():
    before = run_of(reference_match=[1.0, None, 0.0])
    found = only(before, run_of(reference_match=[1.0, 1.0, None]))
    assert (found.before.n, found.after.n, found.difference.n) == (1, 1, 1)
    assert compare(before, run_of(reference_match=[None, 1.0, None])) == ()


def test_repeats_of_a_case_are_one_case():
    def repeated(scores):
        once = run_of(reference_match=scores)
        return Run(once.outcomes * 3, 3 * len(scores), WHEN, 1.0, {})

    before, after = right(lost=3, same=17)
    once = compare(run_of(reference_match=before), run_of(reference_match=after))
    assert compare(repeated(before), repeated(after)) == once
    assert summarise(repeated(before)) == summarise(run_of(reference_match=before))


def test_flips_are_told_by_case_lost_ones_first():
    before = run_of(reference_match=[1.0, 0.0, 1.0, None], token_f1=[1.0, 1.0, 1.0, 1.0])
    after = run_of(reference_match=[1.0, 1.0, 0.0, 1.0], token_f1=[0.0, 1.0, 1.0, 1.0])
    told = [(flip.case_id, flip.before, flip.after) for flip in flips(before, after)]
    assert told == [("c2", 1.0, 0.0), ("c1", 0.0, 1.0)]


def test_other_cases_are_named():
    before = run_of(reference_match=[1.0] * 8)
    after = run_of(reference_match=[1.0] * 10, planned=10)
    others = other_cases(after, before)
    assert str(others) == "2 missing (c8, c9)"
    assert str(other_cases(before, after)) == "2 added (c8, c9)"
    assert not other_cases(before, before)
    asked = Outcome(make_case(case_id="c0", references=("Canvas",)), None, {}, 0.1)
    changed = Run((asked, *before.outcomes[1:]), 8, WHEN, 1.0, {})
    assert str(other_cases(before, changed)) == "1 changed (c0)"
    assert len(paired(before, changed, "reference_match").after) == 7


def test_cases_that_a_run_was_stopped_before_are_not_missing():
    whole, stopped = run_of(reference_match=[1.0] * 8), run_of(8, reference_match=[1.0] * 3)
    assert not other_cases(whole, stopped)
    assert not other_cases(stopped, whole)


def test_the_table_shows_intervals_verdicts_and_flips():
    before, after = (run_of(reference_match=scores) for scores in right(lost=12, gained=1, same=67))
    console = Console(width=160, color_system=None, file=io.StringIO())
    console.print(terminal.comparison_table(RunComparison(before, after), most=2))
    shown = console.file.getvalue()
    row = next(line for line in shown.splitlines() if "reference_match" in line)
    assert all(part in row for part in ("0.988", "0.850", "[-0.222, -0.046]", " 80 ", "worse"))
    assert "Lost: 12, of them 2:\n  c0  reference_match  What is asked by c0?" in shown
    assert "Gained: 1:\n  c12" in shown


def test_a_table_says_how_many_questions_would_tell():
    before, after = (run_of(reference_match=scores) for scores in right(lost=3, same=17))
    console = Console(width=80, color_system=None, file=io.StringIO())
    console.print(terminal.comparison_table(RunComparison(before, after)))
    assert "needs ~50 " in console.file.getvalue()


def test_a_comparison_is_the_same_each_time_and_fits_into_json():
    before, after = (run_of(token_f1=[n / 7 % 1 for n in range(k, k + 40)]) for k in (0, 3))
    found = compare(before, after)
    assert compare(before, after) == found
    written = json.loads(json.dumps([asdict(one) for one in found], allow_nan=False))
    assert written[0]["verdict"] == found[0].verdict
