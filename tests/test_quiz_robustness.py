"""Whatever stands in a note, the search for its quiz ends, in time, with lines that are right."""

import re
import time
from itertools import pairwise

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import read_as

from eval.case_files import contradiction_in, dump, parse_case
from eval.quiz import FORMS, extract_quiz
from eval.quiz.lines import Where
from eval.quiz.wording import plain
from eval.texts.tokens import grader_words, parts
from ingest.readers.markdown import MarkdownReader
from ingest.readers.plain import TextReader
from ingest.types import Block, ReadNote
from rag.errors import NotesError
from rag.types import Note

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


def read(name, text):
    """A note as its reader gives it; one that its reader refuses (empty, binary) has no blocks."""
    reader = TextReader() if name.endswith(".txt") else MarkdownReader()
    try:
        return read_as(reader, name, text.encode())
    except NotesError:
        return note_of(name, text)


def note_of(name, text, blocks=()):
    note = Note(path=name, title="", text=text, digest="", kind="markdown", modified=0.0)
    return ReadNote(note, tuple(blocks))


def lines_of(text):
    return re.split(r"\r\n?|\n", text)


@settings(max_examples=150, deadline=None)
@given(texts, st.sampled_from(["note.md", "quiz.md", "note.txt"]))
def test_any_note_gives_cases_that_can_be_written_and_read_again(text, name):
    for case in extract_quiz(read(name, text)):
        assert 1 <= case.origin.start_line <= case.origin.end_line <= len(lines_of(text))
        assert contradiction_in(case) == ""
        assert parse_case(dump(case), "x:1") == case
        assert len({*case.correct}) <= len(case.options)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_every_word_of_an_answer_stands_on_its_lines(text):
    for case in extract_quiz(read("quiz.md", text)):
        there = lines_of(text)[case.origin.start_line - 1 : case.origin.end_line]
        stand = "".join(grader_words(" ".join(there))) + "".join(
            grader_words(plain(" ".join(there)))
        )
        said = [
            word for one in case.references for part in parts(one) for word in grader_words(part)
        ]
        assert [word for word in said if word not in stand] == []


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(1, 3))
def test_lines_added_above_move_what_is_found_and_change_nothing_else(text, count):
    before = extract_quiz(read("note.md", f"# Title\n\n{text}"))
    after = extract_quiz(read("note.md", "\n" * count + f"# Title\n\n{text}"))
    assert [case.origin.start_line + count for case in before] == [
        case.origin.start_line for case in after
    ]
    assert [case.question for case in before] == [case.question for case in after]


@settings(max_examples=100, deadline=None)
@given(texts, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=4))
def test_blocks_of_a_reader_may_lie_anywhere(text, places):
    kinds = ["card", "code", "heading", "card"]
    blocks = [
        Block(kind, min(at, len(text)), min(at + size, len(text)))
        for kind, (at, size) in zip(kinds, places, strict=False)
    ]
    for name in ("note.md", "cards.csv"):
        for case in extract_quiz(note_of(name, text, blocks)):
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
        note = read("note.md", f"## Quiz #flashcards\n\n{body}")
        started = time.process_time()
        extract_quiz(note)
        assert time.process_time() - started < 4


def test_forms_that_count_in_fewer_places_come_later():
    """Else what is closed for one would be closed for those after it that may read it."""
    order = [list(Where).index(form.where) for form in FORMS]
    assert all(one <= other for one, other in pairwise(order))
    assert len({form.name for form in FORMS}) == len(FORMS)


def test_a_thousand_notes_take_a_few_seconds():
    notes = [read("note.md", text) for text in NOTES]
    started = time.process_time()
    for number in range(200):
        extract_quiz(notes[number % len(notes)])
    assert time.process_time() - started < 2
