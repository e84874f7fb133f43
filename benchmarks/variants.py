"""Our chunker with one rule changed at a time, to see what the rule is worth."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile

from ingest.chunking import PASSAGE_MAX_TOKENS, StructureChunker
from ingest.protocols import Chunker
from ingest.types import ReadNote
from rag.protocols import TokenCounter
from rag.types import Chunk

BUDGETS = (96, 128, 200, 240)
TINY = (20, 40, 160)


class Altered:
    """A chunker whose chunks are changed one by one."""

    def __init__(self, chunker: Chunker, change: Callable[[Chunk], Chunk]) -> None:
        self.fingerprint = f"{chunker.fingerprint} {change}"
        self._chunker = chunker
        self._change = change

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """The chunks, changed."""
        return [self._change(chunk) for chunk in self._chunker.chunk(read)]


class Joined:
    """A chunker whose chunks of at most `tiny` tokens are joined with their siblings.

    Siblings stand under the same heading, or under the heading above; what is joined stands under
    what is common to their paths, and is within the budget.
    """

    def __init__(self, chunker: Chunker, count_tokens: TokenCounter, tiny: int) -> None:
        self.fingerprint = f"{chunker.fingerprint} {tiny}"
        self._chunker = chunker
        self._count_tokens = count_tokens
        self._tiny = tiny

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """The chunks, joined."""
        found: list[Chunk] = []
        for chunk in self._chunker.chunk(read):
            joined = _join(found[-1], chunk, read.note.text) if found else chunk
            if found and self._may_join(found[-1], chunk, joined):
                found[-1] = joined
            else:
                found.append(chunk)
        return found

    def _may_join(self, one: Chunk, other: Chunk, joined: Chunk) -> bool:
        before, behind, together = self._count_tokens([one.text, other.text, joined.text])
        is_small = min(before, behind) <= self._tiny and together <= PASSAGE_MAX_TOKENS
        parent = other.headings[:-1]
        are_near = one.headings in (other.headings, parent) or one.headings[:-1] == parent != ()
        return is_small and are_near and one.role == other.role


def _join(one: Chunk, other: Chunk, text: str) -> Chunk:
    pairs = zip(one.headings, other.headings, strict=False)
    common = tuple(mine for mine, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    span = text[one.start : other.end]
    lines = other.end_line
    return replace(
        one, id=one.id + other.id, headings=common, end=other.end, end_line=lines, text=span
    )


def variants(count_tokens: TokenCounter) -> Iterator[tuple[str, Chunker]]:
    """By name; the first is unchanged."""
    ours = StructureChunker(count_tokens)
    yield "ours", ours
    yield "  without the headings", Altered(ours, lambda c: replace(c, headings=()))
    yield "  last heading only", Altered(ours, lambda c: replace(c, headings=c.headings[-1:]))
    for tiny in TINY:
        yield f"  up to {tiny} tokens joined", Joined(ours, count_tokens, tiny)
    for budget in BUDGETS:
        yield f"  budget {budget} tokens", StructureChunker(count_tokens, budget)
