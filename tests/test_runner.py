"""Running cases: what is kept, what is scored, and what a failure costs."""

from datetime import UTC, datetime

import pytest
from eval_fakes import ScriptedAssistant, make_answer, make_case, make_chunk

from eval.runner import run_cases
from eval.scorers import SCORERS
from rag.errors import ModelServerError, NoIndexError, QuestionError
from rag.types import Status, Timings

CASES = [make_case(case_id=name) for name in ("one", "two", "three")]


def scripted(*replies):
    return ScriptedAssistant(dict(zip([case.question for case in CASES], replies, strict=True)))


def test_every_case_is_asked_once_and_scored_by_every_scorer():
    assistant = scripted(*[make_answer(chunks=[make_chunk()])] * 3)
    before = datetime.now(UTC)
    result = run_cases(assistant, CASES, settings={"llm": "none"})
    assert assistant.asked == [case.question for case in CASES]
    assert [outcome.case for outcome in result.outcomes] == CASES
    assert all(set(outcome.scores) == set(SCORERS) for outcome in result.outcomes)
    assert result.outcomes[0].scores["recall@1"] == 1.0
    assert (result.partial, result.failed, result.settings) == (False, (), {"llm": "none"})
    assert before <= result.started_at <= datetime.now(UTC)
    assert result.seconds >= sum(outcome.seconds for outcome in result.outcomes) >= 0


@pytest.mark.parametrize(
    "error", [ModelServerError("the server is gone"), QuestionError("too long")]
)
def test_a_case_that_fails_is_kept_with_its_error_and_without_scores(error):
    result = run_cases(scripted(make_answer(), error, make_answer()), CASES)
    assert [outcome.error for outcome in result.outcomes] == ["", str(error), ""]
    assert (result.outcomes[1].answer, dict(result.outcomes[1].scores)) == (None, {})
    assert result.failed == (result.outcomes[1],)


def test_an_answer_that_broke_off_is_not_taken_for_a_wrong_one():
    broken = make_answer("Clar", status=Status.INTERRUPTED, notice="the server is gone")
    result = run_cases(scripted(make_answer(), broken, make_answer()), CASES)
    outcome = result.outcomes[1]
    assert (outcome.answer, outcome.error, dict(outcome.scores)) == (
        broken,
        "the server is gone",
        {},
    )


def test_an_error_that_no_case_is_to_blame_for_ends_the_run():
    with pytest.raises(NoIndexError):
        run_cases(scripted(make_answer(), NoIndexError("run crib ingest"), make_answer()), CASES)


def test_ctrl_c_keeps_what_is_done():
    result = run_cases(scripted(make_answer(), KeyboardInterrupt(), make_answer()), CASES)
    assert [outcome.case.id for outcome in result.outcomes] == ["one"]
    assert (result.partial, result.planned) == (True, 3)


def test_progress_is_told_after_each_case():
    told = []
    result = run_cases(
        scripted(*[make_answer()] * 3),
        CASES,
        on_progress=lambda outcome, done, total: told.append((outcome, done, total)),
    )
    assert told == [(outcome, n, 3) for n, outcome in enumerate(result.outcomes, start=1)]


def test_cases_are_counted_by_whether_the_notes_answer_them():
    cases = [*CASES, make_case(answerable=False, case_id="four")]
    answers = {case.question: make_answer() for case in cases}
    result = run_cases(ScriptedAssistant(answers), cases)
    assert (result.answerable, result.unanswerable) == (3, 1)


def test_the_model_is_whatever_wrote_an_answer():
    """A question that was refused before a model was asked has no first token."""
    unasked = make_answer(model="no model", status=Status.REFUSED, timings=Timings(0.1, None, 0.1))
    result = run_cases(scripted(unasked, make_answer(model="big"), make_answer(model="big")), CASES)
    assert result.model == "big"
    result = run_cases(scripted(make_answer(model="a"), make_answer(model="b"), unasked), CASES)
    assert result.model == "a, b"
