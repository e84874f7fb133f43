"""Each miss is put down to the first thing that went wrong, and says what shows it."""

from dataclasses import replace

import pytest
from eval_fakes import CANVAS, CLARIFY, make_answer, make_case, make_chunk

from eval.causes import Known, find_cause, missed, standings
from eval.scorers import SCORERS
from eval.types import Cause, Miss, Outcome
from rag.types import Hit, Span, Status

PATH = "/notes/aws/sagemaker.md"
TEXT = f"# SageMaker\n{CLARIFY}\n{CANVAS}\n"
START = TEXT.index(CLARIFY)


def cut(text, start=0):
    """The chunk of the note that is `text`."""
    at = TEXT.index(text, start)
    return replace(make_chunk(text), start=at, end=at + len(text), id=str(at))


HELD, OTHER = cut(CLARIFY), cut(CANVAS)


def judged(case, answer):
    return Outcome(case, answer, {name: one(case, answer) for name, one in SCORERS.items()}, 0.5)


def looked(case, *chunks, quiz=()):
    found = tuple(Hit(chunk, 1.0, 0.5) for chunk in chunks)
    return Known(standings(case, {PATH: TEXT}, {PATH: quiz}), found)


def because(case, answer, *deeper, quiz=()):
    return find_cause(judged(case, answer), looked(case, *deeper, quiz=quiz))


def test_an_answer_that_no_note_holds_is_not_in_the_notes():
    case = make_case(quotes=["Clarify costs 5 a month."], references=["5"])
    found = because(case, make_answer("Canvas", chunks=[HELD]), HELD)
    assert found == Miss(Cause.NOT_IN_NOTES, "no note holds “Clarify costs 5 a month.”")


def test_what_stands_in_a_quiz_alone_is_not_in_the_notes_and_it_says_where():
    quiz = [Span(START, START + len(CLARIFY))]
    found = because(make_case(), make_answer("Canvas", chunks=[OTHER]), OTHER, quiz=quiz)
    assert found.cause is Cause.NOT_IN_NOTES
    assert "stands in a quiz alone, sagemaker.md:2, which is kept out" in found.detail


def test_a_target_that_is_in_none_of_the_hits_was_not_retrieved():
    found = because(make_case(), make_answer("Canvas", chunks=[OTHER]), OTHER)
    assert found == Miss(
        Cause.NOT_RETRIEVED,
        "sagemaker.md:2, “Clarify explains biases.”, is not among the first 1",
    )


def test_a_target_beyond_what_was_found_was_ranked_too_low():
    found = because(make_case(), make_answer("Canvas", chunks=[OTHER]), OTHER, OTHER, HELD)
    assert (found.cause, found.rank) == (Cause.RANKED_TOO_LOW, 3)
    assert "came 3 of 3; 1 given" in found.detail


def test_a_target_that_was_found_and_not_given_was_ranked_too_low():
    answer = make_answer("Canvas", chunks=[OTHER, HELD], read=1)
    assert because(make_case(), answer, OTHER, HELD).cause is Cause.RANKED_TOO_LOW


def test_a_target_that_was_given_was_misread():
    found = because(make_case(), make_answer("Canvas", chunks=[OTHER, HELD], read=2), HELD)
    assert (found.cause, found.rank) == (Cause.MISREAD, 2)
    assert found.detail == (
        "passage 2 holds “Clarify explains biases.”; said “Canvas”, wanted “Clarify”"
    )


def test_a_part_of_a_target_that_two_passages_share_counts_as_given():
    """A quote may cross the seam of two passages; none of them holds it whole then."""
    case = make_case(quotes=[CLARIFY])
    answer = make_answer("Canvas", chunks=[cut("It also debugs predictions.")])
    assert because(case, answer).cause is Cause.MISREAD
    assert find_cause(judged(case, answer)).cause is Cause.NOT_RETRIEVED


def test_a_refusal_with_the_target_at_hand_was_wrong():
    answer = make_answer("No.", chunks=[HELD], status=Status.REFUSED, confidence=0.3)
    found = because(make_case(), answer, HELD)
    assert (found.cause, found.rank) == (Cause.REFUSED_WRONGLY, 1)
    assert found.detail.endswith("confidence 0.30")


