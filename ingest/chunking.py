"""A note -> verbatim chunks: by structure first, then by the tokens an embedding model reads.

A chunk never crosses a heading. Within a section whole blocks are packed together up to the
budget; only a block that does not fit by itself is cut, at the coarsest place that helps: around
data that is written into it, at list items and table rows, then lines, sentences, words, and
characters at the very last. What a chunk is not understood without (the header of its table, the
words before its list) goes with it as context; with that and its headings it stays within what the
embedding model reads.

benchmarks/chunking.py measures these rules, and says which others did not help.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ingest.blocks import filled
from ingest.lines import Lines
from ingest.packing import Section
from ingest.tokens import BLOB, TokenMeter
from ingest.types import Block, ReadNote
from rag.embedding import heading_path
from rag.protocols import TokenCounter
from rag.text.quizzes import says_quiz
from rag.types import Anchor, Chunk, Role, Span

VERSION = "4"
"""Raise it whenever the same note would be cut differently: notes are then chunked again."""

MAX_TOKENS = 160
"""Budget of a chunk in word pieces, its own heading lines aside."""

MODEL_LIMIT = 256
"""Word pieces that the embedding model reads of a text, the two that mark its ends included."""

_RESERVE = 8
"""Of these, two mark the ends, and a word that is joined again may be more than its parts."""


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
        max_tokens: int = MAX_TOKENS,
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
