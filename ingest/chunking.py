"""A note -> verbatim chunks: by structure first, then by the tokens an embedding model reads.

A chunk never crosses a heading. Within a section whole blocks are packed together up to the
budget; only a block that does not fit by itself is cut, at the coarsest place that helps: around
data that is written into it, at list items and table rows, then lines, sentences, words, and
characters at the very last. What a chunk is not understood without (the header of its table, the
words before its list) goes with it as context; with that and its headings it stays within what the
embedding model reads.

`apart` cuts chunks once more, around spans that are to be kept apart, such as flashcards.

benchmarks/chunking.py measures these rules, and says which others did not help.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.document import filled, says_quiz
from ingest.text import NEWLINE, Lines
from ingest.tokens import BLOB, TokenMeter, Tokens
from ingest.types import Block, ReadNote
from rag.embedding import heading_path
from rag.protocols import TokenCounter
from rag.text.sentences import sentence_spans
from rag.types import Anchor, Chunk, Role, Span

VERSION = "4"
"""Raise it whenever the same note would be cut differently: notes are then chunked again."""

PASSAGE_MAX_TOKENS = 160
"""Budget of a chunk in word pieces, its own heading lines aside."""

MODEL_LIMIT = 256
"""Word pieces that the embedding model reads of a text, the two that mark its ends included."""

_RESERVE = 8
"""Of these, two mark the ends, and a word that is joined again may be more than its parts."""

HEADING_TOKENS = 32
"""Heading lines that are together as short as this go with what follows them, over the budget."""

CONTEXT_TOKENS = 48
"""Of a table's header, or of what leads in to a list, no more than this is repeated."""

LEAST_TOKENS = 32
"""Room for a chunk's own words that neither headings nor context take."""

_BLANK_LINES = re.compile(r"(?:[^\S\r\n]*(?:\r\n?|\n))*")
_BLANKS = re.compile(r"\s*")
Splitter = Callable[[str, Span], list[Span]]


class StructureChunker:
    """Cuts notes of any format by their blocks.

    Args:
        count_tokens: counts as the embedder does.
        max_tokens: budget of a chunk's own words.
        model_limit: tokens that the embedder reads of a text, its two ends included. A chunk with
            its headings and its context is never longer, whatever the budget.
    """

    def __init__(
        self,
        count_tokens: TokenCounter,
        max_tokens: int = PASSAGE_MAX_TOKENS,
        model_limit: int = MODEL_LIMIT,
    ) -> None:
        self._meter = TokenMeter(count_tokens)
        self._max_tokens = max_tokens
        self._model_limit = model_limit
        self.fingerprint = f"structure-{VERSION}-{max_tokens}-{model_limit}"

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """All chunks of a note, in order; every character but blanks lies in exactly one."""
        note, lines = read.note, Lines(read.note.text)
        seen: Counter[str] = Counter()
        chunks: list[Chunk] = []
        for block, span, context in self._spans(read):
            text = note.text[span.start : span.end]
            seen[text] += 1
            chunk = Chunk(
                id=_chunk_id(note.path, text, seen[text]),
                note_path=note.path,
                note_digest=note.digest,
                ordinal=len(chunks),
                headings=block.headings,
                start=span.start,
                end=span.end,
                start_line=lines.number(span.start),
                end_line=lines.number(span.end - 1),
                text=text,
                role=Role.META if BLOB.fullmatch(text) else role_of(block),
                anchors=_anchors(note.anchors, span),
                context=context,
            )
            chunks.append(chunk)
        return chunks

    def _spans(self, read: ReadNote) -> Iterator[tuple[Block, Span, str]]:
        """Each chunk, with the last block of its section and with its context."""
        text = read.note.text
        sections = list(_sections(filled(read.blocks, text)))
        tokens = self._meter.measure(text, _edges(read.blocks, text))
        paths = [heading_path(blocks[-1].headings) for blocks in sections]
        for blocks, cost in zip(sections, self._meter.count(paths), strict=True):
            room = self._model_limit - _RESERVE - cost
            section = Section(text, tokens, blocks, self._max_tokens, room)
            for span in section.packed():
                yield blocks[-1], span, section.context(span.start)


def _edges(blocks: Sequence[Block], text: str) -> Iterator[int]:
    """Where the text may be cut, words aside."""
    for block in blocks:
        yield from (block.start, block.end, *block.breaks, *(block.lead or ()))
    for blob in BLOB.finditer(text):
        yield from blob.span()


