"""A note -> verbatim chunks: by structure first, then by the tokens an embedding model reads.

A chunk never crosses a heading. Within a section whole blocks are packed together up to the
budget; only a block that does not fit by itself is cut, at the coarsest place that helps: around
data that is written into it, at list items and table rows, then lines, sentences, words, and
characters at the very last.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from ingest.blocks import filled
from ingest.lines import Lines
from ingest.types import Block, ReadNote
from rag.protocols import TokenCounter
from rag.sentences import sentence_spans
from rag.types import Anchor, Chunk, Role, Span

VERSION = "2"
"""Raise it whenever the same note would be cut differently: notes are then chunked again."""

MAX_TOKENS = 160
"""Budget of a chunk in word pieces, its own heading lines aside."""

_HEADING_TOKENS = 32
"""Heading lines that are together as short as this go with what follows them, whatever the budget:
160, 32 and a breadcrumb stay below the 256 word pieces that the embedding model reads."""

_QUIZ = re.compile(
    r"\b(?:quiz(?:zes)?|flash ?cards?|practice (?:questions|exam)|self[- ]test|q ?& ?a)\b", re.I
)

_BLOB = re.compile(r"(?<![A-Za-z0-9+/=_%-])[A-Za-z0-9+/=_%-]{500,}")
"""A picture that is written into a note as base64, or the like: kept, but nothing to be found."""

Splitter = Callable[[str, Span], list[Span]]


class StructureChunker:
    """Cuts notes of any format by their blocks. `count_tokens` counts as the embedder does."""

    def __init__(self, count_tokens: TokenCounter, max_tokens: int = MAX_TOKENS) -> None:
        self._count_tokens = count_tokens
        self._max_tokens = max_tokens
        self.fingerprint = f"structure-{VERSION}-{max_tokens}"

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """All chunks of a note, in order; every character but blanks lies in exactly one."""
        note, lines = read.note, Lines(read.note.text)
        seen: Counter[str] = Counter()
        chunks: list[Chunk] = []
        for headings, role, span in self._spans(read):
            text = note.text[span.start : span.end]
            seen[text] += 1
            chunk = Chunk(
                id=_chunk_id(note.path, text, seen[text]),
                note_path=note.path,
                note_digest=note.digest,
                ordinal=len(chunks),
                headings=headings,
                start=span.start,
                end=span.end,
                start_line=lines.number(span.start),
                end_line=lines.number(span.end - 1),
                text=text,
                role=role,
                anchors=_anchors(note.anchors, span),
            )
            chunks.append(chunk)
        return chunks

    def _spans(self, read: ReadNote) -> Iterator[tuple[tuple[str, ...], Role, Span]]:
        text = read.note.text
        for section in _sections(filled(read.blocks, text)):
            headings, role = section[-1].headings, _role(section[-1])
            pieces = self._pieces(text, section)
            for span in _packed(text, pieces, self._max_tokens):
                is_blob = _BLOB.fullmatch(text, span.start, span.end)
                yield headings, Role.META if is_blob else role, span

    def _pieces(self, text: str, section: Sequence[Block]) -> list[tuple[Span, int]]:
        """The blocks of a section with their cost in tokens, those over the budget cut up."""
        pieces: list[tuple[Span, int]] = []
        free = _HEADING_TOKENS
        for block in section:
            span = Span(block.start, block.end)
            cost = self._costs(text, [span])[0]
            if block.kind == "heading" and cost[1] <= free:
                pieces.append((span, 0))
                free -= cost[1]
            else:
                at_items = _cut_at(block.breaks)
                splitters = [_by_blob, at_items, _by_line, _by_sentence, _by_word, _by_character]
                pieces += self._fitting(text, cost, splitters)
        return pieces

    def _fitting(
        self, text: str, piece: tuple[Span, int], splitters: Sequence[Splitter]
    ) -> list[tuple[Span, int]]:
        span, cost = piece
        is_whole = cost <= self._max_tokens or not splitters
        if is_whole or _BLOB.fullmatch(text, span.start, span.end):
            return [piece]
        finer = splitters[0](text, span)
        packed = _packed(text, self._costs(text, finer), self._max_tokens)
        parts = self._costs(text, packed)
        return [small for part in parts for small in self._fitting(text, part, splitters[1:])]

    def _costs(self, text: str, spans: Sequence[Span]) -> list[tuple[Span, int]]:
        counts = self._count_tokens([text[span.start : span.end] for span in spans])
        return list(zip(spans, counts, strict=True))


def _packed(text: str, pieces: Sequence[tuple[Span, int]], budget: int) -> list[Span]:
    """Join neighbours as long as they fit the budget, then trim what is blank."""
    packed: list[Span] = []
    used = 0
    for span, cost in pieces:
        if packed and used + cost <= budget:
            packed[-1] = Span(packed[-1].start, span.end)
            used += cost
        else:
            packed.append(span)
            used = cost
    return [trimmed for span in packed for trimmed in _trimmed(text, span)]


def _chunk_id(note_path: str, text: str, occurrence: int) -> str:
    words = f"{note_path}\0{occurrence}\0{text}".encode(errors="surrogatepass")
    return hashlib.sha256(words).hexdigest()[:32]


def _anchors(anchors: Sequence[Anchor], span: Span) -> tuple[Anchor, ...]:
    """The anchor that `span` begins in, and those inside it, counted from its start."""
    before = [anchor for anchor in anchors if anchor.offset <= span.start][-1:]
    inside = [anchor for anchor in anchors if span.start < anchor.offset < span.end]
    return tuple(Anchor(max(0, a.offset - span.start), a.label) for a in [*before, *inside])


def _role(block: Block) -> Role:
    if block.kind == "meta":
        return Role.META
    if block.kind == "card":
        return Role.QUIZ
    return Role.QUIZ if any(_QUIZ.search(heading) for heading in block.headings) else Role.NOTE


def _sections(found: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks from heading to heading. A heading with nothing under it goes with what follows."""
    section: list[Block] = []
    for block in found:
        is_filled = any(one.kind != "heading" for one in section)
        is_meta = bool(section) and section[0].kind == "meta"
        if is_meta or (is_filled and block.kind == "heading"):
            yield section
            section = []
        section.append(block)
    if section:
        yield section


