"""Plain text: paragraphs, lists and underlined headings, with the file's own lines."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import check, check_or_refused, headings_of, lead_of, place_of, read_as, shape

from ingest.readers.plain import TextReader
from rag.errors import NotesError

TEXT = """\
Cell biology
============

A cell has a nucleus.
It divides.

The parts are:

  1. mitochondria,
     which make energy
  2) ribosomes

- not a part

Second part
-----------

VERY LOUD LINE

1.2 Numbered line

=====
"""


def read(text, name="week.txt"):
    found = read_as(TextReader(), name, text)
    assert found.note.text == text
    check(found)
    return found


def test_paragraphs_lists_and_underlined_headings_are_told_apart():
    found = read(TEXT)
    assert shape(found) == [
        ("heading", "Cell biology"),
        ("paragraph", "A cell has a nucleus."),
        ("paragraph", "The parts are:"),
        ("list", "  1. mitochondria,"),
        ("heading", "Second part"),
        ("paragraph", "VERY LOUD LINE"),
        ("paragraph", "1.2 Numbered line"),
        ("paragraph", "====="),
    ]
    assert headings_of(found, "VERY") == ("Cell biology", "Second part")
    assert (found.note.title, found.note.kind) == ("Cell biology", "text")
    assert lead_of(found, "list") == "The parts are:"
    assert place_of(found, "ribosomes") == "/notes/week.txt:11"


def test_a_list_may_be_cut_at_its_items_only():
    found = read(TEXT)
    block = next(block for block in found.blocks if block.kind == "list")
    assert [TEXT[at:].split()[0] for at in block.breaks] == ["1.", "2)", "-"]


@pytest.mark.parametrize(
    "text", ["no rule\n", "a\nTitle\n-----\n", "Much too long a title\n---\n", "  T T T\n  ---\n"]
)
def test_what_may_be_a_table_or_a_rule_is_no_heading(text):
    assert {kind for kind, _ in shape(read(text))} == {"paragraph"}
    assert read(text).note.title == "week"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_counts_lines_the_same(end):
    text = TEXT.replace("\n", end)
    assert place_of(read(text), "ribosomes") == "/notes/week.txt:11"


piece = st.sampled_from(
    ["Title", "\n", "\n\n", "===", "---", "- a", "1. b", "  ", "\t", "\x0c", "\r"]
)


@given(st.lists(piece, min_size=1, max_size=40).map(lambda found: "x" + "".join(found)))
@settings(max_examples=150, deadline=None)
def test_anything_is_read(text):
    read(text)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_note_or_refused(data):
    check_or_refused(TextReader(), "x.txt", data)


@pytest.mark.parametrize(
    "unit", ["x", "x\n", "- a\n", "- a\n\n", "T\n===\n\n", "\t", "\n \n", "1."]
)
def test_giants_take_seconds_at_most(unit):
    started = time.perf_counter()
    read_as(TextReader(), "x.txt", "x\n\n" + unit * (300_000 // len(unit)))
    assert time.perf_counter() - started < 4


def test_more_paragraphs_than_a_person_writes_are_refused():
    with pytest.raises(NotesError, match="paragraphs; split it"):
        read_as(TextReader(), "x.txt", "a\n\n" * 300_001)
