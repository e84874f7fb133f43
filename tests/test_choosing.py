"""Questions with options: how they are searched, answered with citations, and refused."""

import pytest
from fakes import ScriptedAnswerer, make_chunk
from test_assistant import assistant

from rag.answering import ChatAnswerer, ExtractiveAnswerer
from rag.answers.choosing import UNCLEAR, named_in
from rag.answers.composing import OTHERS
from rag.answers.options import Choices
from rag.answers.reading import UNLIKELY, label_chances
from rag.errors import QuestionError
from rag.types import AskOptions, Evidence, Finished, Found, Status, Style, Token, Turn

BIASES = "What explains biases in a dataset?"
ASKED = f"{BIASES}\nA. Notebooks\nB. Clarify\nC. Payroll"
STEPS = make_chunk("- step: training\n- step: tuning\n- step: processing", "Pipeline")
ALIKE = make_chunk("Its steps are training and tuning.", "Pipeline")
LIMITS = make_chunk(
    "- A function runs for 42 minutes\n- Lambda does not support the language Python", "Lambda"
)


FITS = make_chunk(
    "- Overfitting:\n  - weak on new data\n- Underfitting:\n  - the model is too simple",
    "Model fit",
)


class Lettered(ExtractiveAnswerer):
    """A model that holds its letters for so likely, and never writes."""

    status = Status.ANSWERED

    def __init__(self, *likely: float) -> None:
        super().__init__()
        self.model = "a fake"
        self._likely = likely
        self.posed: list[str] = []

    def letters(self, choices: Choices) -> tuple[float, ...]:
        self.posed.append(choices.posed)
        return self._likely

    def stream(self, evidence: Evidence, history, style: Style = Style.SHORT):
        raise AssertionError("a model that tells its letters is not asked to write")


def test_the_option_that_the_notes_speak_for_is_taken_with_the_line_that_carries_it():
    answer = assistant(ExtractiveAnswerer()).ask(ASKED)
    option, line = answer.text.split("\n\n")
    assert option == "B. Clarify [1]"
    assert line == "Clarify: Explains biases in a dataset [1]"
    assert answer.status is Status.EXTRACTIVE
    assert answer.standalone == BIASES
    assert {citation.quote for citation in answer.citations} == {"Explains biases in a dataset"}
    assert [answer.text[claim.start : claim.end] for claim in answer.claims] == [
        "Clarify [1]",
        "Clarify: Explains biases in a dataset [1]",
    ]


def test_it_streams_as_any_other_answer_does():
    first, *_, token, last = assistant(Lettered(-9.0, -0.1, -9.0)).stream(ASKED)
    assert isinstance(first, Found)
    assert isinstance(last, Finished)
    assert token == Token(last.answer.text)
    assert last.answer.status is Status.ANSWERED
    assert last.answer.timings.first_token == last.answer.timings.total


def test_without_a_model_nothing_is_taken_where_the_notes_speak_for_several_alike():
    answer = assistant(ExtractiveAnswerer(), ALIKE).ask(
        "Which is a step of the Pipeline? A. training B. tuning"
    )
    assert answer.notice == UNCLEAR
    assert not answer.text.startswith(("A.", "B."))
    assert answer.citations


def test_a_model_decides_between_options_that_the_notes_speak_for_alike():
    asked = "Which is a step of the Pipeline? A. training B. tuning"
    assert assistant(Lettered(-3.0, -0.1), STEPS).ask(asked).text.startswith("B. tuning [1]")
    assert assistant(Lettered(-0.1, -3.0), STEPS).ask(asked).text.startswith("A. training [1]")


class Leaning(Lettered):
    """A model that leans to what stands first, and a little more to one of the options."""

    def letters(self, choices: Choices) -> tuple[float, ...]:
        self.posed.append(choices.posed)
        return tuple(
            -3.0 + (1.0 if place == 0 else 0.0) + (0.8 if option == "tuning" else 0.0)
            for place, option in enumerate(choices.options)
        )


def test_the_order_of_the_options_changes_nothing_where_a_model_leans_to_a_place():
    asked = "Which is a step of the Pipeline?"
    model = Leaning()
    for first, second in (("training", "tuning"), ("tuning", "training")):
        answer = assistant(model, ALIKE).ask(f"{asked} A. {first} B. {second}")
        assert answer.text.splitlines()[0][3:] == "tuning [1]"


