"""What the page of notes shows and does: the notes as the index knows them, adding, taking out.

Files that a person gives to the page are kept in a folder of the library under names of our own:
what a browser says of a file's name is no more than a wish. It may name another folder, a device
of Windows, or a file that is hidden.
"""

import os
import re
import shutil
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from commands import ingestion
from commands.pages.library import NotesLibrary
from commands.status import LibraryStatus, look
from ingest.readers import all_readers
from ingest.reading import MAX_BYTES
from ingest.sources import open_source
from ingest.types import Plan, printable
from rag.errors import NotesError
from rag.files import digest_of
from rag.search.agreement import Conflict, Duplicate, conflicts, duplicates
from rag.store.catalog import Catalog
from rag.text.words import content_words
from rag.types import Chunk, NoteInfo, Role, is_address
from web.notes_page.types import Item, NoteReading, Overview, State, Todo

FOLDER = "added"
"""The folder of files that were given to the page, below the library's home."""

_NAME_BYTES = 120  # file systems take 255, and a number may have to be put behind
_BAD = re.compile(r'[\x00-\x1f\x7f<>:"|?*/\\]|[\u202a-\u202e\u2066-\u2069]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)

_FRESH_SECONDS = 2.0  # a few clicks in a row do not each go through all files


class IndexedNotes:
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

    def read(self, path: str) -> NoteReading:
        """The text of a note that was indexed, and its passages.

        Raises:
            NotesError: there is no such note in the index.
        """
        catalog = self._catalog
        digest = catalog.digests({path}).get(path)
        if digest is None:
            raise NotesError(f"{printable(path)} is not in the index (any more)")
        text, anchors = catalog.body(path)
        return NoteReading(path, text, digest, anchors, tuple(catalog.chunks_of(path)))

    @property
    def _catalog(self) -> Catalog:
        return self._library.catalog


def _items(status: LibraryStatus, plans: Mapping[str, Plan]) -> Iterator[Item]:
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
            within = (one for one in status.plans if path == one or path.startswith(f"{one}/"))
            place = _place(path, next(within, path))
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


class NotesController:
    """Implements `web.notes_page.types.LibraryEditor`.

    Where others than whoever sits at this machine may ask, `allowed` are the folders from which
    they may add, beside those that notes come from already; None lets any file be named.
    """

    def __init__(self, library: NotesLibrary, allowed: Sequence[Path] | None = None) -> None:
        self._library = library
        self._allowed = allowed

    def take_in(self, files: Sequence[str]) -> Mapping[str, str]:
        """Keep files in the folder of what was added; why some were left out, by name."""
        folder, left = take_upload(self._library.settings.home, [Path(file) for file in files])
        self._library.want(folder)
        return left

    def want(self, target: str) -> None:
        """Have a folder, a file or the address of a page read next.

        Raises:
            NotesError: there is none, or it may not be added from here.
        """
        target = target.strip().strip("\"'")
        if not target:
            raise NotesError("name a folder, a file, or the address of a page")
        if not is_address(target):
            path = _found(target)
            self._require_allowed(path)  # first: what is elsewhere, nobody is to find out by trying
            target = path.as_posix()
            open_source(target, all_readers().suffixes)
        self._library.want(target)

    def _require_allowed(self, path: Path) -> None:
        if self._allowed is None:
            return
        settings = self._library.settings
        known = [Path(one) for one in ingestion.sources_of(settings) if not is_address(one)]
        folders = (one.resolve() for one in (*self._allowed, settings.notes, *known))
        if not any(path.is_relative_to(folder) for folder in folders):
            raise NotesError(
                f"{path} is not within a folder that notes come from; drop the files here, or have"
                " who starts the page allow it: crib serve --allow-path FOLDER"
            )

    def plan(self) -> list[Todo]:
        """What an ingest would do with each source, addresses left out."""

        def todo(source: str, plan: Plan, seconds: float) -> Todo:
            new, changed, moved = map(len, (plan.new, plan.changed, plan.moved))
            return Todo(source, new, changed, moved, tuple(plan.deleted), seconds)

        return [todo(*one) for one in ingestion.plans(self._library.settings)]

    def allow_deletions(self) -> None:
        """Have all sources read next, and forgotten what is gone."""
        self._library.want(allow_deletions=True)

    def undo(self) -> tuple[int, int]:
        """Take the last ingest back."""
        return ingestion.undo(self._library.settings)

    def forget(self, source: str) -> int:
        """Take a source out; copies that were made of what was added are set aside."""
        count = ingestion.forget_source(self._library.settings, source)
        if source == (self._library.settings.home / FOLDER).resolve().as_posix():
            set_aside(self._library.settings.home)
        return count

    def watches(self) -> bool | None:
        """Whether changes are read by themselves; None where nothing is watched."""
        return self._library.watches if self._library.is_watched else None

    def watch(self, wanted: bool) -> None:
        """Have changes read by themselves, or not."""
        self._library.watches = wanted


def _found(target: str) -> Path:
    """Where a path leads, links followed."""
    try:
        return Path(target).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # NUL, a loop of links, nobody's home
        raise NotesError(f"{target!r} is no path ({error}); name a folder or a file") from None


def safe_name(wanted: str) -> str:
    """A file name that is one on every system, and as near to `wanted` as can be."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", wanted))[-1]
    name = _BAD.sub("_", last.encode(errors="replace").decode()).strip(" .") or "note"
    if _DEVICES.match(name):
        name = f"_{name}"
    suffix = PurePosixPath(name).suffix[:16]
    stem = name[: len(name) - len(suffix)] if suffix else name
    while len((stem + suffix).encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return f"{stem or 'note'}{suffix}"


def take_upload(home: Path, files: Sequence[Path]) -> tuple[str, Mapping[str, str]]:
    """Move files into the folder of what was added: the folder, and why some were left out.

    A file whose bytes are there under its name already is there.

    Raises:
        NotesError: none of them can be read as a note, or the folder cannot be written.
    """
    folder = home / FOLDER
    left: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if why := _unfit(file):
                left[file.name] = why
            else:
                _move(file, folder)
    except OSError as error:
        raise NotesError(f"{folder} cannot be written: {error.strerror or error}") from error
    if files and len(left) == len(files):
        raise NotesError("; ".join(f"{name}: {why}" for name, why in left.items()))
    return folder.resolve().as_posix(), left


def set_aside(home: Path) -> None:
    """Rename the folder of what was added, so that what is added next does not bring it back."""
    folder = home / FOLDER
    if folder.is_dir():
        folder.rename(home / f"{FOLDER}-until-{time.strftime('%Y%m%d-%H%M%S')}")


def _unfit(file: Path) -> str:
    """Why a file cannot become a note; empty if it can."""
    suffix = PurePosixPath(safe_name(file.name)).suffix.lower()
    reader = next((one for one in all_readers().readers if suffix in one.suffixes), None)
    if reader is None:
        return f"{suffix or 'a name without an ending'} is no format that is read"
    size, most = file.stat().st_size, int(getattr(reader, "max_bytes", MAX_BYTES))
    return f"it is {size:,} bytes, the most is {most:,}; split it" if size > most else ""


def _move(file: Path, folder: Path) -> None:
    """Under the first name that is free, or that has the same bytes."""
    name = PurePosixPath(safe_name(file.name))
    digest, number = digest_of(file), 1
    target = folder / name
    while os.path.lexists(target) and not _has_bytes(target, digest):
        number += 1
        target = folder / f"{name.stem} ({number}){name.suffix}"
    if not os.path.lexists(target):
        shutil.copyfile(file, target, follow_symlinks=True)
    file.unlink(missing_ok=True)


def _has_bytes(path: Path, digest: str) -> bool:
    return path.is_file() and not path.is_symlink() and digest_of(path) == digest
