"""Of the text that was found and given on, how much is what was asked for; to the character.

Recall, precision and intersection over union as in "Evaluating Chunking Strategies for Retrieval"
(Smith and Troynikov, Chroma 2024): what is wanted are the targets' quotes, and a part of them
counts once however often it was found, while all that was found counts, twice if it was found
twice. The unit is the character that is not blank, as in the authors' code, so that blanks and
scripts without them change nothing. Unlike recall@k this tells a quote that was cut in two from
one that was not found.

Only the passages that were given to whoever answered count (`Answer.read`).
"""

from dataclasses import dataclass
from functools import lru_cache

from eval.types import Case, Target
from rag.types import Answer, Chunk

LEAST = 12
"""Characters of a quote that a passage ends or begins with if it holds a part of it: fewer may be
there by chance."""


@dataclass(frozen=True, slots=True)
class _Overlap:
    """Characters wanted, characters given, and those of the wanted ones that were given."""

    wanted: int
    given: int
    shared: int


def span_recall(case: Case, answer: Answer) -> float | None:
    """The share of the quotes' characters that the passages given hold."""
    found = _overlap(case, answer)
    return found.shared / found.wanted if found else None


def span_precision(case: Case, answer: Answer) -> float | None:
    """The share of the characters given that are of a quote; None where none was given."""
    found = _overlap(case, answer)
    return found.shared / found.given if found and found.given else None


def span_iou(case: Case, answer: Answer) -> float | None:
    """Characters both wanted and given, over those that are either."""
    found = _overlap(case, answer)
    return found.shared / (found.wanted + found.given - found.shared) if found else None


def _overlap(case: Case, answer: Answer) -> _Overlap | None:
    chunks = [hit.chunk for hit in answer.hits[: answer.read]]
    quotes = {(target, _bare(target.quote)) for target in case.targets}
    # A quote that is part of another one of the same note is wanted once.
    own = [
        (target, quote)
        for target, quote in quotes
        if not any(
            quote in other and (len(quote), target.quote) < (len(other), one.quote)
            for one, other in quotes
            if one.note_path == target.note_path
        )
    ]
    if not own:
        return None
    given = sum(len(_bare(chunk.text)) for chunk in chunks)
    shared = sum(len(_parts(target, quote, chunks)) for target, quote in own)
    # Two quotes that run into each other share characters, which were given once.
    return _Overlap(sum(len(quote) for _, quote in own), given, min(shared, given))


def _parts(target: Target, quote: str, chunks: list[Chunk]) -> set[int]:
    """Places in `quote`, without its blanks, that any of the chunks holds."""
    held: set[int] = set()
    for chunk in chunks:
        if target.names(chunk.note_path):
            held.update(_part(quote, _bare(chunk.text)))
    return held


def _part(quote: str, text: str) -> range:
    """What of `quote` is in `text`: all, or what a cut at an end of `text` has left of it."""
    if quote in text:
        return range(len(quote))
    if len(text) >= LEAST and text in quote:
        start = quote.index(text)
        return range(start, start + len(text))
    longest = min(len(quote), len(text))
    for size in range(longest, LEAST - 1, -1):
        if text.endswith(quote[:size]):
            return range(size)
        if text.startswith(quote[-size:]):
            return range(len(quote) - size, len(quote))
    return range(0)


@lru_cache(maxsize=4096)  # passages come up again and again
def _bare(text: str) -> str:
    return "".join(text.split())
