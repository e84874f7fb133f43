"""Bytes -> text, with every character kept, so that offsets are exact; and where its lines begin.

Lines end in CR LF, LF or, in notes from old machines, CR.
"""

import re
from bisect import bisect_right
from itertools import pairwise

from charset_normalizer import from_bytes

from rag.errors import NotesError

MAX_TEXT_BYTES = 5_000_000
"""Of a file that is nothing but words. The Bible has four million, in one file."""

BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
NEWLINE = re.compile(r"\r\n?|\n")


def decode(data: bytes) -> str:
    """Text of a file: UTF-8 or UTF-16/32 with a mark, else what charset-normalizer finds likely.

    Line ends stay as they are.

    Raises:
        NotesError: it is empty or not text.
    """
    text = _decoded(data)
    if not text.strip():
        raise NotesError("it is empty")
    return text


def _decoded(data: bytes) -> str:
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    if b"\0" in data:
        raise NotesError("it is binary, not text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(data)


def _guessed(data: bytes) -> str:
    """Decode what names no encoding. Short Western notes fit many, of which cp1252 is most used."""
    likely = from_bytes(data)
    western = (match for match in likely if "cp1252" in match.could_be_from_charset)
    found = next(western, likely.best())
    if found is None:
        raise NotesError("its encoding is unknown; save it as UTF-8")
    return str(found)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotesError(f"it is not the {encoding} it says it is; save it as UTF-8") from error


def split_lines(text: str) -> list[str]:
    """Lines without their ends, numbered as a chunk's are (`str.splitlines` knows more ends)."""
    lines = NEWLINE.split(text)
    return lines if lines[-1] else lines[:-1]


class Lines:
    """Lines of a text, from 0, and the offsets at which they begin."""

    def __init__(self, text: str) -> None:
        ends = [match.end() for match in NEWLINE.finditer(text)]
        if ends and ends[-1] == len(text):
            ends.pop()
        self.starts = [0, *ends]
        self._length = len(text)

    @property
    def longest(self) -> int:
        """Characters of the longest line, its end counted in."""
        return max(end - start for start, end in pairwise([*self.starts, self._length]))

    def offset(self, line: int) -> int:
        """Character at which `line` (from 0) begins; the text's length past the last line."""
        return self.starts[line] if line < len(self.starts) else self._length

    def number(self, offset: int) -> int:
        """Line, from 1, of the character at `offset`."""
        return bisect_right(self.starts, offset)
