"""A person's library as the commands and the page use it: rag and ingest, put together."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.chunking import StructureChunker
from ingest.lines import split_lines
from ingest.losses import forget_command
from ingest.pipeline import Ingest, exclusive
from ingest.protocols import NoteSource
from ingest.readers import all_readers
from ingest.sources.folder import Folder, GoneFolder
from ingest.types import Progress, Report
from rag.assistant import Assistant
from rag.config import Settings
from rag.errors import NotesError
from rag.types import Chunk, Event, Role, Turn
from rag.wiring import Loading, Store, build_assistant, load_answerer, open_store


def ingest_folder(
    settings: Settings, store: Store, folder: Path, *, allow_deletions: bool = False
) -> Iterator[Progress | Report]:
    """Bring the library up to date with one folder; the last item is the Report.

    Raises:
        NotesError: there is no such folder, or no note in it; or most of the notes known from it
            are gone, and `allow_deletions` does not say that this is meant.
        LockedError: another process is at it.
    """
    known = all_readers()
    source = _source(store, folder, known.suffixes, allow_deletions=allow_deletions)
    chunker = StructureChunker(store.embedder.count_tokens)
    ingest = Ingest(store.index, store.embedder, chunker, known.readers)
    with exclusive(settings.home):
        for event in ingest.run(source, allow_deletions=allow_deletions):
            if isinstance(event, Report):
                yield replace(event, warnings={**known.warnings, **event.warnings})
            else:
                yield event


def _source(
    store: Store, folder: Path, suffixes: Collection[str], *, allow_deletions: bool
) -> NoteSource:
    root = folder.resolve().as_posix()
    if folder.exists() or root not in store.index.catalog.roots():
        return Folder(folder, suffixes)
    if allow_deletions:
        return GoneFolder(root)
    raise NotesError(
        f"the folder {folder} is gone, and the notes known from it are kept; if it is gone for "
        f"good, run: {forget_command(root)}"
    )


class NotesLibrary:
    """The library under `settings.home`, with the model that `settings.llm` names.

    Implements `web.protocols.Library`. Raises ModelMissingError without an embedding model.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = open_store(settings)
        self._loading = Loading(lambda: load_answerer(settings, self._store))
        self._assistant: Assistant = build_assistant(settings, self._store, self._loading)

    def load_model(self) -> None:
        """Begin to load the model, in the background; the notes' own sentences answer until then.

        It takes all of a small machine, so whoever opens a page does that first.
        """
        self._loading.start()

    def is_empty(self) -> bool:
        """True as long as nothing was ingested."""
        return self.counts()[1] == 0

    def folder(self) -> str:
        """The folders of notes, to be shown."""
        return ", ".join(self._roots())

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks."""
        return self._store.index.counts()

    def model(self) -> str:
        """What reads the notes just now."""
        return self._loading().model

    def is_local(self) -> bool:
        """True if passages do not leave this machine."""
        from rag.llm import stays_here

        return stays_here(self._settings)

    def notice(self) -> str:
        """Why another model stands in; empty if none does."""
        return self._loading().notice

    def is_loading(self) -> bool:
        """True while the model is being loaded that will answer then."""
        return not self._loading.is_done

    def headings(self) -> Sequence[tuple[str, ...]]:
        """Breadcrumbs of the sections that are notes, in order, each once."""
        chunks = self._store.index.catalog.all_chunks()
        return list(dict.fromkeys(c.headings for c in chunks if c.role is Role.NOTE))

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        """Found, then Tokens, then Finished. Closing it stops the model."""
        return self._assistant.stream(question, history)

    def context(self, chunk: Chunk, lines: int) -> list[tuple[int, str]]:
        """Numbered lines of the chunk's note, from `lines` before to `lines` after the chunk."""
        text = self._store.index.catalog.text(chunk.note_path)
        first, last = max(1, chunk.start_line - lines), chunk.end_line + lines
        return list(enumerate(split_lines(text)[first - 1 : last], first))

    def ingest(self) -> Iterator[Progress | Report]:
        """Bring every folder of the library up to date; the last item is the Report of all.

        A folder that cannot be used is skipped with its reason, as a note would be, as long as
        there is another one.
        """
        reports: list[Report] = []
        failed: dict[str, NotesError] = {}
        for root in self._roots():
            try:
                for event in ingest_folder(self._settings, self._store, Path(root)):
                    if isinstance(event, Report):
                        reports.append(event)
                    else:
                        yield event
            except NotesError as error:
                failed[root] = error
        if not reports:
            raise next(iter(failed.values()))
        yield _total(reports, {root: str(error) for root, error in failed.items()})

    def _roots(self) -> list[str]:
        return self._store.index.catalog.roots() or [str(self._settings.notes)]


def _total(reports: Sequence[Report], failed: Mapping[str, str]) -> Report:
    """One report of several folders; the last one already counts all notes and chunks."""
    names = ("new", "changed", "unchanged", "deleted", "embedded", "reused", "seconds")
    sums = {name: sum(getattr(report, name) for report in reports) for name in names}
    skipped = {path: why for report in reports for path, why in report.skipped.items()}
    skipped |= failed
    warnings = {path: lines for report in reports for path, lines in report.warnings.items()}
    folders = ", ".join(report.folder for report in reports)
    return replace(reports[-1], folder=folders, skipped=skipped, warnings=warnings, **sums)
