"""The nouns of ingestion. Free of third-party code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from rag.types import Note, Span


class Phase(StrEnum):
    """What an ingest is doing."""

    SCANNING = "looking for notes"
    READING = "reading"
    EMBEDDING = "embedding"
    INDEXING = "writing the index"


def printable(path: str) -> str:
    """A path in characters that can be printed, whatever bytes a name is made of."""
    return path.encode(errors="backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a source lists. `path` is absolute and POSIX-style, or an address of the web.

    `size` is in bytes, `modified_ns` in nanoseconds. Where a source knows no time of change it
    gives the `digest` (SHA-256) of the bytes; where the name does not end with what the file is,
    it says so in `format` (".html").
    """

    path: str
    size: int
    modified_ns: int
    digest: str = ""
    format: str = ""

    @property
    def suffix(self) -> str:
        """What the file is, as the ending of its name: lower case, with the dot."""
        return self.format or PurePosixPath(self.path).suffix.lower()

    @property
    def shown(self) -> str:
        """The path in characters that can be printed."""
        return printable(self.path)

    @property
    def name(self) -> str:
        """The file name, to be shown."""
        return PurePosixPath(self.shown).name


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds. `unreadable` gives the reason by path that could not be looked into.

    Such a path, or what lies below it, may still be there: what is known of it is kept. `ignored`
    counts files and whole folders that were passed over because the user says so.
    """

    files: tuple[SourceFile, ...]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    ignored: int = 0

    def may_hold(self, path: str) -> bool:
        """True if `path` is, or lies below, what could not be looked into."""
        return any(path == one or path.startswith(f"{one}/") for one in self.unreadable)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an ingest has to do.

    `touched` files have another time of change and the same bytes; `moved` are pairs of the path
    that is gone and the file that has its bytes; `deleted` are paths.
    """

    new: tuple[SourceFile, ...] = ()
    changed: tuple[SourceFile, ...] = ()
    touched: tuple[SourceFile, ...] = ()
    unchanged: tuple[SourceFile, ...] = ()
    moved: tuple[tuple[str, SourceFile], ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def to_read(self) -> tuple[SourceFile, ...]:
        """Files that have to be read, in the order in which they are. Moved ones embed nothing."""
        return (*(file for _, file in self.moved), *self.changed, *self.new)

    @property
    def size(self) -> int:
        """Bytes of what has to be read."""
        return sum(file.size for file in self.to_read)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a note's structure: characters `[start, end)`, under `headings`.

    `kind` is "heading", "paragraph", "list", "table", "code" or another word; "meta" is never
    found, a "card" is a question with its answer. A block that is too long for a chunk is cut at
    `breaks` first (offsets at which items or rows begin). `lead` are characters before a break
    without which what follows is not understood: a table's header, a list's lead-in, a fence.
    """

    kind: str
    start: int
    end: int
    headings: tuple[str, ...] = ()
    breaks: tuple[int, ...] = ()
    lead: Span | None = None


@dataclass(frozen=True, slots=True)
class ReadNote:
    """A note, its structure, and one line for each thing that its reader wants known.

    `blocks` are in order and apart; text between them counts as paragraphs.
    """

    note: Note
    blocks: tuple[Block, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: `done` of `total` notes, or vectors while the index is written.

    `rate` is in passages embedded a second, `seconds_left` an estimate; None while it is unknown.
    """

    phase: Phase
    done: int
    total: int
    current: str = ""
    rate: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did. `skipped` gives the reason by path; `warnings` lines by path.

    `embedded` and `reused` count chunks that were embedded and those whose vector was known. Of the
    `seconds` it took, the embedding engine was at work for `engine_seconds`.
    """

    folder: str
    notes: int
    chunks: int
    new: int
    changed: int
    moved: int
    unchanged: int
    deleted: int
    embedded: int
    reused: int
    skipped: Mapping[str, str]
    warnings: Mapping[str, tuple[str, ...]]
    seconds: float
    engine_seconds: float = 0.0


def pace(progress: Progress) -> str:
    """How fast an ingest is and how long it takes yet, as far as it is known."""
    known = []
    if progress.rate is not None:
        known.append(f"{progress.rate:,.0f} passages/s")
    if progress.seconds_left is not None:
        known.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(known)


def duration(seconds: float) -> str:
    """A time as a person says it: 45 s, 12 min, 3 h."""
    for length, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
