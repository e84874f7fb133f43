"""PDF files: the text layer, page by page.

A page knows no structure, only where which line is set and how large. What is read off:

- Headings: bookmarks, at the lines that hold their titles; without any, lines in larger type.
- Paragraphs: where the distance between two lines is larger than is usual.
- Running heads and page numbers: lines at the edge that come back on most pages, but for digits,
  that stand apart at the same height on some, or that hold the page's own number on most. They are
  kept once, in front, as "meta"; without them a sentence stays whole that goes on over the page.
- Words that are hyphenated at a line's end are joined if the whole word stands elsewhere too.
"""

import io
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby, pairwise, takewhile

from pypdf import PageObject
from pypdf import PdfReader as Document
from pypdf.errors import DependencyError
from pypdf.generic import Destination

from ingest.document import Draft, Piece
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

_HEADING_LINES = 3
_HEADING_CHARACTERS = 150
_LEVELS = 6
_BULLET = re.compile(r"[•‣◦▪▫●○■□∙·–—*-]\s+\S")  # noqa: RUF001 (dashes of lists)
_NUMBERING = re.compile(r"(?:chapter|section|appendix|part|lecture|kapitel)?[\divxlca-h]{0,6}")

LARGER = 1.15
"""Headings are set at least this much larger than what most of the text is set in."""

_MOST_PAGES = 0.4
"""Share of pages on which a line comes back: less than half, as left and right pages may differ."""

_SAME_PLACE = 3
"""Pages on which it comes back at the same height: the running head of a chapter."""

_EDGE = 2

WORD = re.compile(r"[^\W\d_]+")
"""Letters only."""

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_HYPHENATED = re.compile(r"(\w*[^\W\d_])[-\u00ad\u2010]$")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: where it leads to, in height above the foot if it says so."""

    title: str
    level: int
    page: int
    top: float | None = None


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading that begins at a line, and takes `lines` of them; none if it stands in none."""

    level: int
    title: str
    lines: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text on a page (from 1), its size of type and height above the page's foot."""

    text: str
    page: int
    size: float
    y: float


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
        title = _metadata_title(document) or _title_line(lines)
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


def _lines(document: Document) -> tuple[list[list[_Line]], list[str]]:
    """Lines of each page, and what is wrong with pages."""
    pages: list[list[_Line]] = []
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


def _page_lines(page: PageObject, number: int) -> Iterator[_Line]:
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


def _joined(pieces: Iterable[tuple[str, float, float]], number: int) -> Iterator[_Line]:
    """Pieces of text with their size and height on the page -> lines."""
    current: list[tuple[str, float, float]] = []
    for text, size, y in pieces:
        first, *more = text.split("\n")
        current.append((first, size, y))
        for part in more:
            yield from _line(current, number)
            current = [(part, size, y)]
    yield from _line(current, number)


def _line(pieces: Sequence[tuple[str, float, float]], number: int) -> Iterator[_Line]:
    text = "".join(piece[0] for piece in pieces).translate(_LIGATURES).strip()
    filled = [piece for piece in pieces if piece[0].strip()]
    if filled and text.strip(_UNKNOWN):
        _, size, y = max(filled, key=lambda piece: len(piece[0].strip()))
        yield _Line(text, number, size, y)


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


def draw_up(
    draft: Draft,
    pages: Sequence[Sequence[_Line]],
    bookmarks: Sequence[Bookmark],
    labels: Sequence[str],
) -> None:
    """Add all lines of `pages` to `draft`; `labels` name the pages."""
    running = running_lines(pages, labels)
    kept = [line for page in pages for line in page if line not in running]
    lines = list(unhyphenated(kept))
    headings = _from_bookmarks(lines, bookmarks) if len(bookmarks) > 1 else _from_sizes(lines)
    draft.add("meta", [Piece(text) for text in once(running)])
    for group, found in _groups(lines, headings):
        pieces = [_piece(line, labels) for line in group]
        for heading in found:
            taken = pieces[: heading.lines] or [Piece(heading.title, pieces[0].place)]
            draft.heading(heading.level, taken)
            pieces = pieces[heading.lines :]
        is_list = any(piece.begins for piece in pieces)
        draft.add("list" if is_list else "paragraph", pieces)


