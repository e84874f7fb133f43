"""A note as the lines that forms of quizzes are looked for in, with what its reader knows of each.

What may not be read (code, metadata, formulas, comments), what is a heading and what stands in a
quiz is taken from the blocks of the note. Only code and headings inside a list or a quote, which
are no blocks of their own, are found here. Lines end in CR LF, LF or CR, and are numbered as a
chunk's are.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath

from ingest.chunking import role_of
from ingest.document import filled, says_quiz
from ingest.text import NEWLINE, Lines
from ingest.types import ReadNote
from rag.types import Role

_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]")
_HEADING_MARKS = re.compile(r"(?:[#*=]+[ \t]+)?(?P<words>.*?)[ \t]*#*")
_RULE = re.compile(r"[ \t]*(?P<mark>[^\w\s])(?P=mark)*[ \t]*")
_QUOTED = re.compile(r"[ ]{0,3}(?:>[ ]?)+")
_COMMENT = re.compile(r"<!--.*?-->|%%.*?%%")
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)|\$\$.+?\$\$|(?<![\\$])\$[^\s$][^$]*\$(?!\d)")
_FENCED = re.compile(
    r"^[ \t]*(?:(?:[-+*]|\d{1,4}[.)])[ \t]+)?(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})"
    r".*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)",
    re.M | re.S,
)
_BULLET = re.compile(
    r"[ \t]*(?:(?:[-+*\u2022\u2023\u25aa\u25e6\u2013]|\d{1,4}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?"
)
_DECK = re.compile(r"(?<!\S)#(?:flash-?cards?|anki)(?:/\S*)?(?![\w-])", re.I)
_NEVER_A_QUIZ = frozenset({"code", "math", "meta"})
_TAB = 4

_MOST_LINES = 100
"""Lines that are looked at together, at most."""

_LONGEST = 2_000
"""A line of more characters is data, or written to keep a search busy."""


class Where(StrEnum):
    """Where a form counts. What is a quiz in one place is ordinary writing in another."""

    ANYWHERE = "anywhere"
    DECK = "in quizzes and in notes tagged #flashcards"
    QUIZ = "in quizzes"


@dataclass(frozen=True, slots=True)
class FoundQuestion:
    """A question that stands in a note: its right answers, and its lines from 0, both included.

    `answers` are written like the references of a Case; `correct` are places in `options`. `kind`
    is that of the Case; empty where the words of question and answer tell.
    """

    question: str
    answers: tuple[str, ...]
    first: int
    last: int
    kind: str = ""
    options: tuple[str, ...] = ()
    correct: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a note without its end, comments and quote marks.

    `words` are without blanks around them and the marks of a heading; `item` is without the marker
    of a list item as well. `indent` is in columns. `is_open` is False for what may not be read, or
    was taken for another form already.
    """

    words: str
    item: str
    indent: int
    is_heading: bool
    is_open: bool
    in_quiz: bool
    is_quoted: bool

    @property
    def is_item(self) -> bool:
        """True for an item of a list."""
        return self.item != self.words

    @property
    def is_text(self) -> bool:
        """True for a line with words, no heading, that may be read."""
        return self.is_open and not self.is_heading and bool(self.words)

    @property
    def is_blank(self) -> bool:
        """True for a line without words, such as the rule that underlines a heading."""
        return self.is_open and not self.words