def test_a_refusal_without_the_target_is_put_down_to_the_search():
    answer = make_answer("No.", chunks=[OTHER], status=Status.REFUSED)
    assert because(make_case(), answer, OTHER).cause is Cause.NOT_RETRIEVED
    assert because(make_case(), answer, OTHER, HELD).cause is Cause.RANKED_TOO_LOW


def test_a_right_answer_that_cites_another_thing_is_cited_wrongly():
    answer = make_answer(chunks=[OTHER, HELD], cited=[(OTHER, "builds models")])
    found = because(make_case(), answer)
    assert (found.cause, found.rank) == (Cause.CITED_WRONGLY, 2)
    assert "cites sagemaker.md:1 “builds models”, not “Clarify explains" in found.detail
    assert because(make_case(), make_answer(chunks=[HELD])).detail.startswith("cites nothing")


def test_a_citation_beside_the_target_that_says_the_answer_is_no_miss():
    """What a case quotes is seldom the only place that says it."""
    other = make_chunk("It is Clarify that tells.", path="/notes/other.md")
    outcome = judged(make_case(), make_answer(chunks=[other], cited=[(other, other.text)]))
    assert outcome.scores["citation_recall"] == 0
    assert not missed(outcome)
    assert find_cause(outcome) is None


def test_a_citation_under_a_heading_that_is_the_answer_is_no_miss():
    """A list item is about the heading above it, and who asks for a term is answered by that."""
    other = replace(make_chunk("- tells why", path="/notes/other.md"), headings=("Clarify",))
    outcome = judged(make_case(), make_answer(chunks=[other], cited=[(other, "tells why")]))
    assert not missed(outcome)


def test_a_letter_answers_a_question_with_options():
    case = replace(make_case(), options=("Canvas", "Clarify"), correct=(1,))
    right = judged(case, make_answer("B [1]", chunks=[HELD], cited=[(HELD, "explains biases")]))
    assert right.scores["reference_match"] == 0.0
    assert not missed(right)
    wrong = judged(case, make_answer("A [1]", chunks=[HELD], cited=[(HELD, "explains biases")]))
    assert find_cause(wrong, looked(case)).cause is Cause.MISREAD


def test_an_answer_where_none_is_to_be_had_should_have_been_refused():
    found = because(make_case(answerable=False), make_answer("It costs 5.", confidence=0.9))
    assert found == Miss(Cause.ANSWERED_WRONGLY, "said “It costs 5.”, confidence 0.90")


def test_a_failure_is_a_failure_whatever_else_is_known():
    outcome = Outcome(make_case(), None, {}, 0.1, "the server\nis gone")
    assert find_cause(outcome, looked(make_case())) == Miss(Cause.FAILED, "the server is gone")


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        (make_case(), make_answer(chunks=[HELD], cited=[(HELD, "explains biases")])),
        (make_case(answerable=False), make_answer("No.", status=Status.REFUSED)),
    ],
)
def test_what_was_not_missed_has_no_cause(case, answer):
    assert because(case, answer) is None


def test_a_case_without_targets_is_judged_by_its_references():
    case = replace(make_case(references=["debugs predictions", "debug"]), targets=())
    assert [one.line for one in standings(case, {PATH: TEXT})] == [3]
    assert because(case, make_answer("Canvas", chunks=[HELD])).cause is Cause.MISREAD
    assert because(case, make_answer("Canvas", chunks=[OTHER]), OTHER).cause is Cause.NOT_RETRIEVED
    case = replace(case, references=("Comprehend",))
    assert because(case, make_answer("x", chunks=[HELD])).cause is Cause.NOT_IN_NOTES


def test_the_line_on_a_miss_is_one_line_of_plain_text():
    text = "a\x1b[31m\u202e\n" + "long " * 99
    found = because(make_case(), make_answer(text, chunks=[HELD]), HELD)
    assert found.detail.isprintable()
    assert len(found.detail) < 300
