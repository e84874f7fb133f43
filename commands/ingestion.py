"""Bringing the library up to date, as the commands and the page do it."""

import logging
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from commands.sourcing import is_taken_in, publish, settle, source_of, sources, targets
from ingest.chunking import StructureChunker
from ingest.pipeline import Ingest
from ingest.protocols import Chunker
from ingest.readers import all_readers
from ingest.sources.plugged import plugged_sources
from ingest.types import Progress, Report
from ingest.watch import changes
from rag.config import Settings
from rag.errors import DamagedError, LockedError, NotesError
from rag.store.home import Home, Record
from rag.wiring import Store, measure_library, next_edition, open_next

Cutting = Callable[[Chunker], Chunker]

_log = logging.getLogger(__name__)


def ingest(
    settings: Settings,
    target: str | None = None,
    *,
    allow_deletions: bool = False,
    cutting: Cutting = lambda chunker: chunker,
) -> Generator[Progress | Report, None, None]:
    """Bring the library up to date with `target`, or all its sources; the last item is the Report.

    `cutting` makes of the usual chunker the one that is wanted.

    Sources that the index of the wanted embedding model does not hold yet are brought in too: it
    answers only once it is whole. A damaged catalog is set aside, and made anew from the notes.

    Raises:
        NotesError: there is no such source, or no note in it; or most of the notes known from it
            are gone, and `allow_deletions` does not say that this is meant.
        LockedError: another process is at it.
        DiskFullError: there is no room for it.
    """
    home = Home(settings.home)
    run = _Run(settings, home, allow_deletions, cutting)
    with home.exclusive():
        try:
            report = yield from run.steps(target)
        except DamagedError:
            home.set_aside(next_edition(settings))
            report = yield from run.steps(target)
    yield report  # who takes no more than this must not keep the others out


def watch(
    settings: Settings, target: str | None = None, stop: threading.Event | None = None
) -> Iterator[Report]:
    """Bring the library up to date with every change of `target`, or of all sources, until `stop`.

    What cannot be done is tried again with the next change. Yields the report of each time that
    something was different.
    """
    for _ in changes(sources(settings, target), stop or threading.Event()):
        try:
            *_, report = ingest(settings, target)
            if isinstance(report, Report) and _changed(report):
                yield report
        except (NotesError, LockedError) as error:
            _log.warning("%s", error)


def _changed(report: Report) -> bool:
    return bool(report.new or report.changed or report.moved or report.deleted)


@dataclass(slots=True)
class _Run:
    """One ingest of one or several sources."""

    settings: Settings
    home: Home
    allow_deletions: bool
    cutting: Cutting

    def steps(self, target: str | None) -> Generator[Progress, None, Report]:
        """Do it, telling how far it is."""
        with closing(_sound_store(self.settings)) as store:
            record = self.home.record()
            store.index.catalog.undo_log.begin()
            reports, failed = yield from self._all(store, record, target)
            if not reports:
                raise NotesError(next(iter(failed.values())))
            store.index.catalog.undo_log.finish()
            brought = [report.folder for report in reports]
            kept = [s for s in (record.sources if record else ()) if s not in brought]
            publish(self.settings, self.home, store, [*kept, *brought])
            measure_library(self.settings, store)
            store.index.catalog.tidy()
            return _total(reports, failed)

    def _all(
        self, store: Store, record: Record | None, target: str | None
    ) -> Generator[Progress, None, tuple[list[Report], dict[str, str]]]:
        """The reports of the sources that were brought in, and why others were not."""
        wanted = targets(self.settings, store, record, target)
        reports: list[Report] = []
        failed: dict[str, str] = {}
        for one in wanted:
            if target is None and is_taken_in(one, reports):
                continue
            try:
                for event in self._one(store, one):
                    if isinstance(event, Report):
                        reports.append(event)
                    else:
                        yield event
            except NotesError as error:
                if one == target or len(wanted) == 1 or _is_building(store, record):
                    raise
                failed[one] = str(error)
        return reports, failed

    def _one(self, store: Store, target: str) -> Iterator[Progress | Report]:
        source = source_of(store, target, allow_deletions=self.allow_deletions)
        settle(store, source)
        yield from pipeline(store, self.cutting).run(source, allow_deletions=self.allow_deletions)


def _is_building(store: Store, record: Record | None) -> bool:
    """True while another index answers, in place of which this one comes once it is whole."""
    return record is not None and record.edition != store.edition


def pipeline(store: Store, cutting: Cutting = lambda chunker: chunker) -> Ingest:
    """What brings notes into this index."""
    embedder = store.embedder
    chunker = StructureChunker(embedder.count_tokens, model_limit=embedder.max_tokens + 2)
    return Ingest(store.index, embedder, cutting(chunker), all_readers().readers)


def _sound_store(settings: Settings) -> Store:
    """The index to write. Where the last ingest was cut short, it is looked through for damage."""
    store = open_next(settings)
    if store.index.catalog.undo_log.was_cut_short() and not store.index.catalog.is_sound():
        store.close()
        raise DamagedError("the catalog is damaged")
    return store


def _total(reports: Sequence[Report], failed: Mapping[str, str]) -> Report:
    """One report of several sources; the last one already counts all notes and chunks."""
    counts = ("new", "changed", "moved", "unchanged", "deleted", "embedded", "reused")
    names = (*counts, "seconds", "engine_seconds")
    sums = {name: sum(getattr(report, name) for report in reports) for name in names}
    skipped = {path: why for report in reports for path, why in report.skipped.items()}
    warnings = {path: lines for report in reports for path, lines in report.warnings.items()}
    warnings = {**all_readers().warnings, **plugged_sources().warnings, **warnings}
    folders = ", ".join(report.folder for report in reports)
    return replace(
        reports[-1], folder=folders, skipped=skipped | dict(failed), warnings=warnings, **sums
    )
