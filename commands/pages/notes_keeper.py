"""Adds notes to the library from its page, and takes them out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from commands import planning, sourcing, undoing
from commands.pages import added
from commands.pages.library import NotesLibrary
from ingest.readers import all_readers
from ingest.sources import open_source
from ingest.types import is_address
from rag.errors import NotesError
from web.notes_page.types import Todo


class NotesKeeper:
    """Implements `web.notes_page.types.Keeper`.

    Where others than whoever sits at this machine may ask, `allowed` are the folders from which
    they may add, beside those that notes come from already; None lets any file be named.
    """

    def __init__(self, library: NotesLibrary, allowed: Sequence[Path] | None = None) -> None:
        self._library = library
        self._allowed = allowed

    def take_in(self, files: Sequence[str]) -> Mapping[str, str]:
        """Keep files in the folder of what was added; why some were left out, by name."""
        folder, left = added.take_in(self._library.settings.home, [Path(file) for file in files])
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
        known = [Path(one) for one in sourcing.sources(settings) if not is_address(one)]
        folders = (one.resolve() for one in (*self._allowed, settings.notes, *known))
        if not any(path.is_relative_to(folder) for folder in folders):
            raise NotesError(
                f"{path} is not within a folder that notes come from; drop the files here, or have"
                " who starts the page allow it: crib serve --allow-path FOLDER"
            )

    def plan(self) -> list[Todo]:
        """What an ingest would do with each source, addresses left out."""
        return [
            Todo(
                source,
                len(plan.new),
                len(plan.changed),
                len(plan.moved),
                tuple(plan.deleted),
                seconds,
            )
            for source, plan, seconds in planning.plans(self._library.settings)
        ]

    def allow_deletions(self) -> None:
        """Have all sources read next, and forgotten what is gone."""
        self._library.want(allow_deletions=True)

    def undo(self) -> tuple[int, int]:
        """Take the last ingest back."""
        return undoing.undo(self._library.settings)

    def forget(self, source: str) -> int:
        """Take a source out; copies that were made of what was added are set aside."""
        count = undoing.forget(self._library.settings, source)
        if source == (self._library.settings.home / added.FOLDER).resolve().as_posix():
            added.set_aside(self._library.settings.home)
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
