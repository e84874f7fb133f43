"""What runs an embedding model here: OpenVINO on a CPU, torch on a GPU or where OpenVINO cannot.

`CACHE/converted/NAME/` holds what rag/embedders/convert.py made of a model for this machine, once:
graph.json, which is all that has to be known of the model without importing torch, tokenizer.json,
and graph.xml with graph.bin where OpenVINO runs it. An engine is opened when it is first needed,
and costs nothing where nothing is embedded.
"""

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from tokenizers import Tokenizer

from rag.errors import ModelError
from rag.files import write_json
from rag.models import Weights

Use = Literal["query", "document"]
Matrix = npt.NDArray[np.float32]
_Tokens = npt.NDArray[np.int32]

CrossScorer = Callable[[Sequence[tuple[str, str]]], list[float]]
"""Scores in [0, 1] of pairs of a question and a passage."""

BULK_TEXTS = 64
"""From so many texts on, a GPU is worth what it takes to get going."""

_FORMAT = 3
"""Of the folder. Raise it whenever what is in there changes."""

_NAME = "graph.json"
_BATCH_TOKENS = 1024
_ENCODED_AT_ONCE = 256
_STEP = 16
_BATCH_ON = {"cpu": 8}
_BATCH_ON_GPU = 128
_MAX_PAIR = 512

# What is known of a model that was converted


@dataclass(frozen=True, slots=True)
class Graph:
    """A model as it runs here.

    `precision` is OpenVINO's (bf16 or f32), empty where torch has to run the model. `device` and
    `dtype` are torch's; `bulk` is True where torch runs many texts on the CPU, since it is faster.
    `max_length` is how many tokens of a text are read, its prompt and both ends among them, and
    `max_tokens` how many are left for the words of a passage. `why` says what keeps a faster engine
    from being used. `cosines` has the least cosine to torch's vectors of each engine that may run
    it (bf16, f32, torch), `rates` how many texts each embeds in a second here; none where the
    machine was too busy to tell.
    """

    precision: str
    device: str
    dtype: str
    min_cosine: float
    dimensions: int
    max_length: int
    max_tokens: int
    padding: int
    unknown: int | None
    prompts: dict[str, str]
    why: str = ""
    bulk: bool = False
    cosines: dict[str, float] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)

    @property
    def engine(self) -> str:
        """What runs the model, in words."""
        small = f"OpenVINO, {self.precision}" if self.precision else ""
        torch = f"torch on {self.device}, {self.dtype}"
        bulk = f"torch on {self.device} for many" if self.device != "cpu" or self.bulk else ""
        named = "; ".join(filter(None, [small, bulk])) if small else torch
        return f"{named} ({self.why})" if self.why else named

    @property
    def report(self) -> str:
        """The engine, and what was measured of it and the others."""
        if len(self.cosines) < 2:
            return self.engine
        if not self.rates:
            return f"{self.engine}; not timed, as the machine was busy (crib doctor --repair does)"
        rates = sorted(self.rates.items(), key=lambda one: -one[1])
        return f"{self.engine}; texts a second: {', '.join(f'{k} {v:.0f}' for k, v in rates)}"

    def chosen(self, engine: str) -> "Graph":
        """As `engine` runs it: auto (what was fastest), bf16, f32 or torch.

        Raises:
            ModelError: that one cannot run the model here, or does not give its vectors.
        """
        if engine == "auto":
            return self
        if engine not in self.cosines:
            known = ", ".join(["auto", *self.cosines])
            raise ModelError(
                f"CRIB_ENGINE={engine} cannot run this embedding model here; use {known}"
            )
        precision = "" if engine == "torch" else engine
        return dataclasses.replace(
            self, precision=precision, device="cpu", dtype="float32", bulk=False, why=""
        )

    def write(self, folder: Path) -> None:
        """Keep it in `folder`."""
        write_json(folder / _NAME, dataclasses.asdict(self))


