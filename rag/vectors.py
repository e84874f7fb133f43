"""Chroma: the only module that knows it. It holds ids, vectors and roles, nothing else.

What Chroma holds is derived from the catalog, so nothing here is precious: `clear` and a rebuild
mend any damage. It is opened on first use, since importing chromadb takes a second that `crib
status` need not pay.
"""

import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from rag.errors import StoreError
from rag.protocols import Vector
from rag.types import Role

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection as ChromaCollection
    from chromadb.api.types import Where

BATCH = 5000
"""Chroma takes at most 5,461 records at once."""


class ChromaVectors:
    """A collection of unit vectors in the cosine space, in the folder `path`.

    The collection's name ends with the fingerprint of the embedding model, so that vectors of
    two models never meet. Every method but `clear` and `reopen` raises StoreError where Chroma
    fails.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path = path
        self._name = f"chunks-{fingerprint[:16]}"
        self._lock = threading.Lock()
        self._open: tuple[ClientAPI, ChromaCollection] | None = None

    def upsert(self, ids: Sequence[str], vectors: Sequence[Vector], roles: Sequence[Role]) -> None:
        """Store vectors under ids, in place of what is there; at most BATCH at once."""
        if not ids:
            return
        with self._working() as collection:
            collection.upsert(
                ids=list(ids),
                embeddings=np.asarray(vectors, np.float32),
                metadatas=[{"role": str(role)} for role in roles],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Forget these ids; one that is not there is no error."""
        with self._working() as collection:
            for start in range(0, len(ids), BATCH):
                collection.delete(ids=list(ids[start : start + BATCH]))

    def query(self, vector: Vector, k: int, roles: Collection[Role]) -> list[tuple[str, float]]:
        """Ids of the `k` nearest vectors of these roles with their cosine, best first."""
        with self._working() as collection:
            if not roles or collection.count() == 0:
                return []
            found = collection.query(
                query_embeddings=np.asarray([vector], np.float32),
                n_results=k,
                where=cast("Where", {"role": {"$in": [str(role) for role in roles]}}),
                include=["distances"],
            )
        distances = (found["distances"] or [[]])[0]
        # Chroma's cosine distance is one minus the cosine.
        return [(i, 1.0 - d) for i, d in zip(found["ids"][0], distances, strict=True)]

    def count(self) -> int:
        """Number of vectors."""
        with self._working() as collection:
            return collection.count()

    def clear(self) -> None:
        """Forget everything, other models' collections included, in whatever state it is."""
        with self._lock:
            self._close()
            shutil.rmtree(self._path, ignore_errors=True)

    def reopen(self) -> None:
        """See what another process has written; an open client keeps its old view."""
        with self._lock:
            if self._open is not None:
                self._close()

    def _close(self) -> None:
        from chromadb.api.shared_system_client import SharedSystemClient

        self._open = None
        SharedSystemClient.clear_system_cache()

    @contextmanager
    def _working(self) -> "Iterator[ChromaCollection]":
        """The collection, open. What Chroma raises becomes an error that names the fix."""
        try:
            with self._lock:
                self._open = self._open or self._connect()
                collection = self._open[1]
            yield collection
        except Exception as error:  # Chroma raises what its Rust core raises
            fix = "run: crib doctor --repair (it rebuilds the folder, nothing is embedded again)"
            raise StoreError(f"{self._path} cannot be used ({error}); {fix}") from error

    def _connect(self) -> "tuple[ClientAPI, ChromaCollection]":
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(
            path=str(self._path), settings=Settings(anonymized_telemetry=False)
        )
        collection = client.get_or_create_collection(
            self._name,
            embedding_function=None,
            configuration=cast("dict[str, object]", {"hnsw": {"space": "cosine"}}),  # type: ignore[arg-type]
        )
        return client, collection
