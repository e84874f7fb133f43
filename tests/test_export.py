"""Export: Markdown whose only links are its citations, whatever notes and models write."""

import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from fakes import make_chunk
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.chats.export import file_name, to_markdown
from rag.chats.kept import Chat, ChatInfo, Kept
from rag.chats.staleness import Change, CitedNow
from rag.types import Anchor, Answer, Chunk, Citation, Status

CLARIFY = make_chunk("- Explains bias\n- Debugs", "Clarify", path="/my notes/aws.md")
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])  # HTML, pictures: all it knows


def chat(
    text: str = "Clarify does [1].",
    question: str = "What explains bias?",
    title: str = "Bias",
    chunk: Chunk = CLARIFY,
    **changes: Any,
) -> Chat:
    """A conversation of one answer that cites all of a passage but its first two characters."""
    cited = (Citation(1, chunk, 2, len(chunk.text)),)
    answer = Answer(question, question, text, Status.ANSWERED, "a script", cited)
    kept = (Kept(1, 0.0, replace(answer, **changes)),)
    return Chat(ChatInfo(7, title, 0.0, 0.0, 1), kept)


def links(markdown: str) -> list[str]:
    """What the links of a document point at."""
    inline = [child for token in PARSER.parse(markdown) for child in token.children or []]
    return [unquote(str(token.attrs["href"])) for token in inline if token.type == "link_open"]


def seen(markdown: str) -> str:
    """The words of a document as they are read."""
    return unescape(re.sub(r"<[^>]*>", " ", PARSER.render(markdown)))


def test_question_answer_and_cited_lines_are_there_and_the_citation_is_a_link():
    markdown = to_markdown(chat())
    assert links(markdown) == ["/my notes/aws.md#L1"] * 2
    assert "Clarify does [1](/my%20notes/aws.md#L1)." in markdown
    html = PARSER.render(markdown)
    assert "<h1>Bias</h1>\n<h2>What explains bias?</h2>" in html
    assert re.search(r"<blockquote>\s*<p>Explains bias<br />\s*- Debugs</p>", html)
    assert "/my notes/aws.md:1" in seen(markdown)
    assert "answered by a script" in seen(markdown)


PDF, DECK, PAGE = ((Anchor(0, name),) for name in ("page 12", "slide 3", "x"))
WEB = "https://example.org/a?b=(c)&d"


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"start_line": 40, "end_line": 41}, "/my notes/aws.md#L40"),
        ({"note_path": "/n/a.pdf", "anchors": PDF}, "/n/a.pdf#page=12"),
        ({"note_path": "/n/a.pptx", "anchors": DECK}, "/n/a.pptx"),
        ({"note_path": WEB, "anchors": PAGE}, WEB),
        ({"note_path": "C:/my notes/aws.md"}, "/C:/my notes/aws.md#L1"),
        ({"note_path": "javascript:alert(1)"}, "/javascript:alert(1)#L1"),
        ({"note_path": "/a)](http://x/"}, "/a)](http://x/#L1"),
        ({"note_path": "/a\n# b"}, "/a\n# b#L1"),
        ({"note_path": "/<b>`*"}, "/<b>`*#L1"),
        ({"note_path": "//evil/a"}, "/evil/a#L1"),
    ],
)
def test_a_link_opens_the_place_and_no_path_is_another_link(changes, target):
    markdown = to_markdown(chat(chunk=replace(CLARIFY, **changes)))
    assert links(markdown) == [target] * 2
    if target != WEB:
        assert_safe(markdown)


def test_how_an_answer_ended_and_what_has_changed_since_is_said():
    ended = chat(status=Status.INTERRUPTED, notice="the server went away")
    since = CitedNow(1, Change.CHANGED, "/a.md:3", 3, 3, "Explains *drift*")
    kept = replace(ended.exchanges[0], cited=(since,))
    words = seen(to_markdown(replace(ended, exchanges=(kept,)), chat(title="Two")))
    assert "This has changed; at /a.md:3 it now says: Explains *drift*" in words
    assert "The answer was interrupted." in words
    assert "the server went away" in words
    assert words.index("Bias") < words.index("This has changed") < words.index("Two")


def test_lists_tables_emphasis_and_code_of_an_answer_stay():
    text = (
        "Use **these** [1]:\n\n1. `a[0] <b>`\n2. two\n\n| a | b |\n|---|---|\n| c | d |\n\n"
        "   ```python\n   x[0] = '<b>'\n   ```\nand so on"
    )
    html = PARSER.render(to_markdown(chat(text)))
    for piece in ("<strong>these</strong>", "<code>a[0] &lt;b&gt;</code>", "<td>d</td>"):
        assert piece in html
    assert "<code class=\"language-python\">   x[0] = '&lt;b&gt;'\n</code>" in html
    assert "<p>and so on</p>" in html


