"""Sentences of two notes that cannot both be right, found by their words alone."""

import pytest

from rag.search.agreement import conflicts
from rag.types import Chunk


def found(*notes: str) -> list[tuple[str, str]]:
    """What is found in notes, the first of which is a.md."""
    chunks = [
        Chunk(f"{n}", f"{chr(97 + n)}.md", "d", 0, (), 0, len(text), 1, 1, text)
        for n, text in enumerate(notes)
    ]
    return [
        (f"{one.path}:{one.line} {one.text}", f"{other.path}:{other.line} {other.text}")
        for one, other in conflicts(chunks)
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lambda functions run 15 minutes at most.", "Lambda functions run 5 minutes at most."),
        ("| Copper | 1085 | wires, pipes, coins |", "| Copper | 1084 | wires, pipes, coins |"),
        (
            "The bucket keeps versions of its objects.",
            "The bucket does not keep versions of its objects.",
        ),
        (
            "A minor may never sign such a contract alone.",
            "A minor may sign such a contract alone.",
        ),
        (
            "Der Teig ruht nicht in einem warmen Ofen.",
            "Der Teig ruht in einem warmen Ofen.",
        ),
        (
            "Un mineur ne peut pas signer seul ce contrat.",
            "Un mineur peut signer seul ce contrat.",
        ),
    ],
)
def test_another_number_or_a_no_in_the_same_words_is_a_conflict_with_both_lines(
    one: str, other: str
) -> None:
    assert found(f"# Notes\n\n{one}\n", other) == [(f"a.md:3 {one}", f"b.md:1 {other}")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Lambda functions run 15 minutes at most.",
            "Lambda functions run 15 minutes at most.",
        ),
        ("Lambda functions run 15 minutes at most.", "Step functions run 5 minutes at most."),
        ("Arteries carry blood from the heart.", "Veins carry blood to the heart again."),
        ("Nobody may not sign such a contract.", "Anybody may sign such a contract."),
        ("Chapter 1", "Chapter 2"),
        ("It never sleeps.", "It sleeps."),
    ],
)
def test_what_agrees_or_is_about_something_else_or_says_little_is_none(
    one: str, other: str
) -> None:
    assert found(one, other) == []


def test_a_note_is_not_compared_with_itself_nor_a_form_that_many_share() -> None:
    assert found("The exam lasts 2 hours here.\nThe exam lasts 3 hours here.") == []
    assert found(*(f"This lecture took place on day {n}." for n in range(9))) == []
