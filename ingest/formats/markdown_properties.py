"""What Logseq and Notion write above and between the words of a note.

Logseq keeps a page as one outline of bullets, with `key:: value` lines at its head and below
bullets. Notion writes `Key: value` lines under the first heading, and a long id into the name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, takewhile

from markdown_it.token import Token

from ingest.formats.commonmark import plain_text
from ingest.lines import Lines, split_lines
from ingest.types import Block
from rag.types import Span

_PROPERTY = re.compile(r"[ \t]*(?:[-*+][ \t]+)?(?P<key>[\w./-]{1,60})::(?:[ \t]+(?P<value>.*))?\Z")
_MACRO = re.compile(r"[ \t]*(?:[-*+][ \t]+)?\{\{.*\}\}[ \t]*\Z")
_NOTION_ID = re.compile(r"[ _-][0-9a-f]{32}\Z")
_NOTION_LINE = re.compile(r"(?P<key>[^:\n]{1,60}): (?P<value>.+)\Z")


def page_properties(text: str) -> Mapping[str, str]:
    """The `key:: value` lines that a note begins with, by key in lower case."""
    head = split_lines(text.lstrip("\ufeff\r\n")[:10_000])
    matches = takewhile(bool, map(_PROPERTY.match, head))
    return {found["key"].lower(): found["value"] or "" for found in matches if found}


def outline(text: str, tokens: Sequence[Token], found: Sequence[Block]) -> list[Block]:
    """The blocks of a note; of a Logseq page each bullet of the first level is a block.

    The first line of such a bullet goes with what is cut from below it, and as a heading it names
    that. Bullets and paragraphs of nothing but properties and queries are "meta".
    """
    marked = [_without_properties(block, text, is_first=not at) for at, block in enumerate(found)]
    is_page = {block.kind for block in marked} <= {"list", "meta"}
    if not is_page or not any(word in text for word in (":: ", "{{")):
        return marked
    lines = Lines(text)
    rest = [block for block in marked if block.kind == "meta"]
    return sorted([*rest, *_bullets(text, tokens, lines)], key=lambda block: block.start)


def notion_title(stem: str) -> str:
    """A file's name without its ending, and without the id that Notion puts there."""
    return _NOTION_ID.sub("", stem) or stem


def notion_properties(text: str, stem: str, found: Sequence[Block]) -> Mapping[str, str]:
    """The `Key: value` lines under the first heading of a page that Notion wrote."""
    is_export = bool(_NOTION_ID.search(stem)) and len(found) > 1 and found[0].kind == "heading"
    if not is_export or found[1].kind != "paragraph":
        return {}
    matches = map(_NOTION_LINE.match, split_lines(text[found[1].start : found[1].end]))
    return {match["key"].lower(): match["value"] for match in matches if match}


def _without_properties(block: Block, text: str, *, is_first: bool) -> Block:
    """A paragraph of nothing but properties is none, where Logseq has them: it is "meta"."""
    is_one = block.kind == "paragraph" and is_first
    if is_one and _says_nothing(text[block.start : block.end]):
        return Block("meta", block.start, block.end, block.headings)
    return block


def _says_nothing(words: str) -> bool:
    said = [line for line in split_lines(words) if line.strip(" \t-*+")]
    return bool(said) and all(_PROPERTY.match(line) or _MACRO.match(line) for line in said)


def _bullets(text: str, tokens: Sequence[Token], lines: Lines) -> Iterator[Block]:
    starts = [at for at, token in enumerate(tokens) if _is_bullet(token, level=1)]
    for at, after in pairwise([*starts, len(tokens)]):
        first, last = tokens[at].map or (0, 0)
        start, end = lines.offset(first), lines.offset(last)
        if _says_nothing(text[start:end]):
            yield Block("meta", start, end)
            continue
        below = [
            token.map[0] for token in tokens[at + 1 : after] if token.map and _is_bullet(token)
        ]
        title = plain_text(tokens[at + 2]) if tokens[at + 1].type == "heading_open" else ""
        head = text[start : lines.offset(first + 1)].rstrip()
        lead = Span(start, start + len(head)) if below else None
        breaks = tuple(map(lines.offset, below))
        yield Block("list", start, end, (title,) if title else (), breaks, lead)


def _is_bullet(token: Token, level: int | None = None) -> bool:
    return token.type == "list_item_open" and level in {None, token.level}
