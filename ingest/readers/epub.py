"""EPUB books: the text of their chapters, in order, under the headings of their contents."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ingest.html_blocks import html_blocks
from ingest.readers.epub_package import Archive, Book, open_book
from ingest.tags import distinct
from ingest.types import Block, ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Anchor, Note, Span

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

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: it is no EPUB, is locked by DRM, has no text, or is larger than a book.
        """
        archive = Archive(data)
        book = open_book(archive)
        found = _Text()
        warnings = []
        for name, chapter, above in _chapters(book):
            html = archive.text(name)
            if html is None:
                warnings.append(f"a chapter cannot be read: {name}")
            else:
                found.add(html, chapter, above)
        if not found.size:
            raise NotesError("it has no text to read (its pages may be pictures)")
        note = Note(
            path=file.path,
            title=book.title or Path(file.path).stem,
            text="".join(found.parts),
            digest=hashlib.sha256(data).hexdigest(),
            kind="epub",
            modified=file.modified_ns / 1e9,
            tags=distinct(iter(book.subjects)),
            anchors=tuple(found.anchors),
        )
        return ReadNote(note, tuple(found.blocks), tuple(warnings))


class _Text:
    """Chapters, one after the other."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.blocks: list[Block] = []
        self.anchors: list[Anchor] = []

    def add(self, html: str, chapter: str, above: tuple[str, ...]) -> None:
        """A document of a chapter, under the headings `above` unless it repeats them itself."""
        page = html_blocks(html)
        if not page.text:
            return
        if self.size:
            self.parts.append("\n\n")
            self.size += 2
        own = next((block.headings[-1] for block in page.blocks if block.headings), "")
        label = chapter or own or (self.anchors[-1].label if self.anchors else "beginning")
        if not self.anchors or self.anchors[-1].label != label:
            self.anchors.append(Anchor(self.size, label))
        path = _without_repeated(above, own)
        self.blocks += (_moved(block, self.size, path) for block in page.blocks)
        self.parts.append(page.text)
        self.size += len(page.text)


def _moved(block: Block, by: int, above: tuple[str, ...]) -> Block:
    lead = block.lead and Span(block.lead.start + by, block.lead.end + by)
    headings = above + block.headings
    breaks = tuple(at + by for at in block.breaks)
    return Block(block.kind, block.start + by, block.end + by, headings, breaks, lead)


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
