"""The JSON of a Jupyter notebook, formats 3 and 4 -> its cells and what they printed, as text.

It may hold anything anywhere: what is not of the kind that the format asks for is not there.
"""

import json
import re
from collections.abc import Iterator, Mapping

from ingest.formats.drafting import clean
from rag.errors import NotesError

MAX_OUTPUT_CHARS = 4_000
"""Of one output: what is longer is a log, and cut."""

_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_BASE64 = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]{64,}")
_PICTURE = re.compile(r"<(?:Figure size|matplotlib|Axes|PIL)[^\n]*>")

Cell = Mapping[str, object]


def loaded(text: str) -> Cell:
    """The notebook. Raises NotesError if `text` is none."""
    try:
        book = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotesError(f"it is no notebook: it is not JSON ({error})") from error
    if not isinstance(book, dict) or not ("cells" in book or "worksheets" in book):
        raise NotesError("it is no notebook: it has no cells")
    return book


def cells_of(book: Cell) -> Iterator[Cell]:
    """Its cells, in order."""
    yield from items(book.get("cells"))
    for sheet in items(book.get("worksheets")):  # format 3
        yield from items(sheet.get("cells"))


def language_of(book: Cell) -> str:
    """What its code is written in."""
    meta = _of(book, "metadata")
    named = _of(meta, "language_info").get("name") or _of(meta, "kernelspec").get("language")
    return named if isinstance(named, str) and _LANGUAGE.fullmatch(named) else "python"


def level_of(cell: Cell) -> int:
    """Level, from 1 to 6, of a cell that is a heading, as there were in format 3."""
    level = cell.get("level")
    return min(6, max(1, level)) if isinstance(level, int) else 1


def printed(output: Cell) -> str:
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


def items(value: object) -> Iterator[Cell]:
    """The objects in a list; nothing, if it is none."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def _of(value: Cell, key: str) -> Cell:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
