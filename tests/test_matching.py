"""What of an answer passes for a reference, and what must not."""

from dataclasses import replace

import pytest
from eval_fakes import make_answer, make_case, make_chunk
from hypothesis import given
from hypothesis import strategies as st

from eval.scorers import SCORERS
from eval.texts.matching import aliases, spelt_out
from eval.texts.tokens import tokens

NOTE = "Clarify explains biases. A Recurrent Neural Network (RNN) keeps a state."


def matches(reference, text, **others):
    case = make_case(references=(reference,), **others)
    return SCORERS["reference_match"](case, make_answer(text, chunks=[make_chunk(NOTE)])) == 1.0


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("5", "five"),
        ("five", "There are 5."),
        ("5", "5.0"),
        ("1,000", "1000 rows"),
        ("1 000", "a thousand rows"),
        ("1000", "1\N{NARROW NO-BREAK SPACE}000"),
        ("250", "two hundred and fifty"),
        ("2 million", "2,000,000 rows"),
        ("50%", "50 percent of it"),
        ("50 per cent", "50 %"),
        ("6 MB", "limited to 6MB"),
        ("15 minutes", "at most 15 min"),
        ("$2.50", "2.5 dollars"),
        ("minus 6", "-6 degrees"),
        ("-6", "\N{MINUS SIGN}6"),
        ("one", "It handles a single request."),
        ("5 to 10", "5-10"),
        ("5-10", "between 5 and 10"),
        ("55 & 45", "The split is 55 to 45."),
        ("2023", "on 2023-01-05"),
    ],
)
def test_numbers_are_the_same_by_value(reference, text):
    assert matches(reference, text)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("5", "five hundred"),
        ("5", "-5"),
        ("6", "-6 degrees"),
        ("-6", "6 degrees"),
        ("5", "between 5 and 10"),
        ("10", "5-10 times"),
        ("5", "5 or 6"),
        ("55 & 45", "The split is 55 to 60, of 45 rows at least."),
        ("3.1", "Python 3.10"),
        ("3.10", "Python 3.1"),
        ("15 minutes", "15 hours"),
        ("50%", "50"),
        ("100", "1000"),
        ("1,000", "1"),
        ("1", "no one knows"),
        ("1", "the one that explains"),
        ("80", "port 8080"),
        ("1.5", "15"),
        ("20", "twenty-one"),
        ("2", "2.5"),
        ("2", "1,2 million"),
        ("4", "m5.4xlarge"),
    ],
)
def test_another_number_is_another_number(reference, text):
    assert not matches(reference, text)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("RNN", "a recurrent neural network"),
        ("recurrent neural network", "RNNs are used"),
        ("Recurrent Neural Network (RNN)", "an RNN"),
        ("RNN", "Recurrent Neural Networks (RNN)"),
        ("fine-tuning", "finetuning works"),
        ("finetuning", "fine tuning"),
        ("data set", "datasets"),
        ("it's deployed", "after it is deployed"),
        ("the best way to transform data", "the best way to transform your data"),
        ("building, training, and deploying", "It is building, training, and deploying models."),
    ],
)
def test_other_dress_is_no_other_answer(reference, text):
    assert matches(reference, text)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("recursive neural network", "an RNN"),
        ("CNN", "a convolutional neural network"),  # explained nowhere
        ("inactive", "It is in active use."),
        ("supervised", "unsupervised"),
        ("supervised", "self-supervised"),
        ("linear", "non-linear"),
        ("text to speech", "speech to text"),
        ("multi-model endpoint", "a model endpoint"),
    ],
)
def test_what_looks_alike_is_not_taken_for_the_same(reference, text):
    assert not matches(reference, text)


@pytest.mark.parametrize(
    "text",
    [
        "It does not support GPUs.",
        "It doesn\N{RIGHT SINGLE QUOTATION MARK}t support any GPUs",
        "It can't use GPUs",
        "There is no support for GPUs",
        "Trained without GPUs",
        "CPUs rather than GPUs",
        "CPUs instead of GPUs",
        "Neither CPUs nor GPUs",
    ],
)
def test_what_an_answer_denies_it_does_not_say(text):
    assert not matches("GPUs", text)


@pytest.mark.parametrize(
    "text",
    [
        "It supports not only CPUs but GPUs.",
        "It is not a CPU, it is GPUs",
        "It does not need CPUs but GPUs",
        "Models are trained without code using GPUs",
        "No CPUs. GPUs.",
        "no more than two GPUs",
    ],
)
def test_a_denial_of_something_else_takes_nothing_back(text):
    assert matches("GPUs", text)


def test_a_reference_or_a_question_that_says_no_is_matched_by_an_answer_that_does():
    assert matches("not supported", "GPUs aren't supported")
    assert matches("without the web", "It runs without the web")
    case = make_case(references=("GPUs",), case_id="what it does not support")
    answer = make_answer("It does not support GPUs.")
    assert SCORERS["reference_match"](case, answer) == 1.0


@pytest.mark.parametrize(
    ("reference", "text", "right"),
    [
        ("yes", "Yes, it does [1].", True),
        ("no", "No.", True),
        ("no", "The answer is no", True),
        ("no", "Yes, there is no limit.", False),
        ("no", "There is no limit to it", False),
        ("yes", "No, it says yes nowhere", False),
        ("fully managed", "It is not fully managed.", False),
    ],
)
def test_yes_and_no_are_what_an_answer_begins_or_ends_with(reference, text, right):
    assert matches(reference, text) == right


def test_facts_are_counted_one_by_one():
    case = replace(make_case(), facts=("risks & limitations", "version", "5 MB"))
    answer = make_answer("It holds limitations, risks and no version; up to 5MB.")
    assert SCORERS["facts_said"](case, answer) == pytest.approx(2 / 3)
    assert SCORERS["facts_said"](make_case(), answer) is None


def test_short_forms_are_those_whose_letters_are_the_initials_beside_them():
    texts = [
        "RLHF: Reinforcement Learning from Human Feedback\n- PCA = Principal Components Analysis",
        "KNN (K-Nearest Neighbours), and MLP stands for Multi-Layer Perceptron and more",
        "It runs in the US (blah), see AWS (Bedrock).",
    ]
    assert aliases(texts) == {
        "RLHF": "Reinforcement Learning from Human Feedback",
        "PCA": "Principal Components Analysis",
        "KNN": "K-Nearest Neighbours",
        "MLP": "Multi-Layer Perceptron",
    }


def test_a_short_form_of_two_things_stands_for_neither():
    assert aliases(["Recurrent Neural Network (RNN)", "Recursive Neural Network (RNN)"]) == {}
    assert aliases(["Recurrent neural networks (RNNs)", "Recurrent Neural Network (RNN)"])


def test_a_short_form_that_is_a_word_too_is_spelt_out_only_in_capitals():
    assert spelt_out("it is IT", {"IT": "Information Technology"}) == "it is Information Technology"


@given(st.integers(min_value=0, max_value=10**9))
def test_a_number_is_the_same_with_and_without_commas(number):
    assert tokens(f"{number:,}") == tokens(str(number)) == tokens(f"{number}.0") == [f"#{number}"]


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_can_be_read(text, reference):
    assert matches(reference or "x", text) in (True, False)