def _piece(line: _Line, labels: Sequence[str]) -> Piece:
    return Piece(line.text, labels[line.page - 1], bool(_BULLET.match(line.text)))


def _title_line(lines: Sequence[_Line]) -> str:
    """What the first page sets in the largest type, if that is a few words; else nothing."""
    first = [line for line in lines if line.page == lines[0].page]
    largest = max(line.size for line in first)
    if largest < LARGER * body_size(lines):
        return ""
    title = " ".join(line.text for line in first if line.size > 0.95 * largest)
    return title if len(title) <= _HEADING_CHARACTERS else ""


def _from_sizes(lines: Sequence[_Line]) -> Mapping[int, list[_Heading]]:
    """Headings by the place of their first line: short lines in larger type, by size."""
    least = LARGER * body_size(lines)
    starts: dict[int, int] = {}
    place = 0
    while place < len(lines):
        end = place + 1
        while end < len(lines) and _same_type(lines[place], lines[end]):
            end += 1
        text = " ".join(line.text for line in lines[place:end])
        is_short = end - place <= _HEADING_LINES and len(text) <= _HEADING_CHARACTERS
        if lines[place].size >= least and is_short and len("".join(WORD.findall(text))) > 2:
            starts[place] = end - place
        place = end
    sizes = sorted({rounded(lines[start].size) for start in starts}, reverse=True)
    return {
        start: [_Heading(min(1 + sizes.index(rounded(lines[start].size)), _LEVELS), "", count)]
        for start, count in starts.items()
    }


def _same_type(one: _Line, other: _Line) -> bool:
    return one.page == other.page and rounded(one.size) == rounded(other.size)


def _from_bookmarks(
    lines: Sequence[_Line], bookmarks: Sequence[Bookmark]
) -> Mapping[int, list[_Heading]]:
    """Headings by the place of their line. Where no line holds it, a title is put in by itself."""
    starts: dict[int, int] = {}
    for place, line in enumerate(lines):
        starts.setdefault(line.page, place)
    found: dict[int, list[_Heading]] = {}
    position = 0
    for mark in bookmarks:
        if mark.page in starts:
            place, count = _find(lines, mark, max(position, starts[mark.page]))
            if place < len(lines):
                found.setdefault(place, []).append(_Heading(mark.level, mark.title, count))
                position = place + count
    return found


def _find(lines: Sequence[_Line], mark: Bookmark, begin: int) -> tuple[int, int]:
    """Where the title of a bookmark stands from `begin` on, on its page, and on how many lines."""
    end = begin
    while end < len(lines) and lines[end].page == mark.page:
        end += 1
    title = _plain(mark.title)
    for place in range(begin, end):
        joined = ""
        for count in range(1, min(_HEADING_LINES, end - place) + 1):
            joined += _plain(lines[place + count - 1].text)
            if joined and _is_title(joined, title):
                return place, count
    below = (p for p in range(begin, end) if mark.top is not None and lines[p].y <= mark.top)
    return next(below, begin), 0


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _is_title(text: str, title: str) -> bool:
    """True if they are the same but for a number in front of either."""
    longer, shorter = (text, title) if len(text) > len(title) else (title, text)
    before = longer.removesuffix(shorter) if shorter else longer
    return longer.endswith(shorter) and bool(shorter) and bool(_NUMBERING.fullmatch(before))


def _groups(
    lines: Sequence[_Line], headings: Mapping[int, list[_Heading]]
) -> Iterator[tuple[list[_Line], list[_Heading]]]:
    """Paragraphs, the headings that one begins with being part of it."""
    leading = _leading(lines)
    group: list[_Line] = []
    found: list[_Heading] = []
    for place, line in enumerate(lines):
        is_inside = len(group) < sum(heading.lines for heading in found)
        parted = bool(group) and not is_inside and _parted(group[-1], line, leading)
        if group and (place in headings or parted):
            yield group, found
            group, found = [], []
        if not group:
            found = headings.get(place, [])
        group.append(line)
    if group:
        yield group, found


def _leading(lines: Sequence[_Line]) -> float:
    """The usual distance between lines."""
    steps: Counter[float] = Counter()
    for above, below in pairwise(lines):
        if above.page == below.page and above.y > below.y:
            steps[rounded(above.y - below.y)] += 1
    return steps.most_common(1)[0][0] if steps else 0.0


