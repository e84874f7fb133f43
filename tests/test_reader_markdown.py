"""Markdown as GitHub, Obsidian, Logseq and Notion write it: all kept, its structure read."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import check, check_or_refused, headings_of, lead_of, place_of, read_as, shape

from ingest.readers.markdown import MarkdownReader
from ingest.text import decode


def read(text, name="lesson.md", folder="/notes"):
    found = read_as(MarkdownReader(), name, text, folder)
    assert found.note.text == text
    check(found)
    return found


def test_a_citation_opens_on_the_files_own_line():
    found = read("---\ntitle: T\n---\n\n# Cells\n\nA cell has a nucleus.\n\n- mitochondria\n")
    assert place_of(found, "A cell has") == "/notes/lesson.md:7"
    assert place_of(found, "mitochondria") == "/notes/lesson.md:9"


@pytest.mark.parametrize(
    ("text", "kind", "lead"),
    [
        ("|a|b|\n|-|-|\n|1|2|\n", "table", "|a|b|\n|-|-|"),
        ("```python\nx = 1\n```\n", "code", "```python"),
        ("~~~\r\nx\r\n~~~\r\n", "code", "~~~"),
        ("    indented\n", "code", None),
        ("> [!warning]- Do not\n> touch\n", "callout", "> [!warning]- Do not"),
        ("> only a quote\n", "quote", None),
        ("The steps are:\n\n- one\n", "list", "The steps are:"),
        ("Algorithms (extracts\n- one\n", "list", "Algorithms (extracts"),
        ("This is a sentence. And one more.\n\n- one\n", "list", None),
        ("- one\n", "list", None),
        ("word " * 80 + "\nThey are:\n\n1. one\n", "list", "They are:"),
        ("word " * 80 + ". Of these:\n\n1. one\n", "list", "Of these:"),
        ("word " * 80 + ":\n\n1. one\n", "list", None),
    ],
)
def test_what_later_pieces_are_not_understood_without_is_known(text, kind, lead):
    assert lead_of(read(text), kind) == lead


def test_a_callout_may_be_cut_between_its_paragraphs():
    text = "> [!note] Title\n> first\n>\n> second\n"
    (block,) = read(text).blocks
    assert text[block.breaks[-1] :] == "> second\n"


def test_tasks_and_footnotes_are_structure_and_stay_as_they_are():
    found = read(
        "- [ ] open\n- [x] done\n\nSee[^1].\n\n[^1]: The note\n    goes on.\n\n    Still.\n\nx\n"
    )
    assert shape(found) == [
        ("list", "- [ ] open"),
        ("paragraph", "See[^1]."),
        ("footnote", "[^1]: The note"),
        ("paragraph", "x"),
    ]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# ~~old~~ *new*", "old new"),
        ("# About [[Cells]]", "About Cells"),
        ("# [[Cells#Walls|the walls]] of `[[ x ]]`", "the walls of [[ x ]]"),
        ("# [[Cells#Walls]]", "Cells > Walls"),
        ("# ![[plan.png]]", "plan.png"),
        ("# Walls ^ab-12", "Walls"),
        ("# [[never closed", "[[never closed"),
    ],
)
def test_a_title_reads_as_it_is_shown(line, title):
    found = read(f"{line}\n\nx\n")
    assert (headings_of(found, "x\n"), found.note.title) == ((title,), title)


@pytest.mark.parametrize(
    "math", ["$$\n# no heading\n\n- no list\n$$", "\\[\n- x\n\\]", "$$ a = b $$", "$$ a\n= b $$"]
)
def test_a_formula_is_one_block_and_nothing_in_it_is_structure(math):
    found = read(f"# A\n\nIt is\n{math}\nthen\n")
    assert [kind for kind, _ in shape(found)] == ["heading", "paragraph", "math", "paragraph"]
    assert headings_of(found, "then") == ("A",)


@pytest.mark.parametrize("line", ["$$", "$$$ cheap", "$$ 5 and\n\n$$", "\\[1\\] as said", "%%"])
def test_what_opens_and_does_not_close_is_text_and_hides_nothing(line):
    found = read(f"{line}\n\n# B\n\nx y\n".replace("$$\n\n# B", "$$ z\n\n# B"))
    assert headings_of(found, "x y") == ("B",)


def test_comments_are_never_found():
    text = "# A\n\n%% one line %%\n\nseen %%not a block%%\n\n%%\n# hidden\n%%\n\nx\n"
    found = read(text)
    assert [kind for kind, _ in shape(found)] == [
        "heading",
        "meta",
        "paragraph",
        "meta",
        "paragraph",
    ]
    assert headings_of(found, "x\n") == ("A",)


def test_tags_come_from_front_matter_and_lines_but_not_from_code():
    text = (
        "---\ntags: [a, '#b']\nkeywords: c, d\n---\n# T #e\n\n#f/g and (#h) not x#y #1 `#no` "
        "[[N#o]] http://a.b/#c\n\n```\n#no\n```\n\n- #über #a\n"
    )
    assert read(text).note.tags == ("a", "b", "c", "d", "e", "f/g", "h", "über")


def test_an_alias_names_a_note_that_has_no_title():
    text = "---\naliases: [Neural nets, NN]\n---\nx\n"
    assert read(text, "20240101.md").note.title == "Neural nets"


def test_an_embedded_image_is_looked_for_in_the_whole_vault(tmp_path):
    (tmp_path / ".obsidian").mkdir()
    for folder in ("a/b", "files"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("files/Far.png", "a/b/near.png", "files/with dir.svg"):
        (tmp_path / name).touch()
    text = (
        "![[near.png]] ![[far.png|300]] ![[files/with dir.svg]] ![[Other note]] ![[pdf.pdf]]\n"
        "![[gone.png|x]] `![[code.png]]`\n"
    )
    found = read(text, folder=str(tmp_path / "a/b"))
    assert found.warnings == ("image not found: gone.png (line 2)",)


LOGSEQ = """\
title:: Cell biology
tags:: bio, [[life science]], #exam

