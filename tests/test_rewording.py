"""A model may put a question better; what it writes is taken only if it still asks the same."""

from dataclasses import replace

import pytest
from fakes import make_hit

from eval.drafts.rewording import QuestionRewriter, holds, is_clumsy, statement, to_rewrite
from eval.types import Case, Target

CASE = Case(
    "canvas",
    "Which term fits this: No-code solution for doing a model?",
    ("SageMaker Canvas", "Canvas"),
    (Target("n.md", "Builds models without code."),),
    answerable=True,
)
BETTER = "Which solution does a model with no code?"


class Found:
    """Finds one passage, whatever is asked."""

    def __init__(self, text="# Canvas\nBuilds models\nwithout code."):
        self.text = text

    def retrieve(self, question):
        return [make_hit(self.text)]


def reworded(written, retriever=None, case=CASE, quotes=(), back="It is Canvas."):
    """What becomes of the case if the model writes this, and answers `back` when it is asked."""

    def ask(prompt, tokens):
        return back if "\n\nAnswer: " in prompt[-1][1] else written

    return QuestionRewriter(ask, retriever or Found(), lambda _: quotes).reworded(case)


@pytest.mark.parametrize("written", [BETTER, f' Question: "{BETTER}"\n'])
def test_a_better_question_takes_the_place_of_the_template(written):
    changed = reworded(written)
    assert changed.question == BETTER
    assert changed.id == CASE.id


@pytest.mark.parametrize(
    "written",
    [
        "",
        "The no-code solution for a model.",
        "Which no-code solution does a model? It is easy.",
        "Is Canvas the no-code solution for doing a model?",
        "Which tree keeps its needles in winter?",
        CASE.question,
    ],
)
def test_what_is_no_question_or_another_one_or_gives_the_answer_is_not_taken(written):
    assert reworded(written) is CASE


def test_a_question_that_does_not_lead_to_the_line_is_not_taken():
    elsewhere = Found("An oak is a tree.")
    bare = Case(CASE.id, CASE.question, CASE.references, (), answerable=True)
    assert reworded(BETTER, elsewhere) is CASE
    assert reworded(BETTER, elsewhere, bare, quotes=CASE.targets) is bare
    assert reworded(BETTER, elsewhere, bare).question == BETTER  # there is no line to be led to


@pytest.mark.parametrize("back", ["A model", "Not in the notes."])
def test_a_question_with_another_answer_is_not_taken(back):
    assert reworded(BETTER, back=back) is CASE


def test_a_question_keeps_the_names_of_the_template():
    case = replace(CASE, question="Which term fits this: Builds models on Amazon EC2?")
    assert not holds("Which term builds models on a computer?", case)
    assert holds("Which service builds models on Amazon EC2?", case)


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        (CASE.question, True),
        ("Fill in the blank: An element is defined by its ____.", True),
        ("Fill in the blank: Iron: ____", False),  # nothing to go by
        ("What is Canvas?", False),
        ("How often does Canvas build a model?", False),
    ],
)
def test_what_a_template_made_clumsily_is_told_from_plain_questions(question, is_one):
    assert is_clumsy(replace(CASE, question=question)) is is_one


def test_the_statement_that_a_question_was_made_of_holds_its_answer():
    assert statement(CASE) == "SageMaker Canvas: No-code solution for doing a model"
    gaps = replace(CASE, question="Fill in the blanks: ____ and ____ pull.", references=("A & B",))
    assert statement(gaps) == "A and B pull."


def test_a_template_that_holds_the_answer_itself_is_no_worse_with_it():
    case = Case("x", "What is Canvas?", ("Canvas is a tool",), (), answerable=True)
    assert not holds("Is Canvas a tool?", case)
    assert holds("What is meant by Canvas?", case)


def test_the_model_is_told_the_answer_so_that_it_can_ask_for_it():
    assert to_rewrite(CASE)[-1][1] == (
        f"Question: {CASE.question}\nAnswer: SageMaker Canvas or Canvas"
    )


def test_a_question_without_an_answer_is_left_alone():
    bare = Case("x", "Why?", (), (), answerable=False)
    assert reworded(BETTER, case=bare) is bare
