"""One ingest at a time, watched by as many pages as are open.

The ingest runs in a thread of its own: a page that is closed does not end it, and one that is
opened meanwhile sees how far it is.
"""

from collections.abc import Iterator
from threading import Condition, Lock, Thread

from ingest.types import Phase, Progress, Report
from web.protocols import Library

News = Progress | Report | Exception


class _Run:
    """One ingest: its latest news, and how many there were."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._changed = Condition()
        self._news: News = Progress(Phase.SCANNING, 0, 0)
        self._count = 1
        Thread(target=self._ingest, name="ingest", daemon=True).start()

    @property
    def is_over(self) -> bool:
        with self._changed:
            return not isinstance(self._news, Progress)

    def wait(self, seen: int) -> tuple[int, News]:
        """The latest news and its number, once that is above `seen`."""
        with self._changed:
            self._changed.wait_for(lambda: self._count > seen)
            return self._count, self._news

    def _ingest(self) -> None:
        try:
            for news in self._library.ingest():
                self._tell(news)
        except Exception as error:  # whatever it is, it is the watchers'
            self._tell(error)

    def _tell(self, news: News) -> None:
        with self._changed:
            self._news = news
            self._count += 1
            self._changed.notify_all()


class Refresh:
    """Brings the index up to date when asked, once for all who ask at the same time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = Lock()
        self._run: _Run | None = None

    @property
    def is_running(self) -> bool:
        """True while notes are being read."""
        with self._lock:
            return self._run is not None and not self._run.is_over

    def watch(self) -> Iterator[Progress | Report]:
        """Join the ingest that is going on, or start one. The last item is the Report.

        A slow reader misses steps of the progress, never the end. What the ingest raises is raised.
        """
        run, seen = self._join(), 0
        while True:
            seen, news = run.wait(seen)
            if isinstance(news, Exception):
                raise news
            yield news
            if isinstance(news, Report):
                return

    def _join(self) -> _Run:
        with self._lock:
            if self._run is None or self._run.is_over:
                self._run = _Run(self._library)
            return self._run
