"""A judge of answers: what counts as a vote, what the votes come to, and what has no score."""

from datetime import UTC, datetime

import pytest
from eval_fakes import CANVAS, make_answer, make_case, make_chunk

from eval.judging import (
    FAITHFUL,
    GIVE_UP_JUDGING,
    JUDGED,
    KeptVerdicts,
    ModelJudge,
    judged,
    vote_prompt,
)
from eval.scorers import SCORERS
from eval.types import Outcome, Run
from rag.errors import ModelServerError
from rag.types import Status

CASE = make_case()
ANSWER = make_answer("It is **SageMaker Clarify** [1].", chunks=[make_chunk()])
RIGHT = 'Quote: "SageMaker Clarify"\nVerdict: correct'
PARTLY = "Quote: Clarify\nVerdict: partly"
WRONG = "Quote: It is SageMaker\nVerdict: Wrong."
FAITH = "Quote: Clarify explains biases.\nVerdict: yes"


class Scripted:
    """A model that says one thing after another, the last for ever; errors are raised."""

    def __init__(self, *replies):
        self._replies = list(replies)
        self.asked = []

    def __call__(self, messages, tokens):
        self.asked.append(messages)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def verdict(*replies, votes=3, metric="judged", answer=ANSWER, case=CASE):
    return ModelJudge(Scripted(*replies), "fake", votes).judge(metric, case, answer)


def run_of(*answers):
    outcomes = tuple(
        Outcome(make_case(case_id=str(at)), answer, {"reference_match": 1.0}, 0.1)
        for at, answer in enumerate(answers)
    )
    return Run(outcomes, len(outcomes), datetime.now(UTC), 1.0, {}, {"commit": "abc"})


@pytest.mark.parametrize(
    ("replies", "worth"),
    [
        ((RIGHT,), 1.0),
        ((WRONG,), 0.0),
        ((PARTLY,), 0.5),
        ((RIGHT, WRONG, RIGHT), 1.0),
        ((RIGHT, WRONG, PARTLY), None),
        ((RIGHT, RIGHT, "I like it"), 1.0),
        ((RIGHT, "?", "?"), None),
    ],
)
def test_a_verdict_counts_if_more_than_half_of_all_votes_agree(replies, worth):
    assert verdict(*replies).worth == worth


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "correct",
        "Verdict: correct",
        "Quote: SageMaker Clarify",
        "Quote: Clarify explains\nVerdict: correct",  # stands in the passage, not in the answer
        "Quote: ...\nVerdict: correct",
        "Quote: SageMaker Clarify\nVerdict: excellent",
        "Verdict: NaN\nQuote: Clarify",
        "\x00" * 5000,
    ],
)
def test_what_quotes_nothing_that_is_there_is_no_vote(reply):
    found = verdict(reply)
    assert (found.worth, found.votes, found.unusable) == (None, (), 3)


@pytest.mark.parametrize(
    "reply",
    [
        "quote: sagemaker  clarify\nverdict: correct",
        "**Quote:** `SageMaker Clarify`\n**Verdict:** correct",
        "Sure!\n\nQuote: \N{LEFT DOUBLE QUOTATION MARK}Clarify\N{RIGHT DOUBLE QUOTATION MARK}\n"
        "\nVerdict: CORRECT",
    ],
)
def test_the_dress_of_a_vote_does_not_matter(reply):
    assert verdict(reply).worth == 1.0


def test_a_judge_that_times_out_gives_no_score_and_is_counted():
    found = verdict(ModelServerError("no token for 60 s"))
    assert (found.worth, found.failed, found.unusable) == (None, 3, 0)
    found = verdict(RIGHT, ModelServerError("no token"), RIGHT)
    assert (found.worth, found.failed) == (1.0, 1)


def test_a_judge_that_is_gone_is_not_asked_for_ever():
    model = Scripted(ModelServerError("gone"))
    run = judged(run_of(*[ANSWER] * 20), ModelJudge(model, "fake", 3))
    assert len(model.asked) == GIVE_UP_JUDGING
    assert all(outcome.scores["judged"] is None for outcome in run.outcomes)
    assert run.provenance["no score, judged"].startswith("20 of 20 (votes that failed: 60")
    assert run.provenance["commit"] == "abc"


def test_a_run_that_is_judged_by_nonsense_has_no_figure_of_it_and_keeps_the_others():
    run = judged(run_of(ANSWER, ANSWER), ModelJudge(Scripted("NaN"), "fake", 1))
    assert [o.scores for o in run.outcomes] == [
        {"reference_match": 1.0, "judged": None, "judged_faithful": None}
    ] * 2
    assert "2 of 2" in run.provenance["no score, judged"]
    assert "nonsense or quoted what is not there: 2" in run.provenance["no score, judged"]


