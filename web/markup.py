"""A model's Markdown -> HTML that shows what the model wrote and loads nothing.

The model repeats what stands in notes, and notes come from anywhere. So HTML, images and links stay
the text they are; only `[1]` becomes a link, to the passage it cites.
"""

import html
import re
from collections.abc import Collection, Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from rag.types import Claim
from web.claims import bounded, marked
from web.formulas import add_formulas

_REFERENCE = re.compile(r"\[(\d{1,3})\]")


def anchor(number: int) -> str:
    """The id of the card that shows source `number`."""
    return f"src-{number}"


def near_anchor(rank: int) -> str:
    """The id of the card of a passage that is near, but that no answer cites."""
    return f"near-{rank}"


def markdown_html(text: str, numbers: Collection[int] = (), claims: Sequence[Claim] = ()) -> str:
    """One line of safe HTML. `[n]` is a link where `n` is among `numbers`; doubts are marked.

    One line, since Gradio reads it as Markdown again, in which HTML ends at a blank line.
    """
    rendered: str = _PARSER.render(bounded(text, claims), {"numbers": numbers})
    return one_line(marked(rendered))


def plain_html(text: str) -> str:
    """`text` as one line of safe HTML, with no markup of its own; line breaks are kept."""
    return one_line(html.escape(text))


def alert_html(text: str) -> str:
    """What went wrong; a screen reader says it at once."""
    return f'<p class="notice" role="alert">{html.escape(text)}</p>'


def one_line(markup: str) -> str:
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
