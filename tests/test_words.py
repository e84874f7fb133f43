"""Words as search sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.words import STOP_WORDS, asked_words, content_words, stem, stems, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Naïve BAYES, Straße", ["naive", "bayes", "strasse"]),
        ("C++ and F# on .NET 4.8", ["c++", "and", "f#", "on", "net", "4.8"]),
        ("real-time e.g. now", ["real-time", "e.g", "now"]),
        ("the model\N{RIGHT SINGLE QUOTATION MARK}s bias", ["the", "model's", "bias"]),
        ("\N{LATIN SMALL LIGATURE FI}le 東京", ["file", "東京"]),
        ("--- ... !?", []),
    ],
)
def test_words_are_folded_and_kept_whole(text, expected):
    assert words(text) == expected


def test_content_words_say_what_a_question_is_about():
    """Each once, in order, without the words that every question is made of."""
    assert content_words("Which tool explains bias, and what is bias?") == [
        "tool",
        "explains",
        "bias",
    ]


def test_where_a_question_has_few_words_the_less_telling_ones_count():
    assert asked_words("Who is SageMaker made for?") == ["sagemaker", "made"]
    assert asked_words("Who is the SageMaker dashboard made for?") == ["sagemaker", "dashboard"]
    assert asked_words("What does RLHF mean?") == ["rlhf"]
    assert asked_words("What is it?") == []


def test_inflections_share_a_stem():
    assert stem("training") == stem("trained") == stem("trains")
    assert stem("explains") == stem("explained")
    assert stem("bias") != stem("base")


@pytest.mark.parametrize("compound", ["real-time", "time.real", "real's+time"])
def test_a_compound_is_found_by_its_parts_too(compound):
    assert {"real", "time"} <= stems(compound)


@pytest.mark.parametrize("apostrophe", ["'", "\N{RIGHT SINGLE QUOTATION MARK}"])
def test_a_possessive_is_found_by_its_owner(apostrophe):
    """Whatever apostrophe a phone or a word processor put there."""
    assert {"model", "bias"} <= stems(f"the model{apostrophe}s bias")


@given(st.text())
def test_any_text_has_words_without_blanks_or_stop_words(text):
    assert all(word and not word.isspace() for word in words(text))
    assert not STOP_WORDS & set(content_words(text))
