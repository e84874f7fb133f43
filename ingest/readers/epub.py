"""EPUB books: the text of their chapters, in order, under the headings of their contents."""

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import unquote

from lxml import etree

from ingest.document import Draft, distinct_blocks, moved_block
from ingest.readers.archives import open_archive
from ingest.readers.html import HtmlText, decode_html, local_name, parse_html, read_html
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

_MAX_BYTES = 40_000_000
"""Of all documents together, unpacked. Long books have five million."""

_MAX_TAGS = 600_000
"""Of all documents together. Long books with much code in colours have half of that."""

_MOST_DOCUMENTS = 5_000

_DEEPEST = 6
"""Levels of a table of contents."""

_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>")
"""Where entities are declared, which nothing here is to expand."""

_FONTS = re.compile(r"http://(?:www\.idpf\.org/2008/embedding|ns\.adobe\.com/pdf/enc#RC)\Z")

_NUMBERED = re.compile(
    r"(?:chapter|part|section|book|lecture|unit|lesson|week|appendix)\b|\d", re.I
)
_UNNUMBERED = re.compile(
    r"(?:cover|title ?page|half.?title|(?:table of )?contents|copyright|dedication|foreword|preface"
    r"|prologue|epilogue|introduction|acknowledge?ments?|about the authors?|notes|bibliography"
    r"|references|glossary|index|colophon|also by)\b",
    re.I,
)


class EpubReader:
    """Reads EPUB 2 and 3."""

    suffixes = frozenset({".epub"})
    fingerprint = "epub-2"
    max_bytes = 100_000_000  # pictures, which are not read

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: it is no EPUB, is locked by DRM, has no text, or is larger than a book.
        """
        documents = _Documents(data)
        book = _open_book(documents)
        draft = Draft()
        warnings = []
        for name, chapter, above in _chapters(book):
            html = documents.text(name)
            try:
                page = None if html is None else read_html(html)
            except NotesError:  # one bad chapter does not cost the others
                page = None
            if page is None:
                warnings.append(f"a chapter cannot be read: {name}")
            else:
                _add(draft, page, chapter, above)
        if not draft.blocks:
            raise NotesError("it has no text to read (its pages may be pictures)")
        title = book.title or PurePath(file.path).stem
        tags = distinct_blocks(iter(book.subjects))
        return draft.note(file, data, kind="epub", title=title, tags=tags, warnings=warnings)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the table of contents: where it leads, and its words below those above it."""

    document: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Book:
    """Title, subjects, contents, and the names of the documents in order."""

    title: str
    subjects: tuple[str, ...]
    documents: tuple[str, ...]
    contents: tuple[_Entry, ...]


class _Documents:
    """The files of an EPUB. Raises NotesError if `data` is no archive."""

    def __init__(self, data: bytes) -> None:
        self._archive = open_archive(data)
        self.names = {name.casefold(): name for name in self._archive.names}
        self._bytes_left, self._tags_left = _MAX_BYTES, _MAX_TAGS

    def text(self, name: str) -> str | None:
        """A file as text; None if it is not there, or cannot be read.

        Raises:
            NotesError: all that was read is more than a book.
        """
        found = self.names.get(name.casefold())
        if found is None:
            return None
        self._bytes_left -= self._archive.size(found)
        if self._bytes_left < 0:
            raise NotesError(f"unpacked it is larger than {_MAX_BYTES:,} bytes; split it")
        try:
            text = decode_html(self._archive.read(found))
        except NotesError:  # one bad chapter does not cost the others
            return None
        self._tags_left -= text.count("<")
        if self._tags_left < 0:
            raise NotesError(f"it has more than {_MAX_TAGS:,} tags; split it")
        return text

    def xml(self, name: str) -> etree._Element:
        """The root of an XML file, mended where it is damaged; an empty one if there is none.

        Entities that it declares are not expanded, and nothing is fetched.
        """
        data = _DOCTYPE.sub("", self.text(name) or "", count=1).encode("utf-8", "replace")
        parser = etree.XMLParser(
            encoding="utf-8", recover=True, resolve_entities=False, no_network=True
        )
        root = etree.fromstring(data, parser) if data else None
        return etree.Element("none") if root is None else root


