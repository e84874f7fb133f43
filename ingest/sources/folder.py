"""A folder of notes with all that is below it, a single file, and what is there no more.

`.gitignore` and `.cribignore` say what is passed over, as git reads them. Their lines are turned
into patterns by `pathspec`. Whether one fits is asked of each folder and file on the way down, as
git does it, so a folder that is passed over takes with it all that is below.
"""

import contextlib
import os
import re
import stat
import warnings
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from ingest.document import QUIZ_FILE as QUIZ_FILE
from ingest.types import Listing, SourceFile, printable
from rag.errors import NotesError

_TRIES = 3  # what is written to all the time is a log

FILES = (".gitignore", ".cribignore")

ALWAYS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Folders full of what others wrote. `!venv/` in an ignore file brings one back."""

MAX_STARS = 4
"""A line with more runs of `*` is passed over: a hostile one can keep a regex busy for hours."""

_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one ignore file, last first, for paths that begin with `folder`."""

    folder: str
    patterns: tuple[GitIgnoreSpecPattern, ...]

    def verdict(self, path: str) -> bool | None:
        """True to pass over, False to take after all, None where no line speaks of `path`."""
        own = path[len(self.folder) :]
        return next((pattern.include for pattern in self.patterns if _fits(pattern, own)), None)


@dataclass(frozen=True, slots=True)
class Ignores:
    """What is passed over, from the outermost folder to the one at hand.

    `given` are paths that git found to be ignored, folders with a slash at the end; None where git
    was not asked, and `.gitignore` files are read instead. `.cribignore` has the last word.
    """

    given: frozenset[str] | None = None
    git: tuple[_Rules, ...] = ()
    crib: tuple[_Rules, ...] = ()

    def within(self, folder: str, names: Iterable[str]) -> "Ignores":
        """With what the ignore files among `names`, those of the files in `folder`, add to it."""
        found = self
        if ".gitignore" in names and self.given is None:
            found = replace(found, git=(_rules(folder, ".gitignore"), *found.git))
        if ".cribignore" in names:
            found = replace(found, crib=(_rules(folder, ".cribignore"), *found.crib))
        return found

    def is_repository(self, path: str) -> bool:
        """True if git is asked, and `path` has a repository of its own, such as a submodule's."""
        return self.given is not None and Path(path, ".git").exists()

    def __call__(self, path: str) -> bool:
        """True if `path` is to be passed over. A folder's ends with a slash."""
        for rules in (*self.crib, *self.git):  # the nearest file first
            if (verdict := rules.verdict(path)) is not None:
                return verdict
        if self.given is not None and path in self.given:
            return True
        return path.endswith("/") and path[:-1].rpartition("/")[2] in ALWAYS


class Folder:
    """Files below `path` whose name ends with one of `suffixes`.

    Hidden ones are passed over, and what `.gitignore` and `.cribignore` say. Links are followed to
    files inside `path` only: what they reach outside is not the user's notes, and a folder inside
    is listed at its own place. Raises NotesError if `path` is no folder.
    """

    def __init__(self, path: Path, suffixes: Collection[str]) -> None:
        if not path.is_dir():
            raise NotesError(f"no folder {path}; name one that is there: crib ingest FOLDER")
        self._suffixes = frozenset(suffixes)
        self.root = path.resolve().as_posix()
        shown = printable(self.root)
        if shown != self.root:
            raise NotesError(f"the name of {shown} is not UTF-8; rename the folder")

    def listing(self) -> Listing:
        """All files, by path, and the folders and files that cannot be looked into."""
        walk = _Walk(self.root, self._suffixes)
        walk.through(self._ignores())
        files = sorted(walk.files, key=lambda file: file.path.split("/"))
        return Listing(tuple(files), walk.unreadable, walk.ignored)

    def read(self, file: SourceFile) -> bytes:
        """The file's bytes. Raises OSError."""
        return read_whole(Path(file.path))

    def _ignores(self) -> Ignores:
        return Ignores()


