"""Jupyter notebooks, formats 3 and 4: what was written, what was run and what was printed.

Pictures and HTML are left out of outputs, and data that is written into a text as base64.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.formats import commonmark
from ingest.formats.drafting import Draft, moved
from ingest.formats.ipynb_cells import (
    Cell,
    cells_of,
    items,
    language_of,
    level_of,
    loaded,
    printed,
    text_of,
)
from ingest.formats.text import decode
from ingest.types import Block, ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Span

MAX_CELLS = 5_000
MAX_CELL_CHARS, MAX_PARSED_CHARS = 30_000, 500_000
"""Of Markdown in a cell, and in all: what is more is no prose, is not parsed, is one paragraph."""

_STATEMENT = re.compile(r"(?:\r\n?|\n){2,}(?=\S)")
_TICKS = re.compile("`{3,}")


class NotebookReader:
    """Reads Jupyter notebooks."""

    suffixes = frozenset({".ipynb"})
    fingerprint = "ipynb-1"

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`: its cells, counted from 1, each with what it printed.

        Raises:
            NotesError: `data` is no notebook, holds nothing, or more than `MAX_CELLS` cells.
        """
        book = loaded(decode(data))
        cells = list(cells_of(book))
        if len(cells) > MAX_CELLS:
            raise NotesError(f"it has more than {MAX_CELLS:,} cells, the most for a note; split it")
        writer = _Writer(language_of(book))
        for number, cell in enumerate(cells, 1):
            writer.write(number, cell)
        return writer.draft.note(file, data, kind="notebook", title=writer.title)


class _Writer:
    """Writes cell after cell, under the headings of the cells before."""

    def __init__(self, language: str) -> None:
        self.draft = Draft()
        self._language = language
        self._parsed = 0
        self._titles: list[tuple[int, str]] = []

    @property
    def title(self) -> str:
        """The first heading of the first level, else the first heading, if there is one."""
        tops = [title for level, title in self._titles if level == 1]
        return next(iter([*tops, *(title for _, title in self._titles)]), "")

    def write(self, number: int, cell: Cell) -> None:
        """Add the words of a cell and of its outputs, if there are any."""
        source = text_of(cell.get("source", cell.get("input")))
        kind = cell.get("cell_type")
        before = len(self.draft.blocks)
        if source.strip():
            if kind == "code":
                self._code(source)
            elif kind == "heading":  # format 3
                self._prose(f"{'#' * level_of(cell)} {' '.join(source.split())}")
            elif kind == "markdown":
                self._prose(source)
            else:
                self._block("paragraph", source)
        for output in items(cell.get("outputs")):
            if shown := printed(output).strip("\r\n"):
                self._block("output", shown)
        if added := self.draft.blocks[before:]:
            self.draft.mark(added[0].start, f"cell {number}")

    def _code(self, source: str) -> None:
        fence = max(_TICKS.findall(source), default="``") + "`"
        opening = f"{fence}{self._language}\n"
        statements = tuple(match.end() + len(opening) for match in _STATEMENT.finditer(source))
        self._block("code", f"{opening}{source}\n{fence}", statements, len(opening))

    def _block(self, kind: str, text: str, breaks: Sequence[int] = (), lead: int = 0) -> None:
        start = self.draft.append(text)
        edges = tuple(start + offset for offset in breaks)
        first = Span(start, start + lead) if lead else None
        block = Block(kind, start, start + len(text), self.draft.headings, edges, first)
        self.draft.blocks.append(block)

    def _prose(self, text: str) -> None:
        """Markdown, parsed by itself: what a cell leaves open does not reach into the next."""
        self._parsed += len(text)
        if len(text) > MAX_CELL_CHARS or self._parsed > MAX_PARSED_CHARS:
            self._block("paragraph", text)
            return
        start = self.draft.append(text)
        seen = _as_body(text) if start else text
        titles = list(_headings(seen))
        self._titles += titles
        coming = iter(titles)
        for block in commonmark.blocks(seen):
            if block.kind == "heading":
                self.draft.enter(*next(coming))
            self.draft.blocks.append(moved(block, start, self.draft.headings))


def _as_body(text: str) -> str:
    """A cell within a notebook has no front matter: the line that looks like it is a rule."""
    is_opened = commonmark.front_matter(text) is not None
    return text.replace("---", "***", 1) if is_opened else text


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """Level and words of each heading that is a block of its own."""
    tokens = commonmark.parse(text)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and not token.level:
            yield int(token.tag[1]), commonmark.plain_text(inline)
