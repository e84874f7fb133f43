"""The nouns of Cribsheet. Frozen, and free of third-party code, so every layer may hold them."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from typing import NamedTuple


def is_address(path: str) -> bool:
    """True for the address of a page, or of something else that is not a path on this machine."""
    return "://" in path  # which no resolved path holds


class Role(StrEnum):
    """What a chunk is for. Quiz chunks hold answer keys; metadata is never retrieved."""

    NOTE = "note"
    QUIZ = "quiz"
    META = "meta"


class Status(StrEnum):
    """How an answer ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    EXTRACTIVE = "extractive"
    INTERRUPTED = "interrupted"


class Span(NamedTuple):
    """Half-open character offsets `[start, end)`."""

    start: int
    end: int


class Message(NamedTuple):
    """What is said to a model. `role` is system, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompts:
    """What a class of models is told before the passages, and how many of those it reads.

    `hinted`: it is told which line comes closest to a question that is answered in short.
    """

    system: str
    examples: tuple[tuple[str, str], ...]
    most_read: int
    hinted: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A label a person knows (page 12, cell 4) for the text from `offset` on."""

    offset: int
    label: str


@dataclass(frozen=True, slots=True)
class Note:
    """One note as it was read. `text` is verbatim: what is shown and what citations point into.

    `path` is absolute and POSIX-style, so that two folders of notes never collide, or the address
    of a web page; `modified` is a POSIX timestamp in seconds; `digest` is the SHA-256 of the
    file's bytes. `anchors`, by offset, name places where lines of `text` are none of the file's.
    """

    path: str
    title: str
    text: str
    digest: str
    kind: str
    modified: float
    tags: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()

    @property
    def name(self) -> str:
        """The file name, as a person calls the note."""
        return PurePath(self.path).name


@dataclass(frozen=True, slots=True)
class FileState:
    """What the index remembers of a note's file, to tell later whether it has to be read again.

    `root` is the folder it was found in, `size` is in bytes, `modified_ns` in nanoseconds, and
    `fingerprint` names the reader, chunker and embedding model that it was indexed with.
    """

    root: str
    size: int
    modified_ns: int
    digest: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class NoteInfo:
    """What the index can say of a note. `size` is in bytes, `indexed` a POSIX timestamp."""

    path: str
    root: str
    kind: str
    size: int
    chunks: int
    indexed: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A verbatim span of a note: `note.text[start:end] == text`, always.

    Offsets are characters, lines count from 1 and `end_line` is the last line the span touches.
    `id` depends on the note's path and on the chunk's own words, so it survives edits elsewhere.
    `anchors` count from the chunk's own first character. `context` are words of the note that
    stand before the chunk and that it is not understood without (the header of its table).
    """

    id: str
    note_path: str
    note_digest: str
    ordinal: int
    headings: tuple[str, ...]
    start: int
    end: int
    start_line: int
    end_line: int
    text: str
    role: Role = Role.NOTE
    anchors: tuple[Anchor, ...] = ()
    context: str = ""

    @property
    def breadcrumb(self) -> str:
        """The path of headings, as it is shown above a passage."""
        return " \u203a ".join(self.headings)

    @property
    def name(self) -> str:
        """The file name of the note it was cut from."""
        return PurePath(self.note_path).name

    def line_at(self, offset: int) -> int:
        """Line in the note (from 1) of the character `offset` of this chunk's text."""
        before = self.text[:offset]
        # A line may end in CR LF, in LF or, in notes from old machines, in CR alone.
        ends = before.count("\n") + before.count("\r") - before.count("\r\n")
        return self.start_line + ends

    def place_at(self, offset: int, path: str = "") -> str:
        """Where the character `offset` of the text is found: `path:line`, or `path (page 12)`.

        The first is what editors and terminals open. `path` is the note's unless it is given.
        """
        before = [anchor.label for anchor in self.anchors if anchor.offset <= offset]
        where = f" ({before[-1]})" if before else f":{self.line_at(offset)}"
        return (path or self.note_path) + where


