"""Org: headlines, drawers, blocks and tables, with the file's own lines."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import check, check_or_refused, headings_of, lead_of, place_of, read_as, shape

from ingest.readers.org import OrgReader

TEXT = """\
#+TITLE: Cell biology
#+filetags: :bio:exam:
#+TODO: READ | KNOWN

* READ [#A] The [[file:cell.org][cell]]   :organelle:
  :PROPERTIES:
  :ID: 7
  :END:
A cell has a nucleus.
The parts are:
- mitochondria
  make energy
  + more
- ribosomes
** TODO Counting
#+CAPTION: How many
| part | count |
|------+-------|
| nucleus | 1 |
| ribosome | many |
#+TBLFM: $2=1
#+BEGIN_SRC python :results output
# - no remark
count = 1
#+END_SRC
# a remark
: fixed width
\\begin{equation}
- x
\\end{equation}
* KNOWN Last
end
"""


def read(text, name="cells.org"):
    found = read_as(OrgReader(), name, text)
    assert found.note.text == text
    check(found)
    return found


def test_each_kind_of_block_is_told_apart():
    assert shape(read(TEXT)) == [
        ("meta", "#+TITLE: Cell biology"),
        ("heading", "* READ [#A] The [[file:cell.org][cell]]   :organelle:"),
        ("meta", "  :PROPERTIES:"),
        ("paragraph", "A cell has a nucleus."),
        ("list", "- mitochondria"),
        ("heading", "** TODO Counting"),
        ("paragraph", "#+CAPTION: How many"),
        ("table", "| part | count |"),
        ("meta", "#+TBLFM: $2=1"),
        ("code", "#+BEGIN_SRC python :results output"),
        ("meta", "# a remark"),
        ("code", ": fixed width"),
        ("math", "\\begin{equation}"),
        ("heading", "* KNOWN Last"),
        ("paragraph", "end"),
    ]


def test_title_tags_and_headings_are_read_without_their_marks():
    found = read(TEXT)
    assert (found.note.title, found.note.kind) == ("Cell biology", "org")
    assert found.note.tags == ("bio", "exam", "organelle")
    assert headings_of(found, "count = 1") == ("The cell", "Counting")
    assert found.blocks[-1].headings == ("Last",)
    assert read("* TODO A\nx\n").note.title == "A"
    assert read("x\n").note.title == "cells"


def test_what_later_pieces_are_not_understood_without_is_known():
    found = read(TEXT)
    assert lead_of(found, "table") == "| part | count |\n|------+-------|"
    assert lead_of(found, "code") == "#+BEGIN_SRC python :results output"
    assert lead_of(found, "list") == "A cell has a nucleus.\nThe parts are:"


def test_a_citation_opens_on_the_files_own_line():
    assert place_of(read(TEXT), "| ribosome") == "/notes/cells.org:20"


@pytest.mark.parametrize("begin", ["#+BEGIN_SRC c", ":LOGBOOK:", "\\begin{align}", "#+begin_x"])
def test_what_never_ends_hides_nothing(begin):
    found = read(f"{begin}\nseen\n* Next\n#+END_SRC\n:END:\n\\end{{align}}\n#+end_x\ntext\n")
    assert "meta" not in {kind for kind, _ in shape(found)[:2]}
    assert headings_of(found, "text") == ("Next",)


PIECES = (
    *("* ", "** TODO x :a:", "\n", "\n\n", "#+BEGIN_SRC", "#+END_SRC", ":A:", ":END:", "| a", "|-"),
    *("- ", "#+TODO: A|B", "# ", ": ", "[[", "]]", "\\begin{a}", "\\end{a}", "  ", "x", "\r"),
)
piece = st.sampled_from(PIECES)


@given(st.lists(piece, min_size=1, max_size=50).map(lambda found: "x" + "".join(found)))
@settings(max_examples=150, deadline=None)
def test_anything_is_read(text):
    read(text)


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_a_note_or_refused(data):
    check_or_refused(OrgReader(), "x.org", data)


GIANTS = (
    *(
        "x",
        "*",
        "* a\n",
        ":a:\n",
        "#+BEGIN_SRC\n",
        "|a\n",
        "- a\n",
        "* a :b",
        " ",
        "[[",
        "#+a: b\n",
    ),
    *("\\begin{a}\n", "\\begin{", "a\n#+END_SRC\n* x\n", "* x :a:a: "),
)


@pytest.mark.parametrize("unit", GIANTS)
def test_giants_take_seconds_at_most(unit):
    started = time.perf_counter()
    read_as(OrgReader(), "x.org", "x\n\n* " + unit * (200_000 // len(unit)))
    assert time.perf_counter() - started < 4
