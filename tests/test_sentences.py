"""Units that a person would quote, in exact characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import lead, sentence_spans


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One fact. Another one! A third?", ["One fact.", "Another one!", "A third?"]),
        ("A paragraph\nover two lines. And more", ["A paragraph\nover two lines.", "And more"]),
        ("- first item\n- [x] second. With two\n", ["first item", "second.", "With two"]),
        ("--- nested item\n1. numbered\n> - quoted", ["nested item", "numbered", "quoted"]),
        ("## 2. Feature store\ntext", ["## 2. Feature store", "text"]),
        ("| a | b. |\n|---|---|\n| c. d | e |", ["| a | b. |", "| c. d | e |"]),
        ("```py\nx = 1. + 2\n\ny = x\n```\nafter", ["x = 1. + 2", "y = x", "after"]),
        ("It costs 3.50 in v1.2 of a.b", ["It costs 3.50 in v1.2 of a.b"]),
        ("Some, e.g. this. See Fig. 2 by Dr. No.", ["Some, e.g. this.", "See Fig. 2 by Dr. No."]),
        ('He said "stop." Then went.', ['He said "stop."', "Then went."]),
        ("\N{CJK UNIFIED IDEOGRAPH-4E00}。 二。", ["一。", "二。"]),
        (
            "Metals:\n\u2022 Copper\n  \u25e6 heat\n\u2013 Zinc",
            ["Metals:", "Copper", "heat", "Zinc"],
        ),
        ("** Copper :tag:\nIt conducts\nheat.", ["** Copper :tag:", "It conducts\nheat."]),
        ("**Copper** conducts\nheat", ["**Copper** conducts\nheat"]),
        ("   \n\n---\n***\n", []),
    ],
)
def test_notes_are_cut_where_a_person_would(text, expected):
    assert cut(text) == expected


pieces = st.sampled_from(
    [
        "- ",
        "# ",
        "| ",
        "```\n",
        "~~~",
        "\n",
        "\n\n",
        ". ",
        "! ",
        "e.g. ",
        "word",
        "日本",
        " ",
        "[1]",
    ]
)


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
def test_spans_are_in_order_and_trimmed(text):
    """They never overlap, and none is blank."""
    spans = sentence_spans(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        quote = text[span.start : span.end]
        assert quote == quote.strip()
        assert any(character.isalnum() for character in quote)
        end = span.end


@given(st.lists(st.sampled_from(["- item", "# head", "words here. More", "| a | b |", ""])))
def test_no_word_of_a_text_without_fences_is_lost(lines):
    text = "\n".join(lines)
    kept = "".join(cut(text))
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


def test_an_item_has_the_line_that_its_list_is_under():
    text = "Kinds:\n\n- one\n  - deep\n- two\n\nElse.\n"

    def above(word: str) -> str | None:
        found = lead(text, text.index(word))
        return found and text[found.start : found.end]

    assert [above(word) for word in ("deep", "two", "one", "Else", "Kinds")] == [
        "- one",
        "Kinds:",
        "Kinds:",
        None,
        None,
    ]
