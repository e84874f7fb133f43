"""Search by vector: out of Chroma, or out of the catalog.

Chroma is asked only where it is known to have all that the catalog holds. While notes are being
brought in, after a kill, or where its files are damaged, the same question is answered from the
catalog's own vectors, exactly and more slowly.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.errors import StoreError
from rag.protocols import Vector
from rag.store.catalog import Catalog
from rag.store.lexical import best
from rag.types import Role
from rag.vectors import ChromaVectors

_MOST_KEPT = 10_000
"""Vectors of one scope that are kept for the next question about it: 15 MB. To compare them all
takes 1 ms, and to look through Chroma's answer for those in scope up to 20."""

_DEEPEST = 2000
"""What would have to be looked for deeper in Chroma is compared one by one, which takes no longer:
a scope that holds so little of the library is few chunks."""


_Block = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""Slots, and their vectors one a row."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """All vectors of the chunks of these roles in these notes."""

    paths: Sequence[str]
    roles: frozenset[Role]
    blocks: Sequence[_Block]


class DenseSearch:
    """Slots by the cosine of their vectors."""

    def __init__(self, catalog: Catalog, vectors: ChromaVectors) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._generation = -1
        self._is_trusted = False
        self._kept: _Compared | None = None

    def search(
        self, vector: Vector, k: int, roles: Collection[Role], paths: Sequence[str] | None
    ) -> list[tuple[int, float]]:
        """The `k` nearest slots of these roles, and of these notes unless None, best first."""
        scoping = self._catalog.scoping
        nearest = None
        if paths is None or scoping.count(paths) > _MOST_KEPT:
            nearest = self._nearest_in_chroma(vector, k, roles, paths)
        if nearest is None:
            nearest = self._nearest_in_catalog(vector, k, roles, paths)
        return nearest

    def is_as_left(self) -> bool:
        """True if nobody touched Chroma's files since they were written."""
        return self._catalog.vector_sync.files() == self._vectors.files()

    def distrust(self) -> None:
        """Chroma's files change; it is asked no more until it is in sync."""
        self._is_trusted = False

    def _nearest_in_chroma(
        self, vector: Vector, k: int, roles: Collection[Role], paths: Sequence[str] | None
    ) -> list[tuple[int, float]] | None:
        """What Chroma finds; None where it does not have everything, or cannot be asked."""
        sync = self._catalog.vector_sync
        generation = sync.generation()
        if not sync.is_in_sync():
            return None
        if generation != self._generation:
            self._vectors.reopen()
            self._is_trusted = self.is_as_left()
            self._generation = generation
        if not self._is_trusted:
            return None
        try:
            nearest = self._sifted(vector, k, roles, paths)
        except StoreError:
            self._is_trusted = False
            return None
        # Had it changed meanwhile, a slot might hold another chunk by now.
        is_same = sync.is_in_sync() and sync.generation() == generation
        return nearest if is_same else None

    def _sifted(
        self, vector: Vector, k: int, roles: Collection[Role], paths: Sequence[str] | None
    ) -> list[tuple[int, float]] | None:
        """Of what is nearest in Chroma the `k` that pass; None where they are too far behind."""
        depth = 2 * k
        if paths is not None:
            depth = int(depth / max(self._catalog.scoping.share(paths), 1e-6))
        while depth <= _DEEPEST:
            found = self._vectors.query(vector, depth)
            kept = self._catalog.scoping.first_passing(found, k, roles, paths)
            if len(kept) == k or len(found) < depth:
                return kept
            depth *= max(2, 2 * k // max(1, len(kept)))
        return None

    def _nearest_in_catalog(
        self, vector: Vector, k: int, roles: Collection[Role], paths: Sequence[str] | None
    ) -> list[tuple[int, float]]:
        asked = np.asarray(vector, np.float32)
        found = [(slots, vectors @ asked) for slots, vectors in self._blocks(roles, paths)]
        if not found:
            return []
        slots, cosines = map(np.concatenate, zip(*found, strict=True))
        return best(slots, cosines, k)

    def _blocks(self, roles: Collection[Role], paths: Sequence[str] | None) -> Iterator[_Block]:
        """Slots with their vectors; those of a small scope are kept, as who asks, asks again.

        A list of paths is made anew where the catalog changes, so the same list is the same chunks.
        """
        sync, kept, wanted = self._catalog.vector_sync, self._kept, frozenset(roles)
        if paths is None:
            yield from map(_block, sync.vectors(roles))
        elif kept and kept.paths is paths and kept.roles == wanted:
            yield from kept.blocks
        else:
            blocks = []
            for block in map(_block, sync.vectors_of(paths, roles)):
                blocks.append(block)
                yield block
            if sum(len(slots) for slots, _ in blocks) <= _MOST_KEPT:
                self._kept = _Compared(paths, wanted, blocks)


def _block(rows: Sequence[tuple[int, bytes]]) -> _Block:
    return np.array([slot for slot, _ in rows], np.int64), matrix([blob for _, blob in rows])


def matrix(blobs: Sequence[bytes]) -> npt.NDArray[np.float32]:
    """Vectors as they are stored, one a row."""
    return np.frombuffer(b"".join(blobs), np.float32).reshape(len(blobs), -1)
