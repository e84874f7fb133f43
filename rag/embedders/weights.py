"""Which files an embedding model is made of, and their digest.

`CRIB_EMBEDDING_MODEL` names one of the catalogue, the folder of any sentence-transformers model, or
one of a hub as `org/model`. This module only looks: rag/downloads/download.py fetches what a
hub holds. Weights that are pickles, and models that need code of their own, are refused: both could
run whatever their maker liked.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ModelError, ModelMissingError
from rag.models import EMBEDDING, digest_of, find_model, require, write_json

MAX_TOKENS = 256
"""Word pieces, the ends of a text among them, for which all-MiniLM-L6-v2 was trained. The files of
the catalogue do not say so: its repository does."""

SUFFIXES = (".safetensors", ".json", ".txt", ".model")
"""Files that a model is made of: weights, settings, vocabularies."""

OTHER_ENGINES = frozenset({"onnx", "openvino"})
"""Folders of a repository that hold the same weights again."""

STAMP = ".fetched.json"
"""Beside the files of a hub's model: written when all of them had come, with their revision."""

_PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Weights:
    """An embedding model on this machine. `digest` is a SHA-256 in lower-case hex.

    `max_length` is how many pieces of a text it reads, where its own files do not say.
    """

    name: str
    folder: Path
    digest: str
    max_length: int | None = None


def find_weights(cache: Path, name: str) -> Weights:
    """The embedding model that a person named. Reads no weights that it has read before.

    Raises:
        ModelMissingError: it is not on this machine.
        DigestError: it is one of the catalogue, and its bytes are not the right ones.
        ModelError: it is something that cannot be used.
    """
    if is_catalogued(name):
        model = find_model(EMBEDDING)
        return Weights(EMBEDDING, require(cache, model), model.files[0].sha256, MAX_TOKENS)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = repository_dir(cache, name)
        if not (folder / STAMP).is_file():
            raise ModelMissingError(f"{name} is not on this machine; run: crib models pull {name}")
    check_safe(folder)
    return Weights(name, folder.resolve(), _digest(cache, folder.resolve()))


def is_catalogued(name: str) -> bool:
    """True for the catalogue's embedding model, by its name or its repository's."""
    return name in (EMBEDDING, find_model(EMBEDDING).hub.repo)


def repository_dir(cache: Path, name: str) -> Path:
    """Where the files of a hub's model lie, if it was fetched.

    Raises:
        ModelMissingError: a hub's models are not named so.
    """
    if not _REPOSITORY.fullmatch(name):
        raise ModelMissingError(
            f"there is no embedding model {name!r}; set CRIB_EMBEDDING_MODEL to {EMBEDDING}, to a "
            f"folder that sentence-transformers wrote, or to ORG/MODEL of a hub"
        )
    return cache / "models" / name.replace("/", "--")


def check_safe(folder: Path) -> None:
    """Raise ModelError unless this is a sentence-transformers model without code of its own."""
    parts = _modules(folder)
    if not parts and not (folder / "config.json").is_file():
        raise ModelError(
            f"{folder} holds no sentence-transformers model: there is neither a modules.json nor a "
            f"config.json in it"
        )
    for part in parts:
        if not str(part.get("type")).startswith("sentence_transformers."):
            raise ModelError(
                f"{folder} needs code of its own ({part.get('type')}), which Cribsheet never "
                f"runs; choose a model that needs none"
            )
    _check_weights(folder)


def _check_weights(folder: Path) -> None:
    files = list(_files(folder, {".safetensors"} | _PICKLES))
    safe = {path.parent for path in files if path.suffix == ".safetensors"}
    for path in files:
        if path.parent not in safe:
            raise ModelError(
                f"{path} is a pickle, which can run code when it is read; use a model whose "
                f"weights are *.safetensors, or let its owner save it so"
            )
    if not safe:
        raise ModelError(f"{folder} holds no weights: there is no *.safetensors in it")


def _modules(folder: Path) -> list[dict[str, object]]:
    path = folder / "modules.json"
    if not path.is_file():
        return []
    try:
        return [dict(part) for part in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from None


def _files(folder: Path, suffixes: "set[str] | frozenset[str]") -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        ours = parts[0] not in OTHER_ENGINES and not any(part.startswith(".") for part in parts)
        if path.suffix in suffixes and ours and path.is_file():
            yield path


def _digest(cache: Path, folder: Path) -> str:
    """SHA-256 of all files by name; kept with their sizes and mtimes, since 2 GB take seconds."""
    paths = list(_files(folder, set(SUFFIXES)))
    stats = {path: path.stat() for path in paths}
    state = [[p.relative_to(folder).as_posix(), s.st_size, s.st_mtime_ns] for p, s in stats.items()]
    name = hashlib.sha256(str(folder).encode(errors="surrogateescape")).hexdigest()[:16]
    kept = cache / "digests" / f"{name}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(kept.read_text("utf-8"))
        if known["state"] == state:
            return str(known["digest"])
    lines = [f"{path.relative_to(folder).as_posix()} {digest_of(path)}\n" for path in paths]
    digest = hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()
    # A cache that cannot be written to is still good to read from.
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_json(kept, {"state": state, "digest": digest})
    return digest
