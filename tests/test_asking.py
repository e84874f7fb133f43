"""What a question is about: exam phrases go, every word of the subject stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.search.asking import essence


@pytest.mark.parametrize(
    ("question", "about"),
    [
        (
            "A team needs to predict a category. Which option best meets this requirement?",
            "predict a category.",
        ),
        (
            "A retail company wants to suggest products. Which service will meet these needs?",
            "suggest products. Which service ?",
        ),
        ("Which of the following statements best describes overfitting?", "overfitting?"),
        ("Which description best matches supervised learning?", "supervised learning?"),
        ("You need to label images. What should you use?", "label images."),
        ("What explains bias? (Select TWO.)", "What explains bias?"),
    ],
)
def test_the_phrases_of_an_exam_are_taken_away(question, about):
    assert essence(question) == about


@pytest.mark.parametrize(
    "question",
    [
        "Which SageMaker tool explains bias in a dataset?",
        "A notebook needs to access S3. What is required?",
        "Which one explains bias?",
        "What does a training job need?",
        "Wer hat das Kaiserreich gegr\N{LATIN SMALL LETTER U WITH DIAERESIS}ndet?",
        "How does the customer data get into the feature store?",
    ],
)
def test_other_questions_stay_as_they_are(question):
    assert essence(question) == question


@pytest.mark.parametrize(
    "question", ["Which option?", "What is it?", "", "Which of the following?"]
)
def test_a_question_of_nothing_else_stays_as_it_is(question):
    assert essence(question) == question


@given(st.text("a teamwichonsdpry.?! ", max_size=200))
def test_only_words_of_the_question_are_left(question):
    left = essence(question)
    assert left == question or set(left.split()) <= set(question.split()) | {"?", ".", "!"}


def test_a_hostile_question_costs_no_time():
    """Phrases that nearly match, as many as a question may have."""
    begin = time.process_time()
    assert essence("a team a team which option which " * 300)
    assert time.process_time() - begin < 1
