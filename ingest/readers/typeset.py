"""Lines of type on pages -> headings, paragraphs, and what only runs along at the page's edge.

A page knows no structure, only where which line is set and how large. What is read off:

- Running heads and page numbers: lines at the edge that come back on most pages, but for digits,
  or that hold the page's own number on most pages. They are kept once, in front, as "meta", so
  that a sentence which goes on over the page is whole.
- Headings: bookmarks, at the lines that hold their titles; without any, lines in larger type.
- Paragraphs: where the distance between two lines is larger than is usual.
- Words that are hyphenated at a line's end are joined if the whole word stands elsewhere too.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.readers.draft import Draft, Piece

_LARGER = 1.15
"""Headings are set at least this much larger than what most of the text is set in."""

_MOST_PAGES = 0.4
"""Share of pages on which a line comes back: less than half, as left and right pages may differ."""

_SAME_PLACE = 3
"""Pages on which it comes back at the same height: the running head of a chapter."""

_EDGE = 2
_HEADING_LINES = 3
_HEADING_CHARACTERS = 150
_LEVELS = 6

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_HYPHENATED = re.compile(r"(\w*[^\W\d_])[-\u00ad\u2010]$")
_WORD = re.compile(r"[^\W\d_]+")
_BULLET = re.compile(r"[•‣◦▪▫●○■□∙·–—*-]\s+\S")  # noqa: RUF001 (dashes of lists)
_NUMBERING = re.compile(r"(?:chapter|section|appendix|part|lecture|kapitel)?[\divxlca-h]{0,6}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on a page (from 1), its size of type and height above the page's foot."""

    text: str
    page: int
    size: float
    y: float


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
    running = _running(pages, labels)
    kept = [line for page in pages for line in page if (line.page, line.text) not in running]
    lines = list(_unhyphenated(kept))
    headings = _from_bookmarks(lines, bookmarks) if len(bookmarks) > 1 else _from_sizes(lines)
    draft.add("meta", [Piece(text) for text in _once(running)])
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
    if largest < _LARGER * _body_size(lines):
        return ""
    title = " ".join(line.text for line in first if line.size > 0.95 * largest)
    return title if len(title) <= _HEADING_CHARACTERS else ""


def _running(
    pages: Sequence[Sequence[Line]], labels: Sequence[str]
) -> Mapping[tuple[int, str], str]:
    """Lines that run along, by page and text, and what of them is the same on other pages."""
    largest = _LARGER * _body_size([line for page in pages for line in page])
    edges = [[line for line in _edges(page) if line.size < largest] for page in pages if page]
    all_edges = [line for page in edges for line in page]
    times = Counter(form for page in edges for form in {_form(line) for line in page})
    placed = Counter((_form(line), round(line.y)) for line in all_edges)
    numbered = [line for line in all_edges if _holds_number(line.text, labels[line.page - 1])]
    # Two pages are too few to tell.
    if len({line.page for line in numbered}) < max(3, len(edges) / 2):
        numbered = []
    enough = max(3, _MOST_PAGES * len(edges))
    again = [
        line
        for line in all_edges
        if times[_form(line)] >= enough or placed[_form(line), round(line.y)] >= _SAME_PLACE
    ]
    return {(line.page, line.text): _form(line) for line in [*numbered, *again]}


def _once(running: Mapping[tuple[int, str], str]) -> Iterator[str]:
    seen: set[str] = set()
    for (_, text), form in sorted(running.items()):
        if form not in seen:
            yield text
        seen.add(form)


def _edges(page: Sequence[Line]) -> list[Line]:
    """The highest and lowest lines. Where little else is on the page, all of it is edge."""
    by_height = sorted(page, key=lambda line: line.y)
    return list({id(line): line for line in [*by_height[:_EDGE], *by_height[-_EDGE:]]}.values())


def _form(line: Line) -> str:
    return _DIGITS.sub("#", line.text.casefold())


def _holds_number(text: str, label: str) -> bool:
    """True if a line begins or ends with its page's number and is short enough to be no text."""
    numbers = {word.strip(",") for word in label.split()[1:2]}
    words = text.split()
    return len(text) < 100 and bool(numbers & {words[0], words[-1]})


def _unhyphenated(lines: Sequence[Line]) -> Iterator[Line]:
    """Join words that are cut at a line's end, if they stand somewhere in one piece."""
    known = {word for line in lines for word in _WORD.findall(line.text.casefold())}
    carried = ""
    for line, following in pairwise([*lines, Line("", 0, 0, 0)]):
        text = line.text[len(carried) :].lstrip() if carried else line.text
        carried = ""
        cut, rest = _HYPHENATED.search(text), _WORD.match(following.text)
        if cut and rest and rest[0][0].islower() and (cut[1] + rest[0]).casefold() in known:
            carried = rest[0]
            following_text = following.text[len(carried) :]
            tail = re.match(r"[^\s\w]*", following_text)
            carried += tail[0] if tail else ""
            text = text[: cut.end(1)] + carried
        if text:
            yield replace(line, text=text)


def _body_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _from_sizes(lines: Sequence[Line]) -> Mapping[int, list[_Heading]]:
    """Headings by the place of their first line: short lines in larger type, by size."""
    least = _LARGER * _body_size(lines)
    starts: dict[int, int] = {}
    place = 0
    while place < len(lines):
        end = place + 1
        while end < len(lines) and _same_type(lines[place], lines[end]):
            end += 1
        text = " ".join(line.text for line in lines[place:end])
        is_short = end - place <= _HEADING_LINES and len(text) <= _HEADING_CHARACTERS
        if lines[place].size >= least and is_short and len("".join(_WORD.findall(text))) > 2:
            starts[place] = end - place
        place = end
    sizes = sorted({_rounded(lines[start].size) for start in starts}, reverse=True)
    return {
        start: [_Heading(min(1 + sizes.index(_rounded(lines[start].size)), _LEVELS), "", count)]
        for start, count in starts.items()
    }


def _same_type(one: Line, other: Line) -> bool:
    return one.page == other.page and _rounded(one.size) == _rounded(other.size)


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
            steps[_rounded(above.y - below.y)] += 1
    return steps.most_common(1)[0][0] if steps else 0.0


def _parted(above: Line, below: Line, leading: float) -> bool:
    """True if a new paragraph begins. One that goes on over the page, or up a column, is one."""
    if above.page == below.page and above.y >= below.y:
        return above.y - below.y > 1.35 * max(leading, above.size)
    goes_on = above.text[-1:] not in '.!?:"”' and below.text[:1].islower()
    return not goes_on
