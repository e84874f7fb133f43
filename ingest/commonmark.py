r"""Markdown -> its blocks as exact spans, with the headings above each.

markdown-it-py says which lines a block takes (`Token.map`); the text itself is never taken from
the parser, which normalises it, but always from the note. Lines that the parser consumes without
a token (link reference definitions) become blocks of their own, so that no line is lost. What
stands inside a line is parsed only where something is read off it: a title, an image.

What Obsidian and its like add are rules of markdown-it: formulas (`$$`, `\[ \]`), comments (`%%`)
and footnotes, `[[note|alias]]` and `![[embed]]`. What opens and never closes is no block: a lone
`$$` must not swallow the note.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ingest.document import Headings, lead_in
from ingest.text import NEWLINE, Lines
from ingest.types import Block
from rag.types import Span

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
    "comment": "meta",
}
"""markdown-it's names of blocks, where `ingest.types.Block` has another one."""

_PIECES = {"list_item_open", "tr_open", "paragraph_open"}
"""Tokens inside a list, table or quote before which it may be cut. In lists items are enough."""

_CALLOUT = re.compile(r"[ \t]*>[ \t]?\[![^\]\r\n]+\]")
_BLOCK_ID = re.compile(r"(?<!\s)\s+\^[A-Za-z0-9-]+\Z")

_LONGEST = 20_000
"""Characters of a line that the parser sees. Which block a line belongs to, its beginning says."""

_LONGEST_PARSED = 20_000
"""Characters of a paragraph that are looked through for images."""

_MOST_MARKS = 150_000
"""Lines, cells and markers of a text that is parsed: each is a token or more, which take 20 us."""

_FENCES = {"$$": ("$$", "math"), "\\[": ("\\]", "math"), "%%": ("%%", "comment")}
_FOOTNOTE = re.compile(r"\[\^[^\s\]]{1,100}\]:")
_WIKI_LINK = re.compile(r"\[\[(?P<target>[^\[\]|\n]{1,500})(?:\|(?P<alias>[^\[\]\n]{0,500}))?\]\]")
_STARTS = re.compile(r"#{1,6}[ \t]|`{3}|~{3}")


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables, and what Obsidian adds; inline text is left for `_read_inline`."""
    parser = MarkdownIt("commonmark", {"maxNesting": 30}).enable(["table", "strikethrough"])
    with_extensions(parser).parse("x")  # its rules are put together once, before threads share it
    return parser.disable("inline")


def is_readable(text: str) -> bool:
    """False for what would take minutes: megabytes of nothing but list items or table cells."""
    return sum(text.count(mark) for mark in ("\n", "\r", "|", "- ", "* ", "+ ", ">")) <= _MOST_MARKS


def parse(text: str) -> list[Token]:
    """Tokens of a note's body, with the lines they take in the note.

    Of inline tokens those have children that are titles, or may hold an image.
    """
    meta = _front_matter_lines(text)
    lines = Lines(text)
    env: dict[str, object] = {}
    body = _bounded(text[lines.offset(meta) :], lines.longest)
    tokens = _parser().parse("\n" * meta + body, env)
    before = None
    for token in tokens:
        is_title = before is not None and before.type == "heading_open"
        if token.type == "inline" and (is_title or "![" in token.content):
            token.children = []
            content = token.content[:_LONGEST_PARSED]
            _parser().inline.parse(content, _parser(), env, token.children)
        before = token
    return tokens


def front_matter(text: str) -> str | None:
    """The YAML between the `---` lines that open a note; None if it has none."""
    match = _FRONT_MATTER.match(text)
    return (match["yaml"] or "") if match else None


def blocks(text: str, tokens: Sequence[Token] | None = None) -> list[Block]:
    """The blocks of `text`, in order. What lies between them (link definitions) has no token.

    `tokens` are those of `parse`, where they are at hand.
    """
    lines = Lines(text)
    found = [Block("meta", 0, lines.offset(meta))] if (meta := _front_matter_lines(text)) else []
    for block in _top_level(parse(text) if tokens is None else tokens, lines):
        found.append(_with_lead(block, text, lines, found[-1] if found else None))
    return found


def _bounded(body: str, longest: int) -> str:
    if longest <= _LONGEST:
        return body
    return "\n".join(line[:_LONGEST] for line in NEWLINE.split(body))


def _front_matter_lines(text: str) -> int:
    match = _FRONT_MATTER.match(text)
    return Lines(text[: match.end()]).number(match.end()) if match else 0


def _top_level(tokens: Sequence[Token], lines: Lines) -> Iterator[Block]:
    above = Headings()
    for place, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        kind = token.type.removesuffix("_open")
        if kind == "heading":
            above.enter(int(token.tag[1]), plain_text(tokens[place + 1]))
        start, end = map(lines.offset, token.map)
        breaks = tuple(map(lines.offset, _breaks(tokens, place)))
        yield Block(_KINDS.get(kind, kind), start, end, above.path, breaks)


def _breaks(tokens: Sequence[Token], place: int) -> Iterator[int]:
    """First lines of the items, rows or paragraphs of what begins at `place`."""
    is_quote = tokens[place].type == "blockquote_open"
    for at in range(place + 1, len(tokens)):  # a slice would copy the rest of the note each time
        token = tokens[at]
        if token.level == 0:
            break
        if token.map and token.type in _PIECES and (is_quote or token.type != "paragraph_open"):
            yield token.map[0]


def _with_lead(block: Block, text: str, lines: Lines, before: Block | None) -> Block:
    """The block with the words that its later pieces are not understood without."""
    first = lines.number(block.start) - 1
    kind, lead = block.kind, None
    if kind == "table":
        lead = _lines_span(text, block.start, lines.offset(first + 2))
    elif kind == "code" and text[block.start : block.end].lstrip()[:3] in {"```", "~~~"}:
        lead = _lines_span(text, block.start, lines.offset(first + 1))
    elif kind == "quote" and _CALLOUT.match(text, block.start, block.end):
        kind, lead = "callout", _lines_span(text, block.start, lines.offset(first + 1))
    elif kind == "list":
        lead = lead_in(text, before, block.start)
    return Block(kind, block.start, block.end, block.headings, block.breaks, lead)


def _lines_span(text: str, start: int, end: int) -> Span:
    return Span(start, start + len(text[start:end].rstrip("\r\n")))


def plain_text(inline: Token) -> str:
    """What a reader sees of an inline token: no emphasis marks, no link targets, no block id."""
    children = inline.children or []
    words = "".join(child.content or " " for child in children if _is_text(child))
    return _BLOCK_ID.sub("", words.strip())


def _is_text(token: Token) -> bool:
    return token.type in {"text", "code_inline", "softbreak", "hardbreak", "image", "embed"}


def with_extensions(parser: MarkdownIt) -> MarkdownIt:
    """The parser, with rules for what is described above."""
    ends: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("code", "walled", _walled, ends)
    parser.block.ruler.before("reference", "footnote", _footnote, ends)
    parser.inline.ruler.before("link", "wiki", _wiki)
    return parser


def _words(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _walled(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""A block between two marks: `$$ ... $$`, `\[ ... \]` or `%% ... %%`."""
    words = _words(state, start)
    opening = words[:2]
    if opening not in _FENCES or state.is_code_block(start) or words[2:3] == opening[0]:
        return False
    closing, kind = _FENCES[opening]
    last = _closed(state, start, end, closing)
    if last is None:
        return False
    if not silent:
        token = state.push(kind, "", 0)
        token.map = [start, last]
        state.line = last
    return True