def test_a_model_is_asked_once_where_what_is_taken_is_clear():
    model = Lettered(-9.0, -0.1, -9.0)
    assistant(model).ask(ASKED)
    assert len(model.posed) == 1


def test_what_the_items_below_a_name_say_is_said_of_it_and_is_quoted_with_it():
    asked = "Which is a model that is too simple?\nA. Overfitting\nB. Underfitting"
    answer = assistant(ExtractiveAnswerer(), FITS).ask(asked)
    option, line = answer.text.split("\n\n")
    assert option == "B. Underfitting [1]"
    assert line == "Model fit: Underfitting: the model is too simple [1]"
    assert {citation.quote for citation in answer.citations} == {
        "Underfitting:",
        "the model is too simple",
    }


def test_what_little_speaks_for_is_not_taken_over_a_favourite_that_no_note_names():
    asked = "Which reads a meter of water? A. Pancreas B. Notebooks"
    note = make_chunk("Teams read a meter of water.\n\nNotebooks are shared.", "Studio")
    assert assistant(Lettered(-20.0, 0.0), note).ask(asked).text.startswith("B. Notebooks [1]")
    assert assistant(Lettered(0.0, -20.0), note).ask(asked).status is Status.REFUSED


def test_an_option_is_not_named_by_a_word_that_many_passages_hold():
    notes = [
        make_chunk(f"Amazon {name} is a service.", name) for name in ("Lex", "Polly", "Kendra")
    ]
    model = Lettered(0.0, -20.0)
    answer = assistant(model, *notes).ask("Which service is it? A. Amazon Pancreas B. Polly")
    assert answer.text.startswith("B. Polly [")


def test_notes_that_say_otherwise_than_a_sure_model_win():
    asked = "How long does a Lambda function run at most? A. 15 minutes B. 42 minutes"
    model = Lettered(0.0, -20.0)
    assert assistant(model, LIMITS).ask(asked).text.startswith("B. 42 minutes [1]")


def test_as_many_options_as_are_asked_for_are_taken_each_on_its_line():
    asked = "Which two are steps of the Pipeline?\nA. training\nB. Payroll\nC. tuning"
    text = assistant(Lettered(-1.0, -1.0, -1.0), STEPS).ask(asked).text
    assert text.startswith("A. training [1]\n\nC. tuning [1]\n\n")


@pytest.mark.parametrize("model", [ExtractiveAnswerer(), Lettered(-9.0, -1.0, -0.1)])
def test_where_all_that_apply_are_asked_for_all_are_taken_that_the_notes_speak_for(model):
    asked = "Which are steps of the Pipeline? (Select all that apply.)"
    text = assistant(model, STEPS).ask(f"{asked}\nA. training\nB. Payroll\nC. tuning").text
    assert text.startswith("A. training [1]\n\nC. tuning [1]\n\n")


def test_the_exception_is_what_the_notes_do_not_say_and_what_they_say_of_the_rest_is_cited():
    asked = "Which is NOT a step of the Pipeline?\nA. training\nB. Payroll\nC. tuning"
    answer = assistant(ExtractiveAnswerer(), STEPS).ask(asked)
    assert answer.text.startswith(f"B. Payroll\n\n{OTHERS}\n\n")
    assert {citation.quote for citation in answer.citations} == {"step: training", "step: tuning"}


def test_an_exception_that_a_line_states_is_cited_on_it():
    asked = "Which language does Lambda not support?\nA. Python\nB. function"
    answer = assistant(ExtractiveAnswerer(), LIMITS).ask(asked)
    assert answer.text.startswith("A. Python\n\nLambda: Lambda does not")
    assert "Lambda does not support the language Python" in {
        citation.quote for citation in answer.citations
    }


@pytest.mark.parametrize(
    "asked",
    [
        f"{BIASES}\nA. Payroll\nB. Pancreas",
        "Which is NOT a bias in a dataset?\nA. Payroll\nB. Pancreas\nC. Tides",
        "Which planet is the largest? A. Jupiter B. Mars",
    ],
)
def test_options_that_no_passage_names_are_refused_without_asking_a_model(asked):
    def never():
        raise AssertionError("asked for an answerer")

    answer = assistant(never).ask(asked)
    assert answer.status is Status.REFUSED
    assert "Pancreas" not in answer.text
    assert answer.citations == ()


