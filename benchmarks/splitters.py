"""LangChain's text splitters behind Cribsheet's own seam: they cut notes into the same chunks.

Where a splitter changes blanks (MarkdownHeaderTextSplitter strips lines and joins them anew) its
texts are found in the note by their other characters. What is not found is counted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from langchain_text_splitters import (
    MarkdownHeaderTextSplitter,
    MarkdownTextSplitter,
    RecursiveCharacterTextSplitter,
)

from ingest.chunking import StructureChunker
from ingest.protocols import Chunker
from ingest.types import ReadNote
from rag.protocols import TokenCounter
from rag.types import Chunk, Role, Span

Split = Callable[[str], Sequence[str]]

NOWHERE = Span(-1, -1)
_TOKENS = 160
_HEADERS = [("#" * level, str(level)) for level in range(1, 7)]


class Splitter:
    """Cuts what our chunker takes for notes, so that nobody is measured on answer keys."""

    def __init__(self, ours: StructureChunker, split: Split) -> None:
        self.fingerprint = repr(split)
        self.lost = 0
        self._ours = ours
        self._split = split

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """Chunks without headings, which may overlap; those that are not found are left out."""
        found: list[Chunk] = []
        for role, group in groupby(self._ours.chunk(read), lambda chunk: chunk.role):
            part = list(group)
            if role is Role.NOTE:
                found += self._cut(part[0], read.note.text, Span(part[0].start, part[-1].end))
        return found

    def _cut(self, like: Chunk, text: str, span: Span) -> Iterator[Chunk]:
        cut = self._split(text[span.start : span.end])
        for start, end in locate(cut, text, span):
            if (start, end) == NOWHERE:
                self.lost += 1
                continue
            identity, part = f"{like.note_path} {start} {end}", text[start:end]
            yield replace(like, id=identity, start=start, end=end, text=part, headings=())


def locate(texts: Sequence[str], note: str, span: Span) -> Iterator[Span]:
    """Where each of `texts` stands in the note, in order, blanks aside; `NOWHERE` if it does not.

    Each is looked for behind the beginning of the one before it, since splitters overlap.
    """
    places = [match.start() for match in re.finditer(r"\S", note[span.start : span.end])]
    solid = "".join(note[span.start + place] for place in places)
    after = 0
    for one in texts:
        wanted = "".join(one.split())
        begin = solid.find(wanted, after)
        if begin < 0 or not wanted:
            yield NOWHERE
            continue
        after = begin + 1
        yield Span(span.start + places[begin], span.start + places[begin + len(wanted) - 1] + 1)


def langchain(ours: StructureChunker, count: TokenCounter) -> Iterator[tuple[str, Chunker]]:
    """LangChain's splitters by name: its defaults, and with the budget of our chunks."""

    def tokens(text: str) -> int:
        return count([text])[0]

    default = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    yield "LC recursive 1000/200 chars", Splitter(ours, default.split_text)
    for overlap in (0, 32):
        sized = RecursiveCharacterTextSplitter(
            chunk_size=_TOKENS, chunk_overlap=overlap, length_function=tokens
        )
        yield f"LC recursive 160/{overlap} tokens", Splitter(ours, sized.split_text)
    markdown = MarkdownTextSplitter(chunk_size=_TOKENS, chunk_overlap=0, length_function=tokens)
    yield "LC Markdown 160/0 tokens", Splitter(ours, markdown.split_text)
    headers = MarkdownHeaderTextSplitter(_HEADERS, strip_headers=False)

    def by_header(text: str) -> list[str]:
        return [one.page_content for one in default.split_documents(headers.split_text(text))]

    yield "LC headers, recursive 1000/200", Splitter(ours, by_header)
