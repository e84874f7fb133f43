"""One SQLite file, shared between threads by a lock. What goes wrong with it has a name."""

import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from rag.errors import DamagedError, DiskFullError, LockedError, StoreError

Row = tuple[Any, ...]
_Result = TypeVar("_Result")

_FIX = "set CRIB_HOME to a folder that can be written to"
_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.005

_CACHE_KIB = 65_536
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}  # the latter is what a full tmpfs gives


class Database:
    """An SQLite file in WAL mode: many processes read it while one writes.

    Raises, from every method:
        DamagedError: SQLite finds damage in the file.
        DiskFullError: there is no room to write.
        StoreError: the file cannot be opened, or was written by another version of Cribsheet.
    """

    def __init__(
        self, path: Path, schema: str, version: int, migrations: Mapping[int, str] | None = None
    ) -> None:
        """Open the file. `migrations` turn a file of the version that each names into the next."""
        self.path = path
        self._lock = threading.RLock()
        with self._named_errors():
            self._db = _connect(path)
        try:
            with self._named_errors():
                self._open({0: schema} | dict(migrations or {}), version)
        except StoreError:
            self._db.close()
            raise

    def _open(self, scripts: Mapping[int, str], version: int) -> None:
        self._require_known(scripts, version)  # before anything is written to the file
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if self._version() != version:
            self._bring_up(scripts, version)

    def _require_known(self, scripts: Mapping[int, str], version: int) -> None:
        found = self._version()
        if found != version and found not in scripts:
            raise StoreError(
                f"{self.path} was written by another version of Cribsheet (its format is {found}, "
                f"this one knows {version}); update Cribsheet"
            )

    def _bring_up(self, scripts: Mapping[int, str], version: int) -> None:
        """One transaction, in which another process may turn out to have done it already."""
        with self.writing():
            while (found := self._version()) != version:
                self._require_known(scripts, version)
                for statement in scripts[found].split(";\n"):
                    self._db.execute(statement)
                after = found + 1 if found else version  # the schema is that of today
                self._db.execute(f"PRAGMA user_version = {after}")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing. Within another it is a part of that."""
        with self._lock, self._named_errors():
            is_part = self._db.in_transaction
            if not is_part:
                self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                if not is_part:
                    self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction and not is_part:
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        with self._lock, self._named_errors():
            return self._db.execute(query, tuple(values)).fetchall()

    def value(self, query: str, values: Sequence[object] = ()) -> int:
        """The one number that a query gives; 0 if it gives none."""
        rows = self.rows(query, values)
        return int(str(rows[0][0] or 0)) if rows else 0

    def stamp(self) -> tuple[int, int]:
        """Differs after every change, whoever made it."""
        with self._lock:
            return self.value("PRAGMA data_version"), self._db.total_changes

    def is_sound(self) -> bool:
        """True if SQLite finds no damage in the file. Reads all of it."""
        try:
            return self.rows("PRAGMA integrity_check") == [("ok",)]
        except DamagedError:
            return False

    def tidy(self) -> None:
        """Give room back that is no longer needed, once that is a quarter of the file."""
        pages, free = self.value("PRAGMA page_count"), self.value("PRAGMA freelist_count")
        with self._lock, self._named_errors():
            if 4 * free > pages:
                self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in _DAMAGE:
                fix = "run: crib ingest (it is set aside and made anew from the notes)"
                raise DamagedError(f"{self.path} is damaged ({error}); {fix}") from error
            if code in _NO_ROOM:
                raise DiskFullError(f"{disk_full(self.path)} ({error})") from error
            if str(error).startswith("Could not decode"):  # bytes that nobody wrote
                raise DamagedError(f"{self.path} is damaged ({error})") from error
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(f"{self.path} cannot be used ({error}); {_FIX}") from error
            raise


def disk_full(path: Path) -> str:
    """What is said where a disk has no room left."""
    return f"the disk of {path.parent} is full; make room there, or set CRIB_HOME, and run it again"


def require_room(path: Path, needed: int) -> None:
    """Raise DiskFullError where the disk of `path` has not `needed` bytes left."""
    folder = next(parent for parent in path.parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFullError(
            f"about {needed / 1e6:,.0f} MB are needed in {path.parent}, {free / 1e6:,.0f} MB are "
            "free; make room there, or set CRIB_HOME, and run it again: what is done is kept"
        )


def _connect(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened ({error}); {_FIX}") from error
    return sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)


class OwnFile:
    """A file that is opened for each piece of work, and made anew where it is damaged.

    So a process never goes on writing to a file that another one has set aside, or a person
    replaced. `opened` opens the file at `path`, `rescue` copies what can be read of a damaged one.

    `set_aside` is the folder in which the last damaged one lies, and `rescued` what `rescue`
    counted then. Raises, from every method, what `Database` raises, but no DamagedError unless a
    new file is damaged too.
    """

    def __init__(
        self,
        path: Path,
        opened: Callable[[Path], Database],
        rescue: Callable[[Database, Database], int],
    ) -> None:
        self.set_aside: Path | None = None
        self.rescued = 0
        self._path = path
        self._opened = opened
        self._rescue = rescue

    def do(self, work: Callable[[Database], _Result]) -> _Result:
        """What `work` gives; it is done again, with a new file, where the file was damaged.

        One at a time does that, of all processes: what is written while a damaged file is set aside
        would be lost with it.
        """
        with self._locked():
            try:
                return self._do(work)
            except DamagedError:
                self._start_anew()
                return self._do(work)

    def _do(self, work: Callable[[Database], _Result]) -> _Result:
        with closing(self._opened(self._path)) as database:
            return work(database)

    def _start_anew(self) -> None:
        try:
            self._set_aside()
        except OSError as error:
            why = f"{self._path} is damaged, and cannot be set aside ({error})"
            raise StoreError(f"{why}; {_FIX}") from error

    def _set_aside(self) -> None:
        stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        aside = self._path.parent / f"damaged-{self._path.stem}-{stamp}"
        aside.mkdir()
        log, shared = (self._path.with_name(self._path.name + end) for end in ("-wal", "-shm"))
        for path in (self._path, log):
            if path.exists():
                shutil.copy2(path, aside / path.name)
        scratch = aside / "new.sqlite3"
        self.rescued = self._rescued(aside / self._path.name, scratch)
        # A log that outlives its file would be taken for the new one's.
        log.unlink(missing_ok=True)
        shared.unlink(missing_ok=True)
        scratch.replace(self._path)
        self.set_aside = aside

    def _rescued(self, damaged: Path, scratch: Path) -> int:
        with closing(self._opened(scratch)) as new:
            try:
                old = self._opened(damaged)
            except StoreError:
                return 0
            with closing(old):
                return self._rescue(old, new)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._path.with_suffix(".lock"))
            lock.acquire(timeout=_WAIT_SECONDS, poll_interval=_POLL_SECONDS)
        except Timeout:
            raise LockedError(f"{self._path} is held by another crib; stop that one") from None
        except OSError as error:
            raise StoreError(f"{self._path} cannot be used ({error}); {_FIX}") from error
        try:
            yield
        finally:
            lock.release()
