"""Fetch an embedding model that the catalogue does not hold, from a hub: safetensors, never code.

It is fetched once, at the revision that is the newest then, and found on this machine from then
on: rag/embedders/weights.py never asks a hub.
"""

from pathlib import Path

from filelock import FileLock

from rag.embedders.weights import OTHER_ENGINES, STAMP, SUFFIXES, check_safe, repository_dir
from rag.errors import CribError, DownloadError, ModelError
from rag.models import write_json

_SECONDS = 10.0


def fetch_repository(cache: Path, name: str, endpoint: str | None = None) -> Path:
    """Make sure that the hub's model `name` is in the cache; return its folder.

    `endpoint` defaults to what HF_ENDPOINT says. A fetch that was cut goes on where it ended.

    Raises:
        ModelError: its weights are pickles, or it needs code of its own.
        DownloadError: the hub cannot be reached, or has no such model.
    """
    folder = repository_dir(cache, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            if not (folder / STAMP).is_file():
                revision = _fetch(folder, name, endpoint)
                check_safe(folder)
                write_json(folder / STAMP, {"repository": name, "revision": revision})
    except CribError:
        raise
    except Exception as error:  # a hub's client fails in as many ways as there are networks
        raise DownloadError(_failure(name, folder, error)) from error
    return folder


def _fetch(folder: Path, name: str, endpoint: str | None) -> str:
    from huggingface_hub import HfApi, snapshot_download

    found = HfApi(endpoint=endpoint).model_info(name, timeout=_SECONDS)
    files = [file.rfilename for file in found.siblings or ()]
    if not any(file.endswith(".safetensors") for file in files):
        raise ModelError(
            f"{name} has no *.safetensors: weights that are pickles can run code when they are "
            f"read; choose another model"
        )
    snapshot_download(
        name,
        revision=found.sha,
        local_dir=folder,
        endpoint=endpoint,
        allow_patterns=[f"*{suffix}" for suffix in SUFFIXES],
        ignore_patterns=[f"{other}/*" for other in OTHER_ENGINES],
    )
    return str(found.sha)


def _failure(name: str, folder: Path, error: Exception) -> str:
    first = next(iter(str(error).strip().splitlines()), "")
    return (
        f"{name} could not be fetched: {type(error).__name__}: {first}. With a network, run again: "
        f"crib models pull {name}; or set CRIB_EMBEDDING_MODEL to a folder that holds the model"
    )
