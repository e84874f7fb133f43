"""Bringing the library up to date: which sources it has, what an ingest would do, doing it, undo.

The commands and the page both use this; the last part is what `crib ingest` prints.
"""

import logging
import shlex
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.progress import MofNCompleteColumn, TextColumn

from commands.terminal import bar, place
from ingest.chunking import StructureChunker
from ingest.pipeline import Ingest
from ingest.plan import forget_command, inner_roots, lists, outer_roots
from ingest.plugins import plugged_sources
from ingest.protocols import Chunker, NoteSource
from ingest.readers import all_readers
from ingest.sources import open_source
from ingest.sources.folder import Gone
from ingest.types import Listing, Plan, Progress, Report, duration, pace
from ingest.watch import changes
from rag.config import Settings
from rag.errors import DamagedError, LockedError, NotesError
from rag.index_wiring import Store, measure_library, next_edition, open_next
from rag.store.home import Home, Record
from rag.types import is_address

Cutting = Callable[[Chunker], Chunker]
"""Makes of the usual chunker the one that is wanted."""

_PAGE_SECONDS = 3600.0
_PASSAGE_BYTES = 500  # of notes, per passage that is embedded; measured over several vaults
_PROBE = "Serverless inference suits traffic with idle periods, and costs nothing in them. " * 6

_log = logging.getLogger(__name__)

# Sources


def sources_of(settings: Settings, target: str | None = None) -> list[str]:
    """The sources that `ingest` would bring in."""
    record = Home(settings.home).record()
    known = [target] if target else list(record.sources if record else ())
    return known or [str(settings.notes)]


def root_of(target: str) -> str:
    """The name under which the index knows the source that a person calls `target`."""
    return target if is_address(target) else Path(target).resolve().as_posix()


def source_of(store: Store, target: str, *, allow_deletions: bool) -> NoteSource:
    """The source that `target` names, be it one that is gone.

    Raises:
        NotesError: there is none; or it is gone and it is not allowed to forget its notes.
    """
    root, known = root_of(target), store.index.catalog.roots()
    if is_address(target) or Path(target).exists() or root not in known:
        return open_source(target, all_readers().suffixes)
    if allow_deletions:
        return Gone(root)
    raise NotesError(
        f"{target} is gone, and the notes known from it are kept; if it is gone for good, "
        f"run: {forget_command(root)}"
    )


def _targets(
    settings: Settings, store: Store, record: Record | None, target: str | None
) -> list[str]:
    """What is brought in: `target` and what the index lacks, or all sources."""
    held = store.index.catalog.roots()
    known = list(record.sources) if record else held
    if target is None:
        wanted = [str(settings.notes)] if "notes" in settings.model_fields_set else []
        roots = {root_of(one) for one in wanted}
        due = [one for one in known if one not in roots and not _is_fresh_page(store, one)]
        return [*due, *wanted] or known or [str(settings.notes)]
    return [*(one for one in known if one not in held and one != root_of(target)), target]


def _is_fresh_page(store: Store, source: str) -> bool:
    """True for a page that was just fetched: a changed note is no reason to fetch it again.

    A person who names it has it fetched at any time.
    """
    if not is_address(source):
        return False
    fetched = [state.modified_ns for state in store.index.catalog.states(source).values()]
    return bool(fetched) and time.time() - min(fetched) / 1e9 < _PAGE_SECONDS


def _give_each_note_one_root(store: Store, source: NoteSource) -> None:
    """Have no note belong to two sources; see ingest/plan.py.

    Raises:
        NotesError: what the source lists belongs to a source that is known.
    """
    catalog = store.index.catalog
    known = catalog.roots()
    for outer in outer_roots(source.root, known):
        if lists(_listing(outer), source.root):
            raise NotesError(
                f"{source.root} is among the notes of {outer} already; "
                f"run: crib ingest {shlex.quote(outer)}"
            )
    inner = inner_roots(source.root, known)
    there = source.listing() if inner else Listing(())
    for one in inner:
        if lists(there, one):
            catalog.move_root(one, source.root)


def _listing(root: str) -> Listing:
    try:
        return open_source(root, all_readers().suffixes).listing()
    except NotesError:
        return Listing(())  # it is gone


