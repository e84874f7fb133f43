"""A section of a note -> spans that fit an embedding model, with what stands before them."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from ingest.cutting import at, by_blob, by_line, by_sentence, parts, trimmed
from ingest.tokens import BLOB, Tokens
from ingest.types import Block
from rag.types import Span

HEADING_TOKENS = 32
"""Heading lines that are together as short as this go with what follows them, over the budget."""

CONTEXT_TOKENS = 48
"""Of a table's header, or of what leads in to a list, no more than this is repeated."""

LEAST_TOKENS = 32
"""Room for a chunk's own words that neither headings nor context take."""


class Section:
    """Blocks that share chunks.

    Args:
        text: the note's.
        tokens: of `text`.
        blocks: in order; at least one.
        budget: tokens of a chunk, heading lines at the section's begin aside.
        room: tokens of a chunk with its context and heading lines, whatever the budget.
    """

    def __init__(
        self, text: str, tokens: Tokens, blocks: Sequence[Block], budget: int, room: int
    ) -> None:
        self._text = text
        self._tokens = tokens
        self._blocks = blocks
        self._budget = budget
        self._room = max(room, LEAST_TOKENS)
        self._free = self._heading_tokens()
        led = [(block, block.lead) for block in blocks if block.lead]
        self._led = [block for block, _ in led]
        self._leads = [self._shortened(lead) for _, lead in led]

    def packed(self) -> Iterator[Span]:
        """Spans in order: as many neighbours together as fit."""
        current: Span | None = None
        for piece, is_cut in self._pieces():
            if current and not self._belongs(current, piece, is_cut):
                yield from trimmed(self._text, current)
                current = None
            current = Span(current.start, piece.end) if current else piece
        if current:
            yield from trimmed(self._text, current)

    def context(self, start: int) -> str:
        """Words before `start` that what begins there is not understood without; mostly none."""
        lead = self._lead(start)
        lines = self._text[lead.start : lead.end].splitlines()
        # The rule below a table's header says nothing, and is many tokens.
        return "\n".join(line.strip() for line in lines if any(map(str.isalnum, line)))

    def _pieces(self) -> Iterator[tuple[Span, bool]]:
        """Blocks, and parts of those that do not fit; True goes with the first of such parts."""
        for block in self._blocks:
            span = Span(block.start, block.end)
            if self._fits(span):
                yield span, False
                continue
            by_word = at(self._tokens.ends(span))
            splitters = [by_blob, at(block.breaks), by_line, by_sentence, by_word]
            for part in parts(self._text, span, splitters, self._fits):
                yield part, part.start == span.start

    def _belongs(self, current: Span, piece: Span, is_cut: bool) -> bool:
        """True if `piece` goes on with `current`.

        A block that has to be cut begins a chunk, unless only a few words stand before it, which
        are likely to be about it.
        """
        if is_cut and self._tokens.of(current) - self._free_at(current.start) > CONTEXT_TOKENS:
            return False
        has_blob = any(BLOB.fullmatch(self._text, *span) for span in (current, piece))
        return not has_blob and self._fits(Span(current.start, piece.end))

    def _fits(self, span: Span) -> bool:
        room = self._room - self._tokens.of(self._lead(span.start))
        return self._tokens.of(span) <= min(self._budget + self._free_at(span.start), room)

    def _free_at(self, start: int) -> int:
        return self._free if start == self._blocks[0].start else 0

    def _heading_tokens(self) -> int:
        """Tokens of the heading lines that the section begins with, as far as they are free."""
        free = 0
        for block in self._blocks:
            cost = self._tokens.of(Span(block.start, block.end))
            if block.kind != "heading" or free + cost > HEADING_TOKENS:
                break
            free += cost
        return free

    def _lead(self, start: int) -> Span:
        place = bisect_right(self._led, start, key=lambda block: block.start) - 1
        if place >= 0 and start < self._led[place].end and self._leads[place].end <= start:
            return self._leads[place]
        return Span(start, start)

    def _shortened(self, lead: Span) -> Span:
        most = min(CONTEXT_TOKENS, self._room - LEAST_TOKENS)
        ends = self._tokens.ends(lead)
        fit = [end for end in ends if self._tokens.of(Span(lead.start, end)) <= most]
        return Span(lead.start, max(fit, default=lead.start))