def _parted(above: _Line, below: _Line, leading: float) -> bool:
    """True if a new paragraph begins. One that goes on over the page, or up a column, is one."""
    if above.page == below.page and above.y >= below.y:
        return above.y - below.y > 1.35 * max(leading, above.size)
    goes_on = above.text[-1:] not in '.!?:"”' and below.text[:1].islower()
    return not goes_on


def body_size(lines: Sequence[_Line]) -> float:
    """The size that most letters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def rounded(size: float) -> float:
    """To half a point."""
    return round(size * 2) / 2


def running_lines(pages: Sequence[Sequence[_Line]], labels: Sequence[str]) -> Mapping[_Line, str]:
    """Lines that run along, and what of each is the same on other pages. `labels` name pages."""
    largest = LARGER * body_size([line for page in pages for line in page])
    edges = [[line for line in _edges(page) if line.size < largest] for page in pages if page]
    numbered = {
        line for page in edges for line in page if _holds_number(line.text, labels[line.page - 1])
    }
    # Two pages are too few to tell.
    if len({line.page for line in numbered}) < max(3, len(edges) / 2):
        numbered = set()
    times = Counter(form for page in edges for form in {_form(line) for line in page})
    placed = Counter((_form(line), round(line.y)) for page in pages for line in _apart(page))
    enough = max(3, _MOST_PAGES * len(edges))
    running = {
        line
        for page in edges
        for line in page
        if line in numbered
        or times[_form(line)] >= enough
        or placed[_form(line), round(line.y)] >= _SAME_PLACE
    }
    found = {line: _form(line) for page in pages for line in _outermost(page, running)}
    return found if len(found) < sum(map(len, pages)) else {}


def once(running: Mapping[_Line, str]) -> Iterator[str]:
    """What runs along, as it stands where it comes first."""
    seen: set[str] = set()
    for line, form in running.items():
        if form not in seen:
            yield line.text
        seen.add(form)


def _edges(page: Sequence[_Line]) -> list[_Line]:
    """The highest and lowest lines. Where little else is on the page, all of it is edge."""
    by_height = sorted(page, key=lambda line: -line.y)
    return list(dict.fromkeys([*by_height[:_EDGE], *by_height[-_EDGE:]]))


def _outermost(page: Sequence[_Line], running: Collection[_Line]) -> Iterator[_Line]:
    """Those that run along, from the edge to the first that does not."""
    by_height = sorted(page, key=lambda line: -line.y)
    yield from takewhile(running.__contains__, by_height)
    yield from takewhile(running.__contains__, reversed(by_height))


def _apart(page: Sequence[_Line]) -> list[_Line]:
    """The highest and the lowest line, where they stand apart.

    The first line of a page's text is as near to the second as any other.
    """
    by_height = sorted(page, key=lambda line: line.y)
    pairs = [by_height[:2], by_height[:-3:-1]] if len(page) > 2 else []
    return [line for line, other in pairs if abs(line.y - other.y) > 1.5 * other.size]


def _form(line: _Line) -> str:
    return _DIGITS.sub("#", line.text.casefold())


def _holds_number(text: str, label: str) -> bool:
    """True if a line begins or ends with its page's number and is short enough to be no text."""
    numbers = {word.strip(",") for word in label.split()[1:2]}
    words = text.split()
    return len(text) < 100 and bool(numbers & {words[0], words[-1]})


def unhyphenated(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Join words that are cut at a line's end, if they stand somewhere in one piece."""
    known = {word for line in lines for word in WORD.findall(line.text.casefold())}
    carried = ""
    for line, following in pairwise([*lines, _Line("", 0, 0, 0)]):
        text = line.text[len(carried) :].lstrip() if carried else line.text
        carried = ""
        cut, rest = _HYPHENATED.search(text), WORD.match(following.text)
        if cut and rest and rest[0][0].islower() and (cut[1] + rest[0]).casefold() in known:
            carried = rest[0]
            following_text = following.text[len(carried) :]
            tail = re.match(r"[^\s\w]*", following_text)
            carried += tail[0] if tail else ""
            text = text[: cut.end(1)] + carried
        if text:
            yield replace(line, text=text)