def _publish(settings: Settings, home: Home, store: Store, sources: Sequence[str]) -> None:
    """Have this index answer, and remember its sources: those with notes, or that may get some."""
    roots = store.index.catalog.roots()
    there = [one for one in sources if one in roots or _may_hold_notes(one, roots)]
    home.publish(store.edition, settings.embedding_model, there)


def _may_hold_notes(source: str, roots: Sequence[str]) -> bool:
    """True for a source that has no notes now, is there, and is not a part of another."""
    return is_address(source) or (Path(source).exists() and not outer_roots(source, roots))


# What would be done


def plans(settings: Settings, target: str | None = None) -> Iterator[tuple[str, Plan, float]]:
    """What `ingest` would do with each source, and about how many seconds it would take here."""
    with closing(open_next(settings)) as store:
        for one in _targets(settings, store, Home(settings.home).record(), target):
            source = source_of(store, one, allow_deletions=True)
            todo = pipeline(store).plan(source)
            yield source.root, todo, _estimate(store, todo)


def _estimate(store: Store, todo: Plan) -> float:
    """Seconds, by how fast passages are embedded on this machine just now."""
    if not todo.size:
        return 0.0
    texts = [f"{number} {_PROBE}" for number in range(32)]
    store.embedder.embed_documents(texts)  # the first call loads the engine
    started = time.perf_counter()
    store.embedder.embed_documents(texts)
    a_passage = (time.perf_counter() - started) / len(texts)
    return a_passage * todo.size / _PASSAGE_BYTES


# Doing it


def pipeline(store: Store, cutting: Cutting = lambda chunker: chunker) -> Ingest:
    """What brings notes into this index."""
    embedder = store.embedder
    chunker = StructureChunker(embedder.count_tokens, model_limit=embedder.max_tokens + 2)
    return Ingest(store.index, embedder, cutting(chunker), all_readers().readers)


