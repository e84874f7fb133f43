"""Delimited text -> records, with the characters that each takes.

The cells are those that Python's csv module finds, which does not say where it found them. Unlike
there, a quote that is never closed does not swallow what is left of the file.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Record(NamedTuple):
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


def records(text: str, delimiter: str) -> Iterator[Record]:
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


def _record(text: str, start: int, cell: re.Pattern[str]) -> Record | None:
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
    return Record(start, end, () if cells == [""] and end - start <= len(mark) else tuple(cells))


_ENDS = frozenset({"\n", "\r\n", "\r", ""})


@cache
def _cell(delimiter: str, is_loose: bool) -> re.Pattern[str]:
    # Each part is possessive: nothing is tried twice, whatever a file is made of.
    quoted = "(?!)()()" if is_loose else r'"((?:[^"]++|"")*+)("?+)'
    mark = re.escape(delimiter)
    return re.compile(rf"(?:{quoted})?+([^{mark}\r\n]*+)({mark}|\r\n|\r|\n|\Z)")
