"""Runs that are looked at, with their figures: read and counted once, not at every click."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from eval.causes import missed
from eval.comparison import summarise
from eval.reports import breakdown
from eval.reports.breakdown import Group
from eval.runs import RunInfo
from eval.types import Interval, Outcome, Run
from rag.errors import CaseError
from web import words
from web.evals_page.protocols import EvalDesk

_KEPT = 4


@dataclass(frozen=True)
class Opened:
    """A run that is looked at. Its figures take a moment the first time."""

    info: RunInfo
    run: Run

    @cached_property
    def means(self) -> dict[str, Interval | None]:
        """Of the answers with the notes."""
        return summarise(self.run)

    @cached_property
    def closed(self) -> dict[str, Interval | None]:
        """Of the answers without; empty if nobody asked for these."""
        return summarise(self.run.closed_book) if self.run.closed_book else {}

    @cached_property
    def kinds(self) -> list[Group]:
        """What was right, by kind."""
        return breakdown.by_kind(self.run)

    @cached_property
    def notes(self) -> list[Group]:
        """What was right, by note."""
        return breakdown.by_note(self.run)

    @cached_property
    def missed(self) -> tuple[bool, ...]:
        """Whether each outcome was."""
        return tuple(map(missed, self.run.outcomes))

    def outcome(self, place: int) -> Outcome | None:
        """The one at this place; None if there is none."""
        return self.run.outcomes[place] if 0 <= place < len(self.run.outcomes) else None


class Kept:
    """The last few runs that were opened."""

    def __init__(self, desk: EvalDesk) -> None:
        self._desk = desk
        self._lock = Lock()
        self._opened: OrderedDict[tuple[int, int, bool], Opened] = OrderedDict()

    def opened(self, number: int) -> Opened:
        """A run by its number. Raises CribError, if it is gone or cannot be read."""
        info = next((one for one in self._desk.listing() if one.id == number), None)
        if info is None:
            raise CaseError(words.EVALS_GONE)
        key = (info.id, info.asked, info.ended)
        with self._lock:
            if key not in self._opened:
                self._opened[key] = Opened(info, self._desk.run(number))
            self._opened.move_to_end(key)
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
            return self._opened[key]
