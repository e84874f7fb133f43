"""Chroma: the only module that knows it. It holds slots, vectors and roles, nothing else.

What Chroma holds is derived from the catalog, so nothing here is precious: `clear` and a rebuild
mend any damage. It is opened on first use, since importing chromadb takes a second that `crib
status` need not pay.
"""

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from rag.errors import DiskFullError, StoreError
from rag.protocols import Vector
from rag.store.database import disk_full
from rag.types import Role

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection as ChromaCollection

BATCH = 5000
"""Chroma takes at most 5,461 records at once."""

_NAME = "chunks"
FREE = "free"
"""The role of a slot that holds no chunk."""

_PROBE_SECONDS = 120
_ROOM = 1_000_000  # bytes: where fewer are left, that is why Chroma failed


class ChromaVectors:
    """A collection of unit vectors in the cosine space, in the folder `path`.

    Every method but `clear`, `reopen`, `files` and `answers` raises StoreError where Chroma
    fails.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._open: tuple[ClientAPI, ChromaCollection] | None = None

    def upsert(
        self,
        slots: Sequence[int],
        vectors: Sequence[Vector] | np.typing.NDArray[np.float32],
        roles: Sequence[Role],
    ) -> None:
        """Store vectors under slots, in place of what is there; at most BATCH at once."""
        with self._working() as collection:
            collection.upsert(
                ids=[str(slot) for slot in slots],
                embeddings=np.asarray(vectors, np.float32),
                metadatas=[{"role": str(role)} for role in roles],
            )

    def hide(self, slots: Sequence[int]) -> None:
        """Find these slots no more. They stay, for another vector: Chroma never gives room back."""
        with self._working() as collection:
            for start in range(0, len(slots), BATCH):
                part = [str(slot) for slot in slots[start : start + BATCH]]
                collection.update(ids=part, metadatas=[{"role": FREE}] * len(part))

    def query(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        """The `k` nearest slots with their cosine, best first; also those that hold no chunk.

        Whoever asks sifts them: a filter of Chroma's own takes 80 times as long (139 ms instead of
        1.6 in 50,000), since it gathers all that pass before it looks for the nearest.
        """
        with self._working() as collection:
            asked = np.asarray([vector], np.float32)
            found = collection.query(query_embeddings=asked, n_results=k, include=["distances"])
        distances = (found["distances"] or [[]])[0]
        # Chroma's cosine distance is one minus the cosine.
        return [(int(i), 1.0 - d) for i, d in zip(found["ids"][0], distances, strict=True)]

    def count(self) -> int:
        """Number of vectors, those of free slots included."""
        with self._working() as collection:
            return collection.count()

    def held(self) -> dict[int, str]:
        """The role of every slot that Chroma knows; `FREE` where it holds no chunk."""
        with self._working() as collection:
            found = collection.get(include=["metadatas"])
        roles = [str(metadata["role"]) for metadata in found["metadatas"] or []]
        return dict(zip(map(int, found["ids"]), roles, strict=True))

    def files(self) -> dict[str, int]:
        """Chroma's files: size in bytes by name within the folder. Opening does not change it."""
        return {
            path.relative_to(self._path).as_posix(): path.stat().st_size
            for path in sorted(self._path.rglob("*"))
            if path.is_file()
        }

    def answers(self, least: int) -> bool:
        """True if Chroma can be opened and asked, and holds at least so many vectors.

        Tried in a process of its own: damaged files may end the process that opens them.
        """
        if not self._path.exists():
            return False
        command = [sys.executable, "-m", "rag.vectors", str(self._path)]
        try:
            done = subprocess.run(  # noqa: S603 (our own module, no shell)
                command,
                cwd=Path(__file__).resolve().parent.parent,
                capture_output=True,
                timeout=_PROBE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0 and int(done.stdout.split()[-1]) >= least

    def clear(self) -> None:
        """Forget everything, in whatever state it is."""
        with self._lock:
            self._close()
            shutil.rmtree(self._path, ignore_errors=True)
            if self._path.is_file():
                self._path.unlink()

    def reopen(self) -> None:
        """See what another process has written; an open client keeps its old view."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self._open = None
        if "chromadb" in sys.modules:  # it keeps what it opened, and what it failed to open
            from chromadb.api.shared_system_client import SharedSystemClient

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
            if shutil.disk_usage(_existing(self._path)).free < _ROOM:
                raise DiskFullError(disk_full(self._path)) from error
            fix = "run: crib doctor --repair (it rebuilds the folder, nothing is embedded again)"
            raise StoreError(f"{self._path} cannot be used ({error}); {fix}") from error

    def _connect(self) -> "tuple[ClientAPI, ChromaCollection]":
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(
            path=str(self._path), settings=Settings(anonymized_telemetry=False)
        )
        collection = client.get_or_create_collection(
            _NAME,
            embedding_function=None,
            configuration=cast("dict[str, object]", {"hnsw": {"space": "cosine"}}),  # type: ignore[arg-type]
        )
        return client, collection


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def probe(path: Path) -> int:
    """Open what is in `path` and ask it for a neighbour, as a question would; how many it has."""
    vectors = ChromaVectors(path)
    with vectors._working() as collection:
        found = collection.get(limit=1, include=["embeddings"])["embeddings"]
    if found is not None and len(found):
        vectors.query([float(value) for value in found[0]], 5)
    return vectors.count()


if __name__ == "__main__":
    sys.stdout.write(f"{probe(Path(sys.argv[1]))}\n")
