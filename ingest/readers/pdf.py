"""PDF files: the text layer, page by page, with headings from bookmarks or from sizes of type."""

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby

from pypdf import PageObject
from pypdf import PdfReader as Document
from pypdf.errors import DependencyError
from pypdf.generic import Destination

from ingest.formats.drafting import Draft
from ingest.formats.pdf_layout import Bookmark, draw_up, title_line
from ingest.formats.pdf_typeset import Line
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

MAX_PAGES = 5_000

_OCR = "run OCR first, for instance: ocrmypdf in.pdf out.pdf"

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)
"""Two letters that are set as one are two letters to whoever looks for the word."""

_UNKNOWN = "\ufffd "
"""What stands for letters of a font that does not say which ones its shapes are."""

_BLANK_CONTENT = 200
"""Bytes of drawing below which a page without text and pictures is blank."""

_MADE_UP = re.compile(
    r"untitled|microsoft \w+ - |.*\.(?:docx?|pptx?|odt|tex|dvi|pdf|indd|qxd)$", re.I | re.S
)
"""Titles that programs give: the name of a file, or none."""


class PdfReader:
    """Reads what can be selected and copied in a viewer; it does not look at pictures."""

    suffixes = frozenset({".pdf"})
    fingerprint = "pdf-1"

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`. Its anchors are pages.

        Raises:
            NotesError: it is locked, has no text layer, or more than `MAX_PAGES`.
        """
        document = _opened(data)
        pages, warnings = _lines(document)
        lines = [line for page in pages for line in page]
        if not lines:
            raise NotesError(warnings[0] if warnings else "it holds no text")
        draft = Draft()
        draw_up(draft, pages, _bookmarks(document), _labels(document))
        title = _metadata_title(document) or title_line(lines)
        return draft.note(file, data, kind="pdf", title=title, warnings=warnings)


def _opened(data: bytes) -> Document:
    if b"%PDF-" not in data[:1024]:
        raise NotesError("it is not what its name says")
    try:
        document = Document(io.BytesIO(data))
        locked = document.is_encrypted and not document.decrypt("")
    except DependencyError as error:
        raise NotesError("it is locked in a way that is not known; save it unlocked") from error
    if locked:
        raise NotesError("it is locked with a password; save it without one")
    if len(document.pages) > MAX_PAGES:
        raise NotesError(
            f"{len(document.pages):,} pages, the most for a note is {MAX_PAGES:,}; split it"
        )
    return document


def _lines(document: Document) -> tuple[list[list[Line]], list[str]]:
    """Lines of each page, and what is wrong with pages."""
    pages: list[list[Line]] = []
    pictures: list[int] = []
    warnings: list[str] = []
    for number, page in enumerate(document.pages, 1):
        try:
            lines = list(_page_lines(page, number))
            if not lines and not _is_blank(page):
                pictures.append(number)
        except MemoryError:
            raise
        except Exception as error:  # one bad page does not cost the others
            lines = []
            warnings.append(f"page {number} is damaged and not read ({type(error).__name__})")
        pages.append(lines)
    if pictures:
        are = "have" if len(pictures) > 1 else "has"
        warnings.append(f"{_ranges(pictures)} {are} no text layer; {_OCR}")
    return pages, warnings


def _page_lines(page: PageObject, number: int) -> Iterator[Line]:
    """Lines as pypdf's plain mode finds them; its layout mode puts two spaces between words."""
    pieces: list[tuple[str, float, float]] = []

    def visit(
        text: str, place: Sequence[float], matrix: Sequence[float], _: object, size: float
    ) -> None:
        if text:
            scale = math.hypot(
                matrix[2] * place[0] + matrix[3] * place[2],
                matrix[2] * place[1] + matrix[3] * place[3],
            )
            y = matrix[4] * place[1] + matrix[5] * place[3] + place[5]
            pieces.append((text, abs(size) * scale, y))

    page.extract_text(visitor_text=visit)
    yield from _joined(pieces, number)


def _joined(pieces: Iterable[tuple[str, float, float]], number: int) -> Iterator[Line]:
    """Pieces of text with their size and height on the page -> lines."""
    current: list[tuple[str, float, float]] = []
    for text, size, y in pieces:
        first, *more = text.split("\n")
        current.append((first, size, y))
        for part in more:
            yield from _line(current, number)
            current = [(part, size, y)]
    yield from _line(current, number)


def _line(pieces: Sequence[tuple[str, float, float]], number: int) -> Iterator[Line]:
    text = "".join(piece[0] for piece in pieces).translate(_LIGATURES).strip()
    filled = [piece for piece in pieces if piece[0].strip()]
    if filled and text.strip(_UNKNOWN):
        _, size, y = max(filled, key=lambda piece: len(piece[0].strip()))
        yield Line(text, number, size, y)


def _is_blank(page: PageObject) -> bool:
    resources = page.get("/Resources")
    pictures = resources and "/XObject" in resources.get_object()
    contents = page.get_contents()
    return not pictures and (contents is None or len(contents.get_data()) < _BLANK_CONTENT)


def _ranges(numbers: Sequence[int]) -> str:
    """Pages 3, 5-9."""
    runs = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ends = [(run[0][1], run[-1][1]) for run in (list(run) for _, run in runs)]
    shown = [f"{first}-{last}" if last > first else f"{first}" for first, last in ends]
    more = ", ..." if len(shown) > 10 else ""
    return f"{'pages' if len(numbers) > 1 else 'page'} {', '.join(shown[:10])}{more}"


def _bookmarks(document: Document) -> list[Bookmark]:
    """The outline, as far as it leads to pages. A damaged one is none."""
    with suppress(Exception):
        return list(_walk(document, document.outline, 1))
    return []


def _walk(document: Document, entries: Iterable[object], level: int) -> Iterator[Bookmark]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _walk(document, entry, level + 1)
        elif isinstance(entry, Destination) and entry.title:
            page = document.get_destination_page_number(entry)
            if page is not None and page >= 0:
                top = entry.top
                yield Bookmark(str(entry.title), level, page + 1, float(top) if top else None)


def _labels(document: Document) -> list[str]:
    """What a citation calls each page: as it is printed, with its place if that is another."""
    count = len(document.pages)
    printed: list[str] = []
    with suppress(Exception):
        printed = document.page_labels
    if len(printed) != count:
        printed = [str(number) for number in range(1, count + 1)]
    return [
        f"page {number}"
        if label.strip() in {"", str(number)}
        else f"page {label}, {number} of {count}"
        for number, label in enumerate(printed, 1)
    ]


def _metadata_title(document: Document) -> str:
    with suppress(Exception):
        title = str((document.metadata and document.metadata.title) or "").strip()
        return "" if _MADE_UP.match(title) else title
    return ""
