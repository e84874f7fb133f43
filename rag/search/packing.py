"""Passages that were found -> what is given to whoever answers: no more than so much of it.

The best come first, and the last one ends with the sentence that still fits. Only a passage whose
words a better one holds to the last is left out. Passages are not joined with their neighbours:
over textbooks that loses 1 to 3 of 100 answers in equal room (benchmarks/vaults.py), since what
lies between two takes the room of a third.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.protocols import Retriever
from rag.text.sentences import sentence_spans
from rag.types import Chunk, Hit, Scope

Cost = Callable[[Chunk], int]


@dataclass(frozen=True, slots=True)
class Budget:
    """What passages may cost together: `limit`, in the unit that `cost` counts in."""

    limit: int
    cost: Cost


def characters(chunk: Chunk) -> int:
    """What a passage costs a reader: its characters, and those of what stands above it."""
    return len(chunk.breadcrumb) + len(chunk.context) + len(chunk.text)


class PackingRetriever:
    """What `retriever` finds, packed: at most `most` passages, which cost no more than `budget`."""

    def __init__(self, retriever: Retriever, most: int, budget: Budget) -> None:
        self._retriever = retriever
        self._most = most
        self._budget = budget

    def retrieve(self, question: str, scope: Scope = Scope()) -> list[Hit]:
        """The best passages for `question`, best first, see `pack`."""
        return pack(self._retriever.retrieve(question, scope), self._most, self._budget)


def pack(hits: Sequence[Hit], most: int, budget: Budget) -> list[Hit]:
    """What fits of `hits`, which are best first; where there are any, at least the best.

    Args:
        hits: passages that were found, none of which overlaps another.
        most: passages that are returned at most.
        budget: what they may cost together.
    """
    kept: list[Hit] = []
    left = budget.limit
    for hit in _distinct(hits):
        cost = budget.cost(hit.chunk)
        if len(kept) == most or left <= 0:
            break
        if cost > left:
            begun = _begun(hit.chunk, left, budget.cost)
            if begun or not kept:
                kept.append(replace(hit, chunk=begun or hit.chunk))
            break
        kept.append(hit)
        left -= cost
    return kept


def _distinct(hits: Sequence[Hit]) -> Iterator[Hit]:
    """The hits without those that say, word for word, what a better one says."""
    said: list[str] = []
    for hit in hits:
        words = f"{hit.chunk.breadcrumb} {hit.chunk.context} {hit.chunk.text}".split()
        own = f" {' '.join(words)} "  # "takes 4" is no part of "takes 40"
        if not any(own in other for other in said):
            said.append(own)
            yield hit


def _begun(chunk: Chunk, left: int, cost: Cost) -> Chunk | None:
    """As many whole sentences from its beginning as cost no more than `left`; None if none do."""
    spans = sentence_spans(chunk.text)
    parts = [_until(chunk, span.end) for span in spans]
    fit = bisect_right(parts, left, key=cost)
    says = any(not chunk.text.startswith(("#", "!["), span.start) for span in spans[:fit])
    return parts[fit - 1] if says else None


def _until(chunk: Chunk, end: int) -> Chunk:
    return replace(
        chunk,
        id=f"{chunk.id}:{end}",
        end=chunk.start + end,
        end_line=chunk.line_at(end),
        text=chunk.text[:end],
        anchors=tuple(anchor for anchor in chunk.anchors if anchor.offset < end),
    )
