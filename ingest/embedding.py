"""Texts -> vectors, each text once, in a thread of its own, while the last ones are stored."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from rag.protocols import Embedder, Index, Vector

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
