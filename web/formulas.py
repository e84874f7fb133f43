r"""Formulas in a model's Markdown: kept as TeX for the page's KaTeX, whatever Markdown is in them.

Models write `\(x\)`, `\[x\]`, `$x$` and `$$x$$`; all leave here as the first two, the only ones
that the page is told of, so that a price stays one. A dollar begins a formula as Pandoc has it: no
blank after it, none before the closing one, and no digit after that.
"""

import html
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from web.claims import bounds_of

DELIMITERS: tuple[dict[str, str | bool], ...] = (
    {"left": r"\(", "right": r"\)", "display": False},
    {"left": r"\[", "right": r"\]", "display": True},
)
"""As Gradio's chat takes them."""

_DISPLAY = r"\$\$(.{1,4000}?)\$\$|\\\[(.{1,4000}?)\\\]"
_INLINE = re.compile(
    rf"{_DISPLAY}|\\\((.{{1,2000}}?)\\\)|\$((?!\s)[^$\n]{{1,500}}?(?<![\s\\]))\$(?!\d)", re.DOTALL
)
_BLOCK = re.compile(rf"(?:{_DISPLAY})[ \t]*(?:\n|$)", re.DOTALL)


def add_formulas(parser: MarkdownIt) -> None:
    """Have `parser` know formulas."""
    parser.inline.ruler.before("escape", "formula", _inline)
    parser.block.ruler.before("fence", "formula", _block, {"alt": ["paragraph", "list"]})
    parser.add_render_rule("formula", _rendered)


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = _INLINE.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        _put(state.push("formula", "", 0), match)
    state.pos = match.end()
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith(("$$", "\\["), begin):
        return False
    match = _BLOCK.match(state.src, begin, state.eMarks[end - 1])
    if not match:
        return False
    if not silent:
        _put(state.push("formula", "", 0), match)
        state.line = start + match[0].rstrip("\n").count("\n") + 1
    return True


def _put(token: Token, match: re.Match[str]) -> None:
    token.content = next(filter(None, match.groups()))
    token.markup = "[]" if match[1] or match[2] else "()"


def _rendered(
    _: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[place]
    left, right = token.markup[0], token.markup[1]
    before, tex, after = bounds_of(token.content)
    kind = "formula display" if left == "[" else "formula"
    return f'{before}<span class="{kind}">\\{left}{html.escape(tex)}\\{right}</span>{after}'
