"""Example questions from headings."""

import pytest

from web.view import example_questions


def ask(*headings: str, limit: int = 4) -> list[str]:
    return example_questions([("Notes of mine", heading) for heading in headings], limit)


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("Data Wrangler", "What is Data Wrangler?"),
        (
            "Model deployment and inference",
            "What do my notes say about Model deployment and inference?",
        ),
        ("SageMaker Data Tools", "What do my notes say about SageMaker Data Tools?"),
        ("What is a bucket?", "What is a bucket?"),
        ("How it works", "How it works?"),
        ("2.1 **Gradient** Descent", "What is Gradient Descent?"),
        ("Algorithms (extracts)", "What do my notes say about Algorithms?"),
        ("C++", "What is C++?"),
    ],
)
def test_a_heading_becomes_a_question_that_reads_well(heading: str, question: str) -> None:
    assert ask(heading) == [question]


@pytest.mark.parametrize(
    "heading", ["Summary", "QUIZ", "3.", "--", "", "x" * 200, "Further reading"]
)
def test_a_heading_that_names_no_topic_gives_no_question(heading: str) -> None:
    assert ask(heading) == []


def test_questions_are_spread_over_the_notes() -> None:
    headings = [f"Topic{letter}" for letter in "ABCDEFGH"]
    assert ask(*headings) == [f"What is Topic{letter}?" for letter in "ACEG"]


def test_the_same_topic_is_asked_about_once() -> None:
    assert ask("Mitosis", "mitosis", "MITOSIS") == ["What is Mitosis?"]


def test_no_headings_give_no_questions() -> None:
    assert example_questions([]) == []
    assert example_questions([()]) == []
