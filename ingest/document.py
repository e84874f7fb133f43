"""What readers make notes of: blocks under headings, and texts put together with exact offsets.

Where a file is text, the note's text is the file. Where it is none (Word, PDF, a notebook), `Draft`
puts a text together, piece by piece.

Where notes say themselves that a quiz follows: in a heading, a file's name, a table's header.

Both who cuts notes (a quiz is an answer key, and kept out of evals) and who looks for cases in
them go by this.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from ingest.types import Block, ReadNote, SourceFile
from rag.errors import NotesError
from rag.text.sentences import sentence_spans
from rag.types import Anchor, Note, Span

MAX_CHARACTERS = 5_000_000
"""Of the text of any note: some 2,000 full pages, which take minutes to embed."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_MOST_TAGS = 200

_SHORT = 100
"""Characters of a line that is no sentence and still leads in: `Algorithms`, `Steps (in order)`."""

_LONG = 240
"""More characters than this are not repeated before every piece of a list."""

QUIZ_FILE = "quiz.jsonl"
"""Where the cases of a folder of notes are kept, in that folder.

It is no note, whoever reads JSONL: the answers in it must not be found.
"""

_QUIZ = re.compile(
    r"\b(?:quiz(?:zes)?|flash ?cards?|practice (?:questions|exam)|self[- ]test|q ?& ?a)\b", re.I
)

FRONT = frozenset(
    "question questions q front term word prompt recto terme mot frage vorderseite begriff wort "
    "pregunta anverso término".split()
)
"""Headers of the column that asks."""

BACK = frozenset(
    "answer answers a back definition meaning translation verso réponse reponse définition "
    "traduction antwort rückseite bedeutung übersetzung respuesta reverso definición".split()
)
"""Headers of the column that answers."""


def new_note(
    file: SourceFile,
    data: bytes,
    text: str,
    *,
    kind: str,
    title: str,
    tags: Iterable[str] = (),
    anchors: Iterable[Anchor] = (),
) -> Note:
    """The note with this `text` that was read from the bytes of `file`.

    Without a title it is called by the file's name.
    """
    return Note(
        path=file.path,
        title=title or PurePosixPath(file.path).stem,
        text=text,
        digest=hashlib.sha256(data).hexdigest(),
        kind=kind,
        modified=file.modified_ns / 1e9,
        tags=tuple(tags),
        anchors=tuple(anchors),
    )