def test_a_letter_that_a_model_is_sure_of_is_not_taken_where_no_passage_names_its_option():
    model = Lettered(-20.0, -20.0, 0.0)
    assert assistant(model).ask(ASKED).text.startswith("B. Clarify [1]")


def test_the_stem_of_a_follow_up_takes_its_topic_from_the_question_before():
    model = Lettered(-0.1, -3.0)
    before = Turn("What is Clarify?\nA. Payroll\nB. Pancreas", "It explains.", "What is Clarify?")
    answer = assistant(model).ask("What does it explain? A. biases B. tides", (before,))
    assert "Clarify" in model.posed[0].splitlines()[0] or "clarify" in model.posed[0]
    assert "payroll" not in model.posed[0].casefold()
    assert answer.text.startswith("A. biases [1]")


def test_a_model_reads_the_stem_as_it_was_typed_and_the_search_as_the_notes_spell_it():
    model = Lettered(-9.0, -0.1, -9.0)
    corrected = assistant(model, correct=lambda asked: asked.replace("biazes", "biases"))
    answer = corrected.ask(ASKED.replace("biases", "biazes"))
    assert answer.standalone == BIASES
    assert "biazes" in model.posed[0]
    assert answer.text.startswith("B. Clarify [1]")


def test_filters_hold_for_the_options_too():
    with pytest.raises(QuestionError):
        assistant(ExtractiveAnswerer()).ask(f"{ASKED} in:nowhere.md")


def test_a_longer_style_tells_what_the_notes_say_of_the_others():
    asked = "Which is a step of the Pipeline? A. training B. tuning"
    model = Lettered(-0.1, -3.0)
    text = assistant(model, STEPS).ask(asked, options=AskOptions(style=Style.DETAILED)).text
    assert text.split(f"\n\n{OTHERS}\n\n")[1] == "Pipeline: step: tuning [1]"
    assert OTHERS not in assistant(model, STEPS).ask(asked).text


def test_strictness_keeps_what_is_taken_whole():
    answer = assistant(Lettered(-9.0, -0.1, -9.0), strict=True).ask(ASKED)
    assert answer.text.startswith("B. Clarify [1]\n\nClarify: Explains")
    assert answer.notice == ""


def test_a_model_that_does_not_tell_its_letters_is_asked_to_write_one():
    scripted = ScriptedAnswerer("It is ", "B. Clarify [1].")
    answer = assistant(scripted).ask(ASKED)
    assert answer.text.startswith("B. Clarify [1]\n\nClarify: Explains")
    (evidence,) = scripted.asked
    assert "A. Notebooks\nB. Clarify\nC. Payroll" in evidence.question
    assert evidence.passages[0].chunk.name


@pytest.mark.parametrize("said", ["Not in the notes.", "C. Payroll"])
def test_what_such_a_model_refuses_or_takes_from_nowhere_is_refused(said):
    assert assistant(ScriptedAnswerer(said)).ask(ASKED).status is Status.REFUSED


@pytest.mark.parametrize(
    ("said", "places"),
    [("B. Two [1]", [1]), ("A and C", [0, 2]), ("A. One\nC. Three", [0, 2]), ("It is two.", [1])],
)
def test_what_a_model_wrote_takes_options_by_label_or_by_words(said, places):
    assert named_in(said, Choices("Which?", ("A", "B", "C"), ("One", "Two", "Three"))) == places


def test_a_label_that_is_not_among_the_likeliest_tokens_is_unlikely():
    assert label_chances("AB", {" A": -1.0, "A": -0.5, "The": -2.0}) == [-0.5, UNLIKELY]


@pytest.mark.parametrize(("budget", "told"), [(1000, [-0.1, UNLIKELY]), (10, None)])
def test_options_count_towards_the_budget_of_a_prompt(budget, told):
    answerer = ChatAnswerer(
        None,
        "a fake",
        lambda texts: [len(text.split()) for text in texts],
        budget,
        first_tokens=lambda messages: {"A": -0.1},
    )
    assert answerer.letters(Choices("Which?", ("A", "B"), ("one", "two"))) == told
