"""What runs an embedding model on a CPU: OpenVINO, with the graph that `convert` wrote.

It is opened when it is first needed, and costs nothing where nothing is embedded.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from rag.embedders.graph import Graph, Use

Matrix = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int32]

_BATCH_TOKENS = 1024
_ENCODED_AT_ONCE = 256
_STEP = 16


class Engine(Protocol):
    """Text -> vectors."""

    def embed(self, texts: Sequence[str], use: Use) -> Matrix:
        """Unit vectors, one a row, in order."""

    def rest(self) -> None:
        """Give the memory back until there is something to embed again."""


class OpenVinoEngine:
    """Runs graph.xml in `folder`. Safe to call from several threads."""

    def __init__(self, folder: Path, graph: Graph, *, keep_compiled: bool = True) -> None:
        # What is compiled is kept by the graph's path, and a link's would be another one.
        self._folder = folder.resolve()
        self._graph = graph
        self._keep = keep_compiled
        self._opening = threading.Lock()
        self._compiled: Any = None

    def embed(self, texts: Sequence[str], use: Use) -> Matrix:
        """Unit vectors, one a row, in order."""
        rows = list(self._encode(texts, self._graph.prompts[use]))
        vectors = np.zeros((len(rows), self._graph.dimensions), np.float32)
        if len(rows) == 1:  # a question: a thread would cost it as much again
            vectors[0] = self._open().create_infer_request().infer(self._inputs(rows))[0]
        elif rows:
            self._run(rows, vectors)
        return vectors

    def rest(self) -> None:
        """Give some 300 MB back; opening it again takes 0.1 s or more."""
        with self._opening:
            self._compiled = None

    def _encode(self, texts: Sequence[str], prompt: str) -> Iterator[Tokens]:
        """Token ids; what else a tokenizer returns of thousands of texts fills the memory."""
        for start in range(0, len(texts), _ENCODED_AT_ONCE):
            some = [prompt + text for text in texts[start : start + _ENCODED_AT_ONCE]]
            for encoded in self._tokenizer.encode_batch_fast(some):
                yield np.array(encoded.ids, np.int32)

    def _run(self, rows: Sequence[Tokens], vectors: Matrix) -> None:
        """Several batches at once, each with its own cores: most texts in a second.

        By threads of our own. `openvino.AsyncInferQueue` does the same with callbacks, and was
        seen to lock up for good: it gives one back in a worker, which then waits for Python's
        lock, while whoever lets go of the model holds that lock and waits for the worker.
        """
        compiled = self._open()
        at_once = compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        free: SimpleQueue[Any] = SimpleQueue()
        for _ in range(at_once):
            free.put(compiled.create_infer_request())

        def run(places: list[int]) -> None:
            request = free.get()
            try:
                vectors[places] = request.infer(self._inputs([rows[place] for place in places]))[0]
            finally:
                free.put(request)

        with ThreadPoolExecutor(at_once, "embed") as threads:
            for _ in threads.map(run, _batches(rows, at_once)):
                pass  # so that an error of one is raised

    def _inputs(self, rows: Sequence[Tokens]) -> dict[str, npt.NDArray[np.int64]]:
        shape = len(rows), _rounded(max(1, *map(len, rows)), self._graph.max_length)
        ids = np.full(shape, self._graph.padding, np.int64)
        mask = np.zeros(shape, np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def _open(self) -> Any:
        """The graph, compiled for many texts in a second.

        That is right for a question as well: compiled for the least latency, it would take both
        cores as long as now one, and the search by words, beside it, had none.
        """
        with self._opening:
            if self._compiled is None:
                import openvino

                core = openvino.Core()
                if self._keep:
                    core.set_property({"CACHE_DIR": str(self._folder / "compiled")})
                hints = {
                    "PERFORMANCE_HINT": "THROUGHPUT",
                    "INFERENCE_PRECISION_HINT": self._graph.precision,
                }
                compiled = core.compile_model(str(self._folder / "graph.xml"), "CPU", hints)
                # Two threads whose calls are the first of a process lock up for good now and then,
                # both where OpenVINO is given an array: seen in 3 of 20 starts on a busy machine.
                compiled.create_infer_request().infer(self._inputs([np.ones(2, np.int32)]))
                self._compiled = compiled
            return self._compiled

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._graph.max_length)
        return tokenizer


def _rounded(length: int, most: int) -> int:
    """OpenVINO keeps what it compiled for each shape: fewer of them take less memory and time."""
    return max(length, min(most, -(-length // _STEP) * _STEP))


def _batches(rows: Sequence[Tokens], at_once: int) -> Iterator[list[int]]:
    """Places in batches of about _BATCH_TOKENS when padded; of fewer where else a core had none.

    The longest first, so that little is padding, and what is last to be done is short.
    """
    order = sorted(range(len(rows)), key=lambda place: -len(rows[place]))
    budget = min(_BATCH_TOKENS, sum(map(len, rows)) // at_once)
    start = 0
    while start < len(order):
        count = max(1, budget // max(1, len(rows[order[start]])))
        yield order[start : start + count]
        start += count
