"""reStructuredText: titles by adornment, directives, tables, with the file's own lines."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import check, check_or_refused, headings_of, lead_of, place_of, read_as, shape

from ingest.readers.rst import RstReader

TEXT = """\
=====
Cells
=====

:tags: bio, exam
:author: me
   and you

Parts of :ref:`a cell <cell>`
-----------------------------
A cell has a nucleus.

The parts are:

- mitochondria
  make energy

  still

#. ribosomes

Count them::

    n = 1

    # no comment

.. code-block:: python
   :linenos:

   x = 1

.. a comment
   hidden

.. [1] A footnote
.. warning:: Do not

   touch

   ever

----

>>> 1 + 1
2

Deeper
~~~~~~

+------+------+
| part | role |
+======+======+
| a    | b    |
|      | c    |
+------+------+

====  =====
part  count
====  =====
a     1

b     2
====  =====

.. list-table:: Sizes
   :header-rows: 1

   * - part
     - size
   * - cell
     - big

    quoted

Tables
------
end
"""


def read(text, name="cells.rst"):
    found = read_as(RstReader(), name, text)
    assert found.note.text == text
    check(found)
    return found


def test_each_kind_of_block_is_told_apart():
    found = read(TEXT)
    assert [kind for kind, _ in shape(found)] == [
        *("heading", "meta", "heading", "paragraph", "paragraph", "list", "paragraph", "code"),
        *("code", "meta", "footnote", "callout", "hr", "code", "heading", "table", "table"),
        *("table", "heading", "paragraph"),
    ]


def test_the_order_of_adornments_is_the_level():
    found = read(TEXT)
    assert headings_of(found, "nucleus") == ("Cells", "Parts of cell")
    assert headings_of(found, "| c ") == ("Cells", "Parts of cell", "Deeper")
    assert found.blocks[-1].headings == ("Cells", "Tables")


def test_title_and_tags_are_read():
    found = read(TEXT)
    assert (found.note.title, found.note.tags) == ("Cells", ("bio", "exam"))
    assert found.note.kind == "rst"
    assert read("x\n").note.title == "cells"


def test_what_later_pieces_are_not_understood_without_is_known():
    found = read(TEXT)
    leads = [TEXT[one.lead.start : one.lead.end] for one in found.blocks if one.lead]
    assert leads == [
        "The parts are:",
        "Count them::",
        ".. code-block:: python",
        ".. warning:: Do not",
        "+------+------+\n| part | role |\n+======+======+",
        "====  =====\npart  count\n====  =====",
        ".. list-table:: Sizes\n   :header-rows: 1\n\n   * - part\n     - size",
    ]
    assert lead_of(found, "list") == "The parts are:"


def test_a_citation_opens_on_the_files_own_line():
    assert place_of(read(TEXT), "ribosomes") == "/notes/cells.rst:20"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Long title\n---\n", ["paragraph"]),
        ("a\n\n====\n\nb\n", ["paragraph", "hr", "paragraph"]),
        ("  indented\n  ========\n", ["quote"]),
        ("=== ===\na b\n", ["paragraph"]),
        (":role:`x` is text\n", ["paragraph"]),
        ("====\nA\n----\n", ["paragraph"]),
        ("x\n\n:field: y\n", ["paragraph", "list"]),
    ],
)
def test_what_only_looks_like_structure_is_none(text, kinds):
    assert [kind for kind, _ in shape(read(text))] == kinds


PIECES = (
    *("Title\n", "====\n", "----\n", "=== ===\n", "+--+\n", "|a |\n", "\n", "\n\n", ".. ", "x:: "),
    *("::\n", "    a\n", "- b\n", ":f: g\n", ">>> 1\n", "\t", "\r", "[1] ", ".. table::\n", "* - "),
    *(":header-rows: 1\n", "`", "#. ", ".. list-table::\n\n", "   * - "),
)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=50).map(lambda p: "".join(p) + "x"))
@settings(max_examples=150, deadline=None)
def test_anything_is_read(text):
    read(text)


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_a_note_or_refused(data):
    check_or_refused(RstReader(), "x.rst", data)


GIANTS = (
    *(
        "x",
        "=",
        "=" * 80 + "\n",
        "A\n==\n",
        "=== ===\nx\n\n",
        "=== ===\n\n",
        "+--+\n",
        "|\n",
        ".. \n",
    ),
    *(" x\n", "\n\n\n", "::\n\n  x\n", "- x\n\n", ":a: b\n", ".. table::\n", ":a", "`", ":a:`b<"),
)


@pytest.mark.parametrize("unit", GIANTS)
def test_giants_take_seconds_at_most(unit):
    started = time.perf_counter()
    read_as(RstReader(), "x.rst", "x\n\n" + unit * (200_000 // len(unit)) + "\nA\n=")
    assert time.perf_counter() - started < 4


def test_every_mark_may_adorn_and_there_are_only_so_many():
    text = "".join(f"T{at}\n{mark * 4}\n\n" for at, mark in enumerate("=-~^\"'`#*+.:_!$%&,;<>?@"))
    found = read(text + "end\n")
    assert len(found.blocks[-1].headings) == 23
