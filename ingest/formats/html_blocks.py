"""HTML -> what a person reads of it, as text in the manner of Markdown, with its blocks.

Headings are marked with `#`, items with `-`, rows with `|` and code with fences, because that is
what sentences are told apart by later. Left out is what is not read: navigation, forms, scripts and
what is hidden. What this does not know: style sheets, and what scripts would add.
"""

import re
from dataclasses import dataclass

from ingest.formats.html_page import Page
from ingest.formats.html_tokens import Text, tokens
from ingest.types import Block
from rag.errors import NotesError

MOST_TAGS = 400_000
"""A page has some thousands. Each takes some microseconds."""

_MAIN = re.compile(r"<main[\s>]", re.I)


@dataclass(frozen=True, slots=True)
class HtmlText:
    """What is read in a page. `lines` are pairs of an offset in `text` and a line of the HTML."""

    text: str
    blocks: tuple[Block, ...]
    lines: tuple[tuple[int, int], ...]
    title: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()


def html_blocks(html: str, above: tuple[str, ...] = ()) -> HtmlText:
    """The readable text of a page (of its `<main>` if it has one), title, language and keywords.

    `above` are headings that the whole page stands under.

    Raises:
        NotesError: it has more tags than a person would read.
    """
    if html.count("<") > MOST_TAGS:
        raise NotesError(f"it has more than {MOST_TAGS:,} tags; split it")
    has_main = len(_MAIN.findall(html)) == 1
    found = _read(html, above, only_main=has_main)
    # Where a script would fill the main part in, what stands around it is better than nothing.
    return found if found.text or not has_main else _read(html, above, only_main=False)


def _read(html: str, above: tuple[str, ...], *, only_main: bool) -> HtmlText:
    page = Page(html, above, only_main=only_main)
    for token in tokens(html):
        if isinstance(token, Text):
            page.text(token)
        elif token.is_end:
            page.close(token.name)
        else:
            page.open(token)
    text, blocks, lines = page.writer.finished()
    return HtmlText(text, blocks, lines, page.title, page.language, tuple(page.tags))
