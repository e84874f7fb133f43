"""Markdown -> its blocks as exact line spans, with the headings above each.

markdown-it-py says which lines a block takes (`Token.map`); the text itself is never taken from
the parser, which normalises it, but always from the note. Lines that the parser consumes without
a token (link reference definitions) become blocks of their own, so that no line is lost.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_NEWLINE = re.compile(r"\r\n?|\n")
_FRONT_MATTER = re.compile(
    # A blank line after the dashes makes them a rule across the page, as pandoc has it.
    r"\A\ufeff?---[ \t]*(?:\r\n?|\n)(?![ \t]*[\r\n])"
    r"(?P<yaml>.*?(?:\r\n?|\n))?(?:---|\.\.\.)[ \t]*(?=\r|\n|\Z)",
    re.S,
)


def split_lines(text: str) -> list[str]:
    """Lines without their ends, numbered as a chunk's are (`str.splitlines` knows more ends)."""
    lines = _NEWLINE.split(text)
    return lines if lines[-1] else lines[:-1]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `[first, last)` of a note, from 0, under `headings`; `breaks` are lines to cut at."""

    kind: str
    first: int
    last: int
    headings: tuple[str, ...]
    breaks: tuple[int, ...] = ()


class Lines:
    """Where the lines of a text begin, as markdown-it counts them."""

    def __init__(self, text: str) -> None:
        ends = [match.end() for match in _NEWLINE.finditer(text)]
        if ends and ends[-1] == len(text):
            ends.pop()
        self.starts = [0, *ends]
        self._length = len(text)

    def offset(self, line: int) -> int:
        """Character at which `line` (from 0) begins; the text's length past the last line."""
        return self.starts[line] if line < len(self.starts) else self._length

    def number(self, offset: int) -> int:
        """Line, from 1, of the character at `offset`."""
        return bisect_right(self.starts, offset)


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
    """All blocks of `text`, in order; every line that is not blank lies in exactly one."""
    found = list(_top_level(parse(text)))
    if meta := _front_matter_lines(text):
        found.insert(0, Block("front_matter", 0, meta, ()))
    return list(_without_gaps(found, text, Lines(text)))


def _front_matter_lines(text: str) -> int:
    match = _FRONT_MATTER.match(text)
    return Lines(text).number(match.end()) if match else 0


def _top_level(tokens: Sequence[Token]) -> Iterator[Block]:
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
        first, last = token.map
        yield Block(kind, first, last, headings, _breaks(tokens, place))


def _breaks(tokens: Sequence[Token], place: int) -> tuple[int, ...]:
    """First lines of the items of a list, or of the rows of a table, that begins at `place`."""
    breaks = []
    for token in tokens[place + 1 :]:
        if token.level == 0:
            break
        if token.type in {"list_item_open", "tr_open"} and token.map:
            breaks.append(token.map[0])
    return tuple(breaks)


def plain_text(inline: Token) -> str:
    """What a reader sees of an inline token: no emphasis marks, no link targets."""
    children = inline.children or []
    return "".join(child.content or " " for child in children if _is_text(child)).strip()


def _is_text(token: Token) -> bool:
    return token.type in {"text", "code_inline", "softbreak", "hardbreak", "image"}


def _without_gaps(found: Sequence[Block], text: str, lines: Lines) -> Iterator[Block]:
    position = 0
    headings: tuple[str, ...] = ()
    end = Block("end", len(lines.starts), len(lines.starts), ())
    for block in [*found, end]:
        gap = text[lines.offset(position) : lines.offset(block.first)]
        if gap.strip():
            yield Block("paragraph", position, block.first, headings)
        if block is not end:
            yield block
        position, headings = max(position, block.last), block.headings
