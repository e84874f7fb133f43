"""Lines of type: how large most are, which ones run along, which words are cut at their ends.

- Running heads and page numbers are lines at the edge that come back on most pages, but for
  digits, that stand apart at the same height on some, or that hold the page's own number on most.
  Taken out, they leave a sentence whole that goes on over the page.
- Words that are hyphenated at a line's end are joined if the whole word stands elsewhere too.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

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
class Line:
    """A line of text on a page (from 1), its size of type and height above the page's foot."""

    text: str
    page: int
    size: float
    y: float


def body_size(lines: Sequence[Line]) -> float:
    """The size that most letters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def rounded(size: float) -> float:
    """To half a point."""
    return round(size * 2) / 2


def running_lines(pages: Sequence[Sequence[Line]], labels: Sequence[str]) -> Mapping[Line, str]:
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


def once(running: Mapping[Line, str]) -> Iterator[str]:
    """What runs along, as it stands where it comes first."""
    seen: set[str] = set()
    for line, form in running.items():
        if form not in seen:
            yield line.text
        seen.add(form)


def _edges(page: Sequence[Line]) -> list[Line]:
    """The highest and lowest lines. Where little else is on the page, all of it is edge."""
    by_height = sorted(page, key=lambda line: -line.y)
    return list(dict.fromkeys([*by_height[:_EDGE], *by_height[-_EDGE:]]))


def _outermost(page: Sequence[Line], running: Collection[Line]) -> Iterator[Line]:
    """Those that run along, from the edge to the first that does not."""
    by_height = sorted(page, key=lambda line: -line.y)
    yield from takewhile(running.__contains__, by_height)
    yield from takewhile(running.__contains__, reversed(by_height))


def _apart(page: Sequence[Line]) -> list[Line]:
    """The highest and the lowest line, where they stand apart.

    The first line of a page's text is as near to the second as any other.
    """
    by_height = sorted(page, key=lambda line: line.y)
    pairs = [by_height[:2], by_height[:-3:-1]] if len(page) > 2 else []
    return [line for line, other in pairs if abs(line.y - other.y) > 1.5 * other.size]


def _form(line: Line) -> str:
    return _DIGITS.sub("#", line.text.casefold())


def _holds_number(text: str, label: str) -> bool:
    """True if a line begins or ends with its page's number and is short enough to be no text."""
    numbers = {word.strip(",") for word in label.split()[1:2]}
    words = text.split()
    return len(text) < 100 and bool(numbers & {words[0], words[-1]})


def unhyphenated(lines: Sequence[Line]) -> Iterator[Line]:
    """Join words that are cut at a line's end, if they stand somewhere in one piece."""
    known = {word for line in lines for word in WORD.findall(line.text.casefold())}
    carried = ""
    for line, following in pairwise([*lines, Line("", 0, 0, 0)]):
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
