"""Brings the index up to date: one ingest at a time, watched by as many pages as are open.

A person begins it, or a change of the notes while the page is served. See web/work.py.
"""

import logging
from threading import Event, Thread

from ingest.types import Phase, Progress, Report
from rag.errors import CribError
from web.protocols import Library
from web.work import Halt, OneAtATime, Tell, Work

News = Progress | Report | Halt
IngestRun = Work[Progress, Report]
"""One ingest; the last of its news is the Report or, if it was stopped, STOPPED."""

_FIRST = Progress(Phase.SCANNING, 0, 0)


class Refresh(OneAtATime[Progress, Report]):
    """Brings the index up to date when asked, once for all who ask at the same time."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library

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

    def join(self) -> IngestRun:
        """The ingest that is going on, else a new one."""
        return self._begun(self._ingest, _FIRST)

    def _ingest(self, tell: Tell[Progress, Report]) -> None:
        events = self._library.ingest()
        for news in events:
            if not tell(news):
                break
        if close := getattr(events, "close", None):
            close()  # waits for the batch at hand


_RETRY_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Watch:
    """Watches the notes of a library in a thread of its own, from `start` to `close`.

    Nothing that goes wrong ends it: it is said once, in a line, and tried again with the next
    change. An ingest that a person stopped is not begun anew until somebody asks for it.
    """

    def __init__(self, library: Library, refresh: Refresh) -> None:
        self._library = library
        self._refresh = refresh
        self._stop = Event()
        self._said = ""
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to watch. May be called once."""
        self._thread.start()

    def close(self, seconds: float) -> None:
        """End it, and wait for that at most so long."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for _ in self._library.changes(self._stop):
                    self._bring_in()
            except Exception as error:  # whatever it is, the notes may change again
                self._say(error)
            self._stop.wait(_RETRY_SECONDS)

    def _bring_in(self) -> None:
        if run := self._refresh.latest:
            run.wait()  # it may have looked before the change
        if self._stop.is_set() or self._refresh.was_stopped:
            return
        try:
            for _ in self._refresh.join():
                pass
        except Exception as error:  # as above
            self._say(error)
        else:
            self._said = ""

    def _say(self, error: Exception) -> None:
        what = str(error) if isinstance(error, CribError) else f"{type(error).__name__}: {error}"
        line = " ".join(what.split())
        if line != self._said:
            _log.warning("the notes are not up to date: %s", line)
        self._said = line
