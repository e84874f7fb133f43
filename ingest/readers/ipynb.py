"""Jupyter notebooks, formats 3 and 4: what was written, what was run and what was printed.

The JSON may hold anything anywhere: what is not of the kind that the format asks for is not there.
Pictures and HTML are left out of outputs, and data that is written into a text as base64.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from ingest import commonmark
from ingest.document import Draft, clean, moved_block
from ingest.text import decode
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

MAX_CELLS = 5_000

MAX_CELL_CHARS, MAX_PARSED_CHARS = 30_000, 500_000
"""Of Markdown in a cell, and in all: what is more is no prose, is not parsed, is one paragraph."""

_STATEMENT = re.compile(r"(?:\r\n?|\n){2,}(?=\S)")
_TICKS = re.compile("`{3,}")

MAX_OUTPUT_CHARS = 4_000
"""Of one output: what is longer is a log, and cut."""

_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_BASE64 = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]{64,}")
_PICTURE = re.compile(r"<(?:Figure size|matplotlib|Axes|PIL)[^\n]*>")
_Cell = Mapping[str, object]


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

    def write(self, number: int, cell: _Cell) -> None:
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
                self.draft.add_text("paragraph", source)
        for output in items(cell.get("outputs")):
            if shown := printed(output).strip("\r\n"):
                self.draft.add_text("output", shown)
        if added := self.draft.blocks[before:]:
            self.draft.mark(added[0].start, f"cell {number}")

    def _code(self, source: str) -> None:
        fence = max(_TICKS.findall(source), default="``") + "`"
        opening = f"{fence}{self._language}\n"
        statements = tuple(match.end() + len(opening) for match in _STATEMENT.finditer(source))
        self.draft.add_text("code", f"{opening}{source}\n{fence}", statements, len(opening))

    def _prose(self, text: str) -> None:
        """Markdown, parsed by itself: what a cell leaves open does not reach into the next."""
        self._parsed += len(text)
        if len(text) > MAX_CELL_CHARS or self._parsed > MAX_PARSED_CHARS:
            self.draft.add_text("paragraph", text)
            return
        start = self.draft.append(text)
        seen = _as_body(text) if start else text
        titles = list(_headings(seen))
        self._titles += titles
        coming = iter(titles)
        for block in commonmark.blocks(seen):
            if block.kind == "heading":
                self.draft.enter(*next(coming))
            self.draft.blocks.append(moved_block(block, start, self.draft.headings))


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


def loaded(text: str) -> _Cell:
    """The notebook. Raises NotesError if `text` is none."""
    try:
        book = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotesError(f"it is no notebook: it is not JSON ({error})") from error
    if not isinstance(book, dict) or not ("cells" in book or "worksheets" in book):
        raise NotesError("it is no notebook: it has no cells")
    return book


def cells_of(book: _Cell) -> Iterator[_Cell]:
    """Its cells, in order."""
    yield from items(book.get("cells"))
    for sheet in items(book.get("worksheets")):  # format 3
        yield from items(sheet.get("cells"))


def language_of(book: _Cell) -> str:
    """What its code is written in."""
    meta = _of(book, "metadata")
    named = _of(meta, "language_info").get("name") or _of(meta, "kernelspec").get("language")
    return named if isinstance(named, str) and _LANGUAGE.fullmatch(named) else "python"


def level_of(cell: _Cell) -> int:
    """Level, from 1 to 6, of a cell that is a heading, as there were in format 3."""
    level = cell.get("level")
    return min(6, max(1, level)) if isinstance(level, int) else 1


def printed(output: _Cell) -> str:
    """What an output shows as text."""
    if output.get("output_type") in ("error", "pyerr"):
        named = f"{text_of(output.get('ename'))}: {text_of(output.get('evalue'))}"
        shown = text_of(output.get("traceback"), "\n") or named.strip(": ")
    else:
        data = _of(output, "data") or output  # format 3 has no "data"
        shown = text_of(data.get("text/plain") or output.get("text"))
        if _PICTURE.fullmatch(shown.strip()):
            return ""
    return shown if len(shown) <= MAX_OUTPUT_CHARS else shown[:MAX_OUTPUT_CHARS] + " \u2026"


def text_of(value: object, between: str = "") -> str:
    """A text that is written as one or as a list of its lines, without colours and data."""
    if isinstance(value, list):
        value = between.join(line for line in value if isinstance(line, str))
    return _BASE64.sub("", clean(_ANSI.sub("", value))) if isinstance(value, str) else ""


def items(value: object) -> Iterator[_Cell]:
    """The objects in a list; nothing, if it is none."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def _of(value: _Cell, key: str) -> _Cell:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