class Headings:
    """The path of headings above a place. A heading ends those of its level and below."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self.path: tuple[str, ...] = ()

    def enter(self, level: int, title: str) -> None:
        """What follows stands under `title`. A heading without words is left out of the path."""
        self._open = [entry for entry in self._open if entry[0] < level]
        self._open.append((level, title))
        self.path = tuple(words for _, words in self._open if words)


class Piece(NamedTuple):
    """Text that begins a line of its own, and the label of the place it is from.

    A list or table may be cut before it if it `begins` an item or row.
    """

    text: str
    place: str = ""
    begins: bool = True


class Draft:
    """A note's text so far, with a blank line between blocks; `note` ends it.

    `add` and `heading` do all that a format of paragraphs needs, `add_text` takes a block that is
    one text. A reader that knows the blocks of a text itself gives the text to `append`, and adds
    to `blocks` and `anchors` by the offset.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.anchors: list[Anchor] = []
        self._texts: list[str] = []
        self._length = 0
        self._headings = Headings()

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings that what is added next stands under, outermost first."""
        return self._headings.path

    def append(self, text: str) -> int:
        """Add `text` as it is, which has to be clean; the offset of its first character.

        Raises:
            NotesError: that is more text than a note may have.
        """
        return self._put("\n\n", text)

    def add_text(
        self, kind: str, text: str, breaks: Iterable[int] = (), lead: int | None = None
    ) -> int:
        """Add a block that is `text`, which has to be clean; the offset of its first character.

        `breaks` are counted from there, and so is the end of its `lead`.

        Raises:
            NotesError: that is more text than a note may have.
        """
        start = self.append(text)
        cuts = tuple(start + at for at in breaks)
        span = Span(start, start + lead) if lead else None
        self.blocks.append(Block(kind, start, self._length, self.headings, cuts, span))
        return start

    def enter(self, level: int, title: str) -> None:
        """What is added next stands under `title`."""
        self._headings.enter(level, title)

    def heading(self, level: int, pieces: Sequence[Piece]) -> None:
        """Add a heading, of one or more lines. Level 1 is the outermost."""
        title = clean(" ".join(" ".join(piece.text for piece in pieces).split()))
        if title:
            self.enter(level, title)
            self.add("heading", pieces)

    def add(self, kind: str, pieces: Iterable[Piece], lead: int = 0) -> None:
        """Add a block, one piece to a line (or more, if it has more).

        `lead` of them are needed to understand those after them (a table's header).

        Raises:
            NotesError: that is more text than a note may have.
        """
        cleaned = [piece._replace(text=clean(piece.text).strip("\n")) for piece in pieces]
        filled = [piece for piece in cleaned if piece.text.strip()]
        starts: list[int] = []
        for piece in filled:
            starts.append(self._put("\n" if starts else "\n\n", piece.text))
            self.mark(starts[-1], piece.place)
        if starts:
            cuts = tuple(at for at, piece in zip(starts, filled, strict=True) if piece.begins)
            breaks = cuts if kind in {"list", "table"} else ()
            span = Span(starts[0], starts[lead]) if 0 < lead < len(starts) else None
            self.blocks.append(Block(kind, starts[0], self._length, self.headings, breaks, span))

    def mark(self, offset: int, place: str) -> None:
        """What stands from `offset` on is found at `place`, unless that was said already."""
        if place and not (self.anchors and self.anchors[-1].label == place):
            self.anchors.append(Anchor(offset, place))

    def note(
        self,
        file: SourceFile,
        data: bytes,
        *,
        kind: str,
        title: str,
        tags: Iterable[str] = (),
        warnings: Iterable[str] = (),
    ) -> ReadNote:
        """The finished note. Its title is the first heading, or the file's name, if none is given.

        Raises:
            NotesError: there is no text.
        """
        text = "".join(self._texts)
        if not text.strip():
            raise NotesError("it holds no text")
        first = next((block.headings[-1] for block in self.blocks if block.headings), "")
        title = " ".join(clean(title).split()) or first
        note = new_note(file, data, text, kind=kind, title=title, tags=tags, anchors=self.anchors)
        return ReadNote(note, tuple(self.blocks), tuple(warnings))

    def _put(self, gap: str, text: str) -> int:
        before = gap if self._texts else ""
        self._texts += [before, text]
        self._length += len(before) + len(text)
        if self._length > MAX_CHARACTERS:
            raise NotesError(f"it holds more than {MAX_CHARACTERS:,} characters; split it")
        return self._length - len(text)


def moved_block(block: Block, by: int, headings: tuple[str, ...]) -> Block:
    """A block of a text that was appended at the offset `by`, under `headings`."""
    return replace(
        block,
        start=block.start + by,
        end=block.end + by,
        headings=headings,
        breaks=tuple(at + by for at in block.breaks),
        lead=block.lead and Span(block.lead.start + by, block.lead.end + by),
    )


def clean(text: str) -> str:
    """What can be stored and shown: no control characters, no halves of characters, one line end.

    Offsets are counted in what comes out.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", whole))


def lead_in(text: str, before: Block | None, start: int) -> Span | None:
    """The words directly before a list at `start` that say what it lists, if there are any.

    That is what ends with a colon: the paragraph if it is short, else its last line or sentence;
    or a short paragraph that is no sentence.
    """
    if before is None or before.kind != "paragraph" or text[before.end : start].strip():
        return None
    words = text[before.start : before.end]
    said = words.strip()
    span = _span(words, before.start)
    if not said.endswith((":", "\uff1a")):
        is_phrase = len(said) <= _SHORT and said[-1:].isalnum() and len(said.splitlines()) == 1
        return span if is_phrase else None
    if len(said) <= _LONG:
        return span
    last = said.splitlines()[-1]
    if len(last) > _LONG:
        tail = said[-2 * _LONG :]
        starts = [sentence.start for sentence in sentence_spans(tail)]
        last = tail[max(starts, default=0) :]
    return Span(span.end - len(last), span.end) if len(last) <= _LONG else None


def _span(words: str, start: int) -> Span:
    left = len(words) - len(words.lstrip())
    return Span(start + left, start + len(words.rstrip()))


def property_tags(value: str) -> Iterator[str]:
    """Tags of a property: `a, [[b c]], #d`, with commas between them."""
    yield from (word.strip().strip("#[]") for word in value.split(","))


def distinct_blocks(*groups: Iterator[str]) -> tuple[str, ...]:
    """All tags once, in order; no more than a person would give."""
    return tuple(dict.fromkeys(tag for group in groups for tag in group if tag))[:_MOST_TAGS]


def filled(blocks: Sequence[Block], text: str) -> Iterator[Block]:
    """`blocks` and, for what lies between them, paragraphs under the headings above."""
    position = 0
    headings: tuple[str, ...] = ()
    for block in [*blocks, Block("end", len(text), len(text))]:
        if text[position : block.start].strip():
            yield Block("paragraph", position, block.start, headings)
        if block.end > block.start:
            yield block
        position, headings = max(position, block.end), block.headings


def says_quiz(title: str) -> bool:
    """True if what stands under this heading is a quiz."""
    return bool(_QUIZ.search(title))
