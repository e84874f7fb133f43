"""A model may put a question better; what it writes is taken only if it still asks the same."""

from dataclasses import replace
from typing import Any

import pytest
from fakes import make_hit

from eval.drafts.rewording import QuestionRewriter, is_clumsy
from eval.types import Case, Target

CASE = Case(
    "sap",
    "Which term fits this: Sugary liquid for feeding a tree?",
    ("Phloem Sap", "sap"),
    (Target("n.md", "Feeds the tree with sugar."),),
    answerable=True,
)
BETTER = "Which liquid feeds a tree with its sugary parts?"


class Model:
    """Writes this question, and answers `back` when it is asked; keeps what it was shown."""

    def __init__(self, written: str, back: str) -> None:
        self.replies = {False: written, True: back}
        self.shown: list[str] = []

    def __call__(self, prompt: Any, tokens: int) -> str:
        self.shown.append(prompt[-1][1])
        return self.replies["\n\nAnswer: " in self.shown[-1]]


class Found:
    """Finds one passage, whatever is asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def retrieve(self, question: str) -> list[Any]:
        return [make_hit(self.text)]


def reworded(
    written: str,
    case: Case = CASE,
    found: str = "# Sap\nFeeds the tree\nwith sugar.",
    quotes: tuple[Target, ...] = (),
    back: str = "It is phloem sap.",
) -> Case:
    model: Any = Model(written, back)
    retriever: Any = Found(found)
    return QuestionRewriter(model, retriever, lambda _: quotes).reworded(case)


@pytest.mark.parametrize("written", [BETTER, f' Question: "{BETTER}"\n'])
def test_a_better_question_takes_the_place_of_the_template(written: str) -> None:
    assert reworded(written) == replace(CASE, question=BETTER)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "The sugary liquid for feeding a tree.",
        "Which sugary liquid is feeding a tree? It is sweet.",
        "Is sap the sugary liquid for feeding a tree?",
        "Which battle ended the war?",
        CASE.question,
    ],
)
def test_what_is_no_question_or_another_one_or_gives_the_answer_is_not_taken(written: str) -> None:
    assert reworded(written) is CASE


def test_a_question_that_does_not_lead_to_the_line_is_not_taken() -> None:
    elsewhere = "An oak is a tree."
    bare = replace(CASE, targets=())
    assert reworded(BETTER, found=elsewhere) is CASE
    assert reworded(BETTER, bare, elsewhere, quotes=CASE.targets) is bare
    assert reworded(BETTER, bare, elsewhere).question == BETTER  # there is no line to be led to


@pytest.mark.parametrize("back", ["A root", "Not in the notes."])
def test_a_question_with_another_answer_is_not_taken(back: str) -> None:
    assert reworded(BETTER, back=back) is CASE


@pytest.mark.parametrize(
    ("question", "reference", "written", "is_taken"),
    [
        # A name of the template has to stay.
        ("Which term fits this: Won at Hastings?", "sap", "Who won at a battle?", False),
        ("Which term fits this: Won at Hastings?", "sap", "Who won at Hastings?", True),
        # What a template gives away itself may be given away.
        ("What is Sap?", "Sap is a liquid", "What is meant by Sap?", True),
        ("What is Blood?", "a liquid", "Is Blood a liquid?", False),
        ("What is Blood?", "Blood & bones", "What is meant by Blood?", True),
    ],
)
def test_a_question_keeps_names_and_gives_nothing_away(
    question: str, reference: str, written: str, is_taken: bool
) -> None:
    case = replace(CASE, question=question, references=(reference,), targets=())
    assert (reworded(written, case, back=reference).question == written) is is_taken


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        (CASE.question, True),
        ("Fill in the blank: An element is defined by its ____.", True),
        ("Fill in the blank: Iron: ____", False),  # nothing to go by
        ("What is sap?", False),
        ("How often does a tree blossom?", False),
    ],
)
def test_what_a_template_made_clumsily_is_told_from_plain_questions(question, is_one) -> None:
    assert is_clumsy(replace(CASE, question=question)) is is_one


@pytest.mark.parametrize(
    ("question", "references", "statement"),
    [
        (CASE.question, CASE.references, "Phloem Sap: Sugary liquid for feeding a tree"),
        ("Fill in the blanks: ____ and ____ pull.", ("A & B",), "A and B pull."),
    ],
)
def test_the_model_is_told_the_answer_and_asked_of_the_statement(
    question: str, references: tuple[str, ...], statement: str
) -> None:
    model: Any = Model("Which pull and are a sugary liquid feeding a tree?", "")
    retriever: Any = Found("")
    case = replace(CASE, question=question, references=references)
    QuestionRewriter(model, retriever, lambda _: ()).reworded(case)
    answers = " or ".join(references).replace(" & ", ", ")
    assert model.shown[0] == f"Question: {question}\nAnswer: {answers}"
    assert [shown.partition("\n")[0] for shown in model.shown[1:]] == [statement]


def test_a_question_without_an_answer_is_left_alone() -> None:
    bare = Case("x", "Why?", (), (), answerable=False)
    assert reworded(BETTER, bare) is bare
