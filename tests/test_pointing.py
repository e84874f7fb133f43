"""Options that stand for others: which they mean, and when they are taken."""

import pytest
from fakes import make_chunk
from test_assistant import assistant
from test_choosing import Lettered

from rag.answering import ExtractiveAnswerer
from rag.answers.options import choices_in
from rag.answers.pointing import pointed_at
from rag.types import Grounding, Status

STEPS = make_chunk("- step: training\n- step: tuning\n- step: processing", "Pipeline")
ASKED = "Which is a step of the Pipeline?\nA. training\nB. tuning\nC. Payroll\nD. "


@pytest.mark.parametrize(
    ("options", "points"),
    [
        ("A. tin\nB. lead\nC. All of the above", [(), (), (0, 1)]),
        ("A. tin\nB. lead\nC. Both of them\nD. None of these", [(), (), (0, 1), ()]),
        ("A. tin\nB. lead\nC. zinc\nD. Both A and C", [(), (), (), (0, 2)]),
        ("A. tin\nB. lead\nC. zinc\nD. A, B and C\nE. B & A only", [(), (), (), (0, 1, 2), (0, 1)]),
        ("1. tin\n2. lead\n3. 1 and 2\n4. all options are correct", [(), (), (0, 1), (0, 1)]),
        ("A. étain\nB. plomb\nC. toutes les réponses ci-dessus", [(), (), (0, 1)]),
        # Vitamins, and names that begin alike.
        ("A. A and D\nB. B and C\nC. C only", [(), (), ()]),
        ("A. All models\nB. All of them are encrypted\nC. Both sides", [(), (), ()]),
        # Of three, "both" does not say which two.
        ("A. tin\nB. lead\nC. zinc\nD. Both of the above", [(), (), (), ()]),
        ("A. tin\nB. lead\nC. A and F", [(), (), ()]),
    ],
)
def test_an_option_means_the_others_that_say_something_themselves(options, points):
    choices = choices_in(f"Which of these is a metal?\n{options}")
    assert choices
    assert pointed_at(choices) == points


@pytest.mark.parametrize(
    ("last", "wanted"),
    [
        ("toutes les réponses ci-dessus", 1),
        ("Toutes les réponses sont correctes", 1),
        ("zinc\n(Cochez toutes les réponses exactes)", 0),
        ("zinc\n(Cochez toutes les bonnes réponses)", 0),
    ],
)
def test_an_option_that_means_all_is_not_taken_for_an_instruction_to_take_all(last, wanted):
    choices = choices_in(f"Lequel est un métal ?\nA. étain\nB. plomb\nC. {last}")
    assert choices
    assert choices.wanted == wanted


@pytest.mark.parametrize(
    "asked", ["Which two are metals?", "Which is NOT a metal?", "Which are? Select all that apply."]
)
def test_where_several_or_an_exception_are_asked_for_no_option_means_others(asked):
    choices = choices_in(f"{asked}\nA. tin\nB. lead\nC. All of the above")
    assert choices
    assert pointed_at(choices) == [(), (), ()]


@pytest.mark.parametrize("option", ["A and B", "Both A and B"])
def test_one_that_means_what_the_notes_say_is_taken_with_the_lines_of_all_that_it_means(option):
    model = Lettered(-2.0, -2.0, -9.0, -1.0)
    answer = assistant(model, STEPS).ask(ASKED + option)
    first, *lines = answer.text.split("\n\n")
    assert first == f"D. {option}"
    assert lines == ["Pipeline: step: training [1]", "Pipeline: step: tuning [1]"]
    assert {citation.quote for citation in answer.citations} == {"step: training", "step: tuning"}
    assert {claim.grounding for claim in answer.claims} == {Grounding.GROUNDED}
    assert len(model.posed) == 1  # in another order of the options it would mean others


def test_one_that_means_something_no_note_names_is_not_taken_over_what_one_names():
    model = Lettered(-2.0, -9.0, -9.0, -0.1)
    answer = assistant(model, STEPS).ask(f"{ASKED}All of the above")
    assert answer.text.startswith("A. training [1]")


def test_where_a_model_is_sure_of_one_alone_that_is_taken():
    model = Lettered(-9.0, -0.1, -9.0, -9.0)
    assert assistant(model, STEPS).ask(f"{ASKED}A and B").text.startswith("B. tuning [1]")


def test_none_of_the_above_is_never_taken():
    asked = "Which is a step of the Pipeline?\nA. Payroll\nB. Pancreas\nC. None of the above"
    for model in (ExtractiveAnswerer(), Lettered(-9.0, -9.0, 0.0)):
        assert assistant(model, STEPS).ask(asked).status is Status.REFUSED
