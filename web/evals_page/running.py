"""One run at a time, watched by as many pages as are open; see web/work.py."""

from functools import partial
from threading import Lock

from web.evals_page.protocols import Asking, EvalDesk, Order
from web.work import Work

Run = Work[Asking, int]
"""A run being made; the last of its news is its number or, if it has no case yet, STOPPED."""


class Running:
    """Begins a run, once for all who ask at the same time."""

    def __init__(self, desk: EvalDesk) -> None:
        self._desk = desk
        self._lock = Lock()
        self._run: Run | None = None

    @property
    def latest(self) -> Run | None:
        """The run that is being made, else the last one."""
        with self._lock:
            return self._run

    @property
    def number(self) -> int:
        """How many runs were begun since the program was."""
        run = self.latest
        return run.number if run else 0

    def join(self, order: Order) -> Run:
        """The run that is being made, whatever it asks; else a new one."""
        with self._lock:
            if self._run is None or self._run.is_over:
                number = self._run.number + 1 if self._run else 1
                self._run = Run(partial(self._desk.carry_out, order), Asking(), number)
            return self._run

    def stop(self) -> None:
        """Stop the run that is being made, if there is one."""
        if run := self.latest:
            run.stop()