def read_whole(path: Path) -> bytes:
    """The bytes of a file, read again where it was edited meanwhile. Raises OSError."""
    for _ in range(_TRIES):
        before = path.stat()
        data = path.read_bytes()
        if (before.st_size, before.st_mtime_ns) == (len(data), path.stat().st_mtime_ns):
            break
    return data


def open_folder(target: str, suffixes: Collection[str]) -> Folder | None:
    """The folder `target`; None if it is none."""
    path = Path(target)
    return Folder(path, suffixes) if path.is_dir() else None


@dataclass(slots=True)
class _Walk:
    """One walk through a folder, and what it has found."""

    root: str
    suffixes: frozenset[str]
    files: list[SourceFile] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    ignored: int = 0

    def through(self, ignores: Ignores) -> None:
        """Look into the root and all folders below it."""
        waiting = [(self.root, ignores)]
        while waiting:
            folder, above = waiting.pop()
            entries = self._entries(folder)
            here = above.within(folder, [entry.name for entry in entries])
            for path, entry in self._wanted(folder, entries):
                if here(path):
                    self.ignored += 1
                elif not path.endswith("/"):
                    self._add(path, entry)
                elif not here.is_repository(path):
                    waiting.append((path[:-1], here))

    def _entries(self, folder: str) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(folder) as found:
                return list(found)
        except OSError as error:
            self.unreadable[folder] = error.strerror or str(error)
            return []

    def _wanted(
        self, folder: str, entries: list["os.DirEntry[str]"]
    ) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
        """Folders (with a slash at the end) and files of a fitting name that are not hidden."""
        for entry in entries:
            path = f"{folder.rstrip('/')}/{entry.name}"
            if entry.name.startswith(".") or entry.name == QUIZ_FILE:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield f"{path}/", entry
            elif PurePath(entry.name).suffix.lower() in self.suffixes:
                yield path, entry

    def _add(self, path: str, entry: "os.DirEntry[str]") -> None:
        try:
            if entry.is_symlink() and not self._inside(path):
                return
            found = entry.stat()
        except FileNotFoundError:
            return  # it went away since the folder was listed, or its link leads nowhere
        except OSError as error:
            self.unreadable[path] = error.strerror or str(error)
            return
        if stat.S_ISREG(found.st_mode):  # a pipe would be waited on for ever
            self.files.append(SourceFile(path, found.st_size, found.st_mtime_ns))

    def _inside(self, path: str) -> bool:
        # Not `resolve`, which raises on a loop of links in some versions of Python.
        return Path(os.path.realpath(path)).is_relative_to(self.root)


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


class Gone:
    """A folder or file that is gone for good: nothing is left in it."""

    def __init__(self, root: str) -> None:
        self.root = root

    def listing(self) -> Listing:
        """Nothing."""
        return Listing(())

    def read(self, file: SourceFile) -> bytes:
        """Never asked: nothing is listed."""
        raise FileNotFoundError(file.path)


def _rules(folder: str, name: str) -> _Rules:
    return _Rules(f"{folder}/", tuple(_patterns(Path(folder, name)))[::-1])


def _patterns(path: Path) -> Iterator[GitIgnoreSpecPattern]:
    try:
        with path.open("rb") as stream:
            text = os.fsdecode(stream.read(_MAX_BYTES).removeprefix(b"\xef\xbb\xbf"))
    except OSError:
        return  # what cannot be read has nothing to say, to git neither
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of `re`, at odd ranges such as `[a--z]`
        for line in text.split("\n"):
            # pathspec does not know `[[:alpha:]]`, and takes it for something else.
            if len(re.findall(r"\*+", line)) <= MAX_STARS and "[:" not in line:
                with contextlib.suppress(ValueError, re.error):  # it makes no sense
                    yield GitIgnoreSpecPattern(line.removesuffix("\r"))


def _fits(pattern: GitIgnoreSpecPattern, path: str) -> bool:
    """True if the pattern means this very path. pathspec's fits all below a folder as well."""
    if pattern.regex is None:
        return False
    ends = [match.end() for match in pattern.regex.finditer(path)]
    if pattern.regex.pattern.endswith("/"):  # `folder/**`: all below, but not the folder itself
        return bool(ends) and ends[0] < len(path)
    return len(path) in ends
