"""What in a note comes nearest to words that are said to stand there, and do not."""

import difflib
from collections.abc import Iterator

from rag.text.sentences import sentence_spans

_MOST = 300
"""Characters shown of it at most."""


def nearest(quote: str, text: str) -> tuple[int, str] | None:
    """The piece of `text` most like the quote, with its line, from 1; None if there is none.

    Pieces are sentences and items, and as many lines in a row as the quote has.
    """
    pieces = {piece: line for line, piece in _pieces(text, quote.strip().count("\n") + 1)}
    found = difflib.get_close_matches(quote.strip(), pieces, n=1, cutoff=0)
    return (pieces[found[0]], found[0]) if found else None


def told(quote: str, text: str) -> str:
    """The same, in words for a person."""
    found = nearest(quote, text)
    if not found:
        return "it is empty"
    line, words = found
    shown = words if len(words) <= _MOST else f"{words[:_MOST]}..."
    return f"nearest is line {line}: {shown!r}"


def _pieces(text: str, count: int) -> Iterator[tuple[int, str]]:
    for span in sentence_spans(text):
        yield text.count("\n", 0, span.start) + 1, text[span.start : span.end]
    lines = text.split("\n")
    for first in range(len(lines) - count + 1):
        if piece := "\n".join(lines[first : first + count]).strip():
            yield first + 1, piece
