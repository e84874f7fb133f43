"""Text -> vectors, with the weights of a sentence-transformers model on this machine's engine.

OpenVINO runs a graph that was converted from the torch module once (rag/embedders/convert.py),
because it is several times faster on a CPU and because a question then never pays for importing
torch. Torch runs the model itself where it has a GPU and there is much to embed, or where OpenVINO
is not installed or its vectors are not torch's.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings
from tokenizers import Encoding, Tokenizer

from rag.embedders.engines import (
    Engine,
    Graph,
    OpenVinoEngine,
    SplitEngine,
    TorchEngine,
    converted_dir,
    prepare,
)
from rag.models import EMBEDDING, Weights, find_weights, is_catalogued
from rag.protocols import Embedder
from rag.types import Chunk

_FORMAT = "breadcrumb-1"
_BREADCRUMB_BYTES = 200
_CHARS_A_TOKEN = 4

_MOST = 10_000
"""Vectors that are kept: 15 MB of 384 dimensions."""

_QUESTIONS = 256


def passage_text(chunk: Chunk) -> str:
    """What is embedded of a chunk: its headings, its context and its words. Never shown."""
    return "\n".join(filter(None, (heading_path(chunk.headings), chunk.context, chunk.text)))


def heading_path(headings: Sequence[str]) -> str:
    """The headings as they are embedded before a passage; the far ones go where it gets long.

    A character may be several word pieces (Korean is three), a byte is never more than one.
    """
    written = " > ".join(headings).encode(errors="replace")
    return written[-_BREADCRUMB_BYTES:].decode(errors="ignore")


class SentenceEmbedder(Embeddings):
    """Unit vectors of texts, behind LangChain's own interface.

    `folder` holds the tokenizer.json that was converted with the model.
    """

    def __init__(self, weights: Weights, folder: Path, graph: Graph, engine: Engine) -> None:
        self._weights = weights
        self._folder = folder
        self._graph = graph
        self._engine = engine

    @property
    def fingerprint(self) -> str:
        """Weights, length, prompts and text format; not the engine, whose vectors were checked."""
        length, digest = self._graph.max_length, self._weights.digest[:12]
        if is_catalogued(self._weights.name):
            return f"{EMBEDDING}-{digest}-{length}-{_FORMAT}"
        # Chroma's collection is named by its beginning, so all of it has to be in there.
        parts = (self._weights.digest, length, sorted(self._graph.prompts.items()), _FORMAT)
        return f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}-{digest}-{length}"

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._graph.dimensions

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage that are read, as `count_tokens` counts them; the rest is not."""
        return self._graph.max_tokens

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of `texts`, in order, each read behind the model's prompt for passages.

        Lists of floats, as LangChain wants them, take 12 KB a vector of 384: hand over thousands
        of texts at a time rather than hundreds of thousands.
        """
        vectors: list[list[float]] = self._engine.embed(texts, "document").tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question, read behind the model's prompt for questions."""
        vector: list[float] = self._engine.embed([text], "query")[0].tolist()
        return vector

    def rest(self) -> None:
        """Give the engine's memory back until something is to be embedded again."""
        self._engine.rest()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, uncut and without those that mark its ends.

        A word that the model cannot read, such as a very long one or one of another script, is
        one token to it. Here it counts a token for every 4 characters, which is about what a
        language model makes of it: a page of Thai must not pass for a short passage.
        """
        encoded = self._counter.encode_batch(list(texts), add_special_tokens=False)
        return [len(one.ids) + _unread(one, self._graph.unknown) for one in encoded]

    def is_word(self, word: str) -> bool:
        """True for a common word: the model has it whole."""
        ids = self._counter.encode(word, add_special_tokens=False).ids
        return len(ids) == 1 and ids[0] != self._graph.unknown

    @cached_property
    def _counter(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer


def _unread(encoded: Encoding, unknown: int | None) -> int:
    """Tokens, beyond one each, of words that are not in the vocabulary, nor made of its pieces."""
    ids = encoded.ids
    if unknown not in ids:  # as in nearly every text, and the offsets cost more than the count
        return 0
    places = (span for one, span in zip(ids, encoded.offsets, strict=True) if one == unknown)
    return sum((end - start - 1) // _CHARS_A_TOKEN for start, end in places)


def load_embedder(cache: Path, name: str = EMBEDDING, engine: str = "auto") -> SentenceEmbedder:
    """The embedding model `name`, on the fastest engines that are known to give its vectors.

    Or on `engine`, as CRIB_ENGINE names one.

    Imports no torch, unless it has to be converted first, and opens no engine yet.

    Raises:
        ModelMissingError: the weights are not on this machine.
        DigestError: they are, with other bytes.
        ModelError: they cannot be used, and why.
    """
    weights = find_weights(cache, name)
    graph = prepare(cache, weights).chosen(engine)
    folder = converted_dir(cache, weights)
    return SentenceEmbedder(weights, folder, graph, _engine(weights, folder, graph))


def _engine(weights: Weights, folder: Path, graph: Graph) -> Engine:
    torch = TorchEngine(weights.folder, graph)
    if not graph.precision:
        return torch
    openvino = OpenVinoEngine(folder, graph)
    return SplitEngine(openvino, torch) if graph.bulk or graph.device != "cpu" else openvino


def engine_report(
    cache: Path, name: str = EMBEDDING, engine: str = "auto", *, timed: bool = False
) -> str:
    """What runs the embedding model here, in words, how fast, and what keeps a faster one from it.

    With `timed` the engines are timed where they could not be. Raises what `load_embedder` does.
    """
    return prepare(cache, find_weights(cache, name), timed=timed).chosen(engine).report


class RememberingEmbedder:
    """Gives the vectors of `embedder`, and has it embed each text once while it is remembered.

    Each question is compared with the sentences of what is found for it, and people ask about the
    same passages again. Embedding forty sentences takes longer than all the rest of finding them.

    Safe to call from several threads, which may then embed the same text twice.
    """

    def __init__(self, embedder: Embedder, most: int = _MOST) -> None:
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
