"""The catalog and Chroma as one Index. Writing goes to the catalog; `sync` makes Chroma follow."""

import hashlib
from collections.abc import Collection, Sequence

import numpy as np

from rag.catalog import Catalog
from rag.embedding import passage_text
from rag.errors import StoreError
from rag.protocols import Vector
from rag.types import Chunk, FileState, Note, Role
from rag.vectors import BATCH, ChromaVectors


class StoredIndex:
    """Notes on disk, searchable by vector and by word. See `rag.protocols.Index`."""

    def __init__(self, catalog: Catalog, vectors: ChromaVectors, fingerprint: str) -> None:
        self.catalog = catalog
        self._vectors = vectors
        self._fingerprint = fingerprint
        self._generation = catalog.generation()

    def replace(
        self, note: Note, state: FileState, chunks: Sequence[Chunk], vectors: Sequence[Vector]
    ) -> None:
        """Make `chunks`, with a vector each, all that the index holds of `note`."""
        keyed = [
            (self._key(passage_text(chunk)), np.asarray(vector, np.float32).tobytes())
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        self.catalog.replace(note, state, chunks, keyed)

    def states(self, root: str) -> dict[str, FileState]:
        """What is known of the notes that were found in the folder `root`, by path."""
        return self.catalog.states(root)

    def delete(self, note_paths: Collection[str]) -> None:
        """Forget these notes."""
        self.catalog.delete(note_paths)

    def known_vectors(self, texts: Sequence[str]) -> list[Vector | None]:
        """Vectors of texts that were embedded before; None for the others."""
        keys = [self._key(text) for text in texts]
        found = self.catalog.vectors(set(keys))
        return [_vector(found[key]) if key in found else None for key in keys]

    def search_dense(
        self, vector: Vector, k: int, roles: Collection[Role]
    ) -> list[tuple[Chunk, float]]:
        """The `k` nearest chunks of these roles, with cosine similarity, best first."""
        self._see_other_writers()
        nearest = self._vectors.query(vector, k, roles)
        chunks = self.catalog.chunks([identity for identity, _ in nearest])
        # An id that the catalog does not know belongs to a note that is being replaced just now.
        return [(chunks[i], similarity) for i, similarity in nearest if i in chunks]

    def search_lexical(
        self, words: Sequence[str], k: int, roles: Collection[Role]
    ) -> list[tuple[Chunk, float]]:
        """The `k` best chunks that hold any of `words`, with a BM25 score, best first."""
        return self.catalog.search(words, k, roles)

    def document_frequencies(self, words: Collection[str]) -> dict[str, int]:
        """In how many chunks each word occurs, in any inflection."""
        return self.catalog.document_frequencies(words)

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks."""
        return self.catalog.counts()

    def sync(self) -> None:
        """Bring Chroma to what the catalog says; rebuild it where it lost something or fails."""
        self._see_other_writers()
        try:
            self._follow()
            whole = self.is_whole()
        except StoreError:
            whole = False
        if not whole:
            self._vectors.clear()
            self.catalog.mark_unsynced()
            self._follow()
        self.catalog.prune()

    def is_whole(self) -> bool:
        """True if Chroma holds as many vectors as the catalog has chunks."""
        return self._vectors.count() == self.catalog.counts()[1]

    def _follow(self) -> None:
        removed = self.catalog.tombstones()
        self._vectors.delete(removed)
        batch = self.catalog.unsynced(BATCH)
        while batch or removed:
            ids = [identity for identity, _, _ in batch]
            vectors = [_vector(blob) for _, _, blob in batch]
            self._vectors.upsert(ids, vectors, [role for _, role, _ in batch])
            self.catalog.mark_synced(ids, removed)
            batch, removed = self.catalog.unsynced(BATCH), []
        self._generation = self.catalog.generation()

    def _see_other_writers(self) -> None:
        generation = self.catalog.generation()
        if generation != self._generation:
            self._vectors.reopen()
            self._generation = generation

    def _key(self, text: str) -> str:
        words = f"{self._fingerprint}\0{text}".encode(errors="surrogatepass")
        return hashlib.sha256(words).hexdigest()


def _vector(blob: bytes) -> list[float]:
    return [float(value) for value in np.frombuffer(blob, np.float32)]
