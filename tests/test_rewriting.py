"""A follow-up is made to stand alone; any other question is left as it is."""

import pytest

from rag.rewriting import standalone
from rag.types import Turn

HISTORY = [
    Turn("What can MLFlow track?", "Experiments."),
    Turn("Which biases does SageMaker Clarify find?", "Bias [1]."),
]


@pytest.mark.parametrize(
    "question",
    [
        *("What does it cost?", "And for images?", "Is this the first one?", "Who made them?"),
        *("Why?", "Why is that?", "What is the cost of these?", "That one?"),
    ],
)
def test_what_points_back_takes_the_topic_of_the_turn_before(question):
    """Of the last turn only, and of its question: an answer may be wrong."""
    assert standalone(question, HISTORY) == f"{question} (biases sagemaker clarify find)"


def test_words_that_are_there_are_not_added_again():
    assert standalone("Can it find biases?", HISTORY) == "Can it find biases? (sagemaker clarify)"


@pytest.mark.parametrize(
    "question",
    [
        *("What is Ground Truth?", "Which items are fitted?", "Cost?"),
        *("Which data that humans label is kept?", "Why does a model overfit?"),
    ],
)
def test_a_question_that_stands_alone_is_left_as_it_is(question):
    assert standalone(question, HISTORY) == question


def test_the_first_question_has_nothing_to_point_back_to():
    assert standalone("What is it?", []) == "What is it?"


def test_a_turn_without_a_topic_adds_nothing():
    assert standalone("Why is it?", [Turn("What is it?", "")]) == "Why is it?"
