"""Which lines of a passage a question can be asked about, and of which kinds.

A small model that is shown a whole passage asks about its heading, or about everything at once.
Shown one line, with the headings that it stands under, it has one thing to ask about, and the line
is the quote. What this does not know: whether the line is worth knowing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.texts.text import stems, words
from rag.text.sentences import sentence_spans
from rag.types import Chunk, Span

LEAST_WORDS = 4
"""Words of a line at least."""

MOST_WORDS = 40
"""Words of a line at most: a paragraph is no line."""

MOST_OF_THING = 5
"""Words of a thing in a list at most: more are a clause."""

_TERM = re.compile(
    r"(?:\*{1,2}|_|`)?(?P<term>[^\W\d_][^:=>|]{1,40}?)\s*(?:\*{1,2}|_|`)?\s*"
    r"(?::(?:\*{1,2})?|=|-+>|=>|\u2192| \u2013| -)\s+(?=\S+\s+\S)"
)
_BESIDE = frozenset(
    "also and but e.g eg example examples for further here hey however i.e ie important it its "
    "note or other others remember see so such that then there these they this those todo "
    "typically we you".split()
)
"""Words with which a line begins that hangs on the one before, or is none to ask about."""

_GENERAL = frozenset(
    stems(
        "advantage algorithm basic benefit capability case challenge comparison concept deployment "
        "detail disadvantage example extract feature introduction key limitation link note option "
        "other overview pricing reference resource step summary technique tip tool type use"
    )
)
"""Headings of these words name a part of a note, no thing."""

_THINGS = re.compile(r"\s*[,;]\s*(?:and\s+|or\s+)?|\s+and\s+")
_ARROW = re.compile(r"\s*(?:-+>|=>|\u2192|\.\s)\s*")
_MORE = re.compile(r"(?:,?\s*(?:and\s+)?(?:etc\b|more\b|so on\b|\.{3}|\u2026)[\s.]*)+$")
_SAYS = re.compile(r"\b(?:has|have|is|are|was|were|can|must|should|will|do|does)\b", re.IGNORECASE)
"""A sentence, no term."""

_ASIDE = re.compile(r"\([^)]*\)")
_MARKUP = re.compile(r"\*{1,3}|`|(?<!\w)_|_(?!\w)")


@dataclass(frozen=True, slots=True)
class Topic:
    """A line of a passage. `name` is what it is about, its own term or a heading; or empty.

    `defines` tells of a line that says what that is: it has the term, or comes first below it.
    """

    chunk: Chunk
    span: Span
    name: str
    has_term: bool = False
    defines: bool = False

    @property
    def quote(self) -> str:
        """The line, verbatim."""
        return self.chunk.text[self.span.start : self.span.end]

    @property
    def text(self) -> str:
        """The line as it is read, without the marks of bold and code."""
        return " ".join(_MARKUP.sub("", self.quote).split())

    @property
    def told(self) -> str:
        """What it says of its name: the line after its term, up to an arrow or the full stop."""
        term = _TERM.match(self.text) if self.has_term else None
        rest = self.text[term.end() if term else 0 :]
        return _ARROW.split(rest)[0].strip(" .")

    @property
    def above(self) -> str:
        """The headings that it stands under."""
        return " > ".join(self.chunk.headings)

    def suits(self, kind: str) -> bool:
        """True if a question of this kind can be asked about it."""
        if kind == "numeric":
            return bool(re.search(r"(?<![\w.-])\d+(?:[.,]\d+)*(?![\w-])", self.text))
        if kind == "list":
            return len(things(_ASIDE.sub("", self.text))) >= 3  # fewer are no list
        return bool(self.name) or kind == "fact"


def topics_of(chunk: Chunk) -> list[Topic]:
    """The lines that say something, in order: no headings, tables, examples or questions."""
    return list(_topics(chunk))


def things(text: str) -> list[str]:
    """What a list in a line names, each of a few words; empty if it is no list."""
    found = [one.strip(" -*.:`\"'") for one in _THINGS.split(_MORE.sub("", text))]
    found = list(dict.fromkeys(one for one in found if words(one)))
    is_list = len(found) > 1 and all(len(words(one)) <= MOST_OF_THING for one in found)
    return found if is_list else []


def _topics(chunk: Chunk) -> Iterator[Topic]:
    heading = next((one for one in reversed(chunk.headings) if not _is_general(one)), "")
    is_first = bool(chunk.headings) and heading == chunk.headings[-1]
    for span in sentence_spans(chunk.text):
        line = chunk.text[span.start : span.end]
        if not _is_said(line, chunk.text[: span.start]):
            continue
        term = _TERM.match(line)
        is_term = term is not None and _is_term(term["term"])
        name = _MARKUP.sub("", term["term"]).strip() if term and is_term else heading
        yield Topic(chunk, span, name, is_term, defines=is_term or is_first)
        is_first = False


def _is_term(text: str) -> bool:
    return len(words(text)) <= 5 and not _SAYS.search(text) and not _is_general(text)


def _is_said(line: str, before: str) -> bool:
    count = len(words(line))
    is_inside = before.count("```") % 2 == 1
    if is_inside or line.startswith(("#", "!", "|", "<", "[", "http")) or line.endswith((":", "?")):
        return False
    first = re.match(r"\W*([\w.]*\w)", line)
    return LEAST_WORDS <= count <= MOST_WORDS and (
        first is not None and first[1].casefold() not in _BESIDE
    )


def _is_general(heading: str) -> bool:
    told: Sequence[str] = stems(_ASIDE.sub("", heading))
    return not told or told[-1] in _GENERAL or len(told) > 6
