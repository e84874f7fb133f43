"""Tables of cells: question and answer in each row, or rows under a header.

Whether a table is a pile of cards is told by its header ("front,back"), else by what exports of
flashcards look like: two cells in each row, apart by a tab, or with questions in the first.

The cells are those that Python's csv module finds, which does not say where it found them. Unlike
there, a quote that is never closed does not swallow what is left of the file.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from pathlib import PurePath
from typing import NamedTuple

from ingest.document import BACK, FRONT, new_note
from ingest.text import MAX_TEXT_BYTES, decode
from ingest.types import Block, ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Anchor, Span

MAX_ROWS = 20_000
"""A longer table is data, not notes."""

_DELIMITERS = "\t,;|"
_SAMPLE_CHARS, _SAMPLE_ROWS = 50_000, 100
_NOTION_ID = re.compile(r" [0-9a-f]{32}(?:_all)?$")
_NUMBER = re.compile(r"[-+]?[\d.,\s]*\d%?")
_ENDS = frozenset({"\n", "\r\n", "\r", ""})


class _Record(NamedTuple):
    """Characters `[start, end)`, the line end with them, and the cells that stand there.

    A blank line has no cells. `is_loose` says that quotes were read as they stand.
    """

    start: int
    end: int
    cells: tuple[str, ...]
    is_loose: bool = False

    @property
    def is_blank(self) -> bool:
        """True if no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)


class CsvReader:
    """Reads rows of cells, apart by commas, semicolons, tabs or bars."""

    suffixes = frozenset({".csv", ".tsv"})
    fingerprint = "csv-1"
    max_bytes = MAX_TEXT_BYTES

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`: the file as it is, with a place for each row.

        Raises:
            NotesError: `data` is no text, holds nothing, or more than `MAX_ROWS` rows.
        """
        text = decode(data)
        delimiter = delimiter_of(text)
        rows = _rows(text, delimiter)
        header, is_cards = _shape([row for _, row in rows], delimiter)
        note = new_note(
            file,
            data,
            text,
            kind="csv",
            title=_NOTION_ID.sub("", PurePath(file.path).stem),
            anchors=tuple(Anchor(row.start, f"row {number}") for number, row in rows),
        )
        found = _cards(rows, header, len(text)) if is_cards else _table(rows, header, len(text))
        return ReadNote(note, tuple(found), tuple(_warnings(rows)))


def _rows(text: str, delimiter: str) -> list[tuple[int, _Record]]:
    """Rows that hold something, numbered as a spreadsheet does: from 1, the empty ones too."""
    every = list(islice(csv_records(text, delimiter), MAX_ROWS + 1))
    if len(every) > MAX_ROWS:
        raise NotesError(f"it has more than {MAX_ROWS:,} rows, the most for a note; split it")
    rows = [(number, row) for number, row in enumerate(every, 1) if not row.is_blank]
    if not rows:
        raise NotesError("it is empty: no cell in it holds anything")
    return rows


def delimiter_of(text: str) -> str:
    """What cuts most of the first rows into the same number of cells, and more than one.

    csv.Sniffer, asked for this, takes a letter that is frequent in questions and answers.
    """
    agreeing = {mark: _agreeing(text[:_SAMPLE_CHARS], mark) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: agreeing[mark])


def _agreeing(sample: str, delimiter: str) -> float:
    rows = [row for row in islice(csv_records(sample, delimiter), _SAMPLE_ROWS) if row.cells]
    widths = Counter(len(row.cells) for row in rows)
    wide = [count for width, count in widths.items() if width > 1]
    return max(wide, default=0) / max(1, len(rows))


def _shape(rows: Sequence[_Record], delimiter: str) -> tuple[_Record | None, bool]:
    """The header, if there is one, and whether the rows are questions with their answers."""
    first = rows[0]
    names = {cell.strip().lower() for cell in first.cells}
    if names & FRONT and names & BACK:
        return first, len(rows) > 1
    pairs = [row.cells for row in rows if len(row.cells) == 2 and all(map(str.strip, row.cells))]
    asked = sum(front.rstrip().endswith("?") for front, _ in pairs)
    if len(pairs) >= 0.9 * len(rows) and (delimiter == "\t" or asked >= len(pairs) / 3):
        return None, True
    is_header = len(first.cells) > 1 and not any(_is_value(cell) for cell in first.cells)
    return (first if is_header and len(rows) > 1 else None), False


def _is_value(cell: str) -> bool:
    return not cell.strip() or bool(_NUMBER.fullmatch(cell.strip()))


def _cards(
    rows: Sequence[tuple[int, _Record]], header: _Record | None, length: int
) -> Iterator[Block]:
    """One block a row; rows of nothing but commas go with the row before."""
    if header:
        yield Block("meta", 0, header.end)
    starts = [row.start for _, row in rows if row is not header]
    starts[0] = header.end if header else 0
    for start, end in pairwise([*starts, length]):
        yield Block("card", start, end)


def _table(
    rows: Sequence[tuple[int, _Record]], header: _Record | None, length: int
) -> Iterator[Block]:
    lead = Span(header.start, header.end) if header else None
    yield Block("table", 0, length, breaks=tuple(row.start for _, row in rows[1:]), lead=lead)


def _warnings(rows: Sequence[tuple[int, _Record]]) -> Iterator[str]:
    loose = [number for number, row in rows if row.is_loose]
    if loose:
        yield f"row {loose[0]}: a quote is not closed; from there on quotes are read as they stand"
    width = len(rows[0][1].cells)
    ragged = [number for number, row in rows if len(row.cells) != width]
    if ragged:
        yield (
            f"{len(ragged)} rows have another number of cells than row {rows[0][0]} has; "
            f"the first is row {ragged[0]}"
        )


def csv_records(text: str, delimiter: str) -> Iterator[_Record]:
    """All records of `text`, in order, one after the other without a gap.

    From the record on in which a quote opens that nothing closes, quotes are characters like any
    other: what a person meant to close is not known, but the lines after it are rows.
    """
    start, is_loose = 0, False
    while start < len(text):
        found = _record(text, start, _cell(delimiter, is_loose))
        if found is None:
            is_loose = True
        else:
            yield found._replace(is_loose=is_loose)
            start = found.end


def _record(text: str, start: int, cell: re.Pattern[str]) -> _Record | None:
    """The record that begins at `start`; None if a quote in it is not closed."""
    cells: list[str] = []
    end = start
    while match := cell.match(text, end):
        quoted, close, rest, mark = match.groups()
        if quoted is not None and not close:
            return None
        cells.append((quoted or "").replace('""', '"') + rest)
        end = match.end()
        if mark in _ENDS:
            break
    return _Record(start, end, () if cells == [""] and end - start <= len(mark) else tuple(cells))


@cache
def _cell(delimiter: str, is_loose: bool) -> re.Pattern[str]:
    # Each part is possessive: nothing is tried twice, whatever a file is made of.
    quoted = "(?!)()()" if is_loose else r'"((?:[^"]++|"")*+)("?+)'
    mark = re.escape(delimiter)
    return re.compile(rf"(?:{quoted})?+([^{mark}\r\n]*+)({mark}|\r\n|\r|\n|\Z)")
