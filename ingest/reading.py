"""A listed file -> its note, cut into passages, or the reason why there is none; ahead of time."""

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

from ingest.document import MAX_CHARACTERS
from ingest.protocols import Chunker, NoteSource, Reader
from ingest.text import NEWLINE
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Anchor, Chunk, FileState, Note, is_address

MAX_BYTES = 20_000_000
"""A larger file is not opened, unless its reader's `max_bytes` is another number."""

MAX_LINES = 200_000
"""Two of the longest novels. Each takes some 10 us to be cut, whatever is in it."""

MAX_CHUNKS = 50_000
_PICTURES = 20  # a book of 20 MB has about 1 MB of words
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read: its note and chunks or, where `note` is None, `reason`."""

    file: SourceFile
    reason: str = ""
    note: Note | None = None
    state: FileState | None = None
    chunks: Sequence[Chunk] = ()
    warnings: tuple[str, ...] = ()


class FileReader:
    """Reads and cuts the files of a source. Safe to use from a thread of its own."""

    def __init__(
        self, readers: Mapping[str, Reader], chunker: Chunker, embedder_fingerprint: str
    ) -> None:
        self._readers = readers
        self._chunker = chunker
        self._mark = f"{chunker.fingerprint} {embedder_fingerprint}"

    def reads(self, path: str) -> bool:
        """True if there is a reader for a file of this name; an address has no name to tell by."""
        return is_address(path) or SourceFile(path, 0, 0).suffix in self._readers

    def text_size(self, file: SourceFile) -> int:
        """Bytes of words in a file, about: what may be larger than others is mostly pictures."""
        most = getattr(self._readers.get(file.suffix), "max_bytes", MAX_BYTES)
        return file.size if most <= MAX_BYTES else file.size // _PICTURES

    def fingerprint(self, file: SourceFile) -> str:
        """Names what a file would be read, cut and embedded with."""
        reader = self._readers.get(file.suffix)
        return f"{reader.fingerprint if reader else ''} {self._mark}"

    def read(self, file: SourceFile, source: NoteSource) -> ReadFile:
        """The file's note and chunks. Whatever a reader raises becomes a reason."""
        try:
            found = parsed(self._readers, file, source)
            chunks = self._chunker.chunk(found)
            if len(chunks) > MAX_CHUNKS:
                raise NotesError(f"{len(chunks):,} passages, the most is {MAX_CHUNKS:,}; split it")
        except NotesError as error:
            return ReadFile(file, str(error))
        except OSError as error:
            return ReadFile(file, unreadable(error.strerror or str(error)))
        except Exception as error:  # readers of others may raise anything
            _log.debug("%s could not be read", file.shown, exc_info=True)
            return ReadFile(file, f"its reader failed ({type(error).__name__}: {error})")
        mark, digest = self.fingerprint(file), found.note.digest
        state = FileState(source.root, file.size, file.modified_ns, digest, mark)
        return ReadFile(file, "", found.note, state, chunks, found.warnings)

    def digest(self, file: SourceFile, source: NoteSource) -> str:
        """SHA-256 of a file's bytes; empty where they cannot be had."""
        try:
            _check(self._readers, file)
            return file.digest or hashlib.sha256(source.read(file)).hexdigest()
        except (NotesError, OSError):
            return ""


def parsed(readers: Mapping[str, Reader], file: SourceFile, source: NoteSource) -> ReadNote:
    """A file's note, not cut; `readers` by the endings they read.

    Raises:
        NotesError: it is no note, with the reason. A reader may raise anything else as well.
        OSError: it cannot be had.
    """
    _check(readers, file)
    found = dated(readers[file.suffix].read(file, source.read(file)), file)
    _check_text(found.note.text)
    return found


def _check(readers: Mapping[str, Reader], file: SourceFile) -> None:
    """Raise NotesError for what cannot be a note, before it is opened."""
    if file.shown != file.path:
        raise NotesError("its name is not UTF-8; rename it")
    most = getattr(readers.get(file.suffix), "max_bytes", MAX_BYTES)
    if file.size > most:
        raise NotesError(f"{file.size:,} bytes, the most for a note is {most:,}; split it")


def unreadable(why: str) -> str:
    """What is said of a path that cannot be read."""
    return f"it cannot be read: {why}"


def _check_text(text: str) -> None:
    """Raise NotesError for what is more than a note, before it is cut, which would take minutes."""
    if len(text) > MAX_CHARACTERS:
        raise NotesError(
            f"it holds {len(text):,} characters, the most is {MAX_CHARACTERS:,}; split it"
        )
    lines = sum(1 for _ in NEWLINE.finditer(text))
    if lines > MAX_LINES:
        raise NotesError(f"it holds {lines:,} lines, the most is {MAX_LINES:,}; split it")


def dated(read: ReadNote, file: SourceFile) -> ReadNote:
    """`read` with the day (in local time) on which `file` was fetched in the label of each place.

    What does not come from an address is returned as it is.
    """
    if not is_address(file.path):
        return read
    day = f"retrieved {date.fromtimestamp(file.modified_ns / 1e9).isoformat()}"
    return replace(read, note=replace(read.note, anchors=_labelled(read.note, day)))


def _labelled(note: Note, day: str) -> tuple[Anchor, ...]:
    labelled = tuple(Anchor(anchor.offset, f"{anchor.label}, {day}") for anchor in note.anchors)
    starts_unlabelled = not labelled or labelled[0].offset > 0
    return (Anchor(0, day), *labelled) if starts_unlabelled else labelled


class Ahead(Generic[_T]):
    """Items of `items`, taken by a thread while the last ones are being worked on.

    `weigh` says how much an item takes of the `room` there is; an item that is heavier than all
    of it waits until there is nothing else. What `items` raises is raised where it would be met.
    Use it in a `with`, which ends the thread.
    """

    def __init__(self, items: Iterator[_T], weigh: Callable[[_T], int], room: int) -> None:
        self._items, self._weigh, self._room = items, weigh, room
        self._changed = threading.Condition()
        self._ready: deque[_T] = deque()
        self._weight = 0
        self._error: BaseException | None = None
        self._is_over = self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)

    def __enter__(self) -> "Ahead[_T]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    def __iter__(self) -> Iterator[_T]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready or self._is_over)
                if not self._ready:
                    if self._error:
                        raise self._error
                    return
                item = self._ready.popleft()
                self._weight -= self._weigh(item)
                self._changed.notify_all()
            yield item

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:
            self._error = error
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _put(self, item: _T) -> bool:
        weight = self._weigh(item)
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or not self._ready or self._weight + weight <= self._room
            )
            self._ready.append(item)
            self._weight += weight
            self._changed.notify_all()
            return not self._is_closed
