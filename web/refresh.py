"""One ingest at a time, watched by as many pages as are open; see web/work.py."""

from ingest.types import Phase, Progress, Report
from web.protocols import Library
from web.work import Halt, OneAtATime, Tell, Work

News = Progress | Report | Halt
Run = Work[Progress, Report]
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

    def join(self) -> Run:
        """The ingest that is going on, else a new one."""
        return self._begun(self._ingest, _FIRST)

    def _ingest(self, tell: Tell[Progress, Report]) -> None:
        events = self._library.ingest()
        for news in events:
            if not tell(news):
                break
        if close := getattr(events, "close", None):
            close()  # waits for the batch at hand