- # Organelles
  id:: 65
  collapsed:: true
\t- mitochondria make energy
\t- ribosomes
- {{query (todo now)}}
- id:: 66
- plain bullet
\t- below it
"""


def test_a_logseq_page_is_read_bullet_by_bullet():
    found = read(LOGSEQ)
    assert (found.note.title, found.note.tags) == ("Cell biology", ("bio", "life science", "exam"))
    assert shape(found) == [
        ("meta", "title:: Cell biology"),
        ("list", "- # Organelles"),
        ("meta", "- {{query (todo now)}}"),
        ("meta", "- id:: 66"),
        ("list", "- plain bullet"),
    ]
    assert headings_of(found, "mitochondria") == ("Organelles",)
    lead = found.blocks[-1].lead
    assert found.note.text[lead.start : lead.end] == "- plain bullet"
    assert place_of(found, "ribosomes") == "/notes/lesson.md:8"


def test_a_list_without_properties_stays_one_list():
    assert shape(read("- a\n- b\n")) == [("list", "- a")]


def test_a_notion_export_is_named_without_its_id_and_its_tags_are_read():
    name = "Week 3 0123456789abcdef0123456789abcdef.md"
    assert read("no heading\n", name).note.title == "Week 3"
    found = read("# Week three\n\nCreated: May 1\nTags: bio, exam\n\ntext\n", name)
    assert (found.note.title, found.note.tags) == ("Week three", ("bio", "exam"))
    assert read("# W\n\nTags: bio\n").note.tags == ()


PIECES = (
    *("$$", "%%", "\\[", "\\]", "\n", "\n\n", "\r", "> ", "- ", "    ", "\t", "# ", "x", "[^1]: "),
    *("[[", "]]", "|", "|-|", "![[a.png]]", "```", "~~~", "a:: b", "{{q}}", "---", "#t", "^b", "`"),
    *("> [!n] t", "\ud800", "\x00", "\u2028", "---\n", "[a]: b", "<div>", "<!--"),
)
piece = st.sampled_from(PIECES)


@given(st.lists(piece, max_size=60).map("".join))
@settings(max_examples=150, deadline=None)
def test_anything_is_a_note_or_refused(text):
    check_or_refused(MarkdownReader(), "x.md", text)


@given(st.lists(piece.filter(lambda one: one not in "\ud800\x00"), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_the_text_is_the_file(pieces):
    data = ("x" + "".join(pieces)).encode()
    assert read_as(MarkdownReader(), "x.md", data).note.text == decode(data)


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_note_or_refused(data):
    check_or_refused(MarkdownReader(), "x.md", data)


def test_what_would_take_minutes_is_read_as_plain_text_and_said_to_be():
    found = read("Title\n=====\n\nwords\n\n" + "- a\n" * 101_000)
    assert [kind for kind, _ in shape(found)] == ["heading", "paragraph", "list"]
    assert "too long to be read as Markdown" in found.warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_000_000,
        "- a\n" * 110_000,
        "\n".join("  " * depth + "- x" for depth in range(1_000)),
        ("> " * 10_000 + "x\n") * 3,
        (">" * 28 + " x\n") * 3_000,
        "$$ x\n" * 10_000,
        "$$\n\n" * 10_001,
        "%% x\n\n" * 10_000,
        "[" * 20_000 + "\n\n# " + "[[" * 10_000,
        "# " + "*a **b " * 4_000,
        "![" * 5_000,
        "`" * 20_000 + " #x `",
        "#" * 1_000_000,
        "[^1]: x\n" * 10_000,
        "---\n" + "a: [" * 5_000,
        "<!--\n" * 10_000,
        "```\n~~~\n" * 10_000,
        "| a " * 100_000 + "\n" + "|-" * 100_000,
        "a:: b\n" * 10_000,
    ],
    ids=lambda text: f"{text[:8]!r}*",
)
def test_giants_take_seconds_at_most(text):
    """On a quiet machine each takes well under a second or two."""
    started = time.perf_counter()
    read_as(MarkdownReader(), "x.md", text)
    assert time.perf_counter() - started < 4
