"""Blocks: every line in one, under the right headings, and where it may be cut."""

import pytest

from ingest.commonmark import blocks, front_matter, parse
from ingest.document import filled
from ingest.text import Lines, split_lines


def by_line(text):
    """Blocks that hold all of the text, each with the lines `[first, last)` it takes."""
    lines = Lines(text)
    for block in filled(blocks(text), text):
        yield block, lines.number(block.start) - 1, lines.number(block.end - 1)


def shape(text):
    return [(block.kind, first, last) for block, first, last in by_line(text)]


def headings(text):
    return {first: block.headings for block, first, _ in by_line(text)}


def test_each_kind_of_block_is_told_apart_and_takes_its_lines():
    text = "# A\n\npara\npara\n\n- x\n- y\n\n```\ncode\n\n# no\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n> q\n"
    assert shape(text) == [
        ("heading", 0, 1),
        ("paragraph", 2, 4),
        ("list", 5, 8),
        ("code", 8, 13),
        ("table", 14, 17),
        ("quote", 18, 19),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_counts_lines_the_same(end):
    assert shape(end.join(["# A", "", "one", "two", "", "- x"])) == [
        ("heading", 0, 1),
        ("paragraph", 2, 4),
        ("list", 5, 6),
    ]


def test_headings_nest_and_a_sibling_takes_the_place_of_its_elder():
    text = "# A\n## B\nx\n## C\ny\n### D\nz\n# E\nw\n"
    found = headings(text)
    assert [found[line] for line in (2, 4, 6, 8)] == [
        ("A", "B"),
        ("A", "C"),
        ("A", "C", "D"),
        ("E",),
    ]


def test_a_skipped_level_and_an_underlined_heading_are_headings_too():
    found = headings("Title\n=====\n\n#### Deep\n\nx\n\nNext\n----\ny\n")
    assert found[5] == ("Title", "Deep")
    assert found[9] == ("Title", "Next")


def test_a_heading_is_named_as_it_reads():
    """Emphasis, code and links are marks of Markdown, not words of the title."""
    assert headings("# *The* `fit()` of [Clarify](http://x)\n")[0] == ("The fit() of Clarify",)


def test_a_hash_inside_a_fence_is_no_heading():
    assert headings("# A\n~~~\n# B\n~~~\nx\n")[4] == ("A",)


def test_reference_definitions_are_blocks_although_the_parser_swallows_them():
    text = "# A\n\n[x]: http://a\n[y]: http://b\n\ntext\n\n[z]: c\n"
    assert shape(text) == [
        ("heading", 0, 1),
        ("paragraph", 1, 5),
        ("paragraph", 5, 6),
        ("paragraph", 6, 8),
    ]
    assert {block.headings for block, _, _ in by_line(text)} == {("A",)}


def test_lists_and_tables_may_be_cut_before_items_and_rows():
    (listed,) = blocks("- a\n  - b\n    more\n- c\n")
    assert listed.breaks == (0, 4, 19)
    (table,) = blocks("|a|b|\n|-|-|\n|1|2|\n|3|4|\n")
    assert table.breaks == (0, 12, 18)


def test_front_matter_is_a_block_of_its_own_and_its_lines_still_count():
    text = "---\ntitle: T\n# comment\n---\n# A\n\nx\n"
    assert shape(text) == [("meta", 0, 4), ("heading", 4, 5), ("paragraph", 6, 7)]
    assert front_matter(text) == "title: T\n# comment\n"


@pytest.mark.parametrize(
    ("text", "yaml"),
    [
        ("---\n---\nx", ""),
        ("---\r\na: 1\r\n...\r\nx", "a: 1\r\n"),
        ("---\na: 1\n---", "a: 1\n"),
        ("\ufeff---\na: 1\n---\n", "a: 1\n"),
        ("---\na: 1\n", None),
        ("--- a: 1\n---\n", None),
        ("\n---\na: 1\n---\n", None),
        ("---\n\n# A\n\ntext\n\n---\nmore", None),
        ("---\r\n \t\r\ntext\r\n---\r\n", None),
    ],
)
def test_front_matter_opens_the_note_and_closes(text, yaml):
    """Dashes with a blank line behind them are a rule: what follows must not be hidden away."""
    assert front_matter(text) == yaml


def test_tokens_carry_the_lines_of_the_note_and_nothing_of_its_front_matter():
    heading = next(t for t in parse("---\n# a: 1\n---\n\n# B\n") if t.type == "heading_open")
    assert heading.map == [4, 5]


@pytest.mark.parametrize("text", ["", "\n\n \t\n", "\r\r\n"])
def test_blank_text_has_no_blocks(text):
    assert blocks(text) == []


def test_lines_are_found_by_offset_and_offsets_by_line():
    text = "a\r\nbb\rccc\n"
    lines = Lines(text)
    assert [lines.offset(line) for line in range(4)] == [0, 3, 6, len(text)]
    assert [lines.number(offset) for offset in range(len(text))] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 3]


def test_separators_that_markdown_does_not_know_end_no_line():
    """A form feed or U+2028 would shift every number after it."""
    assert split_lines("a\x0cb\u2028c\x85d\r\ne\rf\n") == ["a\x0cb\u2028c\x85d", "e", "f"]


def test_ten_thousand_levels_of_nesting_are_survived():
    text = "> " * 10_000 + "deep"
    assert shape(text) == [("quote", 0, 1)]
