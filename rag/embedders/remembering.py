"""Vectors of texts that were embedded lately.

Each question is compared with the sentences of what is found for it, and people ask about the same
passages again. Embedding forty sentences takes longer than all the rest of finding them.
"""

import threading
from collections import OrderedDict
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rag.protocols import Embedder

MOST = 10_000
"""Vectors that are kept: 15 MB of 384 dimensions."""

_QUESTIONS = 256


class RememberingEmbedder:
    """Gives the vectors of `embedder`, and has it embed each text once while it is remembered.

    Safe to call from several threads, which may then embed the same text twice.
    """

    def __init__(self, embedder: Embedder, most: int = MOST) -> None:
        self._embedder = embedder
        self._most = most
        self._known: OrderedDict[str, npt.NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()
        # Each question is embedded to search and to be compared, mostly in the same words.
        self.embed_query = lru_cache(_QUESTIONS)(embedder.embed_query)
        self.rest = embedder.rest

    @property
    def fingerprint(self) -> str:
        """That of the embedder."""
        return self._embedder.fingerprint

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._embedder.dimensions

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of `texts`, in order, in single precision."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            vectors = np.asarray(self._embedder.embed_documents(missing), np.float32)
            found |= dict(zip(missing, vectors, strict=True))
        self._remember(found)
        return [found[text].tolist() for text in texts]

    def _remember(self, found: dict[str, npt.NDArray[np.float32]]) -> None:
        with self._lock:
            for text, vector in found.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