def _chunk_id(note_path: str, text: str, occurrence: int) -> str:
    words = f"{note_path}\0{occurrence}\0{text}".encode(errors="surrogatepass")
    return hashlib.sha256(words).hexdigest()[:32]


def _anchors(anchors: Sequence[Anchor], span: Span) -> tuple[Anchor, ...]:
    """The anchor that `span` begins in, and those inside it, counted from its start."""
    first = bisect_right(anchors, span.start, key=lambda anchor: anchor.offset)
    last = bisect_left(anchors, span.end, key=lambda anchor: anchor.offset)
    found = anchors[max(0, first - 1) : last]
    return tuple(Anchor(max(0, a.offset - span.start), a.label) for a in found)


def role_of(block: Block) -> Role:
    """What a block is for, by its kind and by the headings that it stands under."""
    if block.kind == "meta":
        return Role.META
    if block.kind == "card":
        return Role.QUIZ
    return Role.QUIZ if any(map(says_quiz, block.headings)) else Role.NOTE


def _sections(found: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks from heading to heading. A heading with nothing under it goes with what follows."""
    section: list[Block] = []
    for block in found:
        if section and _is_apart(section[-1], block):
            yield section
            section = []
        section.append(block)
    if section:
        yield section


def _is_apart(last: Block, block: Block) -> bool:
    """True if `block` begins a section of its own. Metadata and cards stand alone."""
    if last.kind == "heading":
        return block.kind == "meta"
    is_alone = "meta" in {last.kind, block.kind} or "card" in {last.kind, block.kind}
    return is_alone or block.kind == "heading" or block.headings != last.headings


class Section:
    """Blocks that share chunks.

    Args:
        text: the note's.
        tokens: of `text`.
        blocks: in order; at least one.
        budget: tokens of a chunk, heading lines at the section's begin aside.
        room: tokens of a chunk with its context and heading lines, whatever the budget.
    """

    def __init__(
        self, text: str, tokens: Tokens, blocks: Sequence[Block], budget: int, room: int
    ) -> None:
        self._text = text
        self._tokens = tokens
        self._blocks = blocks
        self._budget = budget
        self._room = max(room, LEAST_TOKENS)
        self._free = self._heading_tokens()
        led = [(block, block.lead) for block in blocks if block.lead]
        self._led = [block for block, _ in led]
        self._leads = [self._shortened(lead) for _, lead in led]

    def packed(self) -> Iterator[Span]:
        """Spans in order: as many neighbours together as fit."""
        current: Span | None = None
        for piece, is_cut in self._pieces():
            is_open = current is not None and self._belongs(current, piece, is_cut)
            for span in self._filled(current if is_open else None, piece):
                if current and span.start != current.start:
                    yield from _trimmed(self._text, current)
                current = span
        if current:
            yield from _trimmed(self._text, current)

    def context(self, start: int) -> str:
        """Words before `start` that what begins there is not understood without; mostly none."""
        lead = self._lead(start)
        lines = self._text[lead.start : lead.end].splitlines()
        # The rule below a table's header says nothing, and is many tokens.
        return "\n".join(line.strip() for line in lines if any(map(str.isalnum, line)))

    def _pieces(self) -> Iterator[tuple[Span, bool]]:
        """Blocks, and parts of those that do not fit; True goes with the first of such parts.

        A sentence that does not fit either is one part, and so is data.
        """
        for block in self._blocks:
            span = Span(block.start, block.end)
            if self._fits(span):
                yield span, False
                continue
            splitters = [by_blob, at(block.breaks), by_line, by_sentence]
            for part in _parts(self._text, span, splitters, self._fits):
                yield part, part.start == span.start

    def _belongs(self, current: Span, piece: Span, is_cut: bool) -> bool:
        """True if `piece` goes on with `current`.

        A block that has to be cut begins a chunk, unless only a few words stand before it, which
        are likely to be about it.
        """
        if is_cut and self._tokens.of(current) - self._free_at(current.start) > CONTEXT_TOKENS:
            return False
        if self._reach(current.start, piece) == piece.start:
            return False
        return not any(BLOB.fullmatch(self._text, *span) for span in (current, piece))

    def _filled(self, current: Span | None, piece: Span) -> Iterator[Span]:
        """`current` with `piece`, or with as many of its words as fit, and so on with the rest.

        There is no call for each word: a book in one line has a million.
        """
        if BLOB.fullmatch(self._text, *piece):
            yield piece
            return
        begin, start = current.start if current else piece.start, piece.start
        while start < piece.end:
            end = self._reach(begin, Span(start, piece.end))
            if end == start:
                end = min(self._tokens.next_end(start), piece.end)
            yield Span(begin, end)
            begin = start = end

    def _reach(self, begin: int, piece: Span) -> int:
        """How far into `piece` a chunk can go that begins at `begin`: to a word's end, or not."""
        most = self._most(begin)
        if self._tokens.of(Span(begin, piece.end)) <= most:
            return piece.end
        if begin < piece.start and self._fits(piece):
            return piece.start  # it stays whole
        return min(max(self._tokens.end_of(most, begin), piece.start), piece.end)

    def _fits(self, span: Span) -> bool:
        return self._tokens.of(span) <= self._most(span.start)

    def _most(self, start: int) -> int:
        """Tokens that a chunk may have which begins at `start`."""
        room = self._room - self._tokens.of(self._lead(start))
        return min(self._budget + self._free_at(start), room)

    def _free_at(self, start: int) -> int:
        return self._free if start == self._blocks[0].start else 0

    def _heading_tokens(self) -> int:
        """Tokens of the heading lines that the section begins with, as far as they are free."""
        free = 0
        for block in self._blocks:
            cost = self._tokens.of(Span(block.start, block.end))
            if block.kind != "heading" or free + cost > HEADING_TOKENS:
                break
            free += cost
        return free

    def _lead(self, start: int) -> Span:
        if not self._led:
            return Span(start, start)
        place = bisect_right(self._led, start, key=lambda block: block.start) - 1
        if place >= 0 and start < self._led[place].end and self._leads[place].end <= start:
            return self._leads[place]
        return Span(start, start)

    def _shortened(self, lead: Span) -> Span:
        most = min(CONTEXT_TOKENS, self._room - LEAST_TOKENS)
        ends = self._tokens.ends(lead)
        fit = [end for end in ends if self._tokens.of(Span(lead.start, end)) <= most]
        return Span(lead.start, max(fit, default=lead.start))


def _parts(
    text: str, span: Span, splitters: Sequence[Splitter], fits: Callable[[Span], bool]
) -> Iterator[Span]:
    """`span`, or if it does not fit, its parts by the first splitter, and theirs by the next."""
    if not splitters or fits(span) or BLOB.fullmatch(text, *span):
        yield span
    else:
        for part in splitters[0](text, span):
            yield from _parts(text, part, splitters[1:], fits)


def at(offsets: Sequence[int]) -> Splitter:
    """Parts a span at `offsets`."""

    def cut(_text: str, span: Span) -> list[Span]:
        inside = [offset for offset in offsets if span.start < offset < span.end]
        edges = [span.start, *sorted(set(inside)), span.end]
        return [Span(a, b) for a, b in pairwise(edges)]

    return cut


def by_line(text: str, span: Span) -> list[Span]:
    """Parts a span behind the ends of its lines."""
    return at([match.end() for match in NEWLINE.finditer(text, *span)])(text, span)


def by_sentence(text: str, span: Span) -> list[Span]:
    """Parts a span where its sentences begin."""
    starts = [span.start + s.start for s in sentence_spans(text[span.start : span.end])]
    return at(starts)(text, span)


def by_blob(text: str, span: Span) -> list[Span]:
    """Parts a span around data that is written into it."""
    edges = [edge for match in BLOB.finditer(text, *span) for edge in match.span()]
    return at(edges)(text, span)


def _trimmed(text: str, span: Span) -> Iterator[Span]:
    """Without blank lines around and blanks behind; indentation before is kept, it has meaning."""
    piece = text[span.start : span.end]
    if piece.strip():
        is_line = span.start == 0 or text[span.start - 1] in "\r\n"
        blank = _BLANK_LINES.match(piece) if is_line else _BLANKS.match(piece)
        start = span.start + (blank.end() if blank else 0)
        yield Span(start, span.start + len(piece.rstrip()))


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
        anchors=_anchors(chunk.anchors, Span(start, end)),
    )


def _tells(piece: Chunk, keys: Sequence[str]) -> bool:
    """True if what stands before a note's piece is part of a quiz."""
    context = piece.context.strip()
    return piece.role is Role.NOTE and bool(context) and any(context in key for key in keys)
