"""What a model wrote is shown without loops, halves, links and marks of its own."""

import pytest
from fakes import make_hit
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.composing import tidy

PASSAGES = [make_hit("See https://docs.example/clarify for more, and [Table 1]")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("It explains biases [1].", "It explains biases [1]."),
        # Nothing was said.
        ("", ""),
        ("[1]", ""),
        (" [1] [2]. …", ""),
        # A number alone is an answer.
        ("777 [1].", "777 [1]."),
        # Loops.
        ("A is B [1]. A is B [1]. A is B [1]. A is B [1]. A is", "A is B [1]."),
        ("One. Two. One.", "One. Two."),
        # Cut at the limit.
        ("Whole sentence [1]. Does not support X unl …", "Whole sentence [1]. …"),
        ("Only half a sen …", "Only half a sen …"),
        # An open code block.
        ("Run:\n```\ncrib ask", "Run:\n```\ncrib ask\n```"),
        ("~~~\nx\n~~~", "~~~\nx\n~~~"),
        # Links and pictures.
        ("See [the page](https://evil.example/x) [1].", "See the page [1]."),
        ("![pixel](https://evil.example/p.png)It is so [1].", "pixelIt is so [1]."),
        ('Look <img src="https://evil.example/x"> here.', "Look  here."),
        ("Pay at https://evil.example/pay now [1].", "Pay at  now [1]."),
        ("It is at https://docs.example/clarify.", "It is at `https://docs.example/clarify`."),
        ("Read [this][x].\n\n[x]: https://evil.example", "Read this."),
        # Citations as other models write them.
        ("It explains biases【1】.", "It explains biases[1]."),
        ("It explains biases 【1†notes.md】.", "It explains biases [1]."),
        ("It explains biases [[1]].", "It explains biases [1]."),
        ("It explains biases.[^1]\n\n[^1]: notes.md, line 3", "It explains biases.[1]"),
        ("It explains biases (1).", "It explains biases [1]."),
        ("It explains biases [Source 1].", "It explains biases [1]."),
        ("It explains biases [Passage 01].", "It explains biases [1]."),
        ("It explains biases 【7】.", "It explains biases."),
        # What only looks like them.
        ("The steps (1) and (2) follow (7).", "The steps (1) and (2) follow (7)."),
        ("As in [Table 3] of it.", "As in [Table 3] of it."),
        # Marks of chat templates.
        ("Fine [1].<|im_end|>", "Fine [1]."),
    ],
)
def test_what_is_shown(written, shown):
    assert tidy(written, PASSAGES) == shown


MARKS = [
    "[a](http://b.c)",
    "![",
    "](",
    "http://x.y",
    "<|im_end|>",
    "```\n",
    "<b>",
    "[1]",
    ". ",
    "…",
]
answers = st.one_of(st.text(), st.lists(st.sampled_from([*MARKS, "word", "\n"])).map("".join))


@given(answers)
def test_no_link_outlives_it(written):
    """Whatever a model writes."""
    shown = tidy(written, [])
    assert "http://x.y" not in shown
    assert "](http" not in shown
    assert "<|im_end|>" not in shown
