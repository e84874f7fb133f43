"""Notebooks: cells are cited by their number, under the headings of the cells before."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import cut

from ingest.readers import ipynb
from ingest.readers.ipynb import NotebookReader
from rag.errors import NotesError
from rag.types import Role

PICTURE = "iVBORw0KGgo" * 200


def read(book, name="bias.ipynb"):
    data = book if isinstance(book, bytes) else json.dumps(book).encode()
    return cut(NotebookReader(), name, data)


def markdown(*lines):
    return {"cell_type": "markdown", "source": list(lines)}


def code(source, *outputs):
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def book(*cells, **meta):
    return {"nbformat": 4, "cells": list(cells), "metadata": meta}


LESSON = book(
    markdown("Before all\n"),
    markdown("# Bias\n", "\n", "It is a skew.\n"),
    code(
        "print(1)\n\nprint(2)",
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {
            "output_type": "display_data",
            "data": {"image/png": PICTURE, "text/plain": "<Figure size 640x480 with 1 Axes>"},
        },
        {
            "output_type": "execute_result",
            "data": {"text/plain": ["a table"], "text/html": "<table>no</table>"},
        },
    ),
    code("", {"output_type": "stream", "text": ""}),
    markdown("## Drift\n\n- a change\n- in time\n"),
    code(
        "1/0",
        {
            "output_type": "error",
            "ename": "ZeroDivisionError",
            "evalue": "no",
            "traceback": ["\x1b[0;31mZeroDivisionError\x1b[0m", "line 1: \x1b[1mno\x1b[0m"],
        },
    ),
    {"cell_type": "raw", "source": "as it is"},
    language_info={"name": "python"},
)


def test_cells_are_blocks_under_the_headings_of_the_cells_before():
    found = read(LESSON)
    headings = [block.headings for block in found.read.blocks]
    assert list(zip(found.kinds(), headings, strict=True)) == [
        (("paragraph", "Before all"), ()),
        (("heading", "# Bias"), ("Bias",)),
        (("paragraph", "It is a skew."), ("Bias",)),
        (("code", "```python\nprint(1)\n\nprint(2)\n```"), ("Bias",)),
        (("output", "one\ntwo"), ("Bias",)),
        (("output", "a table"), ("Bias",)),
        (("heading", "## Drift"), ("Bias", "Drift")),
        (("list", "- a change\n- in time"), ("Bias", "Drift")),
        (("code", "```python\n1/0\n```"), ("Bias", "Drift")),
        (("output", "ZeroDivisionError\nline 1: no"), ("Bias", "Drift")),
        (("paragraph", "as it is"), ("Bias", "Drift")),
    ]


def test_a_citation_names_the_cell_of_all_from_1():
    found = read(LESSON)
    assert found.place("Before all") == "bias.ipynb (cell 1)"
    assert found.place("two") == "bias.ipynb (cell 3)"
    assert found.place("in time") == "bias.ipynb (cell 5)"
    assert found.place("line 1") == "bias.ipynb (cell 6)"


def test_pictures_and_html_are_not_kept():
    written = f"![x](data:image/png;base64,{PICTURE})"
    text = read(book(markdown(written), *LESSON["cells"])).read.note.text
    assert PICTURE[:50] not in text
    assert "<table>" not in text
    assert "Figure size" not in text


def test_code_is_cut_at_statements_and_knows_its_fence():
    found = read(LESSON)
    block = found.read.blocks[3]
    text = found.read.note.text
    assert text[block.lead.start : block.lead.end] == "```python\n"
    assert [text[at : at + 8] for at in block.breaks] == ["print(2)"]


def test_a_fence_is_longer_than_those_in_the_code():
    shown = "````python\nx = '''```a```'''\n````"
    assert read(book(code("x = '''```a```'''"))).kinds() == [("code", shown)]


@pytest.mark.parametrize(
    ("meta", "language"),
    [
        ({"language_info": {"name": "R"}}, "R"),
        ({"kernelspec": {"language": "julia"}}, "julia"),
        ({"language_info": {"name": "a\nb"}}, "python"),
        ({"language_info": 7}, "python"),
        ({}, "python"),
    ],
)
def test_the_language_is_the_kernels(meta, language):
    assert read(book(code("x"), **meta)).read.note.text.startswith(f"```{language}\n")


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        ([markdown("## Second\n"), markdown("# *First*\n"), markdown("# Later\n")], "First"),
        ([markdown("text\n\n## Second\n")], "Second"),
        ([markdown("text")], "bias"),
        ([markdown("> # quoted\n")], "bias"),
    ],
)
def test_the_title_is_the_first_heading_else_the_files_name(cells, title):
    assert read(book(*cells)).read.note.title == title


def test_what_a_cell_leaves_open_does_not_reach_into_the_next():
    kinds = [kind for kind, _ in read(book(markdown("```\nopen"), markdown("# A"))).kinds()]
    assert kinds == ["code", "heading"]


def test_front_matter_is_not_found_and_rules_in_later_cells_are_none():
    rules = "---\nwords: kept\n---\n"
    found = read(book(markdown("---\ntitle: x\n---\n"), markdown("# A\n\ntext"), markdown(rules)))
    assert found.of(Role.META) == ["---\ntitle: x\n---"]
    assert "words: kept" in "".join(found.of(Role.NOTE))
    assert found.read.blocks[-1].headings == ("A", "words: kept")


def test_format_3_is_read():
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Bias"]},
        {
            "cell_type": "code",
            "input": "print 1",
            "language": "python",
            "outputs": [
                {"output_type": "stream", "text": "one"},
                {"output_type": "pyout", "text": "two", "png": PICTURE},
                {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": []},
            ],
        },
    ]
    found = read({"nbformat": 3, "worksheets": [{"cells": cells}], "metadata": {}})
    assert [words for _, words in found.kinds()] == [
        "## Bias",
        "```python\nprint 1\n```",
        "one",
        "two",
        "E: v",
    ]


def test_a_long_output_is_cut():
    found = read(book(code("x", {"output_type": "stream", "text": "word " * 5000})))
    assert len(found.read.note.text) < ipynb.MAX_OUTPUT_CHARS + 50
    assert found.read.note.text.endswith("\u2026")


def test_halves_of_characters_do_not_get_in():
    """JSON can name them, and no database can hold them."""
    found = read(b'{"cells": [{"cell_type": "markdown", "source": "# a\\ud800\\u0000b\\n\\nc"}]}')
    assert found.read.note.title == "a\ufffdb"
    assert found.place("c") == "bias.ipynb (cell 1)"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"cells":' * 50_000, "not JSON"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[]", "no cells"),
        (b'{"a": 1}', "no cells"),
        (b'{"cells": 1}', "no text"),
        (b'{"cells": [1, null, {}, {"source": 1}]}', "no text"),
        (b"\0", "binary"),
        (b"", "empty"),
    ],
)
def test_what_is_no_notebook_is_refused_with_one_line(data, reason):
    with pytest.raises(NotesError, match=reason) as raised:
        read(data)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("name", "most"), [("MAX_CELL_CHARS", 10), ("MAX_PARSED_CHARS", 15)])
def test_giant_cells_are_not_parsed(monkeypatch, name, most):
    monkeypatch.setattr(ipynb, name, most)
    kinds = [kind for kind, _ in read(book(markdown("# A title"), markdown("# Another"))).kinds()]
    assert kinds == ["heading", "heading" if most == 10 else "paragraph"]
    assert [kind for kind, _ in read(book(markdown("# A title of length"))).kinds()] == [
        "paragraph"
    ]


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(ipynb, "MAX_CELLS", 2)
    with pytest.raises(NotesError, match="more than 2 cells"):
        read(book(markdown("a"), markdown("b"), markdown("c")))


_KEYS = st.sampled_from(
    "cells worksheets source input cell_type outputs output_type data text text/plain traceback "
    "metadata language_info name level ename".split()
)
_LEAVES = (
    st.none()
    | st.integers()
    | st.sampled_from(["markdown", "code", "heading", "error", "# A\n\nb", "---\na\n---", "```"])
    | st.text(max_size=20)
)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5)
)
_CELLS = st.lists(st.dictionaries(_KEYS, _JSON, max_size=5), max_size=5)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60)
    | _JSON.map(lambda value: json.dumps(value).encode())
    | _CELLS.map(lambda cells: json.dumps({"cells": cells}).encode())
)
def test_any_bytes_are_a_note_or_a_reason(data):
    try:
        found = read(data)
    except NotesError as error:
        assert "\n" not in str(error)
    else:
        assert found.chunks
