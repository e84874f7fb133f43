"""EPUB books: the text of their chapters, in order, under the headings of their contents."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingest.formats.drafting import Draft, moved
from ingest.formats.epub_package import Book, Documents, open_book
from ingest.formats.html_blocks import html_blocks
from ingest.formats.tags import distinct
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

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
    fingerprint = "epub-1"
    max_bytes = 100_000_000  # pictures, which are not read

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: it is no EPUB, is locked by DRM, has no text, or is larger than a book.
        """
        documents = Documents(data)
        book = open_book(documents)
        draft = Draft()
        warnings = []
        for name, chapter, above in _chapters(book):
            html = documents.text(name)
            if html is None:
                warnings.append(f"a chapter cannot be read: {name}")
            else:
                _add(draft, html, chapter, above)
        if not draft.blocks:
            raise NotesError("it has no text to read (its pages may be pictures)")
        title = book.title or Path(file.path).stem
        read = draft.note(file, data, kind="epub", title=title, warnings=warnings)
        return replace(read, note=replace(read.note, tags=distinct(iter(book.subjects))))


def _add(draft: Draft, html: str, chapter: str, above: tuple[str, ...]) -> None:
    """Add a document of a chapter, under the headings `above` unless it repeats them itself."""
    page = html_blocks(html)
    if not page.text:
        return
    start = draft.append(page.text)
    own = next((block.headings[-1] for block in page.blocks if block.headings), "")
    before = draft.anchors[-1].label if draft.anchors else "beginning"
    draft.mark(start, chapter or own or before)
    path = _without_repeated(above, own)
    draft.blocks += (moved(block, start, path + block.headings) for block in page.blocks)


def _without_repeated(above: tuple[str, ...], own: str) -> tuple[str, ...]:
    """The headings of the contents; without the last if the chapter begins with it, too."""
    first, last = own.casefold(), above[-1].casefold() if above else ""
    return above[:-1] if first and (first in last or last in first) else above


def _chapters(book: Book) -> Iterator[tuple[str, str, tuple[str, ...]]]:
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
