"""Markdown -> its blocks as exact spans, with the headings above each.

markdown-it-py says which lines a block takes (`Token.map`); the text itself is never taken from
the parser, which normalises it, but always from the note. Lines that the parser consumes without
a token (link reference definitions) become blocks of their own, so that no line is lost.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.lines import Lines
from ingest.types import Block

_FRONT_MATTER = re.compile(
    # A blank line after the dashes makes them a rule across the page, as pandoc has it.
    r"\A\ufeff?---[ \t]*(?:\r\n?|\n)(?![ \t]*[\r\n])"
    r"(?P<yaml>.*?(?:\r\n?|\n))?(?:---|\.\.\.)[ \t]*(?=\r|\n|\Z)",
    re.S,
)

_KINDS = {
    "bullet_list": "list",
    "ordered_list": "list",
    "fence": "code",
    "code_block": "code",
    "blockquote": "quote",
    "html_block": "html",
}
"""markdown-it's names of blocks, where `ingest.types.Block` has a wider one."""


def parse(text: str) -> list[Token]:
    """Tokens of a note's body, with the lines they take in the note.

    CommonMark with tables is what people's notes are written in.
    """
    meta = _front_matter_lines(text)
    body = "\n" * meta + text[Lines(text).offset(meta) :]
    return MarkdownIt("commonmark", {"maxNesting": 30}).enable("table").parse(body)


def front_matter(text: str) -> str | None:
    """The YAML between the `---` lines that open a note; None if it has none."""
    match = _FRONT_MATTER.match(text)
    return (match["yaml"] or "") if match else None


def blocks(text: str) -> list[Block]:
    """The blocks of `text`, in order. What lies between them (link definitions) has no token."""
    lines = Lines(text)
    found = list(_top_level(parse(text), lines))
    if meta := _front_matter_lines(text):
        found.insert(0, Block("meta", 0, lines.offset(meta)))
    return found


def _front_matter_lines(text: str) -> int:
    match = _FRONT_MATTER.match(text)
    return Lines(text).number(match.end()) if match else 0


def _top_level(tokens: Sequence[Token], lines: Lines) -> Iterator[Block]:
    path: list[tuple[int, str]] = []
    for place, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        kind = token.type.removesuffix("_open")
        if kind == "heading":
            level = int(token.tag[1])
            path = [entry for entry in path if entry[0] < level]
            path.append((level, plain_text(tokens[place + 1])))
        headings = tuple(title for _, title in path if title)
        start, end = map(lines.offset, token.map)
        breaks = tuple(map(lines.offset, _breaks(tokens, place)))
        yield Block(_KINDS.get(kind, kind), start, end, headings, breaks)


def _breaks(tokens: Sequence[Token], place: int) -> Iterator[int]:
    """First lines of the items of a list, or of the rows of a table, that begins at `place`."""
    for token in tokens[place + 1 :]:
        if token.level == 0:
            break
        if token.type in {"list_item_open", "tr_open"} and token.map:
            yield token.map[0]


def plain_text(inline: Token) -> str:
    """What a reader sees of an inline token: no emphasis marks, no link targets."""
    children = inline.children or []
    return "".join(child.content or " " for child in children if _is_text(child)).strip()


def _is_text(token: Token) -> bool:
    return token.type in {"text", "code_inline", "softbreak", "hardbreak", "image"}
