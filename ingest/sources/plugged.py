"""Sources that other packages bring as entry points `cribsheet.sources`."""

from collections.abc import Callable, Collection

from ingest.plugins import Plugins, plugins
from ingest.protocols import NoteSource
from rag.errors import NotesError

GROUP = "cribsheet.sources"

Opener = Callable[[str, Collection[str]], NoteSource | None]
"""From what a person typed, and the endings that readers know, the source; None: not its kind.

Raises NotesError for what is its kind and cannot be used.
"""


def plugged_sources() -> Plugins[Opener]:
    """What to ask, by package, for a source that Cribsheet itself does not know."""
    return plugins(GROUP, _opener)


def _opener(loaded: object) -> Opener:
    if not callable(loaded):
        raise TypeError("it is no function of a name and endings")

    def opened(target: str, suffixes: Collection[str]) -> NoteSource | None:
        try:
            source: NoteSource | None = loaded(target, suffixes)
        except (NotesError, OSError):
            raise
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise NotesError(f"{target} cannot be opened ({loaded}: {why})") from error
        return source

    return opened
