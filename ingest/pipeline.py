"""Carries a plan out: reads, cuts, embeds what is new, stores note by note, makes Chroma follow.

Each note is one transaction, and what has to follow (Chroma) is remembered in the catalog, so a
kill at any moment loses at most the notes of the batch at hand; the next run takes up from there.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.losses import check_losses
from ingest.plan import plan
from ingest.protocols import Chunker, NoteSource, Reader
from ingest.types import Phase, Plan, Progress, Report, SourceFile, printable
from rag.embedding import passage_text
from rag.errors import LockedError, NotesError
from rag.protocols import Embedder, Index, Vector
from rag.types import Chunk, FileState, Note

BATCH_CHUNKS = 64
"""Chunks that are embedded, and then stored, together: a second or two of work."""

MAX_BYTES = 20_000_000
"""A larger file is not a note that a person wrote. It is not even opened."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A note that is cut and waits for its vectors."""

    note: Note
    state: FileState
    chunks: Sequence[Chunk]


@dataclass(slots=True)
class _Tally:
    """What the report will say."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Ingest:
    """Brings an index up to date with a source of notes."""

    def __init__(
        self, index: Index, embedder: Embedder, chunker: Chunker, readers: Sequence[Reader]
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._chunker = chunker
        self._readers = {suffix: reader for reader in readers for suffix in reader.suffixes}
        marks = [reader.fingerprint for reader in readers]
        self._fingerprint = " ".join([*marks, chunker.fingerprint, embedder.fingerprint])

    def run(
        self, source: NoteSource, *, allow_deletions: bool = False
    ) -> Iterator[Progress | Report]:
        """Bring the index up to date; the last item is the Report.

        Closing the iterator, or Ctrl-C, stops after the note at hand; what is done is kept.

        Raises:
            NotesError: the source holds no note at all, or more than half of those known from it
                are gone and `allow_deletions` does not say that this is meant; nothing is changed.
        """
        started = time.perf_counter()
        tally = _Tally()
        yield Progress(Phase.SCANNING, 0, 0)
        there = source.listing()
        known = self._index.states(source.root)
        todo = plan(there, known, self._fingerprint)
        check_losses(source.root, there, todo, known, allowed=allow_deletions)
        for path, why in there.unreadable.items():
            tally.skipped[printable(path)] = _unreadable(why)
        files = [*todo.new, *todo.changed]
        yield from self._store(files, source, {f.path for f in todo.new}, tally)
        yield Progress(Phase.INDEXING, 0, 1)
        self._index.delete([*todo.deleted, *(tally.skipped.keys() & _known(todo))])
        self._index.sync()
        yield Progress(Phase.INDEXING, 1, 1)
        yield self._report(source.root, todo, tally, time.perf_counter() - started)

    def _store(
        self, files: Sequence[SourceFile], source: NoteSource, new: set[str], tally: _Tally
    ) -> Iterator[Progress]:
        waiting: list[_Read] = []
        for done, file in enumerate(files):
            yield Progress(Phase.READING, done, len(files), file.name)
            if read := self._read(file, source, tally):
                waiting.append(read)
                tally.counts["new" if file.path in new else "changed"] += 1
            if sum(len(one.chunks) for one in waiting) >= BATCH_CHUNKS:
                yield Progress(Phase.EMBEDDING, done, len(files), file.name)
                self._embed(waiting, tally)
                waiting = []
        if waiting:
            yield Progress(Phase.EMBEDDING, len(files) - 1, len(files))
            self._embed(waiting, tally)

    def _read(self, file: SourceFile, source: NoteSource, tally: _Tally) -> _Read | None:
        try:
            _check(file)
            found = self._readers[file.suffix].read(file, source.read(file))
        except NotesError as error:
            tally.skipped[file.shown] = str(error)
        except OSError as error:
            tally.skipped[file.shown] = _unreadable(error.strerror or str(error))
        else:
            if found.warnings:
                tally.warnings[file.path] = found.warnings
            note = found.note
            mark = self._fingerprint
            state = FileState(source.root, file.size, file.modified_ns, note.digest, mark)
            return _Read(note, state, self._chunker.chunk(found))
        return None

    def _embed(self, waiting: Sequence[_Read], tally: _Tally) -> None:
        """Embed what has no vector yet, the same words once, and store note by note."""
        texts = [passage_text(chunk) for one in waiting for chunk in one.chunks]
        vectors = self._vectors(texts, tally)
        for one in waiting:
            ready = [vectors[passage_text(chunk)] for chunk in one.chunks]
            self._index.replace(one.note, one.state, one.chunks, ready)

    def _vectors(self, texts: Sequence[str], tally: _Tally) -> Mapping[str, Vector]:
        stored = zip(texts, self._index.known_vectors(texts), strict=True)
        known = {text: vector for text, vector in stored if vector is not None}
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        fresh = self._embedder.embed_documents(missing) if missing else []
        tally.counts["embedded"] += len(missing)
        tally.counts["reused"] += len(texts) - len(missing)
        return known | dict(zip(missing, fresh, strict=True))

    def _report(self, root: str, todo: Plan, tally: _Tally, seconds: float) -> Report:
        notes, chunks = self._index.counts()
        return Report(
            folder=root,
            notes=notes,
            chunks=chunks,
            new=tally.counts["new"],
            changed=tally.counts["changed"],
            unchanged=len(todo.unchanged),
            deleted=len(todo.deleted),
            embedded=tally.counts["embedded"],
            reused=tally.counts["reused"],
            skipped=tally.skipped,
            warnings=tally.warnings,
            seconds=seconds,
        )


def _check(file: SourceFile) -> None:
    """Raise NotesError for what cannot be a note, before it is opened."""
    if file.shown != file.path:
        raise NotesError("its name is not UTF-8; rename it")
    if file.size > MAX_BYTES:
        raise NotesError(f"{file.size:,} bytes, the most for a note is {MAX_BYTES:,}; split it")


def _known(todo: Plan) -> set[str]:
    return {file.path for file in todo.changed}


def _unreadable(why: str) -> str:
    return f"it cannot be read: {why}"


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the one writer's place of a library.

    Raises:
        LockedError: another process is writing.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / "ingest.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            "another crib is bringing the notes up to date; wait for it to end, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()
