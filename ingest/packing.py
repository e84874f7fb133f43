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
            is_open = current is not None and self._belongs(current, piece, is_cut)
            for span in self._filled(current if is_open else None, piece):
                if current and span.start != current.start:
                    yield from trimmed(self._text, current)
                current = span
        if current:
            yield from trimmed(self._text, current)

    def context(self, start: int) -> str:
        """Words before `start` that what begins there is not understood without; mostly none."""
        lead = self._lead(start)
        lines = self._text[lead.start : lead.end].splitlines()
        # The rule below a table's header says nothing, and is many tokens.
        return "\n".join(line.strip() for line in lines if any(map(str.isalnum, line)))

    def _pieces(self) -> Iterator[tuple[Span, bool]]:
        """Blocks, and parts of those that do not fit; True goes with the first of such parts.

        A sentence that does not fit either is one part, and so is data.
        """
        for block in self._blocks:
            span = Span(block.start, block.end)
            if self._fits(span):
                yield span, False
                continue
            splitters = [by_blob, at(block.breaks), by_line, by_sentence]
            for part in parts(self._text, span, splitters, self._fits):
                yield part, part.start == span.start

    def _belongs(self, current: Span, piece: Span, is_cut: bool) -> bool:
        """True if `piece` goes on with `current`.

        A block that has to be cut begins a chunk, unless only a few words stand before it, which
        are likely to be about it.
        """
        if is_cut and self._tokens.of(current) - self._free_at(current.start) > CONTEXT_TOKENS:
            return False
        if self._reach(current.start, piece) == piece.start:
            return False
        return not any(BLOB.fullmatch(self._text, *span) for span in (current, piece))

    def _filled(self, current: Span | None, piece: Span) -> Iterator[Span]:
        """`current` with `piece`, or with as many of its words as fit, and so on with the rest.

        There is no call for each word: a book in one line has a million.
        """
        if BLOB.fullmatch(self._text, *piece):
            yield piece
            return
        begin, start = current.start if current else piece.start, piece.start
        while start < piece.end:
            end = self._reach(begin, Span(start, piece.end))
            if end == start:
                end = min(self._tokens.next_end(start), piece.end)
            yield Span(begin, end)
            begin = start = end

    def _reach(self, begin: int, piece: Span) -> int:
        """How far into `piece` a chunk can go that begins at `begin`: to a word's end, or not."""
        most = self._most(begin)
        if self._tokens.of(Span(begin, piece.end)) <= most:
            return piece.end
        if begin < piece.start and self._fits(piece):
            return piece.start  # it stays whole
        return min(max(self._tokens.end_of(most, begin), piece.start), piece.end)

    def _fits(self, span: Span) -> bool:
        return self._tokens.of(span) <= self._most(span.start)

    def _most(self, start: int) -> int:
        """Tokens that a chunk may have which begins at `start`."""
        room = self._room - self._tokens.of(self._lead(start))
        return min(self._budget + self._free_at(start), room)

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
        if not self._led:
            return Span(start, start)
        place = bisect_right(self._led, start, key=lambda block: block.start) - 1
        if place >= 0 and start < self._led[place].end and self._leads[place].end <= start:
            return self._leads[place]
        return Span(start, start)

    def _shortened(self, lead: Span) -> Span:
        most = min(CONTEXT_TOKENS, self._room - LEAST_TOKENS)
        ends = self._tokens.ends(lead)
        fit = [end for end in ends if self._tokens.of(Span(lead.start, end)) <= most]
        return Span(lead.start, max(fit, default=lead.start))