def _closed(state: StateBlock, start: int, end: int, closing: str) -> int | None:
    """The line after the one that ends with `closing`.

    A mark with words behind it is closed before the next blank line, or it is text.
    """
    words = _words(state, start)
    if len(words) > 2 and closing in words[2:]:
        return start + 1 if words.endswith(closing) and words.count(closing, 2) == 1 else None
    # Lines that are known to hold no end are not looked at again, so this stays linear.
    known: dict[tuple[str, bool], tuple[int, int]] = state.env.setdefault("endless", {})
    key = (closing, len(words) > 2)
    low, high = known.get(key, (end, end))
    line = high if low <= start < high else start + 1
    while line < end:
        found = _words(state, line)
        if found.endswith(closing):
            return line + 1
        if (not found and len(words) > 2) or (found and state.sCount[line] < state.blkIndent):
            break
        line += 1
    known[key] = (min(low, start), line)
    return None


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`[^1]: words`, the lines that go on with them, and paragraphs indented below."""
    if state.is_code_block(start) or not _FOOTNOTE.match(_words(state, start)):
        return False
    if silent:
        return True
    margin, last = state.sCount[start], start + 1
    for line in range(start + 1, end):
        words, is_inside = _words(state, line), state.sCount[line] >= margin + 2
        goes_on = line == last and not _FOOTNOTE.match(words) and not _STARTS.match(words)
        if words and not (is_inside or goes_on):
            break
        if words:
            last = line + 1
    token = state.push("footnote", "", 0)
    token.map = [start, last]
    state.line = last
    return True


def _wiki(state: StateInline, silent: bool) -> bool:
    """`[[note#heading|alias]]` reads as its alias, else as Obsidian shows it."""
    is_embed = state.src.startswith("![[", state.pos)
    found = _WIKI_LINK.match(state.src, state.pos + is_embed)
    if not found or found.end() > state.posMax:
        return False
    if not silent:
        token = state.push("embed" if is_embed else "text", "", 0)
        shown = found["alias"] or found["target"].strip("#").replace("#", " > ")
        token.content = shown.strip()
        if is_embed:
            token.attrs["src"] = found["target"].partition("#")[0].strip()
    state.pos = found.end()
    return True
