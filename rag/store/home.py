"""Where the library's state lies: editions of the index, of which one is the one that answers.

    library.json         which edition answers, the model it was embedded with, and the sources
    index-<edition>/     catalog.sqlite3 and chroma/
    damaged-<time>/      an index whose catalog could not be read, set aside
    ingest.lock          held by the one process that writes

An edition is named by what every vector in it depends on. Notes are brought into the edition of
the wanted embedding model; until that is whole, the one before it answers.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LockedError, StoreError
from rag.files import write_json
from rag.store.catalog import SCHEMA_VERSION

_RECORD = "library.json"


@dataclass(frozen=True, slots=True)
class Record:
    """Which edition answers. `made` differs for two indexes of one edition made one by one."""

    edition: str
    model: str
    made: str
    sources: tuple[str, ...] = ()


def edition_of(fingerprint: str) -> str:
    """The edition of the index that holds vectors of this embedding model."""
    return hashlib.sha256(f"{SCHEMA_VERSION} {fingerprint}".encode()).hexdigest()[:12]


class Home:
    """The folder `path`; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self) -> Record | None:
        """What answers; None before the first ingest, or where the file was damaged."""
        try:
            found = json.loads((self.path / _RECORD).read_text("utf-8"))
            return Record(**{**found, "sources": tuple(found["sources"])})
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError, KeyError):
            return None  # it is made anew with the next ingest

    def folder(self, edition: str) -> Path:
        """Where an edition lies."""
        return self.path / f"index-{edition}"

    def publish(self, edition: str, model: str, sources: Iterable[str]) -> None:
        """From now on `edition` answers, whole; what was there before it goes."""
        now = self.record()
        if now is None or now.edition != edition:
            now = Record(edition, model, secrets.token_hex(8))
        write_json(self.path / _RECORD, asdict(replace(now, model=model, sources=tuple(sources))))
        for path in self.path.glob("index-*"):
            if path != self.folder(edition):
                shutil.rmtree(path, ignore_errors=True)

    def set_aside(self, edition: str) -> Path:
        """Move a damaged index out of the way; the sources are remembered."""
        aside = self.path / f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        self.folder(edition).rename(aside)
        if now := self.record():
            write_json(self.path / _RECORD, asdict(replace(now, made=secrets.token_hex(8))))
        return aside

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the one writer's place.

        Raises:
            LockedError: another process is writing; it is named.
            StoreError: nothing can be written here.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / "ingest.lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise LockedError(
                f"another crib{self._holder()} is bringing the notes up to date; "
                "wait for it to end, or stop it"
            ) from None
        except OSError as error:
            fix = "set CRIB_HOME to a folder that can be written to"
            raise StoreError(f"{self.path} cannot be used ({error.strerror}); {fix}") from error
        try:
            (self.path / "ingest.pid").write_text(str(os.getpid()))
            yield
        finally:
            with contextlib.suppress(OSError):
                (self.path / "ingest.pid").unlink()
            lock.release()

    def _holder(self) -> str:
        with contextlib.suppress(OSError):
            return f" (process {(self.path / 'ingest.pid').read_text()})"
        return ""
