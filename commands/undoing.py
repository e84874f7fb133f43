"""Takes the last ingest back, and sources out of the library."""

from contextlib import closing

from commands.sourcing import publish, root_of
from rag.config import Settings
from rag.errors import NotesError
from rag.store.home import Home
from rag.wiring import measure_library, open_next


def undo(settings: Settings) -> tuple[int, int]:
    """Take the last ingest back: how many notes are as they were before, how many are gone.

    Raises:
        NotesError: there is nothing to take back.
    """
    home = Home(settings.home)
    with home.exclusive(), closing(open_next(settings)) as store:
        record = home.record()
        if (
            record is None
            or record.edition != store.edition
            or not store.index.catalog.undo_log.count()
        ):
            raise NotesError("there is no ingest to take back")
        changed = store.index.catalog.undo()
        store.index.sync()
        publish(settings, home, store, store.index.catalog.roots())
        measure_library(settings, store)
        return changed


def forget(settings: Settings, source: str) -> int:
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
        publish(settings, home, store, [one for one in known if one != source])
        measure_library(settings, store)
        return len(paths)