@dataclass(frozen=True, slots=True)
class NoteLines:
    """The lines of a note. `is_deck` tells that it is tagged as flashcards as a whole."""

    read: ReadNote
    lines: tuple[Line, ...]
    is_deck: bool

    def only(self, where: Where) -> "NoteLines":
        """With lines closed that do not stand where a form counts."""
        if where is Where.ANYWHERE or (where is Where.DECK and self.is_deck):
            return self
        outside = (at for at, line in enumerate(self.lines) if line.words and not line.in_quiz)
        return self.without(outside)

    def without(self, taken: Iterable[int]) -> "NoteLines":
        """With these lines closed."""
        lines = list(self.lines)
        for at in taken:
            lines[at] = replace(lines[at], is_open=False)
        return replace(self, lines=tuple(lines))

    def texts(self) -> Iterator[tuple[int, Line]]:
        """Lines with words that may be read, and their places; no headings."""
        return ((at, line) for at, line in enumerate(self.lines) if line.is_text)

    def is_text(self, at: int) -> bool:
        """True if there is a line `at` with words, no heading, that may be read."""
        return at < len(self.lines) and self.lines[at].is_text

    def joined(self, places: Iterable[int]) -> str:
        """The words of lines in a row, without the markers of lists."""
        return " ".join(self.lines[at].item for at in places)

    def parts(self, places: Iterable[int]) -> list[str]:
        """Items of a list each for itself, lines of a paragraph together."""
        parts: list[str] = []
        for line in (self.lines[at] for at in places):
            if line.is_item or not parts:
                parts.append(line.item)
            else:
                parts[-1] += f" {line.item}"
        return parts

    def run(self, first: int) -> range:
        """The lines with words from `first` on, up to a blank, a heading or a closed one."""
        last, most = first, first + _MOST_LINES
        while last < most and self.is_text(last):
            last += 1
        return range(first, last)

    def below(self, at: int, blanks: int = 1) -> int:
        """The next line after `at` that is not blank, at most so many blank ones later."""
        there = at + 1
        while there < len(self.lines) and there - at <= blanks and self.lines[there].is_blank:
            there += 1
        return there

    def above(self, at: int, blanks: int = 1) -> range:
        """The lines with words that end before `at`, at most so many blank ones above."""
        end = at
        while end > 0 and at - end < blanks and self.lines[end - 1].is_blank:
            end -= 1
        first, least = end, max(0, end - _MOST_LINES)
        while first > least and self.lines[first - 1].is_text:
            first -= 1
        return range(first, end)


def read_lines(read: ReadNote) -> NoteLines:
    """The lines of a note, and what is known of each."""
    text, starts = read.note.text, Lines(read.note.text)
    raw = NEWLINE.split(text)
    bare = [_bare(line) for line in raw]
    closed: set[int] = set()
    headings: set[int] = set()
    is_quiz = says_quiz(re.sub(r"[_-]+", " ", PurePosixPath(read.note.path).stem))
    quiz = set(range(len(raw))) if is_quiz else set()
    for block in filled(read.blocks, text):
        places = range(starts.number(block.start) - 1, starts.number(block.end - 1))
        inside = text[block.start : block.end].lstrip()
        # A comment of one line is cut out of it, and one that is never closed is none.
        is_comment = len(places) > 1 and inside.startswith("<!--") and "-->" in inside
        if block.kind in _NEVER_A_QUIZ or is_comment:
            closed.update(places)
        elif block.kind == "heading":
            headings.update(places)
        if role_of(block) is Role.QUIZ:
            quiz.update(places)
    closed.update(_code_inside("" if at in closed else line for at, line in enumerate(bare)))
    lines = tuple(
        _line(
            line,
            is_heading=at in headings or bool(_HEADING.match(line)),
            is_open=at not in closed and len(line) <= _LONGEST,
            in_quiz=at in quiz,
            is_quoted=raw[at].lstrip(" ").startswith(">"),
        )
        for at, line in enumerate(bare)
    )
    tags = " ".join(f"#{tag}" for tag in read.note.tags)
    told = (tags, *(line.words for line in lines if line.is_open))
    return NoteLines(read, lines, any(map(_DECK.search, told)))


def masked(text: str) -> str:
    """`text` with code and formulas in it blotted out, as long as it was."""
    return _CODE.sub(lambda match: "\ufffc" * len(match[0]), text)


def _line(text: str, *, is_heading: bool, **known: bool) -> Line:
    words = text.strip()
    if is_heading and _RULE.fullmatch(text):  # above or below its words
        words, is_heading = "", False
    elif is_heading and (heading := _HEADING_MARKS.fullmatch(words)):
        words = heading["words"]
    bullet = _BULLET.match(words)
    item = words[bullet.end() :] if bullet else words
    before = text[: len(text) - len(text.lstrip())]
    return Line(words, item, len(before.expandtabs(_TAB)), is_heading, **known)


def _bare(line: str) -> str:
    quoted = _QUOTED.match(line)
    return _COMMENT.sub("", line[quoted.end() :] if quoted else line)


def _code_inside(lines: Iterable[str]) -> Iterator[int]:
    """Lines of fenced code that is no block of its own; it ends with a fence, or with the note."""
    text = "\n".join(lines)
    for code in _FENCED.finditer(text):
        first = text.count("\n", 0, code.start())
        yield from range(first, first + code[0].count("\n") + 1)
