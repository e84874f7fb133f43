"""The catalog and Chroma as one Index. Writing goes to the catalog; `sync` makes Chroma follow."""

import contextlib
import hashlib
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from rag.embedding import passage_text
from rag.errors import DiskFullError, StoreError
from rag.protocols import Vector
from rag.search.dense import DenseSearch, matrix
from rag.store.catalog import Catalog
from rag.store.database import require_room
from rag.store.scoping import Facets, facets
from rag.types import Chunk, FileState, Note, Role, Scope
from rag.vectors import BATCH, ChromaVectors

_GROWTH = 22
"""Bytes that the index takes for a byte of notes: 20 as measured by benchmarks/ingest.py, most of
them vectors, which catalog and Chroma have each."""

_SPARE = 10_000_000

_WORTH_KEEPING = 1000
"""Changed slots, or half as many free ones, that Chroma is never built anew for: it takes 4,000 a
second."""


class StoredIndex:
    """Notes on disk, searchable by vector and by word. See `rag.protocols.Index`.

    What is the catalog's alone is its own method here, so that each promise stands in one place.
    """

    def __init__(self, catalog: Catalog, vectors: ChromaVectors, fingerprint: str) -> None:
        self.catalog = catalog
        self._sync = catalog.vector_sync
        self._vectors = vectors
        self._fingerprint = fingerprint
        self._dense = DenseSearch(catalog, vectors)
        self._is_writing = False
        self.transaction = catalog.transaction
        self.touch = catalog.touch
        self.states = catalog.states
        self.set_skipped = catalog.set_skipped
        self.delete = catalog.delete
        self.text = catalog.text
        self.counts = catalog.counts
        self.search_lexical = catalog.search
        self.document_frequencies = catalog.lexical.document_frequencies
        self.languages = catalog.lexical.languages
        self.corrected = catalog.lexical.corrected

    def close(self) -> None:
        """Release the files."""
        self._vectors.reopen()
        self.catalog.close()

    def replace(
        self,
        note: Note,
        state: FileState,
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
        warnings: Sequence[str] = (),
    ) -> None:
        """Make `chunks`, with a vector each, all that the index holds of `note`."""
        keyed = [
            (self._key(passage_text(chunk)), np.asarray(vector, np.float32).tobytes())
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        self.catalog.replace(note, state, chunks, keyed, warnings)

    def known_vectors(self, texts: Sequence[str]) -> list[Vector | None]:
        """Vectors of texts that were embedded before; None for the others."""
        keys = [self._key(text) for text in texts]
        found = self.catalog.vectors(set(keys))
        return [_vector(found[key]) if key in found else None for key in keys]

    def search_dense(
        self, vector: Vector, k: int, roles: Collection[Role], scope: Scope = Scope()
    ) -> list[tuple[Chunk, float]]:
        """The `k` nearest chunks of these roles, with cosine similarity, best first.

        Raises:
            QuestionError: no note fulfils `scope`.
        """
        if not roles:
            return []
        paths = self.catalog.scoping.paths(scope)
        return self.catalog.scored_chunks(self._dense.search(vector, k, roles, paths))

    def facets(self) -> Facets:
        """The values that a scope may name, each with the number of notes that have it."""
        return facets(self.catalog.scoping.facts())

    def require_room(self, size: int) -> None:
        """Raise DiskFullError where notes of `size` bytes would find no room."""
        require_room(self.catalog.path, _GROWTH * size + _SPARE)

    # Chroma

    def is_whole(self) -> bool:
        """True if Chroma has all that the catalog holds, in files that nobody touched since."""
        return self._sync.is_in_sync() and self._dense.is_as_left()

    def answers(self) -> bool:
        """True if Chroma is whole, and a process that asks it gets an answer."""
        return self.is_whole() and self._vectors.answers(self._sync.known_count())

    def sync(self) -> None:
        """Bring Chroma to what the catalog says; see `syncing`."""
        for _ in self.syncing():
            pass

    def syncing(self) -> Iterator[tuple[int, int]]:
        """Bring Chroma to what the catalog says; yields how many vectors of how many it was given.

        It is rebuilt where its files were damaged, or lost something. Nothing is embedded.
        """
        if self.is_whole():
            return
        try:
            yield from self._give()
            whole = self._vectors.count() == sum(self._sync.slots())
        except DiskFullError:
            raise
        except StoreError:
            whole = False
        if not whole or self._is_worn():
            self._start_over()
            yield from self._give()
        self.catalog.prune()
        self._vectors.reopen()  # closed, so that its files are as they will be found
        self._sync.finish_writing(self._vectors.files())
        self._is_writing = False

    def _is_worn(self) -> bool:
        """True if Chroma should be built anew: for room, or since changes wear its graph out.

        Of 1,200 nearest neighbours in 1,500 vectors, it misses 0 to 2 when built and 2 to 3 after
        1,000 changes in place; more where vectors are much alike.
        """
        used, free = self._sync.slots()
        return max(2 * free, self._sync.changes()) > max(used, _WORTH_KEEPING)

    def follow(self) -> None:
        """Give Chroma what there is so far, while more is brought in; `sync` mends what fails."""
        with contextlib.suppress(StoreError):
            for _ in self._give():
                pass

    def _give(self) -> Iterator[tuple[int, int]]:
        self._prepare()
        if freed := self._sync.freed():
            self._vectors.hide(freed)
            self._sync.mark_synced([], freed)
        done, total = 0, self._sync.pending_count()
        while batch := self._sync.pending(BATCH):
            slots, roles, blobs = map(list, zip(*batch, strict=True))
            self._vectors.upsert(slots, matrix(blobs), roles)
            self._sync.mark_synced(slots, [])
            done += len(batch)
            yield done, total

    def _prepare(self) -> None:
        """Before the first change: files that a death or a person damaged are dropped."""
        if self._is_writing:
            return
        self._dense.distrust()
        if self._sync.died_writing():
            is_sound = self._vectors.answers(self._sync.known_count())
        else:
            is_sound = self._dense.is_as_left()
        if not is_sound:
            self._start_over()
        self._sync.begin_writing()
        self._is_writing = True

    def _start_over(self) -> None:
        self._vectors.clear()
        self._sync.start_over()

    def _key(self, text: str) -> str:
        words = f"{self._fingerprint}\0{text}".encode(errors="surrogatepass")
        return hashlib.sha256(words).hexdigest()


def _vector(blob: bytes) -> list[float]:
    values: list[float] = np.frombuffer(blob, np.float32).tolist()
    return values
