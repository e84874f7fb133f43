r"""What Obsidian and its like add to Markdown, as rules of markdown-it.

Blocks: formulas (`$$`, `\[ \]`), comments (`%%`) and footnotes. Inline: `[[note|alias]]` and
`![[embed]]`. What opens and never closes is no block: a lone `$$` must not swallow the note.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_FENCES = {"$$": ("$$", "math"), "\\[": ("\\]", "math"), "%%": ("%%", "comment")}
_FOOTNOTE = re.compile(r"\[\^[^\s\]]{1,100}\]:")
_WIKI_LINK = re.compile(r"\[\[(?P<target>[^\[\]|\n]{1,500})(?:\|(?P<alias>[^\[\]\n]{0,500}))?\]\]")
_STARTS = re.compile(r"#{1,6}[ \t]|`{3}|~{3}")


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
