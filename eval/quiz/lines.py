"""A note as the lines that forms of quizzes are looked for in, with what its reader knows of each.

What may not be read (code, metadata, formulas, comments), what is a heading and what stands in a
quiz is taken from the blocks of the note. Only code inside a list or a quote, which is no block of
its own, is found here. Lines end in CR LF, LF or CR, and are numbered as a chunk's are.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile
from pathlib import PurePosixPath

from ingest.chunking import role_of
from ingest.document import filled, says_quiz
from ingest.text import NEWLINE, Lines
from ingest.types import Block, ReadNote
from rag.types import Role

_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]")
_HEADING_MARKS = re.compile(r"(?:[#*=]+[ \t]+)?(?P<words>.*?)[ \t]*#*")
_RULE = re.compile(r"[ \t]*(?P<mark>[^\w\s])(?P=mark)*[ \t]*")
_QUOTED = re.compile(r"[ ]{0,3}(?:>[ ]?)+")
_COMMENT = re.compile(r"<!--.*?-->|%%.*?%%")
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)|\$\$.+?\$\$|(?<![\\$])\$[^\s$][^$]*\$(?!\d)")
_FENCE = re.compile(r"[ \t]*(?:(?:[-+*]|\d{1,4}[.)])[ \t]+)?(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_BULLET = re.compile(
    r"[ \t]*(?:(?:[-+*\u2022\u2023\u25aa\u25e6\u2013]|\d{1,4}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?"
)
_TAG = re.compile(r"(?<!\S)#(?:flash-?cards?|anki)(?:/\S*)?(?![\w-])", re.I)
_LISTED_TAG = re.compile(r"(?:tags?:.*|[ \t]*-[ \t]+['\"]?)#?\bflash-?cards?\b", re.I)
_NEVER_A_QUIZ = frozenset({"code", "math", "meta"})
_TAB = 4

MOST_LINES = 100
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

    text: str
    words: str
    item: str
    indent: int
    is_heading: bool = False
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
        return self.is_open and not self.is_heading and bool(self.words)


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
        return self.without(at for at, line in enumerate(self.lines) if not line.in_quiz)

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

    def is_rule(self, at: int) -> bool:
        """True if the line `at` only underlines the heading above it."""
        line = self.lines[at] if at < len(self.lines) else None
        return bool(line and line.text.strip() and not line.words and not line.is_open)

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
        last, most = first, first + MOST_LINES
        while last < most and self.is_text(last):
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


def read_lines(read: ReadNote) -> NoteLines:
    """The lines of a note, and what is known of each."""
    text, lines = read.note.text, Lines(read.note.text)
    raw = NEWLINE.split(text)
    texts = [_bare(line) for line in raw]
    is_quiz = says_quiz(re.sub(r"[_-]+", " ", PurePosixPath(read.note.path).stem))
    closed: set[int] = set()
    headings: set[int] = set()
    quiz = set(range(len(raw))) if is_quiz else set()
    for block in filled(read.blocks, text):
        places = range(lines.number(block.start) - 1, lines.number(block.end - 1))
        if block.kind in _NEVER_A_QUIZ or _is_comment(block, text, places):
            closed.update(places)
        elif block.kind == "heading":
            headings.update(places)
        if role_of(block) is Role.QUIZ:
            quiz.update(places)
    for at, one in enumerate(texts):
        if at - 1 in quiz and not one.strip():  # no block holds the blank lines below it
            quiz.add(at)
    closed |= _code_inside(texts, closed)
    headings |= {at for at, one in enumerate(texts) if at not in closed and _HEADING.match(one)}
    found = tuple(
        _line(
            one,
            is_heading=at in headings,
            is_open=at not in closed and len(one) <= _LONGEST,
            in_quiz=at in quiz,
            is_quoted=raw[at].lstrip(" ").startswith(">"),
        )
        for at, one in enumerate(texts)
    )
    return NoteLines(read, found, _is_deck(texts, closed))


def masked(text: str) -> str:
    """`text` with code and formulas in it blotted out, as long as it was."""
    return _CODE.sub(lambda match: "\ufffc" * len(match[0]), text)


def _line(text: str, *, is_heading: bool, **known: bool) -> Line:
    words = text.strip()
    if is_heading and _RULE.fullmatch(text):  # above or below its words
        words, is_heading, known["is_open"] = "", False, False
    elif is_heading and (heading := _HEADING_MARKS.fullmatch(words)):
        words = heading["words"]
    bullet = _BULLET.match(words)
    item = words[bullet.end() :] if bullet else words
    before = text[: len(text) - len(text.lstrip())]
    return Line(text, words, item, len(before.expandtabs(_TAB)), is_heading, **known)


def _bare(line: str) -> str:
    quoted = _QUOTED.match(line)
    return _COMMENT.sub("", line[quoted.end() :] if quoted else line)


def _is_deck(texts: Sequence[str], closed: set[int]) -> bool:
    """True for a note that is tagged as flashcards, in its front matter or in a line."""
    has_front = texts[0].strip() == "---"
    front = takewhile(lambda text: text.strip() not in {"---", "..."}, texts[1:])
    tagged = (_TAG.search(text) for at, text in enumerate(texts) if at not in closed)
    return any(tagged) or (has_front and any(map(_LISTED_TAG.match, front)))


def _is_comment(block: Block, text: str, places: range) -> bool:
    """True for a comment of several lines; one that is never closed is none."""
    inside = text[block.start : block.end].lstrip()
    return len(places) > 1 and inside.startswith("<!--") and "-->" in inside


def _code_inside(texts: Sequence[str], closed: set[int]) -> set[int]:
    """Lines of fenced code that is no block of its own; it ends with a fence, or with the note."""
    inside: set[int] = set()
    fence = ""
    for at, text in enumerate(texts):
        if at in closed:
            continue
        opening = _FENCE.match(text)
        if fence or opening:
            inside.add(at)
        if not fence and opening:
            fence = opening["fence"]
        elif fence and text.strip().startswith(fence) and not text.strip(f" \t{fence[0]}"):
            fence = ""
    return inside
