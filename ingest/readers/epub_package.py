"""An EPUB -> its documents in the order they are read, and what its table of contents calls them.

The archive is read in memory and nothing is written, so names that climb out of it lead nowhere.
Its XML is read with `ingest.html_tokens`, which expands no entities that a file declares itself;
an entity bomb stays the few bytes that it is.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from urllib.parse import unquote

from ingest.html_tokens import Tag, Text, tokens
from ingest.readers.html import decode_html
from rag.errors import NotesError

_MOST_BYTES = 40_000_000
"""Of all documents together, unpacked. Long books have five million."""

_MOST_TAGS = 600_000
"""Of all documents together. Long books with much code in colours have half of that."""

_MOST_DOCUMENTS = 5_000

_DEEPEST = 6
"""Levels of a table of contents."""

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError),
    *(RuntimeError, NotImplementedError),  # a password; a way of packing that is unknown
)
_FONTS = re.compile(r"http://(?:www\.idpf\.org/2008/embedding|ns\.adobe\.com/pdf/enc#RC)\Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents: where it leads, and its words below those above it."""

    document: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """Title, subjects, contents, and the names of the documents in order."""

    title: str
    subjects: tuple[str, ...]
    documents: tuple[str, ...]
    contents: tuple[Entry, ...]


class Archive:
    """The files of an EPUB. Raises NotesError if there are none."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except _BROKEN as error:
            raise NotesError("it is no EPUB, or a broken one") from error
        self.names = {name.casefold(): name for name in self._zip.namelist()}
        self._left, self._tags_left = _MOST_BYTES, _MOST_TAGS

    def text(self, name: str) -> str | None:
        """A file as text; None if it is not there, or cannot be read.

        Raises:
            NotesError: all that was read is more than a book.
        """
        found = self.names.get(name.casefold())
        if found is None:
            return None
        try:
            with self._zip.open(found) as stream:
                data = stream.read(self._left + 1)
        except _BROKEN:
            return None
        self._left -= len(data)
        if self._left < 0:
            raise NotesError(f"unpacked it is larger than {_MOST_BYTES:,} bytes; split it")
        self._tags_left -= data.count(b"<")
        if self._tags_left < 0:
            raise NotesError(f"it has more than {_MOST_TAGS:,} tags; split it")
        try:
            return decode_html(data)
        except NotesError:
            return None


def open_book(archive: Archive) -> Book:
    """What the package document of an EPUB says.

    Raises:
        NotesError: it has none, or is locked to a reader by DRM.
    """
    _check_open(archive)
    place = _package(archive)
    package = list(tokens(archive.text(place) or ""))
    items = {tag.get("id") or "": tag for tag in _starts(package, "item")}
    order = [items.get(tag.get("idref") or "") for tag in _starts(package, "itemref")]
    where = {tag.at: _resolved(place, tag.get("href") or "") for tag in items.values()}
    navs = [
        where[tag.at] for tag in items.values() if "nav" in (tag.get("properties") or "").split()
    ]
    ncx = [where[tag.at] for tag in items.values() if "dtbncx" in (tag.get("media-type") or "")]
    names = dict.fromkeys(where[tag.at] for tag in order if tag)
    contents = [*_contents(archive, navs, _nav_entries), *_contents(archive, ncx, _ncx_entries)]
    titles = list(_values(package, "title"))
    return Book(
        title=titles[0] if titles else "",
        subjects=tuple(_values(package, "subject")),
        documents=tuple(name for name in names if name not in navs)[:_MOST_DOCUMENTS],
        contents=tuple(contents),
    )


def _check_open(archive: Archive) -> None:
    locks = list(tokens(archive.text("META-INF/encryption.xml") or ""))
    ways = [tag.get("algorithm") or "" for tag in _starts(locks, "encryptionmethod")]
    if not all(map(_FONTS.match, ways)):  # fonts are often disguised, and are not read
        raise NotesError("it is locked (DRM); only books that any program can open are read")


def _package(archive: Archive) -> str:
    container = tokens(archive.text("META-INF/container.xml") or "")
    said = [tag.get("full-path") or "" for tag in _starts(list(container), "rootfile")]
    there = [name for key, name in archive.names.items() if key.endswith(".opf")]
    for name in (*said, *there):
        if name.casefold() in archive.names:
            return name
    raise NotesError("it is no EPUB: it does not say what it holds")


def _contents(
    archive: Archive, names: list[str], read: Callable[[str, str], Iterator[Entry]]
) -> Iterator[Entry]:
    for name in names:
        yield from read(archive.text(name) or "", name)


def _nav_entries(text: str, place: str) -> Iterator[Entry]:
    """Entries of a navigation document: a list of links, of which one says that it is it."""
    found = list(tokens(text))
    starts = [at for at, token in enumerate(found) if isinstance(token, Tag) and _is_toc(token)]
    path: list[str] = []
    words: list[str] = []
    depth, target = 0, ""
    for token in found[starts[0] + 1 if starts else 0 :]:
        if isinstance(token, Text):
            words.append(token.words)
        elif token.name == "nav" and token.is_end:
            return
        elif token.name == "ol":
            depth += -1 if token.is_end else 1
        elif token.name in {"a", "span"} and not token.is_end:
            target, words = _resolved(place, token.get("href") or ""), []
        elif token.name in {"a", "span"}:
            path = [*path[: max(0, min(depth, _DEEPEST) - 1)], _joined(words)]
            if token.name == "a":
                yield Entry(target, tuple(path))


def _ncx_entries(text: str, place: str) -> Iterator[Entry]:
    """Entries of a table of contents as EPUB 2 has it."""
    path: list[str] = []
    words: list[str] = []
    depth = 0
    for token in tokens(text):
        if isinstance(token, Text):
            words.append(token.words)
        elif token.name == "navpoint":
            depth += -1 if token.is_end else 1
        elif token.name == "text" and not token.is_end:
            words = []
        elif token.name == "text" and depth > 0:
            path = [*path[: min(depth, _DEEPEST) - 1], _joined(words)]
        elif token.name == "content" and depth > 0:
            yield Entry(_resolved(place, token.get("src") or ""), tuple(path))


def _is_toc(tag: Tag) -> bool:
    return tag.name == "nav" and not tag.is_end and "toc" in (tag.get("epub:type") or "").split()


def _starts(found: Sequence[Tag | Text], name: str) -> Iterator[Tag]:
    for token in found:
        if isinstance(token, Tag) and token.name == name and not token.is_end:
            yield token


def _values(found: Sequence[Tag | Text], name: str) -> Iterator[str]:
    for token, after in pairwise(found):
        if isinstance(token, Tag) and token.name == name and isinstance(after, Text):
            if not token.is_end and after.words.strip():
                yield _joined([after.words])


def _joined(words: Sequence[str]) -> str:
    return " ".join("".join(words).split())


def _resolved(place: str, reference: str) -> str:
    """The name in the archive of what a document at `place` refers to."""
    path = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
