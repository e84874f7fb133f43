"""A single file."""

import stat
from collections.abc import Collection
from pathlib import Path

from ingest.sources.folder import read_whole
from ingest.types import Listing, SourceFile, printable
from rag.errors import NotesError


class SingleFile:
    """The file `path`, which names the source as well. A link is the file that it leads to.

    Raises:
        NotesError: it is no file, or its name ends with none of `suffixes`.
    """

    def __init__(self, path: Path, suffixes: Collection[str]) -> None:
        self._path = path.resolve()
        self.root = self._path.as_posix()
        shown = printable(self.root)
        if shown != self.root:
            raise NotesError(f"the name of {shown} is not UTF-8; rename it")
        if not self._path.is_file():
            raise NotesError(f"{path} is no regular file; name a file or a folder of notes")
        if self._path.suffix.lower() not in suffixes:
            known = ", ".join(sorted(suffixes))
            raise NotesError(f"{path} is no note that can be read; these are, by name: {known}")

    def listing(self) -> Listing:
        """The file, if it is there."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return Listing(())  # gone since it was opened
        except OSError as error:
            return Listing((), {self.root: error.strerror or str(error)})
        if not stat.S_ISREG(found.st_mode):
            return Listing(())
        return Listing((SourceFile(self.root, found.st_size, found.st_mtime_ns),))

    def read(self, file: SourceFile) -> bytes:
        """The file's bytes. Raises OSError."""
        return read_whole(Path(file.path))


def open_file(target: str, suffixes: Collection[str]) -> SingleFile | None:
    """The file `target`; None if there is none."""
    path = Path(target)
    return SingleFile(path, suffixes) if path.exists() and not path.is_dir() else None