def read_graph(folder: Path) -> Graph | None:
    """What lies in `folder`; None if nothing does that can be read."""
    try:
        return Graph(**json.loads((folder / _NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def converted_dir(cache: Path, weights: Weights) -> Path:
    """Where it lies: that depends on the weights, the CPU, and what converts and runs."""
    name = re.sub(r"[^\w.-]+", "-", Path(weights.name).name).strip(".-")[-40:] or "model"
    versions = f"openvino-{_version('openvino')}-torch-{_version('torch')}"
    return cache / "converted" / f"{name}-{weights.digest[:12]}-{versions}-{_cpu()}-{_FORMAT}"


@cache
def _cpu() -> str:
    """A name for this kind of CPU: what is fastest on one is not on another."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text("utf-8").splitlines() if known.is_file() else []
    told = {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    named = " ".join(sorted(told)) or f"{platform.machine()} {platform.processor()}"
    return hashlib.sha256(named.encode()).hexdigest()[:8]


def _version(package: str) -> str:
    # Asked of the finder first: what cannot be imported counts as not installed.
    if importlib.util.find_spec(package) is None:
        return "none"
    return importlib.metadata.version(package)


def prepare(cache: Path, weights: Weights, *, timed: bool = False) -> Graph:
    """What `weights` run as here. The first time for a model takes seconds, and importing torch.

    With `timed` it is converted anew where its engines could not be timed.

    Raises:
        ModelError: the model cannot be converted.
    """
    folder = converted_dir(cache, weights)
    found = read_graph(folder)
    if found and not (timed and len(found.cosines) > 1 and not found.rates):
        return found
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            return (None if timed else read_graph(folder)) or _convert(weights, folder)
    except OSError as error:
        raise ModelError(
            f"cannot write to {folder}: {error}; set CRIB_CACHE to a folder that has room"
        ) from error


def _convert(weights: Weights, folder: Path) -> Graph:
    """Convert in a child process: torch needs seconds and half a gigabyte, once."""
    command = [sys.executable, "-m", "rag.embedders.convert"]
    arguments = [str(weights.folder), str(folder), str(weights.max_length or 0)]
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(  # noqa: S603 (our own module, no shell)
        [*command, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    graph = read_graph(folder)
    if done.returncode or graph is None:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ModelError(
            f"the embedding model {weights.name} could not be converted: {last}; run: crib doctor"
        )
    if graph.why:
        logging.getLogger(__name__).warning("%s runs on %s", weights.name, graph.engine)
    return graph


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

    def _encode(self, texts: Sequence[str], prompt: str) -> Iterator[_Tokens]:
        """Token ids; what else a tokenizer returns of thousands of texts fills the memory."""
        for start in range(0, len(texts), _ENCODED_AT_ONCE):
            some = [prompt + text for text in texts[start : start + _ENCODED_AT_ONCE]]
            for encoded in self._tokenizer.encode_batch_fast(some):
                yield np.array(encoded.ids, np.int32)

    def _run(self, rows: Sequence[_Tokens], vectors: Matrix) -> None:
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

    def _inputs(self, rows: Sequence[_Tokens]) -> dict[str, npt.NDArray[np.int64]]:
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


def _batches(rows: Sequence[_Tokens], at_once: int) -> Iterator[list[int]]:
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


class TorchEngine:
    """Runs the model with sentence-transformers, on the CPU where its device is not there."""

    def __init__(self, weights: Path, graph: Graph) -> None:
        self._weights = weights
        self._graph = graph
        self._opening = threading.Lock()

    def embed(self, texts: Sequence[str], use: Use) -> Matrix:
        """Unit vectors, one a row, in order."""
        if not texts:
            return np.zeros((0, self._graph.dimensions), np.float32)
        with self._opening:
            model = self._model
        found: Matrix = model.encode(
            list(texts),
            prompt=self._graph.prompts[use],
            task=use,
            batch_size=_BATCH_ON.get(model.device.type, _BATCH_ON_GPU),
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return found.astype(np.float32, copy=False)

    def rest(self) -> None:
        """Let go of the model; what runs meanwhile keeps it."""
        with self._opening:
            self.__dict__.pop("_model", None)

    @property
    def is_there(self) -> bool:
        """True if the device is."""
        return self._graph.device in torch_devices()

    @cached_property
    def _model(self) -> Any:
        device, dtype = self._graph.device, self._graph.dtype
        if not self.is_there:
            device, dtype = "cpu", "float32"
        return load_torch(self._weights, device, dtype, self._graph.max_length)


class SplitEngine:
    """One engine for a question, another for many texts; the first alone where that is gone."""

    def __init__(self, few: Engine, many: TorchEngine) -> None:
        self._few = few
        self._many = many

    def embed(self, texts: Sequence[str], use: Use) -> Matrix:
        """Unit vectors, one a row, in order."""
        bulk = len(texts) >= BULK_TEXTS and self._many.is_there
        return (self._many if bulk else self._few).embed(texts, use)

    def rest(self) -> None:
        """Give the memory of both back."""
        self._few.rest()
        self._many.rest()


def torch_devices() -> list[str]:
    """What torch can compute on here, best first. Imports torch."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [*(device for device, is_there in there.items() if is_there), "cpu"]


def load_torch(weights: Path, device: str, dtype: str, max_length: int) -> Any:
    """The SentenceTransformer in the folder `weights`: safetensors, and no code of its own.

    `max_length` in tokens, or 0 for what the model says itself.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(weights),
        device=device,
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True, "dtype": torch.float32},
    ).eval()
    model.to(getattr(torch, dtype))
    if max_length:
        with contextlib.suppress(AttributeError):  # word vectors alone read all there is
            model.max_seq_length = max_length
    return model


def load_cross_encoder(folder: Path) -> CrossScorer:
    """Scores pairs of a question and a passage with the CrossEncoder in `folder`.

    Raises:
        ModelError: it cannot be loaded, or does not give a single score.
    """
    import torch
    from sentence_transformers import CrossEncoder

    fix = "name a sentence-transformers CrossEncoder with CRIB_RERANKER, or leave it out"
    try:
        model = CrossEncoder(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # transformers raises whatever a file makes it raise
        why = " ".join(str(error).split())
        raise ModelError(f"{folder} cannot be used to rerank ({why}); {fix}") from error
    if model.num_labels != 1:
        raise ModelError(f"{folder} gives {model.num_labels} scores for a passage, not one; {fix}")
    model.max_length = min(model.max_length or _MAX_PAIR, _MAX_PAIR)
    sigmoid = torch.nn.Sigmoid()  # whatever the model's own is, so that scores are in [0, 1]

    def score(pairs: Sequence[tuple[str, str]]) -> list[float]:
        found = model.predict(list(pairs), activation_fn=sigmoid, show_progress_bar=False)
        return [float(one) for one in found]

    return score
