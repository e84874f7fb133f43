"""A judge's yes or no is read off how it weighs its first token."""

import math

import pytest
from eval_fakes import make_answer, make_case, make_chunk

from eval.judging import GIVE_UP_JUDGING, SURE, ModelJudge, read_verdict, yes_no_prompt
from rag.answers.writers import UNLIKELY
from rag.errors import ModelServerError
from rag.types import Status

CASE = make_case()
ANSWER = make_answer("It is **SageMaker Clarify** [1].", chunks=[make_chunk()])


def likely(yes, no):
    return [math.log(yes), math.log(no)]


class Weighing:
    """Weighs one reply after another, the last for ever; errors are raised."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.asked = []

    def __call__(self, messages):
        self.asked.append(messages)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def silent(messages, tokens):
    """A model that must not be asked to write."""
    raise AssertionError(messages)


@pytest.mark.parametrize(
    ("found", "worth"),
    [
        (likely(0.9, 0.05), 1.0),
        (likely(0.05, 0.9), 0.0),
        (likely(SURE - 0.05, 1.05 - SURE), 0.0),
        (likely(0.3, 0.1), None),
        ([UNLIKELY, UNLIKELY], None),
    ],
)
def test_yes_counts_where_it_is_sure_and_what_is_neither_is_no_vote(found, worth):
    vote = read_verdict(found)
    assert (vote and vote.worth) == worth


def test_what_is_right_is_told_by_a_majority_of_first_tokens():
    weigh = Weighing(likely(0.9, 0.1), likely(0.2, 0.8), likely(0.9, 0.1))
    found = ModelJudge(silent, "fake", 3, weigh=weigh).judge("judged", CASE, ANSWER)
    assert found.worth == 1.0
    assert [vote.word for vote in found.votes] == ["yes", "no", "yes"]
    assert len({str(messages[1:-1]) for messages in weigh.asked}) == 3  # the examples turn
    assert len({str(messages[-1]) for messages in weigh.asked}) == 1


def test_the_judge_sees_question_right_answers_note_and_answer():
    (_, material) = yes_no_prompt(CASE, ANSWER, 0)[-1]
    for told in (CASE.question, CASE.references[0], CASE.targets[0].quote, "SageMaker Clarify"):
        assert told in material
    assert "[1]" not in material


def test_a_refusal_is_not_weighed_and_faithfulness_is_written_out():
    judge = ModelJudge(
        lambda *_: "Quote: Clarify\nVerdict: no", "fake", 1, weigh=Weighing([UNLIKELY, UNLIKELY])
    )
    refusal = make_answer("Not in the notes.", status=Status.REFUSED, chunks=[make_chunk()])
    assert judge.judge("judged", CASE, refusal).worth == 0.0
    assert judge.judge("judged_faithful", CASE, ANSWER).worth == 0.0


def test_a_model_that_is_gone_is_no_score_and_not_asked_for_ever():
    weigh = Weighing(ModelServerError("gone"))
    judge = ModelJudge(silent, "fake", 3, weigh=weigh)
    found = [judge.judge("judged", CASE, ANSWER) for _ in range(3)]
    assert [(one.worth, one.failed) for one in found] == [(None, 3)] * 3
    assert len(weigh.asked) == GIVE_UP_JUDGING
