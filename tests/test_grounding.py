"""An answer must not hold what the passages do not."""

import pytest

from rag.grounding import is_invented
from rag.types import Chunk, Hit

PASSAGE = (
    "## Inspector\n- Requires the SSM agent\n- Duration: between 1 and 24 hours, in two regions\n"
    "- Costs 1,200 dollars"
)


def hit(text: str) -> Hit:
    chunk = Chunk("i", "/n.md", "d", 0, ("AWS", "Inspector"), 0, len(text), 1, 4, text)
    return Hit(chunk, 1.0, 0.5)


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("Between 1 and 24 hours [1].", "How long does an inspection take?"),
        ("It runs in 2 regions [1].", "In how many regions does it run?"),
        ("1200 dollars [1].", "What does it cost?"),
        ("Yes [1].", "Does Inspector require the SSM agent?"),
        ("The SSM agent must be installed first [1].", "What must be installed?"),
        ("In 2024, 24 hours [1].", "How long did it take in 2024?"),
        ("Inspector [1].", "Which service requires an agent?"),
    ],
)
def test_what_the_passages_or_the_question_hold_is_not_invented(answer: str, question: str) -> None:
    """Digits, spelt numbers, headings and yes or no are all given."""
    assert not is_invented(answer, question, [hit(PASSAGE)])


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("Port 443 [1].", "Which port does the agent use?"),
        ("At most 500 pages [2].", "How many pages does it read?"),
        ("Python [1].", "Which language is Inspector written in?"),
    ],
)
def test_a_number_or_name_from_nowhere_is_invented(answer: str, question: str) -> None:
    """The number of a citation does not count as given, nor as said."""
    assert is_invented(answer, question, [hit(PASSAGE)])


def test_without_passages_every_word_is_invented() -> None:
    """Nothing was given, so nothing can be said."""
    assert is_invented("Paris [1].", "What is the capital of France?", [])
