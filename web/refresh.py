"""One ingest at a time, watched by as many pages as are open; see web/work.py."""

from threading import Lock

from ingest.types import Phase, Progress, Report
from web.protocols import Library
from web.work import Halt, Tell, Work

News = Progress | Report | Halt
Run = Work[Progress, Report]
"""One ingest; the last of its news is the Report or, if it was stopped, STOPPED."""

_FIRST = Progress(Phase.SCANNING, 0, 0)


class Refresh:
    """Brings the index up to date when asked, once for all who ask at the same time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = Lock()
        self._run: Run | None = None

    @property
    def latest(self) -> Run | None:
        """The ingest that is going on, else the last one."""
        with self._lock:
            return self._run

    @property
    def number(self) -> int:
        """How many ingests there were, with the one that is going on."""
        run = self.latest
        return run.number if run else 0

    @property
    def is_running(self) -> bool:
        """True while notes are being read."""
        run = self.latest
        return run is not None and not run.is_over

    @property
    def was_stopped(self) -> bool:
        """True from the end of an ingest that a person stopped until the next one begins."""
        run = self.latest
        return run is not None and run.news is Halt.STOPPED

    def join(self) -> Run:
        """The ingest that is going on, else a new one."""
        with self._lock:
            if self._run is None or self._run.is_over:
                self._run = Run(self._ingest, _FIRST, self._run.number + 1 if self._run else 1)
            return self._run

    def stop(self) -> None:
        """Stop the ingest that is going on, if there is one."""
        if run := self.latest:
            run.stop()

    def _ingest(self, tell: Tell[Progress, Report]) -> None:
        events = self._library.ingest()
        for news in events:
            if not tell(news):
                break
        if close := getattr(events, "close", None):
            close()  # waits for the batch at hand
