"""An eval run put together: an index of its own for the notes, an assistant over it.

The index of an eval lies apart from the library, so that its figures depend on the cases and
their notes alone, and is kept, so that a second run embeds nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.evals.apart import QuizzesApart
from commands.evals.examinees import How
from commands.evals.explaining import notes_of
from commands.evals.running import ask_all
from commands.ingestion import ingest, show_ingest
from commands.quiz.leaks import warn
from eval.case_files import check_targets, load_cases
from eval.types import Case, Run
from ingest.types import Progress, Report
from rag.config import Settings
from rag.wiring import Store, open_store


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be asked: the cases, JSONL, of the notes that they ask about, and how."""

    cases: Path
    notes: Path
    how: How


OnStep = Callable[[Progress], None]
"""Called with each step of an ingest."""


def evaluate(settings: Settings, wanted: Wanted, on_step: OnStep | None = None) -> Run:
    """Run the cases; `on_step` hears of the ingest that may come before them.

    Raises:
        CaseError: a case is malformed, or its quote is not in its note.
    """
    loaded = load_cases(wanted.cases)
    store = index_of(settings, loaded, wanted.notes, on_step)
    warn(loaded, store, wanted.notes)
    return ask_all(settings.home, settings, store, loaded, wanted.how)


def index_of(
    settings: Settings, cases: Sequence[Case], notes: Path, on_step: OnStep | None = None
) -> Store:
    """An index of the notes that the cases ask about, apart from the library."""
    key = hashlib.sha256(str(notes.resolve()).encode()).hexdigest()[:12]
    own = settings.model_copy(update={"home": settings.home / "eval" / key})
    events = ingest(own, str(notes), cutting=lambda chunker: QuizzesApart(chunker, cases))
    show_ingest(_heard(events, on_step) if on_step else events)
    store = open_store(own)
    _check(cases, store)
    return store


def _heard(events: Iterable[Progress | Report], on_step: OnStep) -> Iterator[Progress | Report]:
    for event in events:
        if isinstance(event, Progress):
            on_step(event)
        yield event


def _check(cases: Sequence[Case], store: Store) -> None:
    check_targets(cases, *notes_of(store))
