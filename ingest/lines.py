"""Where the lines of a text begin. They end in CR LF, LF or, in notes from old machines, CR."""

import re
from bisect import bisect_right
from itertools import pairwise

NEWLINE = re.compile(r"\r\n?|\n")


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
