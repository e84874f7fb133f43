"""Text -> vectors, with the weights of a sentence-transformers model on this machine's engine.

OpenVINO runs a graph that was converted from the torch module once (rag/convert.py), because it is
several times faster on a CPU and because a question then never pays for importing torch. Where
OpenVINO is not installed, or its vectors are not torch's, torch runs the model itself.
"""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings
from tokenizers import Encoding, Tokenizer

from rag.errors import ModelError
from rag.models import EMBEDDING, find_model, model_dir, require
from rag.types import Chunk

MAX_TOKENS = 256
"""Word pieces of a text that all-MiniLM-L6-v2 reads; what is beyond would be cut off unseen."""

DIMENSIONS = 384

_FORMAT = "breadcrumb-1"
_BATCH_TOKENS = 4096
_BREADCRUMB_BYTES = 200
_CHARS_A_TOKEN = 4

Matrix = npt.NDArray[np.float32]


def passage_text(chunk: Chunk) -> str:
    """What is embedded of a chunk: its headings, its context and its words. Never shown."""
    return "\n".join(filter(None, (heading_path(chunk.headings), chunk.context, chunk.text)))


def heading_path(headings: Sequence[str]) -> str:
    """The headings as they are embedded before a passage; the far ones go where it gets long.

    A character may be several word pieces (Korean is three), a byte is never more than one.
    """
    written = " > ".join(headings).encode(errors="replace")
    return written[-_BREADCRUMB_BYTES:].decode(errors="ignore")


class Engine(Protocol):
    """Runs the network."""

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Matrix:
        """Unit vectors, one a row, of token ids and attention mask, both (texts, tokens)."""


class MiniLM(Embeddings):
    """all-MiniLM-L6-v2: unit vectors of 384 dimensions, of the first 256 word pieces of a text."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine

    @property
    def fingerprint(self) -> str:
        """Weights, length and text format; not the engine, whose vectors were checked."""
        return f"{EMBEDDING}-{find_model(EMBEDDING).files[0].sha256[:12]}-{MAX_TOKENS}-{_FORMAT}"

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return DIMENSIONS

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of `texts`, in order. Embedded longest first, so that little is padding."""
        encoded = self._tokenizer.encode_batch(texts)
        order = sorted(range(len(texts)), key=lambda place: -len(encoded[place].ids))
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        waiting = iter(order)
        while batch := list(_batch(waiting, lambda place: len(encoded[place].ids))):
            vectors[batch] = self._run([encoded[place].ids for place in batch])
        return [[float(value) for value in vector] for vector in vectors]

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question."""
        return self.embed_documents([text])[0]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, uncut and without the two that mark its ends.

        A word that the model cannot read, such as a very long one or one of another script, is
        one piece to it. Here it counts a token for every 4 characters, which is about what a
        language model makes of it: a page of Thai must not pass for a short passage.
        """
        unknown = self._counter.token_to_id("[UNK]")
        encoded = self._counter.encode_batch(list(texts), add_special_tokens=False)
        return [len(one.ids) + _unread(one, unknown) for one in encoded]

    def _run(self, ids: Sequence[Sequence[int]]) -> Matrix:
        longest = max(map(len, ids))
        padded = np.zeros((len(ids), longest), np.int64)
        mask = np.zeros_like(padded)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return self._engine.run(padded, mask)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = self._load_tokenizer()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _counter(self) -> Tokenizer:
        tokenizer = self._load_tokenizer()
        tokenizer.no_truncation()
        return tokenizer

    def _load_tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        return tokenizer


def _unread(encoded: Encoding, unknown: int | None) -> int:
    """Tokens, beyond one each, of words that are not in the vocabulary, nor made of its pieces."""
    ids = encoded.ids
    if unknown not in ids:  # as in nearly every text, and the offsets cost more than the count
        return 0
    places = (span for one, span in zip(ids, encoded.offsets, strict=True) if one == unknown)
    return sum((end - start - 1) // _CHARS_A_TOKEN for start, end in places)


def _batch(places: Iterator[int], length: Callable[[int], int]) -> Iterator[int]:
    """Take from `places`, which come longest first, what fits a batch when it is padded."""
    for first in islice(places, 1):
        yield first
        yield from islice(places, max(0, _BATCH_TOKENS // max(1, length(first)) - 1))


class OpenVinoEngine:
    """Runs the converted graph."""

    def __init__(self, graph: Path, precision: str) -> None:
        import openvino

        core = openvino.Core()
        core.set_property({"CACHE_DIR": str(graph.parent / "compiled")})
        hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        self._compiled: Any = core.compile_model(str(graph), "CPU", hints)

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Matrix:
        """Unit vectors, one a row. Safe to call from several threads: each call has a request."""
        request = self._compiled.create_infer_request()
        result: Matrix = request.infer({"input_ids": ids, "attention_mask": mask})[0]
        return result.astype(np.float32, copy=True)


class TorchEngine:
    """Runs the torch module of sentence-transformers itself."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self._model: Any = SentenceTransformer(str(folder), local_files_only=True)

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Matrix:
        """Unit vectors, one a row."""
        import torch

        device = self._model.device
        features = {
            "input_ids": torch.from_numpy(ids).to(device),
            "attention_mask": torch.from_numpy(mask).to(device),
        }
        with torch.inference_mode():
            pooled = self._model(features)["sentence_embedding"]
            unit = torch.nn.functional.normalize(pooled, p=2, dim=1)
        result: Matrix = unit.float().cpu().numpy()
        return result


def load_embedder(cache: Path) -> MiniLM:
    """The embedding model, on the fastest engine that is known to give its vectors.

    Raises:
        ModelMissingError: the weights are not in the cache.
        DigestError: they are, with other bytes.
    """
    folder = require(cache, find_model(EMBEDDING))
    precision = _precision(cache)
    if precision:
        return MiniLM(folder, OpenVinoEngine(converted_dir(cache) / "graph.xml", precision))
    return MiniLM(folder, TorchEngine(folder))


def engine_name(cache: Path) -> str:
    """What runs the embedding model here, in words."""
    precision = _precision(cache)
    return f"OpenVINO, {precision}" if precision else "torch"


def _precision(cache: Path) -> str:
    """The precision that OpenVINO may use; empty if torch has to run the model."""
    if not _has_openvino():
        return ""
    checked = converted_dir(cache) / "graph.json"
    if not checked.exists():
        _convert(cache)
    return str(json.loads(checked.read_text("utf-8"))["precision"])


def converted_dir(cache: Path) -> Path:
    """Where the converted graph lies: it depends on the weights and on OpenVINO's version."""
    version = importlib.metadata.version("openvino") if _has_openvino() else "none"
    digest = find_model(EMBEDDING).files[0].sha256[:12]
    return cache / "converted" / f"{EMBEDDING}-{digest}-openvino-{version}"


def _has_openvino() -> bool:
    return importlib.util.find_spec("openvino") is not None


def _convert(cache: Path) -> None:
    """Convert in a child process: torch needs a second or more and half a gigabyte, once."""
    command = [sys.executable, "-m", "rag.convert"]
    arguments = [str(model_dir(cache, find_model(EMBEDDING))), str(converted_dir(cache))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(  # noqa: S603 (our own module, no shell)
        [*command, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ModelError(f"the embedding model could not be converted: {last}; run: crib doctor")
