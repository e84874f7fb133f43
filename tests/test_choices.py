"""Which options an answer takes, and what is said of it by nearness of meaning."""

from dataclasses import replace

import pytest
from eval_fakes import CANVAS, CLARIFY, make_answer, make_case, make_chunk

from eval.scorers import BY_MEANING, SCORERS, chosen_options, scorers_with
from rag.types import Claim, Grounding, Status

EXAM = replace(
    make_case(references=("Clarify",)),
    options=("Amazon S3", "Clarify", "Data Wrangler", "Data", "Ground Truth"),
    correct=(1,),
)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("B", {1}),
        ("B. Clarify [1]", {1}),
        ("**B**", {1}),
        ("(B)", {1}),
        ("The correct answer is B.", {1}),
        ("Answer: B, E", {1, 4}),
        ("B and E", {1, 4}),
        ("B, C and E are right", {1, 2, 4}),
        ("Because of its data it is option C", {2}),
        ("Clarify explains biases [1].", {1}),
        ("It is Data Wrangler.", {2}),  # not "Data" as well
        ("A tool such as Ground Truth", {4}),  # "A" is an article
        ("It is not Clarify but Ground Truth.", {4}),
        ("Z", set()),
        ("I do not know", set()),
        ("", set()),
    ],
)
def test_the_options_taken_are_read_by_letter_or_else_by_their_words(text, places):
    assert chosen_options(EXAM, text) == places


@pytest.mark.parametrize(
    ("text", "correct", "right"),
    [
        ("B", (1,), 1.0),
        ("B, E", (1,), 0.0),
        ("B", (1, 4), 0.0),
        ("E and B", (1, 4), 1.0),
        ("none", (1,), 0.0),
    ],
)
def test_an_exam_question_is_right_if_just_the_right_options_are_taken(text, correct, right):
    case = replace(EXAM, correct=correct)
    assert SCORERS["choice_accuracy"](case, make_answer(text)) == right


def test_a_case_without_options_has_no_choice_and_a_refusal_takes_none():
    assert SCORERS["choice_accuracy"](make_case(), make_answer("B")) is None
    refusal = make_answer("B", status=Status.REFUSED)
    assert SCORERS["choice_accuracy"](EXAM, refusal) == 0.0


def near(said, others):
    """Words in common, as a share: symmetric, and 1 for the same words."""
    bags = [
        [set(text.casefold().replace(".", "").split()) for text in row] for row in (said, others)
    ]
    return [[len(one & other) / len(one | other) for other in bags[1]] for one in bags[0]]


def by_meaning(name, case, answer):
    return scorers_with(near)[name](case, answer)


def test_the_similarity_is_that_to_the_nearest_reference():
    case = make_case(references=("Canvas & Studio", "the Clarify tool"))
    assert by_meaning("similarity", case, make_answer("Clarify tool [1]")) == pytest.approx(2 / 3)
    assert by_meaning("similarity", case, make_answer("x", status=Status.REFUSED)) == 0.0
    assert by_meaning("similarity", make_case(answerable=False), make_answer()) is None


def test_a_similarity_below_none_is_none():
    far = scorers_with(lambda said, others: [[-0.2 for _ in others] for _ in said])
    assert far["similarity"](make_case(), make_answer()) == 0.0


def test_a_sentence_is_carried_by_what_it_cites_and_by_no_other_passage():
    right, wrong = "Clarify explains biases [1].", "Clarify explains biases [2]."
    bare = "Clarify explains biases."
    text = f"{right} {wrong} {bare}"
    spans = [(0, len(right)), (len(right) + 1, len(right) + 1 + len(wrong))]
    spans.append((spans[1][1] + 1, len(text)))
    answer = make_answer(
        text,
        cited=[(make_chunk(), "Clarify explains biases."), (make_chunk(CANVAS), CANVAS)],
        claims=tuple(Claim(*span, Grounding.GROUNDED) for span in spans),
    )
    assert SCORERS["grounded"](make_case(), answer) == 1.0
    assert by_meaning("carried", make_case(), answer) == pytest.approx(1 / 3)
    assert by_meaning("carried", make_case(), make_answer()) is None


def test_every_scorer_by_meaning_has_its_line_in_the_table():
    assert set(BY_MEANING) < set(SCORERS)
    assert all(SCORERS[name](make_case(), make_answer(CLARIFY)) is None for name in BY_MEANING)
    assert list(scorers_with(near)) == list(SCORERS)
