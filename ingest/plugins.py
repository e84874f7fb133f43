"""Readers and sources that other packages bring, found by their entry points.

See packaging.python.org, "Entry points".

Looked up when notes are brought up to date, never at start-up.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from ingest.protocols import NoteSource, Reader
from ingest.reading import MAX_BYTES
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

Made = TypeVar("Made")
READER_ENTRY_POINTS = "cribsheet.readers"
_SOURCES = "cribsheet.sources"

Opener = Callable[[str, Collection[str]], NoteSource | None]
"""From what a person typed, and the endings that readers know, the source; None: not its kind.

Raises NotesError for what is its kind and cannot be used.
"""


@dataclass(frozen=True, slots=True)
class Plugin(Generic[Made]):
    """One thing that a package brings, under the name of its entry point."""

    package: str
    name: str
    made: Made


@dataclass(frozen=True, slots=True)
class Plugins(Generic[Made]):
    """What packages bring to one group, by package; and lines on what of it cannot be used."""

    found: tuple[Plugin[Made], ...]
    warnings: Mapping[str, tuple[str, ...]]


def plugins(group: str, make: Callable[[object], Made]) -> Plugins[Made]:
    """All that installed packages bring to `group`.

    `make` is given what an entry point names and returns what it is good for, or raises. Whatever
    is raised by it, or by a package as it is loaded, is a warning and stops nothing.
    """
    found: list[Plugin[Made]] = []
    warnings: dict[str, tuple[str, ...]] = {}
    for point in sorted(entry_points(group=group), key=lambda one: (_package(one), one.name)):
        package = _package(point)
        try:
            found.append(Plugin(package, point.name, make(point.load())))
        except (Exception, SystemExit) as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            line = f"{point.name} ({group}) is not used: {why}; update the package, or remove it"
            warnings[package] = (*warnings.get(package, ()), line)
    return Plugins(tuple(found), warnings)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.module


class PluggedReader:
    """A reader of another package. What it raises is the file's fault, and stops no ingest.

    Raises TypeError, with the reason, if `loaded` is no reader (or a class of them).
    """

    def __init__(self, loaded: object) -> None:
        self._reader: Reader = loaded() if isinstance(loaded, type) else loaded  # type: ignore[assignment]
        for name in ("suffixes", "fingerprint", "read"):
            if not hasattr(self._reader, name):
                raise TypeError(f"it has no `{name}`")
        self.suffixes = _suffixes(self._reader)
        self.fingerprint = str(self._reader.fingerprint)
        self.max_bytes = int(getattr(self._reader, "max_bytes", MAX_BYTES))

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`. Raises NotesError if there is none, or the reader fails."""
        try:
            found = self._reader.read(file, data)
        except NotesError:
            raise
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise NotesError(f"its reader failed ({self.fingerprint}: {why})") from error
        if not isinstance(found, ReadNote):
            raise NotesError(f"its reader failed ({self.fingerprint}: it gave no ReadNote)")
        return found


def _suffixes(reader: Reader) -> frozenset[str]:
    found: Collection[object] = reader.suffixes
    endings = [one for one in found if isinstance(one, str) and one[:1] == "." and one.islower()]
    if isinstance(found, str) or len(endings) != len(found):
        raise TypeError("its `suffixes` are not endings in lower case, each with its dot")
    return frozenset(endings)


def plugged_sources() -> Plugins[Opener]:
    """What to ask, by package, for a source that Cribsheet itself does not know."""
    return plugins(_SOURCES, _opener)


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