def ingest(
    settings: Settings,
    target: str | None = None,
    *,
    allow_deletions: bool = False,
    cutting: Cutting = lambda chunker: chunker,
) -> Generator[Progress | Report, None, None]:
    """Bring the library up to date with `target`, or all its sources; the last item is the Report.

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
            _publish(self.settings, self.home, store, [*kept, *brought])
            measure_library(self.settings, store)
            store.index.catalog.tidy()
            return _total(reports, failed)

    def _all(
        self, store: Store, record: Record | None, target: str | None
    ) -> Generator[Progress, None, tuple[list[Report], dict[str, str]]]:
        """The reports of the sources that were brought in, and why others were not."""
        wanted = _targets(self.settings, store, record, target)
        # While another index answers, this one takes its place only once it is whole.
        is_building = record is not None and record.edition != store.edition
        reports: list[Report] = []
        failed: dict[str, str] = {}
        for one in wanted:
            is_part = outer_roots(root_of(one), [report.folder for report in reports])
            if target is None and is_part:
                continue  # it was brought in with the source around it
            try:
                for event in self._one(store, one):
                    if isinstance(event, Report):
                        reports.append(event)
                    else:
                        yield event
            except NotesError as error:
                if one == target or len(wanted) == 1 or is_building:
                    raise
                failed[one] = str(error)
        return reports, failed

    def _one(self, store: Store, target: str) -> Iterator[Progress | Report]:
        source = source_of(store, target, allow_deletions=self.allow_deletions)
        _give_each_note_one_root(store, source)
        yield from pipeline(store, self.cutting).run(source, allow_deletions=self.allow_deletions)


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


def watch(
    settings: Settings, target: str | None = None, stop: threading.Event | None = None
) -> Iterator[Report]:
    """Bring the library up to date with every change of `target`, or of all sources, until `stop`.

    What cannot be done is tried again with the next change. Yields the report of each time that
    something was different.
    """
    for _ in changes(sources_of(settings, target), stop or threading.Event()):
        try:
            *_, report = ingest(settings, target)
        except (NotesError, LockedError) as error:
            _log.warning("%s", error)
            continue
        if isinstance(report, Report) and (
            report.new or report.changed or report.moved or report.deleted
        ):
            yield report


# Taking it back


def undo(settings: Settings) -> tuple[int, int]:
    """Take the last ingest back: how many notes are as they were before, how many are gone.

    Raises:
        NotesError: there is nothing to take back.
    """
    home = Home(settings.home)
    with home.exclusive(), closing(open_next(settings)) as store:
        record, catalog = home.record(), store.index.catalog
        if record is None or record.edition != store.edition or not catalog.undo_log.count():
            raise NotesError("there is no ingest to take back")
        changed = catalog.undo()
        store.index.sync()
        _publish(settings, home, store, catalog.roots())
        measure_library(settings, store)
        return changed


def forget_source(settings: Settings, source: str) -> int:
    """Take a source out of the library: how many notes are forgotten. No file is touched.

    Raises:
        NotesError: it is no source, or the one that CRIB_NOTES names, which would come back.
        LockedError: another process is at it.
    """
    if "notes" in settings.model_fields_set and root_of(str(settings.notes)) == source:
        raise NotesError(f"{source} is what CRIB_NOTES names; change that, then remove it")
    home = Home(settings.home)
    with home.exclusive(), closing(open_next(settings)) as store:
        record, catalog = home.record(), store.index.catalog
        known = list(record.sources) if record else catalog.roots()
        if source not in known:
            raise NotesError(f"{source} is no source of the library (any more)")
        paths = list(catalog.states(source))
        catalog.undo_log.begin()
        catalog.delete(paths)
        catalog.set_skipped(source, {})
        store.index.sync()
        catalog.undo_log.finish()
        _publish(settings, home, store, [one for one in known if one != source])
        measure_library(settings, store)
        return len(paths)


# On the terminal


def show_ingest(events: Iterable[Progress | Report]) -> Report:
    """Draw the progress of an ingest until its report comes, and return that.

    Ctrl-C is said to have lost nothing, and goes on.
    """
    with bar(MofNCompleteColumn(), TextColumn("{task.fields[rate]}")) as drawn:
        task = drawn.add_task("", total=None, rate="")
        try:
            for step in events:
                if isinstance(step, Report):
                    return step
                what = f"{step.phase.value} {step.current}"
                total = step.total or None
                drawn.update(
                    task, description=what, completed=step.done, total=total, rate=pace(step)
                )
        except KeyboardInterrupt:
            drawn.stop()
            typer.echo("stopped; what is done is kept, the same command goes on from there")
            raise
    raise AssertionError("an ingest ends with its report")


def plan_lines(source: str, plan: Plan, seconds: float) -> Iterator[str]:
    """What an ingest of a source would do, a file a line, and about how long it would take."""
    yield f"{source}:"
    for name, lines in (
        ("new", [place(file.shown) for file in plan.new]),
        ("changed", [place(file.shown) for file in plan.changed]),
        ("moved", [f"{place(old)} -> {place(file.shown)}" for old, file in plan.moved]),
        ("deleted", [place(path) for path in plan.deleted]),
    ):
        yield f"  {name}: {len(lines)}"
        yield from (f"    {line}" for line in lines)
    yield f"  unchanged: {len(plan.unchanged) + len(plan.touched)}"
    yield f"  about {duration(seconds)} on this machine; nothing was done"


def undone_lines(restored: int, removed: int) -> Iterator[str]:
    """What an undo did."""
    yield f"as before the last ingest: {restored} notes put back, {removed} taken out"
    yield "the next crib ingest brings in again what the sources hold then"


def report_lines(report: Report) -> Iterator[str]:
    """The report of an ingest, a fact a line."""
    changes = f"{report.new} new, {report.changed} changed, {report.deleted} deleted"
    changes += f", {report.moved} moved" if report.moved else ""
    yield f"notes: {report.notes} ({changes}, {report.unchanged} unchanged)"
    yield f"chunks: {report.chunks}"
    yield f"embedded: {report.embedded}"
    yield f"reused: {report.reused}"
    yield f"skipped: {len(report.skipped)}"
    yield from (f"  {place(path)}: {reason}" for path, reason in report.skipped.items())
    yield f"warnings: {sum(map(len, report.warnings.values()))}"
    for path, warnings in report.warnings.items():
        yield from (f"  {place(path)}: {warning}" for warning in warnings)
    yield f"seconds: {report.seconds:.1f}"