def test_ctrl_c_keeps_what_is_judged_and_says_how_much_is_not():
    model = Scripted(RIGHT, FAITH, KeyboardInterrupt())

    def ask(messages, tokens):
        if len(model.asked) == 2:
            raise KeyboardInterrupt
        return model(messages, tokens)

    run = judged(run_of(ANSWER, ANSWER), ModelJudge(ask, "fake", 1))
    assert [o.scores.get("judged") for o in run.outcomes] == [1.0, None]
    assert run.provenance["not looked at by the judge"] == "1"


def test_faithful_is_what_the_passages_state_and_is_quoted_from_them():
    assert verdict(FAITH, metric="judged_faithful").worth == 1.0
    invented = "Quote: SageMaker Clarify\nVerdict: yes"
    assert verdict(invented, metric="judged_faithful").worth is None
    made_up = "Quote: SageMaker Clarify\nVerdict: no"
    assert verdict(made_up, metric="judged_faithful").worth == 0.0


def test_only_passages_that_were_given_on_are_shown_and_may_be_quoted():
    answer = make_answer(chunks=[make_chunk(CANVAS), make_chunk()], read=1)
    (_, shown) = vote_prompt(FAITHFUL, CASE, answer, 0)[-1]
    assert CANVAS in shown
    assert "biases" not in shown
    assert verdict(FAITH, metric="judged_faithful", answer=answer).worth is None


def test_the_verdicts_come_in_another_order_for_each_vote():
    model = Scripted(RIGHT)
    ModelJudge(model, "fake", 3).judge("judged", CASE, ANSWER)
    first = [messages[0][1].splitlines()[1].partition(":")[0] for messages in model.asked]
    assert sorted(first) == sorted(f"- {name}" for name in JUDGED.marks)


def test_what_has_no_right_answer_is_not_judged_and_a_refusal_is_not_asked_about():
    model = Scripted(RIGHT)
    judge = ModelJudge(model, "fake", 1)
    assert judge.judge("judged", make_case(answerable=False), ANSWER) is None
    refusal = make_answer("Not in the notes.", status=Status.REFUSED, chunks=[make_chunk()])
    assert judge.judge("judged", CASE, refusal).worth == 0.0
    assert judge.judge("judged_faithful", CASE, refusal) is None
    assert model.asked == []


def test_a_judge_does_not_change_its_mind(tmp_path):
    path = tmp_path / "eval" / "verdicts.jsonl"
    first = ModelJudge(Scripted(RIGHT), "fake", 3, KeptVerdicts(path)).judge("judged", CASE, ANSWER)
    turncoat = Scripted(WRONG)
    again = ModelJudge(turncoat, "fake", 3, KeptVerdicts(path)).judge("judged", CASE, ANSWER)
    assert (first, turncoat.asked) == (again, [])
    other = ModelJudge(turncoat, "another", 3, KeptVerdicts(path)).judge("judged", CASE, ANSWER)
    assert other.worth == 0.0
    anew = KeptVerdicts(path, fresh=True)
    assert ModelJudge(Scripted(WRONG), "fake", 3, anew).judge("judged", CASE, ANSWER).worth == 0.0


def test_votes_that_failed_are_asked_for_again_next_time(tmp_path):
    path = tmp_path / "verdicts.jsonl"
    gone = ModelJudge(Scripted(ModelServerError("gone")), "fake", 3, KeptVerdicts(path))
    assert gone.judge("judged", CASE, ANSWER).worth is None
    back = ModelJudge(Scripted(RIGHT), "fake", 3, KeptVerdicts(path))
    assert back.judge("judged", CASE, ANSWER).worth == 1.0


@pytest.mark.parametrize("damage", [b'{"key": "x", "wor', b"\xff\xfe\n", b"[]\n{}\n", b"7\n"])
def test_a_damaged_file_of_verdicts_costs_the_damaged_lines(tmp_path, damage):
    path = tmp_path / "verdicts.jsonl"
    ModelJudge(Scripted(RIGHT), "fake", 1, KeptVerdicts(path)).judge("judged", CASE, ANSWER)
    with path.open("ab") as file:
        file.write(damage)
    other = make_answer("Clarify, surely", chunks=[make_chunk()])
    ModelJudge(Scripted(PARTLY), "fake", 1, KeptVerdicts(path)).judge("judged", CASE, other)
    silent = ModelJudge(Scripted(ModelServerError("gone")), "fake", 1, KeptVerdicts(path))
    assert silent.judge("judged", CASE, ANSWER).worth == 1.0
    assert silent.judge("judged", CASE, other).worth == 0.5


def test_the_metrics_of_a_judge_have_their_lines_in_the_table():
    assert {"judged", "judged_faithful"} < set(SCORERS)
