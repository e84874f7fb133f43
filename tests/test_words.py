"""Words as search sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.language import LANGUAGES, STOP_WORDS, language
from rag.text.words import asked_words, content_words, stem, stems, stop_words, words


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


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("whats the peroxisome for", ["peroxisome"]),
        ("why doesnt an arch fall", ["arch", "fall"]),
        ("wheres my shell", ["shell"]),
        ("whod pay in well water", ["whod", "pay", "well", "water"]),
    ],
)
def test_an_apostrophe_that_was_left_out_makes_no_new_word(question, about):
    assert content_words(question) == about


def test_where_a_question_has_few_words_the_less_telling_ones_count():
    assert asked_words("Who is SageMaker made for?") == ["sagemaker", "made"]
    assert asked_words("Who is the SageMaker dashboard made for?") == ["sagemaker", "dashboard"]
    assert asked_words("What is it?") == []
    assert "zeit" in asked_words("Was ist die Zeit?", "German")  # which is a stop word there
    assert "adn" in asked_words("Qu'est-ce que l'ADN ?", "French")


@pytest.mark.parametrize(
    ("spoken", "text", "expected"),
    [
        ("German", "Wo findet der Calvin-Zyklus statt?", ["findet", "calvin-zyklus"]),
        ("French", "Qu'est-ce que l'ADN ?", ["adn"]),
        ("French", "Où se déroule la photosynthèse ?", ["deroule", "photosynthese"]),
        ("Spanish", "¿Cuándo empezó la guerra?", ["empezo", "guerra"]),
        ("Italian", "Quale è la funzione dell'enzima?", ["funzione", "enzima"]),
        ("English", "What's the model's bias and don't they differ?", ["model", "bias", "differ"]),
        ("Klingon", "nuqDaq the", ["nuqdaq", "the"]),
    ],
)
def test_each_language_has_stop_words_and_elisions_of_its_own(spoken, text, expected):
    assert content_words(text, spoken) == expected


@pytest.mark.parametrize(
    ("spoken", "forms"),
    [
        ("German", "Auswirkung Auswirkungen"),
        ("German", "Haus Häuser"),
        ("French", "élément éléments elements"),
        ("French", "général générale généraux"),
        ("Spanish", "función funciones"),
        ("Spanish", "estudiar estudió estudiaron"),
        ("Italian", "reazione reazioni"),
        ("Portuguese", "célula células"),
        ("Dutch", "huis huizen"),
        ("Swedish", "orsak orsaker orsakerna"),
    ],
)
def test_inflections_share_a_stem_in_every_language(spoken, forms):
    assert len({stem(word, spoken) for word in words(forms)}) == 1
    assert len(stems(forms, spoken)) == 1


def test_what_has_no_stemmer_is_its_own_stem():
    assert stem("komorki", "Polish") == "komorki"
    assert stop_words("Polish") == frozenset()


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
    for spoken in LANGUAGES:
        assert not stop_words(spoken) & set(content_words(text, spoken))
    assert stop_words() > STOP_WORDS


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Wo findet der Calvin-Zyklus statt?", "German"),
        ("Wie viele Chromosomen hat der Mensch?", "German"),
        ("¿qué es la mitosis", "Spanish"),
        ("Combien de chromosomes possède l'être humain ?", "French"),
        ("Quanti cromosomi ha l'uomo e dove sono?", "Italian"),
        ("O que é a mitose?", "Portuguese"),
        ("Waarom is de lucht blauw?", "Dutch"),
        ("Hur många kromosomer har människan?", "Swedish"),
        ("Hvad er mitose?", "Danish"),
        ("Where does the Calvin cycle take place?", "English"),
        ("kcal pro 100 g?", ""),  # one stop word may be another language's, or no word at all
        ("Sexual selection", ""),
        ("bias", ""),
        ("C++ vs C#", ""),
        ("", ""),
        ("Что такое нейронная сеть и где она?", ""),
    ],
)
def test_the_language_is_that_of_most_stop_words_or_undecided(question, name):
    assert language(question, otherwise="") == name
    assert language(question, otherwise="Dutch") in (name, "Dutch", "")
