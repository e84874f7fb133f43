"""Carries a plan out: reads, cuts, embeds what is new, stores note by note, makes Chroma follow.

Files are read ahead in one thread and texts embedded in another (`EmbeddingQueue`: each text once),
while this one stores what is ready, so that the embedding engine is hardly ever waited for nor
waits. Each note is one transaction, and what has to follow (Chroma) is remembered in the catalog,
so a kill at any moment loses at most the notes of the batch at hand; the next run takes up from
there.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ingest.plan import check_losses, plan_ingest
from ingest.protocols import Chunker, NoteSource, Reader
from ingest.reading import Ahead, FileReader, ReadFile, unreadable
from ingest.types import Listing, Phase, Plan, Progress, Report, SourceFile, printable
from rag.embedding import passage_text
from rag.errors import DiskFullError
from rag.protocols import Embedder, Index, Vector
from rag.types import FileState

_AHEAD = 4000
"""Chunks that are read ahead at most: some megabytes."""

_FOLLOWED = 40_000
"""Chunks after which Chroma waits until the embedding engine rests: while it writes it keeps 2.3 KB
of each in memory, and with both at once the memory would grow with the vault."""

FEWEST, MOST = 64, 1024
"""Texts that are embedded together."""

SECONDS = 2.5
"""What a batch may take: a stop waits for it, and so does the next sign of progress."""


class EmbeddingQueue:
    """Embeds what the index has no vector of. Use it in a `with`, which ends the thread.

    `submit` texts, `wait` for them in the same order, and `release` them once they are stored:
    until then the same text is not embedded for another note either.
    """

    def __init__(self, embedder: Embedder, index: Index) -> None:
        self._embedder, self._index = embedder, index
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="embed")
        self._parts: deque[tuple[Sequence[str], Future[Sequence[Vector]]]] = deque()
        self._vectors: dict[str, Vector] = {}
        self._uses: Counter[str] = Counter()
        self._size = FEWEST
        self.embedded = 0
        self.seconds = 0.0

    def __enter__(self) -> "EmbeddingQueue":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def size(self) -> int:
        """Texts that are worth submitting together: as many as take about SECONDS here."""
        return self._size

    @property
    def rate(self) -> float | None:
        """Texts a second of the engine's time; None before the first."""
        return self.embedded / self.seconds if self.seconds else None

    def submit(self, texts: Sequence[str]) -> int:
        """Begin to embed; returns how many texts have to be."""
        unseen = [text for text in dict.fromkeys(texts) if not self._uses[text]]
        self._uses.update(texts)
        known = zip(unseen, self._index.known_vectors(unseen), strict=True)
        self._vectors |= {text: vector for text, vector in known if vector is not None}
        missing = [text for text in unseen if text not in self._vectors]
        for start in range(0, len(missing), self._size):
            part = missing[start : start + self._size]
            self._parts.append((part, self._pool.submit(self._embed, part)))
        return len(missing)

    def wait(self, texts: Sequence[str]) -> Iterator[int]:
        """Yields how many were embedded, each time some are, until all of `texts` are."""
        while any(text not in self._vectors for text in texts):
            part, future = self._parts.popleft()
            self._vectors |= zip(part, future.result(), strict=True)
            yield len(part)

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """The vectors of texts that were waited for, in order."""
        return [self._vectors[text] for text in texts]

    def release(self, texts: Sequence[str]) -> None:
        """The index has these now."""
        self._uses.subtract(texts)
        for text in set(texts):
            if not self._uses[text]:
                del self._uses[text], self._vectors[text]

    def _embed(self, texts: list[str]) -> Sequence[Vector]:
        started = time.perf_counter()
        vectors = self._embedder.embed_documents(texts)
        took = time.perf_counter() - started
        self.embedded += len(texts)
        self.seconds += took
        if len(texts) == self._size and took < SECONDS / 2:
            self._size = min(2 * self._size, MOST)
        return vectors


@dataclass(slots=True)
class _Tally:
    """What the report will say, and how far it is."""

    todo: Plan
    started: float
    counts: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: int = 0
    size: int = 0
    engine_seconds: float = 0.0

    def progress(self, phase: Phase, current: str, rate: float | None = None) -> Progress:
        """How far it is. What is left takes as long as what was done, byte by byte."""
        took = time.perf_counter() - self.started
        left = took * (self.todo.size / self.size - 1) if self.size else None
        return Progress(phase, self.notes, len(self.todo.to_read), current, rate, left)

    def read(self, one: ReadFile) -> None:
        """Count a file that was read or could not be."""
        if one.note is None:
            self.skipped[one.file.shown] = one.reason
        elif one.warnings:
            self.warnings[one.file.path] = one.warnings

    def done(self, one: ReadFile) -> None:
        """Count a file that is done with."""
        self.notes += 1
        self.size += one.file.size


