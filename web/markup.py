r"""A model's Markdown -> HTML that shows what the model wrote and loads nothing.

The model repeats what stands in notes, and notes come from anywhere. So HTML, images and links stay
the text they are; only `[1]` becomes a link, to the passage it cites. Sentences that the notes do
not carry are marked. Formulas are kept as TeX for the page's KaTeX, whatever Markdown is in them:
models write `\(x\)`, `\[x\]`, `$x$` and `$$x$$`; all leave here as the first two, the only ones
that the page is told of, so that a price stays one. A dollar begins a formula as Pandoc has it: no
blank after it, none before the closing one, and no digit after that.
"""

import html
import re
from collections.abc import Collection, Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from rag.types import Claim, Grounding
from web.translation import gettext as _

# The offsets of a claim count in the model's Markdown, of which the HTML keeps no trace. So claims
# are bounded by two characters that stand in no text (Unicode keeps them for a program's own use),
# which Markdown leaves where they are, and these become marks once the HTML is made.
_BEGIN = {Grounding.WEAK: "\ufdd0", Grounding.NOT_FOUND: "\ufdd1"}
_END = "\ufdd2"
_BOUNDS = re.compile("([\ufdd0-\ufdd2])")
# Markup before the first word or after the last would not be read as markup beside a bound, and
# neither would a citation or the number of a list item.
_WORD = re.compile(r"\[\d{1,3}\]|^[ \t>]*\d{1,9}[.)](?=\s)|([^\W_]+(?:[.!?…]+|;)?)", re.MULTILINE)
_TAG = re.compile(r"(<[^>]*>)")


def bounded(text: str, claims: Sequence[Claim] = ()) -> str:
    """`text` with a bound at both ends of each claim that is not grounded."""
    text = _BOUNDS.sub("\ufffd", text)
    pieces, at = [], 0
    for claim in sorted(claims, key=lambda claim: claim.start):
        begin = _BEGIN.get(claim.grounding)
        found = [
            match for match in _WORD.finditer(text, max(at, claim.start), claim.end) if match[1]
        ]
        if begin and found:
            start, end = found[0].start(1), found[-1].end(1)
            pieces += [text[at:start], begin, text[start:end], _END]
            at = end
    return "".join([*pieces, text[at:]])


def bounds_of(text: str) -> tuple[str, str, str]:
    """The bounds in `text` where a claim begins, it without any, and those where one ends.

    For what takes no mark within itself, such as a formula.
    """
    found = _BOUNDS.findall(text)
    begins = "".join(bound for bound in found if bound != _END)
    return begins, _BOUNDS.sub("", text), "".join(bound for bound in found if bound == _END)


def _marked(markup: str) -> str:
    """HTML whose text holds bounds -> HTML in which what stands between them is marked.

    A claim may begin within an element and end without, so each piece of its text is marked for
    itself; what a screen reader is told stands once, at its end.
    """
    pieces, open_claim, in_link = [], "", False
    for piece in _TAG.split(markup):
        if piece.startswith("<"):
            in_link = piece.startswith("<a ") or (in_link and piece != "</a>")
            pieces.append(_BOUNDS.sub("", piece))
            continue
        for text in _BOUNDS.split(piece):
            if text == _END:
                pieces.append(_remark(open_claim))
                open_claim = ""
            elif _BOUNDS.match(text):
                open_claim = text
            elif open_claim and text and not in_link and (text.strip() or "\n" not in text):
                pieces.append(_mark(open_claim, text))
            else:
                pieces.append(text)
    return "".join(pieces)


def _mark(begin: str, text: str) -> str:
    if begin == _BEGIN[Grounding.WEAK]:
        more = _(
            "Your notes carry this sentence only in part: read the source before you rely on it."
        )
        return f'<span class="claim weak" title="{more}">{text}</span>'
    return f'<span class="claim missing" title="{_missing()}">{text}</span>'


def _remark(begin: str) -> str:
    """What follows a claim that began so; empty where none did."""
    if not begin:
        return ""
    if begin == _BEGIN[Grounding.WEAK]:
        weak = _("your notes carry this only in part")
        return f'<span class="aside unseen"> ({weak})</span>'
    missing = _("not in your notes")
    return f'<span class="aside missing" title="{_missing()}">{missing}</span>'


def _missing() -> str:
    return _("No passage that was read says this: the model may have made it up.")


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


_REFERENCE = re.compile(r"\[(\d{1,3})\]")


def anchor(number: int) -> str:
    """The id of the card that shows source `number`."""
    return f"src-{number}"


def markdown_html(text: str, numbers: Collection[int] = (), claims: Sequence[Claim] = ()) -> Markup:
    """One line of safe HTML. `[n]` is a link where `n` is among `numbers`; doubts are marked.

    One line, since Gradio reads it as Markdown again, in which HTML ends at a blank line.
    """
    rendered: str = _PARSER.render(bounded(text, claims), {"numbers": numbers})
    return Markup(markup_line(_marked(rendered)))  # noqa: S704 (all text in it is escaped)


def markup_line(markup: str) -> str:
    """`markup` with its line ends written as entities, which look the same."""
    return re.sub(r"\r\n?|\n", "&#10;", markup)


def _text(
    _: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType
) -> str:
    def link(match: re.Match[str]) -> str:
        if int(match[1]) not in env["numbers"]:
            return match[0]
        # The brackets are hidden by the style sheet, but are there when the answer is copied.
        return f'<a class="cite" href="#{anchor(int(match[1]))}"><i>[</i>{match[1]}<i>]</i></a>'

    return _REFERENCE.sub(link, html.escape(tokens[place].content))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    parser.disable(["image", "link", "autolink", "reference", "html_inline", "html_block"])
    parser.add_render_rule("text", _text)
    add_formulas(parser)
    return parser


_PARSER = _parser()