def _cut_at(offsets: Sequence[int]) -> Splitter:
    def cut(_text: str, span: Span) -> list[Span]:
        inside = [offset for offset in offsets if span.start < offset < span.end]
        edges = [span.start, *sorted(set(inside)), span.end]
        return [Span(a, b) for a, b in pairwise(edges)]

    return cut


def _by_pattern(pattern: str) -> Splitter:
    compiled = re.compile(pattern)

    def cut(text: str, span: Span) -> list[Span]:
        ends = [match.end() for match in compiled.finditer(text, span.start, span.end)]
        return _cut_at(ends)(text, span)

    return cut


def _by_sentence(text: str, span: Span) -> list[Span]:
    starts = [span.start + s.start for s in sentence_spans(text[span.start : span.end])]
    return _cut_at(starts)(text, span)


def _by_character(text: str, span: Span) -> list[Span]:
    # One character is at most a few word pieces, so steps this small are packed again up to fit.
    return _cut_at(range(span.start, span.end, 16))(text, span)


def _by_blob(text: str, span: Span) -> list[Span]:
    edges = [edge for match in _BLOB.finditer(text, span.start, span.end) for edge in match.span()]
    return _cut_at(edges)(text, span)


_by_line = _by_pattern(r"\r\n?|\n")
_by_word = _by_pattern(r"\s+")


def _trimmed(text: str, span: Span) -> Iterator[Span]:
    """Without blank lines around and blanks behind; indentation before is kept, it has meaning."""
    piece = text[span.start : span.end]
    if piece.strip():
        blank = re.match(r"(?:[^\S\r\n]*(?:\r\n?|\n))*", piece)
        start = span.start + (blank.end() if blank else 0)
        yield Span(start, span.start + len(piece.rstrip()))