class Ingest:
    """Brings an index up to date with a source of notes."""

    def __init__(
        self, index: Index, embedder: Embedder, chunker: Chunker, readers: Sequence[Reader]
    ) -> None:
        self._index = index
        self._embedder = embedder
        by_suffix = {suffix: reader for reader in readers for suffix in reader.suffixes}
        self._reader = FileReader(by_suffix, chunker, embedder.fingerprint)

    def plan(self, source: NoteSource) -> Plan:
        """What `run` would do. Raises what it would, but for what losses are allowed."""
        known = self._index.states(source.root)
        return self._compare(source, self._with_unread(source.listing(), known), known)

    def run(
        self, source: NoteSource, *, allow_deletions: bool = False
    ) -> Iterator[Progress | Report]:
        """Bring the index up to date; the last item is the Report.

        Closing the iterator, or Ctrl-C, stops after the batch at hand; what is done is kept.

        Raises:
            NotesError: the source holds no note at all, or more than half of those known from it
                are gone and `allow_deletions` does not say that this is meant; nothing is changed.
            DiskFullError: there is no room; what was stored is kept.
        """
        started = time.perf_counter()
        yield Progress(Phase.SCANNING, 0, 0)
        known = self._index.states(source.root)
        there = self._with_unread(source.listing(), known)
        todo = self._compare(source, there, known)
        check_losses(source.root, there, todo, known, allowed=allow_deletions)
        tally = _Tally(todo, started)
        tally.skipped |= {
            printable(path): unreadable(why) for path, why in there.unreadable.items()
        }
        for file in todo.touched:
            state = known[file.path]
            self._index.touch(file.path, _touched(file, state))
        if todo.to_read:
            self._index.require_room(sum(map(self._reader.text_size, todo.to_read)))
        try:
            yield from self._store(source, tally)
        except DiskFullError:
            self._index.require_room(todo.size - tally.size)  # says how much
            raise
        lost = [file.path for file in todo.changed if file.shown in tally.skipped]
        self._index.delete([*todo.deleted, *(old for old, _ in todo.moved), *lost])
        self._index.set_skipped(source.root, tally.skipped)
        if tally.counts["chunks"] > _FOLLOWED:
            self._embedder.rest()
        for done, total in self._index.syncing():
            yield Progress(Phase.INDEXING, done, total)
        yield self._report(source.root, tally)

    def _with_unread(self, there: Listing, known: Mapping[str, FileState]) -> Listing:
        """With the notes whose reader is not there any more: they are not gone for that."""
        left = {
            path: "the reader of its format is not installed any more"
            for path in known
            if not self._reader.reads(path) and Path(path).exists()
        }
        return replace(there, unreadable={**there.unreadable, **left}) if left else there

    def _compare(self, source: NoteSource, there: Listing, known: Mapping[str, FileState]) -> Plan:
        return plan_ingest(
            there, known, self._reader.fingerprint, partial(self._reader.digest, source=source)
        )

    def _store(self, source: NoteSource, tally: _Tally) -> Iterator[Progress]:
        """Read, embed and store. A batch is stored while the engine is at work on the next."""
        files = (self._reader.read(file, source) for file in tally.todo.to_read)
        with (
            Ahead(files, lambda one: len(one.chunks), _AHEAD) as ahead,
            EmbeddingQueue(self._embedder, self._index) as engine,
        ):
            before: list[ReadFile] = []
            for batch in _batches(iter(ahead), engine):
                yield tally.progress(Phase.READING, batch[-1].file.name, engine.rate)
                for one in batch:
                    tally.read(one)
                tally.counts["embedded"] += engine.submit(_texts(batch))
                yield from self._finish(before, engine, tally)
                before = batch
            yield from self._finish(before, engine, tally)
            tally.engine_seconds = engine.seconds

    def _finish(
        self, batch: Sequence[ReadFile], engine: EmbeddingQueue, tally: _Tally
    ) -> Iterator[Progress]:
        """Wait for the vectors of a batch, and store its notes."""
        texts = _texts(batch)
        for _ in engine.wait(texts):
            yield tally.progress(Phase.EMBEDDING, batch[-1].file.name, engine.rate)
        with self._index.transaction():
            for one in batch:
                self._put(one, engine, tally)
        engine.release(texts)
        if batch:
            if tally.counts["chunks"] <= _FOLLOWED:
                self._index.follow()
            yield tally.progress(Phase.EMBEDDING, batch[-1].file.name, engine.rate)

    def _put(self, one: ReadFile, engine: EmbeddingQueue, tally: _Tally) -> None:
        if one.note and one.state:
            ready = engine.vectors(_texts([one]))
            self._index.replace(one.note, one.state, one.chunks, ready, one.warnings)
            tally.counts["chunks"] += len(ready)
        tally.done(one)

    def _report(self, root: str, tally: _Tally) -> Report:
        notes, chunks = self._index.counts()
        todo, skipped = tally.todo, tally.skipped
        return Report(
            folder=root,
            notes=notes,
            chunks=chunks,
            new=sum(file.shown not in skipped for file in todo.new),
            changed=sum(file.shown not in skipped for file in todo.changed),
            moved=len(todo.moved),
            unchanged=len(todo.unchanged) + len(todo.touched),
            deleted=len(todo.deleted),
            embedded=tally.counts["embedded"],
            reused=tally.counts["chunks"] - tally.counts["embedded"],
            skipped=skipped,
            warnings=tally.warnings,
            seconds=time.perf_counter() - tally.started,
            engine_seconds=tally.engine_seconds,
        )


def _batches(files: Iterator[ReadFile], engine: EmbeddingQueue) -> Iterator[list[ReadFile]]:
    batch: list[ReadFile] = []
    for file in files:
        batch.append(file)
        if sum(len(one.chunks) for one in batch) >= engine.size:
            yield batch
            batch = []
    if batch:
        yield batch


def _texts(batch: Sequence[ReadFile]) -> list[str]:
    return [passage_text(chunk) for one in batch for chunk in one.chunks]


def _touched(file: SourceFile, state: FileState) -> FileState:
    return FileState(state.root, file.size, file.modified_ns, state.digest, state.fingerprint)
