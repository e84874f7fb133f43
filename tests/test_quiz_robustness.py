"""Whatever stands in a note, the search for its quiz ends, in time, with lines that are right."""

import re
import time
from itertools import pairwise

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.case_files.case_lines import dump, parse
from eval.case_files.contradictions import contradiction_in
from eval.quiz import Source, extract
from eval.quiz.answers import plain
from eval.quiz.forms import FORMS
from eval.quiz.types import Where
from eval.texts.text import parts, words
from rag.types import Span

NOTES = [path.read_text("utf-8") for path in sorted((ROOT / "tests/quiz_notes").glob("*.md"))]
LINES = sorted({line for note in NOTES for line in note.split("\n") if line.strip() != "---"})
MARKS = [
    "?",
    "??",
    "::",
    ":::",
    "==",
    "=>",
    "-->",
    " = ",
    "{{c1::",
    "}}",
    "|",
    "`",
    "**",
    "<details>",
]
line = st.one_of(
    st.sampled_from(LINES),
    st.sampled_from(
        ["", "", "## Quiz", "#flashcards", "|---|---|", "```", "Answer: A", "A. x", "?"]
    ),
    st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=6)), max_size=6).map("".join),
)
texts = st.lists(line, max_size=30).map("\n".join)


def lines_of(text):
    return re.split(r"\r\n?|\n", text)


@settings(max_examples=150, deadline=None)
@given(texts, st.sampled_from(["note.md", "quiz.md", "note.txt"]))
def test_any_note_gives_cases_that_can_be_written_and_read_again(text, name):
    for case in extract(Source(name, text)):
        assert 1 <= case.origin.start_line <= case.origin.end_line <= len(lines_of(text))
        assert contradiction_in(case) == ""
        assert parse(dump(case), "x:1") == case
        assert len({*case.correct}) <= len(case.options)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_every_word_of_an_answer_stands_on_its_lines(text):
    for case in extract(Source("quiz.md", text)):
        there = lines_of(text)[case.origin.start_line - 1 : case.origin.end_line]
        stand = "".join(words(" ".join(there))) + "".join(words(plain(" ".join(there))))
        said = [word for one in case.references for part in parts(one) for word in words(part)]
        assert [word for word in said if word not in stand] == []


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(1, 3))
def test_lines_added_above_move_what_is_found_and_change_nothing_else(text, count):
    before = extract(Source("note.md", f"# Title\n\n{text}"))
    after = extract(Source("note.md", "\n" * count + f"# Title\n\n{text}"))
    assert [case.origin.start_line + count for case in before] == [
        case.origin.start_line for case in after
    ]
    assert [case.question for case in before] == [case.question for case in after]


@settings(max_examples=100, deadline=None)
@given(texts, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=4))
def test_spans_of_a_reader_may_lie_anywhere(text, places):
    spans = tuple(Span(min(at, len(text)), min(at + size, len(text))) for at, size in places)
    for name in ("note.md", "cards.csv"):
        for case in extract(Source(name, text, spans, spans[:2], spans[2:])):
            assert 1 <= case.origin.start_line <= case.origin.end_line <= len(lines_of(text))


@pytest.mark.parametrize(
    "hostile",
    [
        "=", "-", ">", "|", "*", "`", "?", ":", "{{c1::", "[", "<details>", "<summary>", "$", "(",
        "A. x\n", "- [x] x\n", "Q: x\n", "**x?**\n", "x => ", "x::y ", "==x", "<!--\n", "```\n",
        "Answer: A, ", "1. A ", "\ue000", "a & ", "> ", "|-", "\n?\n", "\u2705", "x ", "x\n",
        "x?\n", " ", "|-|-|\n", "x\n\n",
        "#flashcards ", "the correct ", "**", "__", "[[", "![", "~~~\n", "$$\n", "%%\n", "\\",
        "<details><summary>x?\n", "- x\n", "&", "~~x", "_ ",
    ],
)  # fmt: skip
def test_a_note_made_to_take_long_does_not(hostile):
    whole = hostile * (20_000 // len(hostile))
    for body in (whole, "\n".join(whole[at : at + 1500] for at in range(0, len(whole), 1500))):
        started = time.process_time()
        extract(Source("note.md", f"## Quiz #flashcards\n\n{body}"))
        assert time.process_time() - started < 4


def test_forms_that_count_in_fewer_places_come_later():
    """Else what is closed for one would be closed for those after it that may read it."""
    order = [list(Where).index(form.where) for form in FORMS]
    assert all(one <= other for one, other in pairwise(order))
    assert len({form.name for form in FORMS}) == len(FORMS)


def test_a_thousand_notes_take_a_few_seconds():
    started = time.process_time()
    for number in range(200):
        extract(Source("note.md", NOTES[number % len(NOTES)]))
    assert time.process_time() - started < 2
