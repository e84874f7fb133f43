"""The reading view of a note: its text in parts that a browser takes, in lines and pieces. Pure.

The text is verbatim; web/notes_page/notes.js scrolls.
"""

import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.text import NEWLINE, Lines
from rag.chats.staleness import compare_with_notes
from rag.types import Chunk, Citation, Span
from web.notes_page.types import Item, NoteReading, PlaceInNote
from web.templates import Macros

PART_CHARS = 30_000
"""Of a part: what is sent at once has to stay below a megabyte, be every character escaped."""
PART_LINES = 1_000
_OUTLINE = 400  # headings that are shown


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters of a line, all of one passage (from 1; 0 is none), and all marked or not."""

    text: str
    passage: int
    is_marked: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a note. `label` is what a person calls its place, where lines are no lines."""

    number: int
    label: str
    pieces: tuple[_Piece, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the note: how deep it lies, from 0, and the line that it stands in."""

    depth: int
    title: str
    line: int


def note_parts(text: str) -> list[Span]:
    """The text in parts, at ends of lines as far as there are any."""
    found, start = [], 0
    while start < len(text):
        end = min(start + PART_CHARS, len(text))
        ends = [match.end() for match in NEWLINE.finditer(text, start, end)]
        if len(ends) > PART_LINES:
            end = ends[PART_LINES - 1]
        elif end < len(text) and ends and ends[-1] > start:
            end = ends[-1]
        found.append(Span(start, end))
        start = end
    return found or [Span(0, 0)]


def part_at(spans: Sequence[Span], offset: int) -> int:
    """Which part holds the character."""
    return max(0, bisect_right([span.start for span in spans], offset) - 1)


def note_lines(reading: NoteReading, part: Span, marks: Iterable[Span] = ()) -> Iterator[_Line]:
    """The lines of a part, each in pieces. Put together they are the part, but for line ends."""
    text, marked = reading.text, sorted(marks)
    edges = _edges(reading.chunks, marked)
    labels = [one for one in _labels(reading) if part.start <= one[0] < part.end]
    starts = [chunk.start for chunk in reading.chunks]
    number = Lines(text).number(part.start) if text else 1
    at = part.start
    while at < part.end:
        match = NEWLINE.search(text, at, part.end)
        end = match.start() if match else part.end
        beyond = match.end() if match else part.end
        label = ", ".join(name for offset, name in labels if at <= offset < max(beyond, at + 1))
        pieces = _pieces(reading, Span(at, end), edges, marked, starts)
        yield _Line(number, label, tuple(pieces))
        number, at = number + 1, beyond


def _edges(chunks: Iterable[Chunk], marks: Iterable[Span]) -> list[int]:
    edges = {edge for chunk in chunks for edge in (chunk.start, chunk.end)}
    return sorted(edges | {edge for mark in marks for edge in mark})


def _labels(reading: NoteReading) -> list[tuple[int, str]]:
    return [(anchor.offset, anchor.label) for anchor in reading.anchors]


def _pieces(
    reading: NoteReading,
    line: Span,
    edges: Sequence[int],
    marks: Sequence[Span],
    starts: Sequence[int],
) -> Iterator[_Piece]:
    inner = edges[bisect_right(edges, line.start) : bisect_right(edges, line.end)]
    bounds = [line.start, *(edge for edge in inner if edge < line.end), line.end]
    if line.start == line.end:
        return
    for start, end in pairwise(bounds):
        number = bisect_right(starts, start)
        inside = number and start < reading.chunks[number - 1].end
        is_marked = any(mark.start <= start < mark.end for mark in marks)
        yield _Piece(reading.text[start:end], number if inside else 0, is_marked)


def outline(reading: NoteReading) -> list[Heading]:
    """The headings above the passages, each with the line that it stands in, as far as found."""
    found: list[Heading] = []
    before: tuple[str, ...] = ()
    counted, end = Lines(reading.text), 0
    for chunk in reading.chunks:
        same = 0
        for old, new in zip(before, chunk.headings, strict=False):
            if old != new:
                break
            same += 1
        at = end
        for depth, title in list(enumerate(chunk.headings))[same:]:
            place = reading.text.find(title, at, chunk.end)
            at = place + len(title) if place >= 0 else at
            line = counted.number(place if place >= 0 else chunk.start)
            found.append(Heading(depth, title, line))
        before, end = chunk.headings, chunk.end
        if len(found) >= _OUTLINE:
            break
    return found[:_OUTLINE]


def located(wanted: PlaceInNote, reading: NoteReading) -> Span | None:
    """Where a place of the note stands now; None where nothing like it is left."""
    text = reading.text
    start, end = max(0, wanted.start), min(wanted.end, len(text))
    if wanted.digest == reading.digest or (wanted.quote and text[start:end] == wanted.quote):
        return Span(start, end) if start < end else None
    quote = wanted.quote
    if not quote.strip():
        return None
    old = Chunk("", wanted.path, wanted.digest, 0, (), start, start + len(quote), 1, 1, quote)
    now = compare_with_notes(Citation(1, old, 0, len(quote)), text, reading.anchors)
    if not now.text:
        return None
    counted = Lines(text)
    found = text.find(now.text, counted.offset(max(0, now.start_line - 1)))
    return Span(found, found + len(now.text)) if found >= 0 else None


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """What of a note is looked at: the part with `offset`; `mark` is marked, `notice` said."""

    offset: int = 0
    mark: Span | None = None
    notice: str = ""


def reading_html(
    reading: NoteReading, item: Item | None, position: ReadingPosition, now: float | None = None
) -> str:
    """A part of the note, under its name, beside its headings."""
    spans = note_parts(reading.text)
    number = part_at(spans, position.offset)
    headings = outline(reading)
    marks = [position.mark] if position.mark else []
    return str(
        Macros("notes").reading(
            reading,
            item,
            position.notice,
            note_lines(reading, spans[number], marks),
            {heading.line: heading.depth for heading in reversed(headings)},
            headings,
            [span.start for span in spans],
            number,
            time.time() if now is None else now,
        )
    )
