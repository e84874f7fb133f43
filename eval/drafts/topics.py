"""Which lines of which passages a question can be asked about, in which order, and of which kind.

A small model that is shown a whole passage asks about its heading, or about everything at once.
Shown one line, with the headings that it stands under, it has one thing to ask about, and the line
is the quote. Passages take turns, so that all notes and headings get their share. Limitations:
whether the line is worth knowing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, zip_longest
from typing import TypeVar

from eval.texts.tokens import grader_words, token_stems
from eval.types import Case
from rag.text.sentences import sentence_spans
from rag.types import Chunk, Role, Span

KINDS = ("fact", "definition", "list", "numeric", "scenario")
"""The kinds of question that can be asked for; see the cases for what each is like."""

_LEAST_WORDS = 4
"""Words of a line at least."""

_MOST_WORDS = 40
"""Words of a line at most: a paragraph is no line."""

_MOST_OF_THING = 5
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
    token_stems(
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
    def statement(self) -> str:
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


def things(text: str) -> list[str]:
    """What a list in a line names, each of a few words; empty if it is no list."""
    found = [one.strip(" -*.:`\"'") for one in _THINGS.split(_MORE.sub("", text))]
    found = list(dict.fromkeys(one for one in found if grader_words(one)))
    is_list = len(found) > 1 and all(len(grader_words(one)) <= _MOST_OF_THING for one in found)
    return found if is_list else []


def topics_of(chunk: Chunk) -> Iterator[Topic]:
    """The lines that say something, in order: no headings, tables, examples or questions."""
    heading = next((one for one in reversed(chunk.headings) if not _is_general(one)), "")
    is_first = bool(chunk.headings) and heading == chunk.headings[-1]
    for span in sentence_spans(chunk.text):
        line = chunk.text[span.start : span.end]
        is_code = chunk.text.count("```", 0, span.start) % 2 == 1
        if is_code or not _says_something(line):
            continue
        term = _TERM.match(line)
        if term and _is_term(term["term"]):
            yield Topic(chunk, span, _MARKUP.sub("", term["term"]).strip(), True, True)
        else:
            yield Topic(chunk, span, heading, defines=is_first)
        is_first = False


def _is_term(text: str) -> bool:
    return len(grader_words(text)) <= 5 and not _SAYS.search(text) and not _is_general(text)


def _says_something(line: str) -> bool:
    if line.startswith(("#", "!", "|", "<", "[", "http")) or line.endswith((":", "?")):
        return False
    first = re.match(r"\W*([\w.]*\w)", line)
    is_beside = first is None or first[1].casefold() in _BESIDE
    return not is_beside and _LEAST_WORDS <= len(grader_words(line)) <= _MOST_WORDS


def _is_general(heading: str) -> bool:
    named = token_stems(_ASIDE.sub("", heading))
    return not named or named[-1] in _GENERAL or len(named) > 6


_One = TypeVar("_One")

_LONG_WORD = re.compile(r"\w{2,}")
_LEAST_IN_PASSAGE = 8
"""Words of a passage that is worth a question."""


def spread(chunks: Sequence[Chunk], known: Sequence[Case]) -> list[Chunk]:
    """Passages in the order in which to ask: a note after another, a heading after another.

    Those that a known case quotes come last. The order depends on nothing but the notes.
    """
    worth = [
        chunk
        for chunk in chunks
        if chunk.role is Role.NOTE and len(_LONG_WORD.findall(chunk.text)) >= _LEAST_IN_PASSAGE
    ]
    quoted = {chunk.id for chunk in worth if _is_quoted(chunk, known)}
    notes: dict[str, dict[tuple[str, ...], list[Chunk]]] = {}
    for chunk in sorted(worth, key=lambda one: (one.id in quoted, _shuffled(one.id))):
        notes.setdefault(chunk.note_path, {}).setdefault(chunk.headings, []).append(chunk)
    in_notes = [_in_turn(list(headings.values())) for headings in notes.values()]
    return sorted(_in_turn(in_notes), key=lambda one: one.id in quoted)


def plan_drafts(
    chunks: Sequence[Chunk], kinds: Sequence[str] = KINDS
) -> Iterator[tuple[Topic, str]]:
    """Which line to ask about for which kind: a line of each passage, then the next ones.

    Those that name what they are about come first. Of the kinds that suit a line the one that was
    had least is taken, so that all get their share. A passage whose line came to nothing has
    another one tried in its next turn.
    """
    had = dict.fromkeys(kinds, 0)
    several = [sorted(topics_of(chunk), key=lambda one: not one.has_term) for chunk in chunks]
    for topic in _in_turn(several):
        if able := [kind for kind in kinds if topic.suits(kind)]:
            kind = min(able, key=had.__getitem__)
            had[kind] += 1
            yield topic, kind


def _shuffled(identity: str) -> str:
    return sha256(identity.encode()).hexdigest()


def _is_quoted(chunk: Chunk, known: Sequence[Case]) -> bool:
    targets = [target for case in known for target in case.targets]
    return any(t.names(chunk.note_path) and t.quote in chunk.text for t in targets)


def _in_turn(several: Sequence[Sequence[_One]]) -> list[_One]:
    return [one for one in chain(*zip_longest(*several)) if one is not None]
