"""A note as lines to look through: which are open to be read, and which stand in a quiz.

Closed are front matter, code (fenced or indented), formulas and comments. Lines end in CR LF, LF
or CR, and are numbered as a chunk's are.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from eval.quiz.closed import closed_lines
from eval.quiz.sections import is_deck, quiz_lines, touched
from eval.quiz.types import Source, Where

_NEWLINE = re.compile(r"\r\n?|\n")
_HEADING = re.compile(r"[ ]{0,3}(?P<marks>#{1,6})[ \t]+(?P<words>.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r"[ ]{0,3}(?:=+|-+)[ \t]*$")
_QUOTED = re.compile(r"[ ]{0,3}(?:>[ ]?)+")
_COMMENT = re.compile(r"<!--.*?-->|%%.*?%%")
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)|\$\$.+?\$\$|(?<![\\$])\$[^\s$][^$]*\$(?!\d)")
_BULLET = re.compile(
    r"[ \t]*(?:(?:[-+*\u2022\u2023\u25aa\u25e6\u2013]|\d{1,4}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?"
)
_TAB = 4

MOST_LINES = 100
"""Lines that are looked at together, at most."""

_LONGEST = 2_000
"""A line of more characters is data, or written to keep a search busy."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a note without its end, comments and quote marks.

    `words` are without blanks around them and the marks of a heading, whose level is `level` (0
    for other lines); `item` is without the marker of a list item as well. `indent` is in columns.
    `is_open` is False for what is not to be read, or was taken for another form already.
    """

    text: str
    words: str
    item: str
    indent: int
    level: int = 0
    is_open: bool = True
    in_quiz: bool = False
    is_quoted: bool = False

    @property
    def is_item(self) -> bool:
        """True for an item of a list."""
        return self.item != self.words

    @property
    def is_text(self) -> bool:
        """True for a line with words, no heading, that may be read."""
        return self.is_open and not self.level and bool(self.words)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a note. `is_deck` tells that it is tagged as flashcards as a whole."""

    source: Source
    lines: tuple[Line, ...]
    starts: tuple[int, ...]
    is_deck: bool

    def only(self, where: Where) -> "Sheet":
        """With lines closed that do not stand where a form counts."""
        if where is Where.ANYWHERE or (where is Where.DECK and self.is_deck):
            return self
        return self.without([(at, at) for at, line in enumerate(self.lines) if not line.in_quiz])

    def without(self, taken: Sequence[tuple[int, int]]) -> "Sheet":
        """With these runs of lines closed."""
        lines = list(self.lines)
        for first, last in taken:
            for at in range(first, last + 1):
                if lines[at].is_open:
                    lines[at] = replace(lines[at], is_open=False)
        return replace(self, lines=tuple(lines))

    def texts(self) -> Iterator[tuple[int, Line]]:
        """Lines with words that may be read, and their places; no headings."""
        return ((at, line) for at, line in enumerate(self.lines) if line.is_text)

    def run(self, first: int) -> range:
        """The lines with words from `first` on, up to a blank, a heading or a closed one."""
        last, most = first, min(len(self.lines), first + MOST_LINES)
        while last < most and self.lines[last].is_text:
            last += 1
        return range(first, last)

    def below(self, at: int, blanks: int = 1) -> int:
        """The next line after `at` that is not blank, at most so many blank ones later."""
        there = at + 1
        while there < len(self.lines) and there - at <= blanks and self._is_blank(there):
            there += 1
        return there

    def above(self, at: int, blanks: int = 1) -> range:
        """The lines with words that end before `at`, at most so many blank ones above."""
        end = at
        while end > 0 and at - end < blanks and self._is_blank(end - 1):
            end -= 1
        first, least = end, max(0, end - MOST_LINES)
        while first > least and self.lines[first - 1].is_text:
            first -= 1
        return range(first, end)

    def _is_blank(self, at: int) -> bool:
        return self.lines[at].is_open and not self.lines[at].words

    def line_of(self, offset: int) -> int:
        """The place of the line with the character at `offset`."""
        return bisect_right(self.starts, offset) - 1


def read_sheet(source: Source) -> Sheet:
    """The lines of a note, and what is known of each."""
    starts = [0, *(match.end() for match in _NEWLINE.finditer(source.text))]
    ends = [match.start() for match in _NEWLINE.finditer(source.text)] + [len(source.text)]
    raw = [source.text[start:end] for start, end in zip(starts, ends, strict=True)]
    texts = [_bare(line) for line in raw]
    closed = closed_lines(texts, source.path)
    levels = _levels(texts, closed)
    quizzes = quiz_lines(source, starts, texts, levels)
    shut = touched(source.closed, starts)
    lines = tuple(
        _line(
            text,
            level,
            is_open=at not in closed and at not in shut and len(text) <= _LONGEST,
            in_quiz=at in quizzes,
            is_quoted=raw[at].lstrip(" ").startswith(">"),
        )
        for at, (text, level) in enumerate(zip(texts, levels, strict=True))
    )
    return Sheet(source, lines, tuple(starts), is_deck(texts, closed))


def _line(text: str, level: int, **known: bool) -> Line:
    heading = _HEADING.match(text) if level else None
    words = heading["words"] if heading else text.strip()
    bullet = _BULLET.match(words)
    item = words[bullet.end() :] if bullet else words
    before = text[: len(text) - len(text.lstrip())]
    return Line(text, words, item, len(before.expandtabs(_TAB)), level, **known)


def masked(text: str) -> str:
    """`text` with code and formulas in it blotted out, as long as it was."""
    return _CODE.sub(lambda match: "\ufffc" * len(match[0]), text)


def _bare(line: str) -> str:
    quoted = _QUOTED.match(line)
    return _COMMENT.sub("", line[quoted.end() :] if quoted else line)


def _levels(texts: Sequence[str], closed: frozenset[int]) -> list[int]:
    """The level of each line's heading; 0 for other lines."""
    levels = [0] * len(texts)
    for at, (text, below) in enumerate(pairwise([*texts, ""])):
        if at in closed:
            continue
        if heading := _HEADING.match(text):
            levels[at] = len(heading["marks"])
        elif text.strip() and at + 1 not in closed and _UNDERLINE.match(below):
            levels[at] = 1 if "=" in below else 2
    return levels
