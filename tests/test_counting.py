"""How many things a text lists."""

import pytest

from rag.text.counting import asks_how_many, counted_out

PHASES = """\
Mitosis has these:

1. Prophase
2. Metaphase
   - the equator
   - the spindle
3. Anaphase
"""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Reviewers:\n- mechanical turk\n- private\n- marketplace", "3 three"),
        ("A contract needs offer, acceptance, consideration and intention.", "4 four"),
        ("Water boils at 87 degrees.", ""),
        ("One or the other.", ""),
        ("\n".join(f"- item {n}" for n in range(15)), "15"),
    ],
)
def test_items_of_a_list_and_what_a_sentence_names_are_counted(text, numbers):
    assert counted_out(text) == numbers


def test_each_depth_of_a_list_is_counted_for_itself():
    assert "2 two" in counted_out(PHASES)
    assert "5" not in counted_out(PHASES)
    assert "3 three" in counted_out(PHASES)


def test_a_question_for_a_number_is_known():
    assert asks_how_many("How many phases are there?")
    assert asks_how_many("And how many?")
    assert not asks_how_many("How does it differ from many others?")
