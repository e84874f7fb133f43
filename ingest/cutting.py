"""Where a text that is too long is parted: at the coarsest place that helps."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from ingest.lines import NEWLINE
from ingest.tokens import BLOB
from rag.text.sentences import sentence_spans
from rag.types import Span

_BLANK_LINES = re.compile(r"(?:[^\S\r\n]*(?:\r\n?|\n))*")
_BLANKS = re.compile(r"\s*")

Splitter = Callable[[str, Span], list[Span]]


def parts(
    text: str, span: Span, splitters: Sequence[Splitter], fits: Callable[[Span], bool]
) -> Iterator[Span]:
    """`span`, or if it does not fit, its parts by the first splitter, and theirs by the next."""
    if not splitters or fits(span) or BLOB.fullmatch(text, *span):
        yield span
    else:
        for part in splitters[0](text, span):
            yield from parts(text, part, splitters[1:], fits)


def at(offsets: Sequence[int]) -> Splitter:
    """Parts a span at `offsets`."""

    def cut(_text: str, span: Span) -> list[Span]:
        inside = [offset for offset in offsets if span.start < offset < span.end]
        edges = [span.start, *sorted(set(inside)), span.end]
        return [Span(a, b) for a, b in pairwise(edges)]

    return cut


def by_line(text: str, span: Span) -> list[Span]:
    """Parts a span behind the ends of its lines."""
    return at([match.end() for match in NEWLINE.finditer(text, *span)])(text, span)


def by_sentence(text: str, span: Span) -> list[Span]:
    """Parts a span where its sentences begin."""
    starts = [span.start + s.start for s in sentence_spans(text[span.start : span.end])]
    return at(starts)(text, span)


def by_blob(text: str, span: Span) -> list[Span]:
    """Parts a span around data that is written into it."""
    edges = [edge for match in BLOB.finditer(text, *span) for edge in match.span()]
    return at(edges)(text, span)


def trimmed(text: str, span: Span) -> Iterator[Span]:
    """Without blank lines around and blanks behind; indentation before is kept, it has meaning."""
    piece = text[span.start : span.end]
    if piece.strip():
        is_line = span.start == 0 or text[span.start - 1] in "\r\n"
        blank = _BLANK_LINES.match(piece) if is_line else _BLANKS.match(piece)
        start = span.start + (blank.end() if blank else 0)
        yield Span(start, span.start + len(piece.rstrip()))