@dataclass(frozen=True, slots=True)
class Ranks:
    """Places (from 1) that the two searches gave a hit; None where a search did not return it."""

    dense: int | None = None
    lexical: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved chunk. `score` orders hits, higher is better; `similarity` is the raw cosine."""

    chunk: Chunk
    score: float
    similarity: float
    ranks: Ranks = Ranks()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence (or list item) of a passage, scored against the question.

    `passage` is the place of its hit among the passages, from 0. `cosine` is between embeddings,
    `coverage` the share of the question's words, weighted by idf, that the sentence holds, and
    `defines` how far it is what a section that is called like the question begins with.
    """

    passage: int
    span: Span
    text: str
    cosine: float
    coverage: float
    defines: float = 0.0

    @property
    def score(self) -> float:
        """Cosine plus half of the rest: measured better than the cosine alone."""
        return self.cosine + 0.5 * (self.coverage + self.defines)


@dataclass(frozen=True, slots=True)
class Support:
    """What the search alone tells of whether the notes touch on a question.

    `best` is the mean score of the two best sentences, `sentence` the best cosine of any.
    """

    best: float = 0.0
    sentence: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for a question: passages, their sentences by score, and how well they fit.

    `disagreeing` are sentences of notes that cannot all be right; empty where none were found.
    `language` is the question's, by its English name; empty where it has no Latin letters.
    """

    question: str
    passages: tuple[Hit, ...]
    sentences: tuple[Sentence, ...] = ()
    support: Support = Support()
    disagreeing: tuple[Sentence, ...] = ()
    language: str = "English"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which notes a question is asked of: those that every field which is not empty lets through.

    Of a field any one of its values will do. `notes` are file names or ends of paths, `folders`
    names or paths of folders, `tags` are without "#", `kinds` those of the readers (markdown, pdf).
    `since` and `until` bound the file's last change, in POSIX seconds, `until` not included.
    """

    notes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None


class Style(StrEnum):
    """How an answer is written."""

    SHORT = "short"
    DETAILED = "detailed"
    STEPS = "steps"
    LIST = "list"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class AskOptions:
    """What a person may want of one question, beside what the settings say of all.

    `strict` leaves out of an answer what is not found in the passages. `fresh` has it written even
    where what was written for the same question before is kept.
    """

    scope: Scope = Scope()
    style: Style = Style.SHORT
    strict: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question and its answer.

    `standalone` is the question that was searched for, `headings` those above the first passage
    that the answer cites, outermost first; both are empty where they are not known.
    """

    question: str
    answer: str
    standalone: str = ""
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """`[number]` in an answer: the exact characters `[start, end)` of the chunk's text."""

    number: int
    chunk: Chunk
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The cited characters."""
        return self.chunk.text[self.start : self.end]

    @property
    def location(self) -> str:
        """Where the cited characters begin: `path:line`, or `path (page 12)`."""
        return self.chunk.place_at(self.start)


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the question was asked; None for what did not happen."""

    sources: float | None = None
    first_token: float | None = None
    total: float | None = None


class Grounding(StrEnum):
    """How far the passages carry a sentence of an answer."""

    GROUNDED = "grounded"
    WEAK = "weak"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer, `[start, end)` in the answer's text, and how far it is carried."""

    start: int
    end: int
    grounding: Grounding


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a model read and wrote, and what it cost in US dollars where that is known."""

    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it ended. `notice` is one line on why it is not what was asked for, if so.

    `standalone` is the question that was searched for. `confidence` is the probability, as it was
    calibrated, that the notes hold the answer; None where it was not judged. `cached` tells that
    the words were written for the same question, of the same passages, before. `read` is how many
    of the hits, from the first on, were given to whoever answered; None where that is all of them.
    """

    question: str
    standalone: str
    text: str
    status: Status
    model: str
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    timings: Timings = field(default_factory=Timings)
    notice: str = ""
    claims: tuple[Claim, ...] = ()
    confidence: float | None = None
    usage: Usage | None = None
    cached: bool = False
    read: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """First event of a stream: the passages are known, and have not been read yet."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class StandIn:
    """What the notes' own sentences answer, with its citations; for until a first Token comes.

    Only where whoever answers is about to be asked.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """It is known who answers. That one is given so many of the passages, from the first on."""

    passages: int


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text, in order."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Last event of a stream."""

    answer: Answer


Event = Found | StandIn | Reading | Token | Finished