def test_a_number_that_was_not_cited_is_no_link():
    markdown = to_markdown(chat("So [2], and [1] and [3]."))
    assert len(links(markdown)) == 2
    assert "So [2], and 1 and [3]." in " ".join(seen(markdown).split())


# What cannot break out

HOSTILE = [
    "![x](http://evil.example/a.png)",
    "[x](http://evil.example)",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<http://evil.example>",
    "&lt;b&gt;",
    "[x]: http://evil.example\n\n[x]",
    "# Heading",
    "Heading\n===",
    "Heading\n---",
    "- Heading\n  ---",
    "> Heading\n> ===",
    "```",
    "~~~",
    "- ```",
    "- ~~~ x ~~~",
    "    ```\n",
    "```\n<b>",
    "````\n```\n<b>\n````",
    "``` `\n<b>",
    "\\`<b>`",
    "`\n`<b>`",
    "`` ` ``<b>",
    "a `b\nc` <b> `d",
    "\\[1] \\![x](y)",
    "[1][x](y)",
    "[1](http://evil.example)",
    "]([1]",
    "<!-- \n\n -->",
    "<![CDATA[",
    "\u2028# x",
    "\r# x\r\n<b>",
    "\x00<b>",
    "*[1]*",
    "- # Heading",
    "1. # Heading",
    "\t# Heading",
    "*\t```",
    "+ > ~~~",
]
PIECES = st.sampled_from(
    [
        *HOSTILE,
        *"`~<>&[]()!#=-*_|:+.1\\\n\r\t ",
        "[1]",
        "```",
        "~~~",
        "http://e",
        "\n\n",
        "x",
        "    ",
    ]
)
TEXT = st.lists(PIECES, max_size=12).map("".join)


def assert_safe(markdown: str) -> None:
    """Nothing but the links, headings and blocks that an export has."""
    tokens = PARSER.parse(markdown)
    inline = [child for token in tokens for child in token.children or []]
    kinds = {token.type for token in [*tokens, *inline]}
    assert not kinds & {"html_block", "html_inline", "image"}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2"]
    assert all(re.match("/[^/]", link) for link in links(markdown))
    assert tokens[-1].type == "paragraph_close"  # the line on when it was asked
    assert "Asked" in tokens[-2].content


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["text", "question", "title", "model", "notice", "note"])
def test_nothing_that_was_written_is_more_than_text(text, place):
    chunk = make_chunk(f"- {text}", text, path=f"/{text}.md")
    of_note: dict[str, Any] = {"chunk": chunk} if place == "note" else {place: text}
    markdown = to_markdown(chat(**of_note))
    assert_safe(markdown)
    if place == "note":
        assert [word for word in re.findall(r"\w+", text) if word not in seen(markdown)] == []


@given(TEXT)
@settings(max_examples=400)
@example("`\n`<b>`")
def test_no_answer_however_mixed_is_more_than_it_may_be(text):
    markdown = to_markdown(chat(text))
    assert_safe(markdown)
    assert set(links(markdown)) == {"/my notes/aws.md#L1"}


@given(st.text(), TEXT)
@settings(max_examples=100)
def test_no_note_and_no_question_however_mixed_is_more_than_text(question, text):
    chunk = make_chunk(f"- {text}", path=f"/{text}.md")
    markdown = to_markdown(chat(question=question, title=question, chunk=chunk))
    assert_safe(markdown)
    assert len(links(markdown)) == 2


# Names of files


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("What explains bias?", "What explains bias 7.md"),
        ("../../etc/passwd", "etc passwd 7.md"),
        ("a/b\\c:d*e\x00f\n", "a b c d e f 7.md"),
        ("", "conversation 7.md"),
        ("...", "conversation 7.md"),
        ("CON", "CON 7.md"),
        ("Größe der Bäume", "Größe der Bäume 7.md"),
        ("𠀀" * 90, "𠀀" * 60 + " 7.md"),
    ],
)
def test_a_conversation_has_a_name_that_every_file_system_takes(title, name, tmp_path):
    assert file_name(chat(title=title)) == name
    (tmp_path / name).write_text("")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@given(st.text())
def test_no_title_leads_out_of_its_folder(title):
    name = file_name(chat(title=title))
    assert re.fullmatch(r"[\w -]+ 7\.md", name)
    assert len(name.encode(errors="surrogatepass")) <= 255
