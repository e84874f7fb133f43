"""Where passages and citations meet what a case quotes; what all scorers ask."""

from eval.texts.text import find_quote, overlap
from eval.types import Case, Target
from rag.types import Answer, Chunk, Citation, Span, Status


def refused(answer: Answer) -> bool:
    """True if the question was refused."""
    return answer.status is Status.REFUSED


def holds_target(case: Case, chunk: Chunk) -> bool:
    """True if `chunk` holds the whole of a quote that answers the case."""
    return any(places(target, chunk) for target in case.targets)


def places(target: Target, chunk: Chunk) -> list[Span]:
    """Where `chunk` holds the whole of the target's quote, in offsets of the chunk's text."""
    return find_quote(target.quote, chunk.text) if target.names(chunk.note_path) else []


def touches(citation: Citation, target: Target) -> bool:
    """True if what is cited has a character in common with the target's quote."""
    cited = Span(citation.start, citation.end)
    return any(overlap(cited, place) for place in places(target, citation.chunk))
