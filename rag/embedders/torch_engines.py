"""What runs models with torch: embeddings on a GPU or where OpenVINO cannot, and cross-encoders.

Torch is imported when it is first needed, and costs nothing where nothing is embedded.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rag.embedders.engines import Engine, Matrix
from rag.embedders.graph import Graph, Use
from rag.errors import ModelError

BULK_TEXTS = 64
"""From so many texts on, a GPU is worth what it takes to get going."""

_BATCH_ON = {"cpu": 8}
_BATCH_ON_GPU = 128
_MAX_PAIR = 512

CrossScorer = Callable[[Sequence[tuple[str, str]]], list[float]]
"""Scores in [0, 1] of pairs of a question and a passage."""


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
