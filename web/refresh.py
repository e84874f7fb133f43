"""One ingest at a time, watched by as many pages as are open.

The ingest runs in a thread of its own: a page that is closed does not end it, one that is opened
meanwhile sees how far it is, and anybody may stop it.
"""

from collections.abc import Iterator
from enum import Enum
from threading import Condition, Lock, Thread

from ingest.types import Phase, Progress, Report
from web.protocols import Library


class Halt(Enum):
    """News of an ingest that a person stops."""

    STOPPING = "stopping"
    STOPPED = "stopped"


News = Progress | Report | Halt


class Run:
    """One ingest. Iterate it for its news; the last is the Report or, if it was stopped, STOPPED.

    Any number of readers may do so at the same time. A slow one misses steps of the progress, never
    the end. What the ingest raises is raised to each. `number` counts the ingests, from 1.
    """

    def __init__(self, library: Library, number: int) -> None:
        self.number = number
        self._library = library
        self._changed = Condition()
        self._news: News | Exception = Progress(Phase.SCANNING, 0, 0)
        self._count = 1
        Thread(target=self._ingest, name="ingest", daemon=True).start()

    def __iter__(self) -> Iterator[News]:
        seen = 0
        while True:
            seen, news = self._after(seen)
            if isinstance(news, Exception):
                raise news
            yield news
            if _is_last(news):
                return

    @property
    def news(self) -> News | Exception:
        """The latest; an error is the last."""
        with self._changed:
            return self._news

    @property
    def is_over(self) -> bool:
        """True once it has ended, however it did."""
        return _is_last(self.news)

    def stop(self) -> None:
        """End it after the batch at hand. One that is over stays as it ended."""
        with self._changed:
            if not _is_last(self._news):
                self._put(Halt.STOPPING)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is over, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: _is_last(self._news), seconds)

    def _after(self, seen: int) -> tuple[int, News | Exception]:
        """The latest news and its number, once that is above `seen`."""
        with self._changed:
            self._changed.wait_for(lambda: self._count > seen)
            return self._count, self._news

    def _ingest(self) -> None:
        try:
            events = self._library.ingest()
            for news in events:
                self._tell(news)
                if self.news is Halt.STOPPING:
                    break
            if close := getattr(events, "close", None):
                close()  # waits for the batch at hand
            if self.news is Halt.STOPPING:
                self._tell(Halt.STOPPED)
        except Exception as error:  # whatever it is, it is the readers'
            self._tell(error)

    def _tell(self, news: News | Exception) -> None:
        with self._changed:
            if self._news is not Halt.STOPPING or _is_last(news):
                self._put(news)

    def _put(self, news: News | Exception) -> None:
        self._news = news
        self._count += 1
        self._changed.notify_all()


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
                self._run = Run(self._library, self._run.number + 1 if self._run else 1)
            return self._run

    def stop(self) -> None:
        """Stop the ingest that is going on, if there is one."""
        if run := self.latest:
            run.stop()


def _is_last(news: News | Exception) -> bool:
    return not isinstance(news, Progress) and news is not Halt.STOPPING
