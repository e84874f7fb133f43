"""One run at a time, watched by as many pages as are open; see web/work.py."""

from functools import partial

from web.evals_page.protocols import Asking, EvalDesk, Order
from web.work import OneAtATime, Work

Run = Work[Asking, int]
"""A run being made; the last of its news is its number or, if it has no case yet, STOPPED."""


class Running(OneAtATime[Asking, int]):
    """Begins a run, once for all who ask at the same time."""

    def __init__(self, desk: EvalDesk) -> None:
        super().__init__()
        self._desk = desk

    def join(self, order: Order) -> Run:
        """The run that is being made, whatever it asks; else a new one."""
        return self._begun(partial(self._desk.carry_out, order), Asking())
