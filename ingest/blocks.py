"""Blocks of any format, made complete: every character of a note that is not blank is in one."""

from collections.abc import Iterator, Sequence

from ingest.types import Block


def filled(blocks: Sequence[Block], text: str) -> Iterator[Block]:
    """`blocks` and, for what lies between them, paragraphs under the headings above."""
    position = 0
    headings: tuple[str, ...] = ()
    for block in [*blocks, Block("end", len(text), len(text))]:
        if text[position : block.start].strip():
            yield Block("paragraph", position, block.start, headings)
        if block.end > block.start:
            yield block
        position, headings = max(position, block.end), block.headings
