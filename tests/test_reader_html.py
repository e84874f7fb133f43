"""HTML: what a person reads of a page, told apart, and the line of the file it stands on."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import (
    check,
    check_linear,
    check_or_refused,
    headings_of,
    place_of,
    read_as,
    shape,
)

from ingest.readers.html import MAX_TAGS, HtmlReader
from rag.errors import NotesError

PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><title>Cells &amp; more</title>
<meta name="keywords" content="bio, exam"><style>p {}</style></head>
<body><nav>menu</nav>
<h1>Cells <em>all</em></h1>
<p>A cell has
a <b>nucleus</b>.<p>The parts are:
<ul>
<li>one</li>
<li><p>two</p><p>more</p>
<ol start=3><li>deep<li>deeper</ol>
<li><input type=checkbox checked> done
</ul>
<table><caption>Sizes</caption>
<tr><th>part</th><th>size</th></tr>
<tr><td>cell</td><td>big<br>one</td></tr>
<tr><td></td><td> </td></tr>
</table>
<pre><code class="language-python">
x = 1

if x:  # &lt;b&gt;
    y
</code></pre>
<h2>Next</h2><div hidden>unseen</div>
<blockquote><p>said 10<sup>2</sup></p></blockquote>
<dl><dt>term<dd>means</dl>
<script>if (a < b) "</p>unseen"</script>
<!-- unseen --> <p style="display: none">unseen</p>
tail
"""

TEXT = """\
# Cells all

A cell has a nucleus.

The parts are:

- one
- two
  more
  3. deep
  4. deeper
- [x] done

Sizes

| part | size |
| cell | big one |

```python
x = 1

if x:  # <b>
    y
```

## Next

said 10^2

- term
  means

tail"""


def read(html, name="cells.html"):
    found = read_as(HtmlReader(), name, html)
    check(found)
    return found


def test_a_page_is_read_as_text_without_what_is_not_shown():
    assert read(PAGE).note.text == TEXT


def test_title_and_keywords_are_read():
    note = read(PAGE).note
    assert (note.title, note.tags, note.kind) == ("Cells & more", ("bio", "exam"), "html")
    assert read("<h2>Only a heading</h2>").note.title == "Only a heading"
    assert read("words").note.title == "cells"


def test_each_kind_of_block_is_told_apart_under_its_headings():
    found = read(PAGE)
    assert [kind for kind, _ in shape(found)] == [
        *("heading", "paragraph", "paragraph", "list", "paragraph", "table", "code"),
        *("heading", "quote", "list", "paragraph"),
    ]
    assert headings_of(found, "tail") == ("Cells all", "Next")
    leads = [TEXT[one.lead.start : one.lead.end] for one in found.blocks if one.lead]
    assert leads == ["The parts are:", "| part | size |", "```python"]
    (listed, table) = [one for one in found.blocks if one.kind in {"list", "table"}][:2]
    assert [TEXT[at:].split()[1] for at in listed.breaks] == ["one", "two", "deep", "deeper", "[x]"]
    assert [TEXT[at:].split()[1] for at in table.breaks] == ["part", "cell"]


PLACES = {
    **{"Cells all": 5, "A cell has": 6, "The parts": 7, "deep\n": 11, "- [x] done": 12},
    **{"| cell": 16, "x = 1": 20, "    y": 23, "tail": 30},
}


