"""Which tables of a page hold data? Old pages are laid out with tables, and are to be read as text.

A table is layout if it says so, if it holds headings or another table, if its rows have a single
cell each, or if its cells are as long as paragraphs.
"""

import re
from dataclasses import dataclass, field

from ingest.formats.html_elements import HEADINGS
from ingest.formats.html_tokens import Tag, Text, tokens

_TABLE = re.compile(r"<(?:\w{1,20}:)?table", re.I)
_MOST_CHARACTERS = 300
"""More characters in a cell, on average, are paragraphs."""


@dataclass(slots=True)
class _Table:
    is_layout: bool
    rows: list[int] = field(default_factory=list)
    cells: int = 0
    characters: int = 0

    @property
    def data_rows(self) -> list[int]:
        is_prose = self.characters > _MOST_CHARACTERS * self.cells
        is_data = not self.is_layout and self.cells > len(self.rows) and not is_prose
        return self.rows if is_data else []


def data_rows(html: str) -> frozenset[int]:
    """The places of the `<tr>` of tables that hold data."""
    if not _TABLE.search(html):
        return frozenset()
    below = _Table(is_layout=True)  # what is in no table
    is_open = [below]
    rows: list[int] = []
    for token in tokens(html):
        if isinstance(token, Text):
            is_open[-1].characters += len(token.words.strip())
        elif token.name != "table":
            _note(is_open[-1], token)
        elif not token.is_end:
            is_open[-1].is_layout = True
            is_open.append(_Table(token.get("role") in {"presentation", "none"}))
        elif len(is_open) > 1:
            rows += is_open.pop().data_rows
    return frozenset(rows + [row for table in is_open for row in table.data_rows])


def _note(table: _Table, tag: Tag) -> None:
    if tag.is_end:
        return
    if tag.name == "tr":
        table.rows.append(tag.at)
    table.cells += tag.name in {"td", "th"}
    table.is_layout = table.is_layout or tag.name in HEADINGS
