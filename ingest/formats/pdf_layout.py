"""Lines of type on pages -> headings and paragraphs.

A page knows no structure, only where which line is set and how large. What is read off:

- Headings: bookmarks, at the lines that hold their titles; without any, lines in larger type.
- Paragraphs: where the distance between two lines is larger than is usual.

What runs along at a page's edge is kept once, in front, as "meta" (see `pdf_typeset`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.formats.drafting import Draft, Piece
from ingest.formats.pdf_typeset import (
    LARGER,
    WORD,
    Line,
    body_size,
    once,
    rounded,
    running_lines,
    unhyphenated,
)

_HEADING_LINES = 3
_HEADING_CHARACTERS = 150
_LEVELS = 6

_BULLET = re.compile(r"[•‣◦▪▫●○■□∙·–—*-]\s+\S")  # noqa: RUF001 (dashes of lists)
_NUMBERING = re.compile(r"(?:chapter|section|appendix|part|lecture|kapitel)?[\divxlca-h]{0,6}")


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


def draw_up(
    draft: Draft,
    pages: Sequence[Sequence[Line]],
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


def _piece(line: Line, labels: Sequence[str]) -> Piece:
    return Piece(line.text, labels[line.page - 1], bool(_BULLET.match(line.text)))


def title_line(lines: Sequence[Line]) -> str:
    """What the first page sets in the largest type, if that is a few words; else nothing."""
    first = [line for line in lines if line.page == lines[0].page]
    largest = max(line.size for line in first)
    if largest < LARGER * body_size(lines):
        return ""
    title = " ".join(line.text for line in first if line.size > 0.95 * largest)
    return title if len(title) <= _HEADING_CHARACTERS else ""


def _from_sizes(lines: Sequence[Line]) -> Mapping[int, list[_Heading]]:
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


def _same_type(one: Line, other: Line) -> bool:
    return one.page == other.page and rounded(one.size) == rounded(other.size)


def _from_bookmarks(
    lines: Sequence[Line], bookmarks: Sequence[Bookmark]
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


def _find(lines: Sequence[Line], mark: Bookmark, begin: int) -> tuple[int, int]:
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
    lines: Sequence[Line], headings: Mapping[int, list[_Heading]]
) -> Iterator[tuple[list[Line], list[_Heading]]]:
    """Paragraphs, the headings that one begins with being part of it."""
    leading = _leading(lines)
    group: list[Line] = []
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


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance between lines."""
    steps: Counter[float] = Counter()
    for above, below in pairwise(lines):
        if above.page == below.page and above.y > below.y:
            steps[rounded(above.y - below.y)] += 1
    return steps.most_common(1)[0][0] if steps else 0.0


def _parted(above: Line, below: Line, leading: float) -> bool:
    """True if a new paragraph begins. One that goes on over the page, or up a column, is one."""
    if above.page == below.page and above.y >= below.y:
        return above.y - below.y > 1.35 * max(leading, above.size)
    goes_on = above.text[-1:] not in '.!?:"”' and below.text[:1].islower()
    return not goes_on
