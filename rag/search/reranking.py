"""A cross-encoder reads the question and a passage together, and orders the best passages anew.

That is more exact than comparing two vectors and takes a thousand times as long, so only as many
passages are read as time allows: the first ones, a few at a time, each time only if they are
expected to be done in time. The others keep their order behind them. What it does not know: whether
the model that a person named is any good for their language or field.

Off unless CRIB_RERANKER names a model. Torch, which runs it, is imported with the first question.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from rag.embedders.engines import CrossScorer, load_cross_encoder
from rag.embedding import passage_text
from rag.errors import ModelMissingError
from rag.models import FETCHED, check_safe, repository_dir
from rag.types import Hit

_BATCH = 4
"""Passages that are read at once. What is begun is finished, so a few overrun little."""
_SLACK = 1.2
"""The next few may be longer than those before."""

_FORGETTING = 0.8


class CrossEncoderReranker:
    """Reorders hits with the sentence-transformers CrossEncoder in `folder`.

    `budget` is in seconds a question. Loading the model, with the first question, does not count.
    """

    def __init__(self, folder: Path, budget: float) -> None:
        self._folder = folder
        self._budget = budget
        self._lock = threading.Lock()
        self._pace = 0.0  # seconds a passage, as last seen; measured with the first question

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits that were read in time, best first, then the others as they came.

        The score of a hit that was read is 1 plus the model's in [0, 1], so above that of others.

        Raises:
            ModelError: the model cannot be loaded, or is not one that gives a single score.
        """
        with self._lock:  # two questions at once would halve the pace of both
            model = self._model
            ends = time.perf_counter() + self._budget
            read: list[Hit] = []
            while batch := hits[len(read) : len(read) + self._count_until(ends)]:
                begun = time.perf_counter()
                read += _scored(model, question, batch)
                self._pace = (time.perf_counter() - begun) / len(batch)
            if not read:  # a moment at which the machine was busy must not switch it off for good
                self._pace *= _FORGETTING
        return [*sorted(read, key=lambda hit: -hit.score), *hits[len(read) :]]

    def _count_until(self, ends: float) -> int:
        """How many passages can be read until then; at most a batch."""
        left = ends - time.perf_counter()
        return max(0, min(_BATCH, int(left / (_SLACK * self._pace))))

    @cached_property
    def _model(self) -> CrossScorer:
        model = load_cross_encoder(self._folder)
        pairs = [("measure", "the pace " * 100)] * _BATCH
        model(pairs)  # the first time costs more
        begun = time.perf_counter()
        model(pairs)
        self._pace = (time.perf_counter() - begun) / _BATCH
        return model


def find_reranker(cache: Path, name: str) -> Path:
    """The folder of the CrossEncoder that a person named: a FOLDER, or ORG/MODEL of a hub.

    Raises:
        ModelMissingError: it is not on this machine.
        ModelError: its weights are pickles, or it needs code of its own.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        try:
            folder = repository_dir(cache, name)
        except ModelMissingError:
            raise ModelMissingError(
                f"there is no reranker {name!r}; set CRIB_RERANKER to a folder that holds a "
                f"sentence-transformers CrossEncoder, or to ORG/MODEL of a hub"
            ) from None
        if not (folder / FETCHED).is_file():
            raise ModelMissingError(f"{name} is not on this machine; run: crib models pull {name}")
    check_safe(folder)
    return folder.resolve()


def _scored(model: CrossScorer, question: str, hits: Sequence[Hit]) -> list[Hit]:
    scores = model([(question, passage_text(hit.chunk)) for hit in hits])
    return [replace(hit, score=1 + score) for hit, score in zip(hits, scores, strict=True)]