@pytest.mark.parametrize(("words", "line"), PLACES.items())
def test_a_citation_opens_on_the_files_own_line(words, line):
    assert place_of(read(PAGE), words) == f"/notes/cells.html (line {line})"


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td><h1>T</h1>one</td><td>two</td></tr></table>",
        "<table><tr><td>T<p>one</td><td><table><tr><td>two</table></td></tr></table>",
        "<table role=presentation><tr><td>T<td>one<td>two</table>",
        "<table><tr><td>T<tr><td>one<tr><td>two</table>",
    ],
)
def test_a_table_that_only_lays_a_page_out_is_read_as_text(html):
    found = read(html)
    assert "|" not in found.note.text
    assert found.note.text.lstrip("# ").split() == ["T", "one", "two"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b", "a\nb"),
        ("a&nbsp;b &#x41; &unknown; &amp;lt;", "a\xa0b A &unknown; &lt;"),
        ("<p>a <!-- x -- > --> b", "a b"),
        ("<p>a<!-- never closed", "a"),
        ("a<![CDATA[x]]>b", "ab"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("<a title='a > b'>x</a>", "x"),
        ('<a href="never closed>x</a> y', "x y"),
        ("<svg><title>no</title><text>no</text></svg>x", "x"),
        ("<ul hidden><li>no</ul><ol><li>x</ol>", "1. x"),
        ("<p>it&rsquo;s</p></div></ul></p>x", "it\u2019s\n\nx"),
        ("<xhtml:p>a</xhtml:p><p/>b<i/>c", "a\n\nbc"),
        ("<pre>a\r\n  ``` b\r\n</pre>", "````\na\n  ``` b\n````"),
        ("<ul><li>a<pre>b</pre>c<li>d</ul>", "- a\n\n```\nb\n```\n\nc\n\n- d"),
        ("<table><tr><td>x<td>y</table>a", "| x | y |\n\na"),
        ("<math alttext='x^2'><mi>x</mi></math>", "$x^2$"),
        ("<img alt='a plan' src=x>", "a plan"),
        ("<p>a<span aria-hidden=true>no</span>b</p>", "ab"),
    ],
)
def test_markup_of_all_kinds_reads_as_a_browser_shows_it(html, text):
    assert read(html).note.text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<title>T</title><ul><li>menu</ul><main>a<p>b</p></main><h1>end</h1>", "a\n\nb"),
        ("<ul><li>menu</ul><main></main>c", "- menu\n\nc"),
        ("<main>a</main>b<main>c</main>", "a\n\nb\n\nc"),
        ("<table><tr><td>x<td>y</table><main>a", "a"),
    ],
)
def test_of_a_page_with_a_main_part_only_that_is_read(html, text):
    assert read(html).note.text == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="windows-1251">Привет'.encode("cp1251"), "Привет"),
        ("<meta content='text/html; charset=iso-8859-1'>“naïve”".encode("cp1252"), "“naïve”"),
        ("<?xml version='1.0' encoding='shift_jis'?><p>機械".encode("shift_jis"), "機械"),
        ("\ufeff<meta charset=latin-1>é".encode(), "é"),
        ("<meta charset=utf-16>é".encode(), "é"),
        ("<meta charset=unicode_escape>\\u0041é".encode(), "\\u0041é"),
        ("<meta charset=no-such>é".encode(), "é"),
        ("<meta charset=ascii>“".encode("cp1252"), "“"),
        ("<p>été".encode("utf-16"), "été"),
    ],
)
def test_the_charset_is_the_marks_else_the_pages_own(data, text):
    assert read(data).note.text == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<script>x</script>", "no text to read"),
        (b"<p>\0", "binary"),
        (b"<b>" * (MAX_TAGS + 1), "tags; split it"),
    ],
)
def test_what_has_nothing_to_read_is_refused_with_the_reason(data, reason):
    with pytest.raises(NotesError, match=reason):
        read_as(HtmlReader(), "x.html", data)


PIECES = (
    *("<p>", "</p>", "<ul>", "<li>", "</ul>", "<ol start=x>", "<table>", "<tr>", "<td>", "<th>"),
    *("</table>", "</tr>", "<h1>", "</h1>", "<h3>", "<pre>", "</pre>", "<br>", "word ", " ", "\n"),
    *(
        "<nav>",
        "</nav>",
        "<div hidden>",
        "</div>",
        "<!--",
        "-->",
        "<",
        ">",
        '"',
        "='",
        "&amp",
        "&#0;",
    ),
    *("<script>", "</script>", "<title>", "<dl>", "<dt>", "<blockquote>", "<img alt=a>", "<sup>"),
    *('<a b="', "<!", "<![CDATA[", "]]>", "</", "<math alttext=x>", "```", "<title/>", "\x0c"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=200, deadline=None)
def test_anything_is_a_note_or_refused(html):
    check_or_refused(HtmlReader(), "x.html", html)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_note_or_refused(data):
    check_or_refused(HtmlReader(), "x.html", b"<meta charset=" + data)


GIANTS = (
    *(
        "<div>",
        "<ul><li>",
        "<table><tr><td>x",
        "<blockquote>",
        "</p>",
        "<b>x</i>",
        "<!--x>",
        "<a =",
    ),
    *("<![CDATA[x>", '<a b="', "<a b='>", "<", "&", "&#", "<?", "</", "<h1>x", "<li>x", "<td>x"),
    *(
        "x",
        "\n",
        "<pre>\n",
        "<br>",
        "<script>",
        "<title>",
        "<a " + "b=c " * 20,
        "<p hidden>",
        "<ul hidden>",
    ),
    *('<a ="" ', "<tr><td>x<td>y", "<dl><dd>x", "-- >", "<style>", "<math alttext=x>"),
)


@pytest.mark.parametrize("unit", GIANTS)
def test_giants_take_time_in_proportion_to_their_size(unit):
    """Deep, unclosed and unbalanced: nothing recurses, and nothing is looked for twice."""
    count = min(300_000 // len(unit), 12_000 if "<" in unit else 300_000)

    def read_giant(size):
        for end in ("", '="">">x'):
            with contextlib.suppress(NotesError):
                read_as(HtmlReader(), "x.html", "x<table></table>" + unit * size + end)

    check_linear(read_giant, count)
