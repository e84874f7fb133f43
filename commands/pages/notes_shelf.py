"""The notes as their page shows them: what the index knows, beside what an ingest would do."""

import threading
import time
from collections.abc import Iterator, Mapping

from commands.pages.library import NotesLibrary
from commands.status import Status, look
from ingest.types import Plan, is_address, printable
from rag.catalog import Catalog
from rag.errors import NotesError
from rag.search.conflicts import Conflict, conflicts
from rag.search.duplicates import Duplicate, duplicates
from rag.text.words import content_words
from rag.types import Chunk, NoteInfo, Role
from web.notes_page.types import Item, Overview, Reading, State

_FRESH_SECONDS = 2.0  # a few clicks in a row do not each go through all files


class NotesShelf:
    """The notes of a library. Implements `web.notes_page.types.Notes`."""

    def __init__(self, library: NotesLibrary) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._seen = (float("-inf"), Overview())

    def overview(self, *, fresh: bool = False) -> Overview:
        """What there is, or was a moment ago. Files are listed; read where size or time changed."""
        with self._lock:
            seen, overview = self._seen
            if fresh or time.monotonic() - seen > _FRESH_SECONDS:
                overview = self._look()
                self._seen = time.monotonic(), overview
            return overview

    def _look(self) -> Overview:
        status = look(self._library.settings)
        plans = {source: plan for source, plan in status.plans.items() if isinstance(plan, Plan)}
        return Overview(
            items=tuple(_items(status, plans)),
            passages=status.chunks,
            size=status.size,
            sources=tuple(status.plans),
            troubles={
                source: plan
                for source, plan in status.plans.items()
                if isinstance(plan, str) and not is_address(source)
            },
        )

    def find(self, query: str, most: int) -> list[Chunk]:
        """The passages that hold any of the words, the best first."""
        found = self._catalog.search(content_words(query), most, (Role.NOTE, Role.QUIZ))
        return [chunk for chunk, _ in found]

    def duplicates(self) -> list[Duplicate]:
        """Notes that say the same; all passages are looked through."""
        digests = {path: state.digest for path, state in self._catalog.states().items()}
        return duplicates(self._catalog.all_chunks(), digests)

    def conflicts(self) -> list[Conflict]:
        """Sentences of two notes that cannot both be right; all passages are looked through."""
        return conflicts(self._catalog.all_chunks())

    def read(self, path: str) -> Reading:
        """The text of a note that was indexed, and its passages.

        Raises:
            NotesError: there is no such note in the index.
        """
        catalog = self._catalog
        digest = catalog.digests({path}).get(path)
        if digest is None:
            raise NotesError(f"{printable(path)} is not in the index (any more)")
        text, anchors = catalog.body(path)
        return Reading(path, text, digest, anchors, tuple(catalog.chunks_of(path)))

    @property
    def _catalog(self) -> Catalog:
        return self._library.catalog


def _items(status: Status, plans: Mapping[str, Plan]) -> Iterator[Item]:
    states = _states(plans)
    for info in status.notes:
        yield _known(info, states.get(info.path, State.INDEXED), status.skipped)
    known = {info.path for info in status.notes}
    for source, plan in plans.items():
        for file in plan.new:
            reason = status.skipped.get(file.shown, "")
            state = State.SKIPPED if reason else State.NEW
            known.add(file.path)
            kind = file.suffix.lstrip(".")
            yield Item(file.path, _place(file.path, source), kind, state, reason=reason)
    shown = {printable(path) for path in known}
    for path, reason in status.skipped.items():
        if path not in shown:
            place = _place(path, _source_of(path, tuple(status.plans)))
            yield Item(path, place, "", State.SKIPPED, reason=reason)


def _known(info: NoteInfo, state: State, skipped: Mapping[str, str]) -> Item:
    return Item(
        path=info.path,
        place=_place(info.path, info.root),
        kind=info.kind,
        state=state,
        passages=info.chunks,
        indexed=info.indexed,
        reason=skipped.get(printable(info.path), ""),
        warnings=info.warnings,
    )


def _states(plans: Mapping[str, Plan]) -> dict[str, State]:
    states: dict[str, State] = {}
    for plan in plans.values():
        states |= {file.path: State.CHANGED for file in plan.changed}
        states |= dict.fromkeys(plan.deleted, State.GONE)
        states |= {old: State.MOVED for old, _ in plan.moved}
    return states


def _place(path: str, root: str) -> str:
    """The path from the folder on that holds its source, as filters name a note."""
    return path.removeprefix(f"{root.rpartition('/')[0]}/")


def _source_of(path: str, sources: tuple[str, ...]) -> str:
    return next((one for one in sources if path == one or path.startswith(f"{one}/")), path)
