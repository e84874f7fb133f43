"""Puts the words of a page together, block by block, and remembers the lines they came from."""

import re

from ingest.formats.outline import Headings, lead_in
from ingest.lines import NEWLINE, Lines
from ingest.types import Block
from rag.types import Span

_BLANKS = re.compile(r"[ \t\r\n\f]+")
_TICKS = re.compile(r"`{3,}")


class Writer:
    """Text that grows, with one block open at its end. `above` are headings of the whole page."""

    def __init__(self, lines: Lines, above: tuple[str, ...]) -> None:
        self._lines = lines
        self._above = above
        self._headings = Headings()
        self._out: list[str] = []
        self._size = 0
        self._blocks: list[Block] = []
        self._marks: list[tuple[int, int]] = []
        self._before = ""
        self.is_muted = False
        self._begun("paragraph", 0)

    def _begun(self, kind: str, level: int) -> None:
        self.kind = kind
        self.language = ""
        self._level = level
        self._parts: list[str] = []
        self._length = 0
        self._breaks: list[int] = []
        self._near: list[tuple[int, int]] = []
        self._head: int | None = None
        self._indent = ""
        self._after_blank = True
        self._is_empty = True
        self._cells: list[list[str]] | None = None
        self._row_at = 0
        self._is_header = True

    @property
    def in_row(self) -> bool:
        """True between the beginning and the end of a table's row."""
        return self._cells is not None

    def finished(self) -> tuple[str, tuple[Block, ...], tuple[tuple[int, int], ...]]:
        """The text, its blocks, and the lines of the file by offset."""
        self.flush()
        return "".join(self._out), tuple(self._blocks), tuple(self._marks)

    def begin(self, kind: str, level: int = 0) -> None:
        """A block of a kind begins."""
        self.flush()
        self._begun(kind, level)

    def paragraph(self, kind: str) -> None:
        """A block of text begins; inside a cell it is only a blank."""
        if self._cells is not None:
            self.text(" ", self._row_at)
        else:
            self.begin(kind)

    def text(self, words: str, at: int) -> None:
        """Words that stand at the character `at` of the file; none while it is muted."""
        if self.is_muted:
            return
        if self.kind == "code":
            self._verbatim(words, at)
        elif self._cells is None:
            self._flowing(words, at)
        elif self._cells:
            self._cells[-1].append(_BLANKS.sub(" ", words))

    def _flowing(self, words: str, at: int) -> None:
        said = _BLANKS.sub(" ", words)
        if self.kind == "table" and said.strip():
            self.begin("paragraph")
        if self._after_blank:
            said = said.lstrip(" ")
        if said.strip() and self._is_empty:
            self._is_empty = False
            if not self._near:
                self._mark(at + len(words) - len(words.lstrip()))
        self._put(said)

    def line(self, at: int) -> None:
        """The line ends, the block does not."""
        if self.kind == "code":
            self._put("\n")
        elif self._cells is not None:
            self.text(" ", at)
        elif not self._after_blank or (self._parts and self._parts[-1].endswith(" ")):
            self._newline()
            self._put(self._indent)
            self._after_blank = True

    def next_line(self) -> None:
        """What follows begins a line of its own, if the item has words already."""
        if not self._after_blank:
            self.line(0)

    def item(self, mark: str, depth: int, at: int) -> None:
        """An item of a list begins, `depth` lists down."""
        if self._cells is not None:
            self.text(" ", at)
            return
        if self.kind != "list":
            self.begin("list")
        self._newline()
        self._breaks.append(self._length)
        self._mark(at)
        self._put("  " * depth + mark)
        self._indent = "  " * (depth + 1)
        self._after_blank = True

    def row(self, at: int) -> None:
        """A row of a table begins."""
        self.end_row()
        if self.kind != "table":
            self.begin("table")
        self._cells, self._row_at, self._is_header = [], at, True

    def cell(self, *, is_header: bool) -> None:
        """A cell begins."""
        if self._cells is not None:
            self._cells.append([])
            self._is_header = self._is_header and is_header

    def end_row(self) -> None:
        """The row, if one was begun, is complete."""
        cells, self._cells = self._cells, None
        words = [" ".join("".join(cell).split(" ")).strip() for cell in cells or []]
        if not any(words):
            return
        # Rows of headers count as long as no other row stands above them.
        is_header = self._is_header and self._head == (None if self._is_empty else self._length)
        self._newline()
        self._breaks.append(self._length)
        self._mark(self._row_at)
        self._put(f"| {' | '.join(words)} |")
        self._is_empty = False
        if is_header:
            self._head = self._length

    def flush(self) -> None:
        """The open block is complete."""
        self.end_row()
        lead: Span | None = None
        words, shift = "".join(self._parts).rstrip(), 0
        if self.kind == "heading":
            title = words.replace("\n", " ")
            self._headings.enter(self._level, title)
            words, shift = f"{'#' * self._level} {title}", self._level + 1
        elif self.kind == "code":
            words, shift = self._fenced(words)
        start = self._size + (2 if self._size else 0)
        if self.kind == "table" and self._head and self._head < len(words):
            lead = Span(start, start + self._head)
        elif self.kind == "code" and self.language:
            lead = Span(start, start + words.index("\n"))
        elif self.kind == "list":
            lead = self._lead_in()
        if not self._is_empty:
            self._append(words, start, shift, lead)
        self._begun("paragraph", 0)

    def _append(self, words: str, start: int, shift: int, lead: Span | None) -> None:
        self._out += ["\n\n", words] if self._size else [words]
        self._size = end = start + len(words)
        last = self._marks[-1][1] if self._marks else 0
        for place, (offset, line) in enumerate(self._near):
            if line != last:
                at = start + offset + shift if place else start
                self._marks.append((min(at, end), line))
                last = line
        breaks = tuple(start + at for at in self._breaks if at < len(words))
        path = self._above + self._headings.path
        self._blocks.append(Block(self.kind, start, end, path, breaks, lead))
        self._before = words if self.kind == "paragraph" else ""

    def _fenced(self, words: str) -> tuple[str, int]:
        """Code between fences that it does not hold itself."""
        body = words.lstrip("\n")
        fence = "`" * max([3, *(len(run) + 1 for run in _TICKS.findall(body))])
        opening = f"{fence}{self.language}\n"
        return f"{opening}{body}\n{fence}", len(opening) - (len(words) - len(body))

    def _lead_in(self) -> Span | None:
        begin = self._size - len(self._before)
        before = Block("paragraph", 0, len(self._before))
        found = lead_in(self._before, before, len(self._before)) if self._before else None
        return Span(found.start + begin, found.end + begin) if found else None

    def _verbatim(self, words: str, at: int) -> None:
        first = self._lines.number(at)
        for number, piece in enumerate(NEWLINE.split(words)):
            if number:
                self._put("\n")
            if piece.strip():
                self._is_empty = False
                self._near.append((self._length, first + number))
            self._put(piece)

    def _mark(self, at: int) -> None:
        self._near.append((self._length, self._lines.number(at)))

    def _newline(self) -> None:
        while self._parts and not self._parts[-1].strip(" "):
            self._length -= len(self._parts.pop())
        if self._parts:
            bare = self._parts[-1].rstrip(" ")
            self._length -= len(self._parts[-1]) - len(bare)
            self._parts[-1] = bare
            self._put("" if bare.endswith("\n") else "\n")

    def _put(self, words: str) -> None:
        if words:
            self._parts.append(words)
            self._length += len(words)
            self._after_blank = words[-1] in " \n"
