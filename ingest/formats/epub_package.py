"""An EPUB -> its documents in the order they are read, and what its table of contents calls them.

Its XML is read with `html_tokens`, which expands no entities that a file declares itself;
an entity bomb stays the few bytes that it is.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.formats.archives import open_archive
from ingest.formats.epub_contents import Entry, joined, nav_entries, ncx_entries, resolved
from ingest.formats.html_tokens import Tag, Text, tokens
from ingest.readers.html import decode_html
from rag.errors import NotesError

_MOST_BYTES = 40_000_000
"""Of all documents together, unpacked. Long books have five million."""

_MOST_TAGS = 600_000
"""Of all documents together. Long books with much code in colours have half of that."""

_MOST_DOCUMENTS = 5_000

_FONTS = re.compile(r"http://(?:www\.idpf\.org/2008/embedding|ns\.adobe\.com/pdf/enc#RC)\Z")


@dataclass(frozen=True, slots=True)
class Book:
    """Title, subjects, contents, and the names of the documents in order."""

    title: str
    subjects: tuple[str, ...]
    documents: tuple[str, ...]
    contents: tuple[Entry, ...]


class Documents:
    """The files of an EPUB as text. Raises NotesError if `data` is no documents."""

    def __init__(self, data: bytes) -> None:
        self._archive = open_archive(data)
        self.names = {name.casefold(): name for name in self._archive.names}
        self._left, self._tags_left = _MOST_BYTES, _MOST_TAGS

    def text(self, name: str) -> str | None:
        """A file as text; None if it is not there, or cannot be read.

        Raises:
            NotesError: all that was read is more than a book.
        """
        found = self.names.get(name.casefold())
        if found is None:
            return None
        self._left -= self._archive.size(found)
        if self._left < 0:
            raise NotesError(f"unpacked it is larger than {_MOST_BYTES:,} bytes; split it")
        try:
            data = self._archive.read(found)
            text = decode_html(data)
        except NotesError:  # one bad chapter does not cost the others
            return None
        self._tags_left -= text.count("<")
        if self._tags_left < 0:
            raise NotesError(f"it has more than {_MOST_TAGS:,} tags; split it")
        return text


def open_book(documents: Documents) -> Book:
    """What the package document of an EPUB says.

    Raises:
        NotesError: it has none, or is locked to a reader by DRM.
    """
    _check_open(documents)
    place = _package(documents)
    package = list(tokens(documents.text(place) or ""))
    items = {tag.get("id") or "": tag for tag in _starts(package, "item")}
    order = [items.get(tag.get("idref") or "") for tag in _starts(package, "itemref")]
    where = {tag.at: resolved(place, tag.get("href") or "") for tag in items.values()}
    navs = [
        where[tag.at] for tag in items.values() if "nav" in (tag.get("properties") or "").split()
    ]
    ncx = [where[tag.at] for tag in items.values() if "dtbncx" in (tag.get("media-type") or "")]
    names = dict.fromkeys(where[tag.at] for tag in order if tag)
    contents = [*_contents(documents, navs, nav_entries), *_contents(documents, ncx, ncx_entries)]
    titles = list(_values(package, "title"))
    return Book(
        title=titles[0] if titles else "",
        subjects=tuple(_values(package, "subject")),
        documents=tuple(name for name in names if name not in navs)[:_MOST_DOCUMENTS],
        contents=tuple(contents),
    )


def _check_open(documents: Documents) -> None:
    locks = list(tokens(documents.text("META-INF/encryption.xml") or ""))
    ways = [tag.get("algorithm") or "" for tag in _starts(locks, "encryptionmethod")]
    if not all(map(_FONTS.match, ways)):  # fonts are often disguised, and are not read
        raise NotesError("it is locked (DRM); only books that any program can open are read")


def _package(documents: Documents) -> str:
    container = tokens(documents.text("META-INF/container.xml") or "")
    said = [tag.get("full-path") or "" for tag in _starts(list(container), "rootfile")]
    there = [name for key, name in documents.names.items() if key.endswith(".opf")]
    for name in (*said, *there):
        if name.casefold() in documents.names:
            return name
    raise NotesError("it is no EPUB: it does not say what it holds")


def _contents(
    documents: Documents, names: list[str], read: Callable[[str, str], Iterator[Entry]]
) -> Iterator[Entry]:
    for name in names:
        yield from read(documents.text(name) or "", name)


def _starts(found: Sequence[Tag | Text], name: str) -> Iterator[Tag]:
    for token in found:
        if isinstance(token, Tag) and token.name == name and not token.is_end:
            yield token


def _values(found: Sequence[Tag | Text], name: str) -> Iterator[str]:
    for token, after in pairwise(found):
        if isinstance(token, Tag) and token.name == name and isinstance(after, Text):
            if not token.is_end and after.words.strip():
                yield joined([after.words])
