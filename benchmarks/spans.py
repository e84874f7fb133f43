"""How much of what was asked for do passages hold, and how much else? Measured in characters.

The measures are those of Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval"
(Chroma, 2024). With `g` the characters that answer a question and `r` those of the passages found,
where a character in two overlapping passages counts twice in the size of `r`:

    recall = |g and r| / |g|        precision = |g and r| / |r|
    IoU = |g and r| / (|g| + |r| - |g and r|)

Precision_omega is the precision, or rather the IoU as they compute it, of a perfect search: of all
passages that hold a character of the answer. And, at equal cost, recall within the first so many
tokens: of what is wanted, the share that stands there, where any one of its places will do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from rag.types import Chunk, Span

Place = tuple[str, Span]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and, for each thing wanted, the places in notes at which it stands."""

    text: str
    wanted: tuple[tuple[Place, ...], ...]

    @property
    def characters(self) -> set[tuple[str, int]]:
        """All of all places."""
        places = [place for places in self.wanted for place in places]
        return {one for path, span in places for one in _characters(path, span)}


def recall(found: Sequence[Chunk], question: Question) -> float:
    """Share of what answers the question that is found."""
    gold = question.characters
    return len(gold & _union(found)) / len(gold)


def precision(found: Sequence[Chunk], question: Question) -> float:
    """Share of what is found that answers the question."""
    size = sum(chunk.end - chunk.start for chunk in found)
    return len(question.characters & _union(found)) / size if size else 0.0


def iou(found: Sequence[Chunk], question: Question) -> float:
    """Characters in both, of those in either."""
    gold = question.characters
    both = len(gold & _union(found))
    return both / (len(gold) + sum(chunk.end - chunk.start for chunk in found) - both)


def precision_omega(chunks: Sequence[Chunk], question: Question) -> float:
    """Precision if exactly the chunks that hold something of the answer were found."""
    gold = question.characters
    held = [chunk for chunk in chunks if _overlaps(chunk, question) and gold & _union([chunk])]
    union = _union(held)
    return len(gold & union) / len(gold | union)


def recall_within(
    found: Sequence[Chunk], question: Question, tokens: int, cost: Callable[[Chunk], int]
) -> float:
    """Recall of the first passages that cost so many tokens together; the last one is cut.

    It is cut by characters, in the proportion of its tokens that still fit.
    """
    held: set[tuple[str, int]] = set()
    left = tokens
    for chunk in found:
        share = min(1.0, left / max(1, cost(chunk)))
        end = chunk.start + int(share * (chunk.end - chunk.start))
        held.update(_characters(chunk.note_path, Span(chunk.start, end)))
        left -= cost(chunk)
        if left <= 0:
            break
    return fmean(max(_share(place, held) for place in places) for places in question.wanted)


def _share(place: Place, held: set[tuple[str, int]]) -> float:
    wanted = _characters(*place)
    return len(wanted & held) / len(wanted)


def _overlaps(chunk: Chunk, question: Question) -> bool:
    return any(path == chunk.note_path for places in question.wanted for path, _ in places)


def _union(chunks: Sequence[Chunk]) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for chunk in chunks:
        found.update(_characters(chunk.note_path, Span(chunk.start, chunk.end)))
    return found


def _characters(path: str, span: Span) -> set[tuple[str, int]]:
    return {(path, offset) for offset in range(*span)}
