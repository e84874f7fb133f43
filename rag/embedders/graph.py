"""What was made of an embedding model for this machine: by rag/embedders/convert.py, once.

`CACHE/converted/NAME/` holds graph.json, which is all that has to be known of the model without
importing torch, tokenizer.json, and graph.xml with graph.bin where OpenVINO runs it.
"""

import dataclasses
import importlib.metadata
import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from rag.embedders.weights import Weights
from rag.errors import ModelError
from rag.models import write_json

Use = Literal["query", "document"]

_FORMAT = 2
"""Of the folder. Raise it whenever what is in there changes."""

_NAME = "graph.json"


@dataclass(frozen=True, slots=True)
class Graph:
    """A model as it runs here.

    `precision` is OpenVINO's (bf16 or f32), empty where torch has to run the model. `device` and
    `dtype` are torch's. `max_length` is how many tokens of a text are read, its prompt and
    both ends among them, and `max_tokens` how many are left for the words of a passage. `why` says
    what keeps a faster engine from being used.
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

    @property
    def engine(self) -> str:
        """What runs the model, in words."""
        small = f"OpenVINO, {self.precision}" if self.precision else ""
        torch = f"torch on {self.device}, {self.dtype}"
        bulk = f"torch on {self.device} for many" if self.device != "cpu" else ""
        named = "; ".join(filter(None, [small, bulk])) if small else torch
        return f"{named} ({self.why})" if self.why else named

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
    """Where it lies: that depends on the weights and on the versions of what converts and runs."""
    name = re.sub(r"[^\w.-]+", "-", Path(weights.name).name).strip(".-")[-40:] or "model"
    versions = f"openvino-{_version('openvino')}-torch-{_version('torch')}"
    return cache / "converted" / f"{name}-{weights.digest[:12]}-{versions}-{_FORMAT}"


def _version(package: str) -> str:
    # Asked of the finder first: what cannot be imported counts as not installed.
    if importlib.util.find_spec(package) is None:
        return "none"
    return importlib.metadata.version(package)


def prepare(cache: Path, weights: Weights) -> Graph:
    """What `weights` run as here. The first time for a model takes seconds, and importing torch.

    Raises:
        ModelError: the model cannot be converted.
    """
    folder = converted_dir(cache, weights)
    if found := read_graph(folder):
        return found
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            return read_graph(folder) or _convert(weights, folder)
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
