"""Where the sentences of a passage begin and end, in exact characters.

Study notes are mostly not prose: a list item, a table row or a line of code is what a person would
quote. So a passage is first cut into units by its Markdown (item, row, heading, code line,
paragraph), and only paragraphs and items are cut further, at sentence ends. Bullets as they are
printed and the headlines of Org, from the second level on, are known too. What this does not know:
titles with a line drawn below, which are one unit with it; languages whose sentences do not end in
`.`, `!`, `?` or their full-width forms, where a unit stays whole.
"""

import re
from collections.abc import Iterator

from rag.types import Span

_FENCE = re.compile(r"[ \t]{0,3}(?:`{3,}|~{3,})")
_STANDALONE = re.compile(r"[ \t]*(?:#{1,6}[ \t]|\*{2,}[ \t]|\||!\[)")
_BULLET = r"[ \t]*(?:>[ \t]?)*(?:[-+*\u2022\u2023\u25aa\u25e6\u2013]|-{2,}|\d{1,9}[.)])[ \t]+"
_MARKER = re.compile(rf"(?:{_BULLET}(?:\[[ xX]\][ \t]+)?)?")
_ITEM = re.compile(rf"{_BULLET}\S")
_SENTENCE_END = re.compile(r"(?:[.!?…]+[\"'”’)\]*_]*|[。！？]+)(?=\s+\S|\s*$)")  # noqa: RUF001 (they end sentences too)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|fig|no|vol|dr|mr|mrs|ms|prof|st|al|inc|p|pp)|\b[A-Z])\.$",
    re.IGNORECASE,
)


def sentence_spans(text: str) -> list[Span]:
    """Cut `text` into units a person would quote.

    Returns:
        Half-open spans in order, not overlapping, each without surrounding blanks and without the
        marker of its list item. Together they hold every word character of `text`.
    """
    return [
        span
        for unit, is_prose in _units(text)
        for span in (_sentences(text, unit) if is_prose else trimmed(text, *unit))
    ]


def _units(text: str) -> Iterator[tuple[Span, bool]]:
    """Items, rows, headings and code lines alone; the lines of a paragraph together.

    True goes with paragraphs and items, which may hold several sentences.
    """
    begin: int | None = None
    fenced = False
    offset = 0
    for line in text.splitlines(keepends=True):
        fence = bool(_FENCE.match(line))
        alone = fenced or fence or bool(_STANDALONE.match(line))
        if begin is not None and (alone or not line.strip() or _ITEM.match(line)):
            yield Span(begin, offset), True
            begin = None
        if alone and not fence:
            yield Span(offset, offset + len(line)), False
        elif line.strip() and not fence and begin is None:
            begin = offset
        fenced ^= fence
        offset += len(line)
    if begin is not None:
        yield Span(begin, offset), True


def _sentences(text: str, unit: Span) -> Iterator[Span]:
    marker = _MARKER.match(text, unit.start, unit.end)
    start = marker.end() if marker else unit.start
    for end in _SENTENCE_END.finditer(text, start, unit.end):
        if _is_abbreviation(text[start : end.end()]):
            continue
        yield from trimmed(text, start, end.end())
        start = end.end()
    yield from trimmed(text, start, unit.end)


def marker(line: str) -> str:
    """What marks `line` as a list item, indentation included; empty if nothing does."""
    found = _ITEM.match(line)
    return found[0][:-1] if found else ""


def lead(text: str, start: int) -> Span | None:
    """The line that the list is under in which the item at `start` is; None if it is in none."""
    begin = text.rfind("\n", 0, start) + 1
    own = len(marker(text[begin:]))
    while begin and own:
        end = begin - 1
        begin = text.rfind("\n", 0, end) + 1
        line = text[begin:end]
        if line.strip() and len(marker(line)) < own:
            return Span(begin, end)
    return None


def _is_abbreviation(sentence: str) -> bool:
    return bool(_ABBREVIATION.search(sentence[-12:]))


def trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without surrounding blanks; nothing if no word character is left."""
    piece = text[start:end]
    if any(character.isalnum() for character in piece):
        left = len(piece) - len(piece.lstrip())
        yield Span(start + left, start + len(piece.rstrip()))
