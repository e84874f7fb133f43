"""The one line of the passages that comes nearest to the question, for a small model to begin with.

Of a note's items a model of few billion parameters often takes the wrong one, or the heading of
another section, though sentences ranked as in rag/search/evidence.py have the right one first. So
that one is said once more, between passages and question, where no other comes near it. It is a
hint: the passages stay the evidence, and what is close without answering is refused as before.
"""

from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice, takewhile

from rag.text.orders import without_orders
from rag.text.sentences import marker
from rag.types import Chunk, Hit, Sentence, Span

CLEAR = 0.85
"""No line is the closest if the next one's score is at least this share of the best one's.

On the shipped cases the line that is told holds the answer in 80 of 83. Where none is clear, the
best one would have held it in 14 of 34.
"""

MOST_CHARS = 300
"""Characters of the line at most; what is longer ends in dots, and stands whole in its passage."""


def closest_line(passages: Sequence[Hit], sentences: Sequence[Sentence]) -> str:
    """`[2] Heading: the line`, of the best of `sentences`; empty where none in `passages` is clear.

    Sentences are best first. One in lines that talk to a model is passed over. A line that leads a
    list is said with the items of it.
    """
    best = list(islice(_candidates(passages, sentences), 2))
    if not best or (len(best) > 1 and best[1].score >= CLEAR * best[0].score):
        return ""
    chunk = passages[best[0].passage].chunk
    headings = [f"{name}:" for name in chunk.headings[-1:]]
    line, *items = [" ".join(part.split()) for part in _with_list(chunk, best[0].span)]
    words = " ".join([*headings, line if not items else f"{line} - {'; '.join(items)}"])
    cut = words if len(words) <= MOST_CHARS else f"{words[:MOST_CHARS]}..."
    return f"[{best[0].passage + 1}] {cut}"


def _candidates(passages: Sequence[Hit], sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    for one in sentences:
        if one.passage < len(passages):
            chunk = passages[one.passage].chunk
            begin, end = _line(chunk, one.span)
            items = _with_list(chunk, one.span)[1:]
            lines = [*chunk.text[begin:end].splitlines(), *items]
            if without_orders(lines) == lines:
                yield one


def _line(chunk: Chunk, span: Span) -> tuple[int, int]:
    """Where the whole lines that hold `span` begin and end: a part of an order may not show it."""
    end = chunk.text.find("\n", span.end)
    return chunk.text.rfind("\n", 0, span.start) + 1, end if end >= 0 else len(chunk.text)


def _with_list(chunk: Chunk, span: Span) -> list[str]:
    """The words of `span`, and the items that stand below its line, if it ends the line."""
    begin, end = _line(chunk, span)
    said = chunk.text[span.start : span.end]
    if chunk.text[span.end : end].strip():
        return [said]
    own = len(marker(chunk.text[begin:end]))
    below = dropwhile(lambda line: not line.strip(), chunk.text[end:].splitlines())
    items = takewhile(lambda line: len(marker(line)) > own, below)
    return [said, *(line[len(marker(line)) :] for line in items)]
