"""Copies of answer keys among notes: found with their lines, and nothing but copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.leakage import find_leaks, keys_left, keys_of
from eval.types import Case, Origin, Target
from rag.types import Span

QUIZ = "# Valves\n\nValves open.\n\n## Quiz\n\nThe Deneb valve opens at 5014 bar, never at less.\n"
KEY = "The Deneb valve opens at 5014 bar, never at less."
START = QUIZ.index("## Quiz")
ORIGIN = Origin("valves.md", 7, 7, "statement")
CASE = Case("deneb", "At how many bar does Deneb open?", ("5014",), (), True, origin=ORIGIN)


def found(other, case=CASE, likeness=None):
    """The lines in another note that give the case away."""
    texts = {"/notes/valves.md": QUIZ, "/notes/other.md": other}
    quizzes = {"/notes/valves.md": [Span(START, len(QUIZ))]}
    return [
        (leak.note_path, leak.start_line, leak.end_line)
        for leak in find_leaks(keys_of([case], texts), texts, quizzes, likeness)
    ]


@pytest.mark.parametrize(
    ("other", "lines"),
    [
        (f"# Revision\n\n- {KEY}\n- and more\n", (3, 3)),
        (f"# Revision\r\n\r\nSo: {KEY.lower()}\r\n", (3, 3)),
        ("The Deneb valve opens\nat 5014 bar,\nnever at less.\n", (1, 3)),
        ("Pumps.\n\nThe deneb valves open at 5014 bar and never at less!\n", (3, 3)),
        ("The Deneb valve opens at 5015 bar, never at less.\n", (1, 1)),
        ("At how many bar does Deneb open? 5014, they say.\n", (1, 1)),
    ],
    ids=["copied", "in small letters", "over lines", "one word more", "one word other", "as asked"],
)
def test_a_copy_is_found_with_its_lines(other, lines):
    assert found(other) == [("/notes/other.md", *lines)]


@pytest.mark.parametrize(
    "other",
    [
        "Deneb: its valve needs 5014 bar before anything moves.\n",
        "The Deneb valve opens slowly.\nThe Hamal valve opens at 17 bar.\n",
        "The valve opens at noon, and never at less than that; Deneb is a star.\n",
        "5014\n",
        "",
    ],
)
def test_a_fact_in_other_words_is_none(other):
    assert found(other) == []


def test_what_is_half_copied_is_a_leak_if_it_means_the_same():
    half = "The Deneb valve opens at 5014 bar and up, not below.\n"
    assert found(half) == []
    asked = []

    def alike(pairs):
        asked.extend(pairs)
        return [0.95 for _ in pairs]

    assert found(half, likeness=alike) == [("/notes/other.md", 1, 1)]
    assert asked == [(KEY, half.strip())]
    assert found(half, likeness=lambda pairs: [0.5 for _ in pairs]) == []


def test_a_copy_in_another_quiz_is_none():
    texts = {"/notes/valves.md": QUIZ, "/notes/b.md": f"## Quiz\n\n{KEY}\n"}
    quizzes = {path: [Span(text.index("## Quiz"), len(text))] for path, text in texts.items()}
    keys = list(keys_of([CASE], texts))
    assert find_leaks(keys, texts, quizzes) == []
    assert len(find_leaks(keys, texts, {"/notes/valves.md": quizzes["/notes/valves.md"]})) == 1


def test_lines_of_a_quiz_that_no_case_was_made_of_are_keys_too():
    texts = {"/notes/valves.md": QUIZ, "/notes/b.md": f"# Exam\n\n{KEY}\n"}
    quizzes = {"/notes/valves.md": [Span(START, len(QUIZ))]}
    (key,) = keys_left([], texts, quizzes)
    assert key.text == KEY
    assert [leak.note_path for leak in find_leaks([key], texts, quizzes)] == ["/notes/b.md"]
    assert list(keys_left([CASE], texts, quizzes)) == []


def test_the_place_that_answers_the_case_is_none_and_its_copy_elsewhere_is():
    """A quiz may ask in the very words of the note."""
    text = "The pump moves water from the well to the tank.\n"
    question = "The pump moves water from the well to what?"
    case = Case("pump", question, ("the tank",), (Target("pump.md", text.strip()),), True)
    texts = {"/notes/pump.md": text, "/notes/copy.md": f"# Exam\n\n{question} To the tank.\n"}
    leaks = find_leaks(keys_of([case], texts), texts, {})
    assert [leak.note_path for leak in leaks] == ["/notes/copy.md"]


def test_an_origin_that_went_astray_is_not_its_own_copy():
    assert found("Nothing.\n", Case("d", "Where?", ("here",), (), True, origin=ORIGIN)) == []
    moved = Case("d", "Where?", ("here",), (), True, origin=Origin("other.md", 1, 1, "statement"))
    assert found("Lines that are no quiz, for the note was edited.\n", moved) == []
    gone = Case("d", "Where?", ("here",), (), True, origin=Origin("gone.md", 90, 99, "statement"))
    assert found("Nothing.\n", gone) == []


@given(st.lists(st.sampled_from(["a valve", "Deneb", "bar\n", "\r\n", "5014 ", "\n\n"])))
def test_lines_are_those_of_the_note(pieces):
    text = " ".join(pieces) + f"\n{KEY}\n"
    number = text.replace("\r\n", "\n").count("\n", 0, text.replace("\r\n", "\n").index(KEY)) + 1
    leaks = [one for one in found(text) if one[0] == "/notes/other.md"]
    assert any(start <= number <= end for _, start, end in leaks)


def test_many_keys_over_many_words_take_no_quadratic_time():
    """A common pair of words stands in most keys and in most lines."""
    text = "machine learning is machine learning\n" * 5_000
    origin = Origin("n.md", 1, 1, "statement")
    cases = [
        Case(f"c{n}", f"What is machine learning number {n} for?", ("it",), (), True, origin=origin)
        for n in range(10)
    ]
    assert len(find_leaks(keys_of(cases, {"/n.md": text}), {"/n.md": text}, {})) <= 10
