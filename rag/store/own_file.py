"""An SQLite file that is opened for each piece of work, and made anew where it is damaged.

So a process never goes on writing to a file that another one has set aside, or a person replaced.
"""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from rag.errors import DamagedError, LockedError, StoreError
from rag.store.database import Database

Result = TypeVar("Result")

_FIX = "set CRIB_HOME to a folder that can be written to"
_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.005


class OwnFile:
    """The file `path`, which `opened` opens. `rescue` copies what can be read of a damaged one.

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

    def do(self, work: Callable[[Database], Result]) -> Result:
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

    def _do(self, work: Callable[[Database], Result]) -> Result:
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