def _open_book(documents: _Documents) -> _Book:
    """What the package document of an EPUB says.

    Raises:
        NotesError: it has none, or is locked to a reader by DRM.
    """
    locks = _named(documents.xml("META-INF/encryption.xml"), "encryptionmethod")
    if not all(_FONTS.match(lock.get("Algorithm", "")) for lock in locks):
        # Fonts are often disguised, and are not read.
        raise NotesError("it is locked (DRM); only books that any program can open are read")
    place = _package(documents)
    package = documents.xml(place)
    items = {item.get("id", ""): item for item in _named(package, "item")}
    where = {key: _resolved(place, item.get("href", "")) for key, item in items.items()}
    navs = [where[key] for key, one in items.items() if "nav" in one.get("properties", "").split()]
    ncx = [where[key] for key, one in items.items() if "dtbncx" in one.get("media-type", "")]
    order = [reference.get("idref", "") for reference in _named(package, "itemref")]
    names = dict.fromkeys(where[key] for key in order if key in where)
    contents = [entry for name in navs for entry in _nav_entries(documents, name)]
    contents += [entry for name in ncx for entry in _ncx_entries(documents, name)]
    titles, subjects = (
        tuple(filter(None, (_words(one) for one in _named(package, name))))
        for name in ("title", "subject")
    )
    return _Book(
        title=titles[0] if titles else "",
        subjects=subjects,
        documents=tuple(name for name in names if name not in navs)[:_MOST_DOCUMENTS],
        contents=tuple(contents),
    )


def _package(documents: _Documents) -> str:
    """The name of the package document."""
    roots = _named(documents.xml("META-INF/container.xml"), "rootfile")
    said = [str(root.get("full-path", "")) for root in roots]
    there = [name for key, name in documents.names.items() if key.endswith(".opf")]
    for name in (*said, *there):
        if name.casefold() in documents.names:
            return name
    raise NotesError("it is no EPUB: it does not say what it holds")


def _nav_entries(documents: _Documents, name: str) -> Iterator[_Entry]:
    """The table of contents as EPUB 3 has it: lists of links, of which one says that it is it."""
    html, navs = documents.text(name), []
    with suppress(NotesError):  # contents that cannot be read do not cost the book
        root = parse_html(html or "")
        navs = [] if root is None else [*root.iter("nav"), root]
    contents = next((nav for nav in navs if "toc" in nav.get("epub:type", "").split()), None)
    path: list[str] = []
    for link in _named(navs[-1] if contents is None and navs else contents, "a", "span"):
        path = [*path[: max(0, _depth(link, "ol") - 1)], _words(link)]
        if link.tag == "a":
            yield _Entry(_resolved(name, link.get("href", "")), tuple(path))


def _ncx_entries(documents: _Documents, name: str) -> Iterator[_Entry]:
    """The table of contents as EPUB 2 has it."""
    path: list[str] = []
    for point in _named(documents.xml(name), "navpoint"):
        label, content = point.find("{*}navLabel/{*}text"), point.find("{*}content")
        path = [*path[: _depth(point, "navpoint")], "" if label is None else _words(label)]
        if content is not None:
            yield _Entry(_resolved(name, content.get("src", "")), tuple(path))


def _named(root: etree._Element | None, *names: str) -> Iterator[etree._Element]:
    """Elements of these names, whatever their prefix, which books forget to declare."""
    for element in root.iter(etree.Element) if root is not None else ():
        if local_name(element) in names:
            yield element


def _depth(element: etree._Element, name: str) -> int:
    above = sum(1 for one in element.iterancestors() if local_name(one) == name)
    return min(above, _DEEPEST)


def _words(element: etree._Element) -> str:
    """Words of an element with single blanks between them."""
    return str(element.xpath("normalize-space()"))


def _resolved(place: str, reference: str) -> str:
    """The name in the archive of what a document at `place` refers to."""
    path = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), path))


def _add(draft: Draft, page: HtmlText, chapter: str, above: tuple[str, ...]) -> None:
    """Add a document of a chapter, under the headings `above` unless it repeats them itself."""
    if not page.text:
        return
    start = draft.append(page.text)
    own = next((block.headings[-1] for block in page.blocks if block.headings), "")
    before = draft.anchors[-1].label if draft.anchors else "beginning"
    draft.mark(start, chapter or own or before)
    path = _without_repeated(above, own)
    draft.blocks += (moved_block(block, start, path + block.headings) for block in page.blocks)


def _without_repeated(above: tuple[str, ...], own: str) -> tuple[str, ...]:
    """The headings of the contents; without the last if the chapter begins with it, too."""
    first, last = own.casefold(), above[-1].casefold() if above else ""
    return above[:-1] if first and (first in last or last in first) else above


def _chapters(book: _Book) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each document with its chapter's label (if any), and the headings of the contents above it.

    A document that the contents do not name goes on with the chapter before.
    """
    named: dict[str, tuple[str, ...]] = {}
    for entry in book.contents:
        named.setdefault(entry.document, tuple(filter(None, entry.path)))
    number, label = 0, ""
    above: tuple[str, ...] = ()
    for name in book.documents:
        if path := named.get(name):
            above = path
            is_counted = not _UNNUMBERED.match(path[-1])
            number += is_counted
            label = _label(path[-1], number if is_counted else 0)
        yield name, label, above


def _label(title: str, number: int) -> str:
    return title if _NUMBERED.match(title) or not number else f"chapter {number}: {title}"
