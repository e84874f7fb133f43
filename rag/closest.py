"""The one line of the passages that comes nearest to the question, for a small model to begin with.

Of a note's items a model of few billion parameters often takes the wrong one, or the heading of
another section, though sentences ranked as in rag/evidence.py have the right one first. So that one
is said once more, between passages and question. It is a hint: passages stay the evidence, and a
line that is close without answering is refused as before (benchmarks/refusal.py).
"""

from collections.abc import Sequence

from rag.orders import without_orders
from rag.types import Chunk, Hit, Sentence, Span

MOST_CHARS = 300
"""Characters of the line at most; what is longer ends in dots, and stands whole in its passage."""


def closest_line(passages: Sequence[Hit], sentences: Sequence[Sentence]) -> str:
    """`[2] Heading: the line`, of the best of `sentences`; empty where none is in `passages`.

    Sentences are best first. One in a line that talks to a model is passed over.
    """
    for one in sentences:
        if one.passage < len(passages):
            chunk = passages[one.passage].chunk
            if without_orders(lines := _lines(chunk, one.span)) == lines:
                words = " ".join([*(f"{name}:" for name in chunk.headings[-1:]), *one.text.split()])
                cut = words if len(words) <= MOST_CHARS else f"{words[:MOST_CHARS]}..."
                return f"[{one.passage + 1}] {cut}"
    return ""


def _lines(chunk: Chunk, span: Span) -> list[str]:
    """The whole lines that hold `span`: a part of an order does not show that it is one."""
    begin = chunk.text.rfind("\n", 0, span.start) + 1
    end = chunk.text.find("\n", span.end)
    return chunk.text[begin : end if end >= 0 else None].splitlines()
