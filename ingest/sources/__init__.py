"""Where notes come from: one file per source, each listed in `_SOURCES`."""

from collections.abc import Collection

from ingest.plugins import Opener, plugged_sources
from ingest.protocols import NoteSource
from ingest.sources.folder import open_file, open_folder
from ingest.sources.git import open_git
from ingest.sources.web import open_page
from rag.errors import NotesError
from rag.types import is_address

_SOURCES: tuple[Opener, ...] = (open_page, open_git, open_folder, open_file)
"""Every source, the first that knows what to do first. A new one is a file and its name here.

What other packages bring as entry points `cribsheet.sources` is asked before them.
"""


def open_source(target: str, suffixes: Collection[str]) -> NoteSource:
    """The source that `target` names: a path, or the address of a page.

    `suffixes` are the endings of names (lower case, with the dot) that there are readers for.

    Raises:
        NotesError: nothing is there, or it cannot be used.
    """
    plugged = (plugin.made for plugin in plugged_sources().found)
    for opener in (*plugged, *_SOURCES):
        if source := _opened(opener, target, suffixes):
            return source
    if is_address(target):
        raise NotesError(f"{target} cannot be read; only http:// and https:// are known")
    raise NotesError(f"no folder {target}; name one that is there: crib ingest FOLDER")


def _opened(opener: Opener, target: str, suffixes: Collection[str]) -> NoteSource | None:
    try:
        return opener(target, suffixes)
    except OSError as error:  # a name that is too long, a folder on the way that is locked
        raise NotesError(f"{target} cannot be read: {error.strerror or error}") from error
