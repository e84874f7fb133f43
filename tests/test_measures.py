"""Figures of whole runs, worked out by hand, and their intervals."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from eval_fakes import make_answer, make_case

from eval.measures import MEASURES, measured, table_of
from eval.types import Method, Outcome, Run
from rag.types import Status


def outcome(answerable, status, right=None, sure=0.5):
    answer = make_answer(status=status, confidence=sure)
    return Outcome(make_case(answerable=answerable), answer, {"reference_match": right}, 0.1)


ANSWERED, REFUSED = Status.ANSWERED, Status.REFUSED


def run_of(*outcomes):
    return Run(outcomes, len(outcomes), datetime.now(UTC), 1.0, {})


MIXED = run_of(
    outcome(True, ANSWERED, 1.0, 0.9),
    outcome(True, ANSWERED, 0.0, 0.6),
    outcome(True, REFUSED, 0.0, 0.2),
    outcome(False, REFUSED, None, 0.7),
    outcome(False, REFUSED, None, 0.1),
    outcome(False, ANSWERED, None, 0.8),
)


def value(run, name):
    return MEASURES[name].value(table_of(run))


def test_refusals_have_a_precision_and_a_recall():
    assert value(MIXED, "refusal_precision") == pytest.approx(2 / 3)
    assert value(MIXED, "refusal_recall") == pytest.approx(2 / 3)


def test_an_answer_to_what_should_be_refused_is_wrong():
    assert value(MIXED, "answered") == 0.5
    assert value(MIXED, "right_when_answered") == pytest.approx(1 / 3)


def test_the_area_of_the_confidence_puts_refusals_last():
    """Answerable .9 .6 -.8 against -.3 -.9 .8: 3 + 2 + 1 of 9 pairs are in order."""
    assert value(MIXED, "refusal_auroc") == pytest.approx(6 / 9)


def test_the_risk_is_that_of_the_surest_answers_first():
    """By confidence: right, wrong, wrong; risks 0, 1/2, 2/3."""
    assert value(MIXED, "risk_coverage_area") == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)


def test_intervals_hold_the_value_and_come_out_the_same_again():
    first, again = measured(MIXED), measured(MIXED)
    assert first == again
    for interval in first.values():
        assert interval.low <= interval.mean <= interval.high
    assert first["answered"].method is Method.WILSON
    assert first["refusal_auroc"].method is Method.NEWCOMBE
    assert first["risk_coverage_area"].method is Method.BCA
    assert first["refusal_precision"].n == 3
    assert first["answered"].n == 6


def test_answers_to_one_question_are_no_more_than_one_case():
    """Ten cases asked three times each, all answers to a case alike: as sure as ten, not thirty."""
    rows = [
        Outcome(make_case(case_id=f"c{n}"), make_answer(status=ANSWERED), scores, 0.1, repeat=k)
        for n in range(10)
        for k in range(3)
        for scores in [{"reference_match": float(n < 6)}]
    ]
    wide = measured(run_of(*rows))["right_when_answered"]
    narrow = measured(run_of(*[replace(one, repeat=0) for one in rows]))["right_when_answered"]
    assert wide.method is Method.PERCENTILE
    assert wide.mean == narrow.mean == 0.6
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    same = [replace(one, scores={"reference_match": 1.0}) for one in rows]
    assert measured(run_of(*same))["right_when_answered"].low == pytest.approx(0.722, abs=0.001)


def test_a_run_of_right_refusals_alone_is_not_certain_to_go_on_so():
    run = run_of(*[outcome(False, REFUSED) for _ in range(19)])
    found = measured(run)
    assert found["refusal_recall"].method is Method.WILSON
    assert found["refusal_recall"].low == pytest.approx(0.832, abs=0.001)
    assert found["right_when_answered"] is found["refusal_auroc"] is None


def test_nothing_is_said_of_a_run_without_scores():
    failed = Outcome(make_case(), None, {}, 0.1, "the model is gone")
    assert set(measured(run_of(failed)).values()) == {None}


def test_what_was_not_rated_by_confidence_has_no_area():
    run = run_of(outcome(True, ANSWERED, 1.0, None), outcome(False, ANSWERED, None, None))
    assert measured(run)["refusal_auroc"] is None
    assert measured(run)["answered"].mean == 1.0
