"""Chunks cut once more around spans that are to be kept apart, such as flashcards among notes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.types import Anchor, Chunk, Role, Span


def apart(chunks: Sequence[Chunk], quizzes: Sequence[Span]) -> list[Chunk]:
    """The chunks of a note, with what lies in `quizzes` as chunks of their own that are a quiz.

    Args:
        chunks: those of one note, in order.
        quizzes: offsets into the note's text; they may overlap.

    Returns:
        Verbatim spans as before, which cover the same text but for blanks.
    """
    joined = _joined(quizzes)
    pieces = [piece for chunk in chunks for piece in _cut(chunk, joined)]
    keys = [piece.text for piece in pieces if piece.role is Role.QUIZ]
    return [
        replace(piece, ordinal=place, context="" if _tells(piece, keys) else piece.context)
        for place, piece in enumerate(pieces)
    ]


def _joined(spans: Sequence[Span]) -> list[Span]:
    """The spans in order, those that overlap or touch as one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _cut(chunk: Chunk, quizzes: Sequence[Span]) -> Iterator[Chunk]:
    """`chunk` as it is, or its pieces within and between the quizzes."""
    inner = [
        Span(max(quiz.start, chunk.start) - chunk.start, min(quiz.end, chunk.end) - chunk.start)
        for quiz in quizzes
        if max(quiz.start, chunk.start) < min(quiz.end, chunk.end)
    ]
    if chunk.role is not Role.NOTE or not inner:
        yield chunk
        return
    at = 0
    for quiz in [*inner, Span(len(chunk.text), len(chunk.text))]:
        yield from _piece(chunk, Span(at, quiz.start), Role.NOTE)
        yield from _piece(chunk, quiz, Role.QUIZ)
        at = quiz.end


def _piece(chunk: Chunk, span: Span, role: Role) -> Iterator[Chunk]:
    """`span` of `chunk` without blanks around it; nothing if there is nothing else in it.

    A heading alone is no note: it goes with the quiz below it.
    """
    raw = chunk.text[span.start : span.end]
    text = raw.strip()
    if not text:
        return
    start = span.start + len(raw) - len(raw.lstrip())
    end = start + len(text)
    says = any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())
    yield replace(
        chunk,
        id=f"{chunk.id}:{start}",
        start=chunk.start + start,
        end=chunk.start + end,
        start_line=chunk.line_at(start),
        end_line=chunk.line_at(end - 1),
        text=text,
        role=role if says else Role.QUIZ,
        anchors=_anchors(chunk.anchors, start, end),
    )


def _anchors(anchors: Sequence[Anchor], start: int, end: int) -> tuple[Anchor, ...]:
    """The anchor that the piece begins in, and those inside it, counted from its start."""
    before = [anchor for anchor in anchors if anchor.offset <= start][-1:]
    within = [anchor for anchor in anchors if start < anchor.offset < end]
    return tuple(Anchor(max(0, a.offset - start), a.label) for a in (*before, *within))


def _tells(piece: Chunk, keys: Sequence[str]) -> bool:
    """True if what stands before a note's piece is part of a quiz."""
    context = piece.context.strip()
    return piece.role is Role.NOTE and bool(context) and any(context in key for key in keys)
