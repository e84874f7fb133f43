"""The nouns of the page of notes. Free of third-party code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from rag.search.agreement import Conflict, Duplicate
from rag.types import Anchor, Chunk, is_address


class State(StrEnum):
    """How a note's file stands to what the index knows of it."""

    INDEXED = "indexed"
    CHANGED = "changed"
    NEW = "new"
    MOVED = "moved"
    GONE = "gone"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Item:
    """A note as the list shows it.

    `place` is its path from the folder on that holds its source, which is how a filter names it;
    `indexed` a POSIX timestamp, None where it was not read; `reason` is why it was skipped.
    """

    path: str
    place: str
    kind: str
    state: State
    passages: int = 0
    indexed: float | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The folder that it is listed in; that of a page of the web is its machine."""
        if is_address(self.path):
            return self.path.partition("://")[2].partition("/")[0]
        return self.place.rpartition("/")[0]

    @property
    def name(self) -> str:
        """What it is listed as."""
        if is_address(self.path):
            return self.path.partition("://")[2].partition("/")[2] or self.path
        return self.place.rpartition("/")[2]

    @property
    def is_readable(self) -> bool:
        """True if there is a text of it."""
        return self.indexed is not None


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole library. `troubles` says, by source, why it is not known what an ingest would do.

    `size` are bytes of the index on the disk.
    """

    items: tuple[Item, ...] = ()
    passages: int = 0
    size: int = 0
    sources: tuple[str, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[State, int]:
        """How many notes are in each state."""
        counts = dict.fromkeys(State, 0)
        for item in self.items:
            counts[item.state] += 1
        return counts

    def item(self, path: str) -> Item | None:
        """The note of this path."""
        return next((item for item in self.items if item.path == path), None)


@dataclass(frozen=True, slots=True)
class NoteReading:
    """A note's text as it was read, and the passages that it was cut into, in order."""

    path: str
    text: str
    digest: str
    anchors: tuple[Anchor, ...] = ()
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceInNote:
    """A place to be shown: characters `[start, end)` of the note as it was when it had `digest`.

    `quote` are its words, by which it is looked for where the note has changed since.
    """

    path: str
    digest: str = ""
    start: int = 0
    end: int = 0
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """What an ingest would do with a source: counts, the paths it would forget, about how long.

    `trouble` is why that is not known.
    """

    source: str
    new: int = 0
    changed: int = 0
    moved: int = 0
    deleted: tuple[str, ...] = ()
    seconds: float = 0.0
    trouble: str = ""


class LibraryEditor(Protocol):
    """What adds notes to the library and takes them out. Each raises CribError where it cannot.

    What is to be read is only said here; the page's own ingest does it.
    """

    def take_in(self, files: Sequence[str]) -> Mapping[str, str]:
        """Keep these files, and have them read next; why some were left out, by name."""

    def want(self, target: str) -> None:
        """Have a folder, a file or the address of a page read next."""

    def plan(self) -> list[Todo]:
        """What an ingest would do with each source."""

    def allow_deletions(self) -> None:
        """Have all sources read next, and forgotten what is gone."""

    def undo(self) -> tuple[int, int]:
        """Take the last ingest back: how many notes are as they were, how many are gone."""

    def forget(self, source: str) -> int:
        """Take a source out of the library: how many notes are forgotten."""

    def watches(self) -> bool | None:
        """Whether changes are read by themselves; None where nothing is watched."""

    def watch(self, wanted: bool) -> None:
        """Have changes read by themselves, or not."""


class PageNotes(Protocol):
    """What the page needs of the rest. commands/pages/notes.py gives it."""

    def overview(self, *, fresh: bool = False) -> Overview:
        """What there is; a moment ago unless it is to be `fresh`. Raises CribError."""

    def find(self, query: str, most: int) -> list[Chunk]:
        """The passages that hold words of `query`, best first. Raises CribError."""

    def duplicates(self) -> list[Duplicate]:
        """Notes that say the same. Raises CribError."""

    def conflicts(self) -> list[Conflict]:
        """Sentences of two notes that cannot both be right. Raises CribError."""

    def read(self, path: str) -> NoteReading:
        """A note that was indexed. Raises NotesError where there is none."""
