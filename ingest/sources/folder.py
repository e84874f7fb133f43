"""A folder of notes, with all that is below it."""

import os
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from ingest.types import Listing, SourceFile, printable
from rag.errors import NotesError


class GoneFolder:
    """A folder that is gone for good: nothing is left in it."""

    def __init__(self, root: str) -> None:
        self.root = root

    def listing(self) -> Listing:
        """Nothing."""
        return Listing(())

    def read(self, file: SourceFile) -> bytes:
        """Never asked: nothing is listed."""
        raise FileNotFoundError(file.path)


class Folder:
    """Files below `path` whose name ends with one of `suffixes`; hidden ones are passed over.

    Links are followed to files inside `path` only: what they reach outside is not the user's
    notes, and a folder inside is listed at its own place. Raises NotesError if `path` is no folder.
    """

    def __init__(self, path: Path, suffixes: Collection[str]) -> None:
        if not path.exists():
            raise NotesError(f"no folder {path}; name one that is there: crib ingest FOLDER")
        if not path.is_dir():
            raise NotesError(f"{path} is a file; name the folder it is in: {path.parent}")
        self._path = path.resolve()
        self._suffixes = frozenset(suffixes)
        self.root = self._path.as_posix()
        shown = printable(self.root)
        if shown != self.root:
            raise NotesError(f"the name of {shown} is not UTF-8; rename the folder")

    def listing(self) -> Listing:
        """All files, by path, and the folders and files that cannot be looked into."""
        files: list[SourceFile] = []
        unreadable: dict[str, str] = {}

        def cannot(error: OSError) -> None:
            unreadable[Path(os.fsdecode(error.filename)).as_posix()] = error.strerror or str(error)

        for path in sorted(self._walk(cannot)):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # it went away since the folder was listed, or its link leads nowhere
            except OSError as error:
                cannot(error)
                continue
            if stat.S_ISREG(found.st_mode):  # a pipe would be waited on for ever
                files.append(SourceFile(path.as_posix(), found.st_size, found.st_mtime_ns))
        return Listing(tuple(files), unreadable)

    def read(self, file: SourceFile) -> bytes:
        """The file's bytes. Raises OSError."""
        return Path(file.path).read_bytes()

    def _walk(self, cannot: Callable[[OSError], None]) -> Iterator[Path]:
        for folder, names, files in os.walk(self._path, onerror=cannot):
            names[:] = [name for name in names if not name.startswith(".")]
            for name in files:
                path = Path(folder, name)
                hidden = name.startswith(".")
                if not hidden and path.suffix.lower() in self._suffixes and self._inside(path):
                    yield path

    def _inside(self, path: Path) -> bool:
        # Not `resolve`, which raises on a loop of links in some versions of Python.
        return Path(os.path.realpath(path)).is_relative_to(self._path)
