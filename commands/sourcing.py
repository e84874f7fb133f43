"""Which sources the library has: those an ingest takes, and those its index then holds."""

import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from ingest.losses import forget_command
from ingest.protocols import NoteSource
from ingest.readers import all_readers
from ingest.roots import inner_roots, lists, outer_roots
from ingest.sources import open_source
from ingest.sources.gone import Gone
from ingest.types import Listing, Report, is_address
from rag.config import Settings
from rag.errors import NotesError
from rag.store.home import Home, Record
from rag.wiring import Store

_PAGE_SECONDS = 3600.0


def sources(settings: Settings, target: str | None = None) -> list[str]:
    """The sources that `ingest` would bring in."""
    record = Home(settings.home).record()
    known = [target] if target else list(record.sources if record else ())
    return known or [str(settings.notes)]


def targets(
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
    """True for a page that was just fetched: it is no neighbour's business how often notes change.

    A person who names it has it fetched at any time.
    """
    if not is_address(source):
        return False
    fetched = [state.modified_ns for state in store.index.catalog.states(source).values()]
    return bool(fetched) and time.time() - min(fetched) / 1e9 < _PAGE_SECONDS


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


def settle(store: Store, source: NoteSource) -> None:
    """See to it that no note belongs to two roots; see ingest/roots.py.

    Raises:
        NotesError: what the source lists belongs to a root that is known.
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


def is_taken_in(source: str, reports: Sequence[Report]) -> bool:
    """True if the notes of a source belong to a source around it since that was brought in."""
    return bool(outer_roots(root_of(source), [report.folder for report in reports]))


def publish(settings: Settings, home: Home, store: Store, sources: Sequence[str]) -> None:
    """Have this index answer, and remember its sources: those with notes, or that may get some."""
    roots = store.index.catalog.roots()
    there = [one for one in sources if one in roots or _may_hold_notes(one, roots)]
    home.publish(store.edition, settings.embedding_model, there)


def _may_hold_notes(source: str, roots: Sequence[str]) -> bool:
    """True for a source that has no notes now, is there, and is not a part of another."""
    return is_address(source) or (Path(source).exists() and not outer_roots(source, roots))


def root_of(target: str) -> str:
    """What the index knows a source as that a person names so."""
    return target if is_address(target) else Path(target).resolve().as_posix()
