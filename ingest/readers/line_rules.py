"""Text formats that are read line by line: rules are tried in turn on the line at hand.

A rule looks at a line, and as many after it as it takes, and gives the line after those; one that
does not apply gives the line it was asked about. Nothing is read twice, so time is linear.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from ingest.document import Headings, lead_in
from ingest.text import Lines, split_lines
from ingest.types import Block
from rag.errors import NotesError
from rag.types import Span

_WIDEST = 1000
"""Characters of a line that are looked at for its indentation."""


_MOST_BLOCKS = 300_000
"""A thick book has ten thousand. Each takes some microseconds here, and far more later."""


class LinedPage:
    """A text as lines (without their ends), and the blocks found in it so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = split_lines(text)
        self.headings = Headings()
        self.blocks: list[Block] = []
        self._starts = Lines(text)

    def put(
        self,
        kind: str,
        first: int,
        last: int,
        breaks: Iterable[int] = (),
        lead: Span | None = None,
    ) -> int:
        """Lines `[first, last)` are a block, which may be cut before the lines `breaks`."""
        start, end = self.offset(first), self.offset(last)
        offsets = tuple(self.offset(line) for line in breaks)
        self.blocks.append(Block(kind, start, end, self.headings.path, offsets, lead))
        return last

    def offset(self, line: int) -> int:
        """Character at which `line` begins."""
        return self._starts.offset(line)

    def span(self, first: int, last: int) -> Span:
        """Characters of the lines `[first, last)`, without the last line's end."""
        return Span(self.offset(first), self.offset(last - 1) + len(self.lines[last - 1]))

    def lead(self, line: int) -> Span | None:
        """The words directly before `line` that lead into what begins there."""
        return lead_in(self.text, self.blocks[-1] if self.blocks else None, self.offset(line))

    def is_blank(self, line: int) -> bool:
        """True past the end, too."""
        return line >= len(self.lines) or not self.lines[line].strip()

    def after_blanks(self, line: int) -> int:
        """The first line from `line` on that is not blank; the number of lines if all are."""
        while line < len(self.lines) and self.is_blank(line):
            line += 1
        return line

    def before(self, line: int) -> int:
        """The last line above `line` that is not blank; the first if all are."""
        line = max(0, line - 1)
        while line > 0 and self.is_blank(line):
            line -= 1
        return line


Rule = Callable[[LinedPage, int], int]


def scan(page: LinedPage, rules: Sequence[Rule]) -> list[Block]:
    """The blocks of a page. The last of `rules` has to take any line.

    Raises:
        NotesError: it has more blocks than a person would write.
    """
    line = page.after_blanks(0)
    while line < len(page.lines):
        taken = (rule(page, line) for rule in rules)
        line = page.after_blanks(next(after for after in taken if after > line))
        if len(page.blocks) > _MOST_BLOCKS:
            raise NotesError(f"it has more than {_MOST_BLOCKS:,} paragraphs; split it")
    return page.blocks


def paragraph(page: LinedPage, line: int) -> int:
    """Lines up to the next blank one."""
    last = line + 1
    while not page.is_blank(last):
        last += 1
    return page.put("paragraph", line, last)


def indent(words: str) -> int:
    """Blanks before the first word; a tab is as wide as a stop of eight needs."""
    begun = words[:_WIDEST]  # a line of tabs alone would take eight times its room
    return len(begun[: len(begun) - len(begun.lstrip(" \t"))].expandtabs(8))


def listing(item: re.Pattern[str], *, lazy: bool) -> Rule:
    """A rule for lists whose items begin with `item`.

    What is indented belongs to the item above it. Where the format is `lazy`, so does a line that
    is not, unless a blank one stands between.
    """

    def take(page: LinedPage, line: int) -> int:
        if not item.match(page.lines[line]):
            return line
        margin, breaks = indent(page.lines[line]), []
        last = at = line
        while at < len(page.lines):
            words = page.lines[at]
            if item.match(words):
                breaks.append(at)
            elif indent(words) <= margin and not (lazy and at == last):
                break
            last = at + 1
            at = page.after_blanks(last)
        return page.put("list", line, last, breaks, page.lead(line))

    return take
