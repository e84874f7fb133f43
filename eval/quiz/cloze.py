"""Words left out of a sentence: `{{c1::x}}` as in Anki, `==x==` as in spaced-repetition plugins.

`==x==` is an ordinary highlight in most vaults, so it counts only where the person says that it is
meant as a card: in quizzes, and in notes tagged #flashcards, which is what the plugin looks for.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from eval.quiz.answers import plain, references
from eval.quiz.sheet import Sheet, masked
from eval.quiz.types import Found

_ANKI = re.compile(
    r"\{\{c(?P<group>\d{1,3})::(?P<word>(?:(?!\{\{|\}\}|::).)+)(?:::(?P<hint>(?:(?!\{\{|\}\}).)*))?\}\}",
    re.I,
)
_HIGHLIGHT = re.compile(
    r"(?<![A-Za-z0-9_=])==(?=[^\s=])(?P<word>[^=]+?)(?<=[^\s=])==(?![A-Za-z0-9_=])"
)
_GAP = "\ue000"
_CELLS = re.compile(r"\s*(?<!\\)\|\s*")


class _Unit(NamedTuple):
    """A paragraph, an item or a row of a table: its lines and its words."""

    first: int
    last: int
    text: str


def anki(sheet: Sheet) -> Iterator[Found]:
    """`{{c1::x}}`, with hints; words of one number are left out together."""
    for unit in _units(sheet):
        gaps = list(_ANKI.finditer(masked(unit.text)))
        for group in dict.fromkeys(gap["group"] for gap in gaps):
            yield from _asked(unit, gaps, [gap for gap in gaps if gap["group"] == group])


def highlights(sheet: Sheet) -> Iterator[Found]:
    """`==x==`, each for itself."""
    for unit in _units(sheet):
        gaps = list(_HIGHLIGHT.finditer(masked(unit.text)))
        for gap in gaps:
            yield from _asked(unit, gaps, [gap])


def _asked(
    unit: _Unit, gaps: Sequence[re.Match[str]], left_out: Sequence[re.Match[str]]
) -> Iterator[Found]:
    pieces, end = [], 0
    for gap in gaps:
        hint = unit.text[slice(*gap.span("hint"))] if gap.groupdict().get("hint") else ""
        shown = f"{_GAP} ({hint})" if hint else _GAP
        word = unit.text[slice(*gap.span("word"))]
        pieces += [unit.text[end : gap.start()], shown if gap in left_out else word]
        end = gap.end()
    sentence = plain("".join([*pieces, unit.text[end:]])).replace(_GAP, "____")
    blanks = "blanks" if len(left_out) > 1 else "blank"
    words = [unit.text[slice(*gap.span("word"))] for gap in left_out]
    if (answers := references(words)) and sentence.strip("_ "):
        yield Found(f"Fill in the {blanks}: {sentence}", answers, unit.first, unit.last)


def _units(sheet: Sheet) -> Iterator[_Unit]:
    """Paragraphs, items and rows, in order."""
    first: int | None = None
    for at, line in enumerate(sheet.lines):
        is_row = line.words.startswith("|")
        if first is not None and (not line.is_text or line.is_item or is_row):
            yield _unit(sheet, first, at - 1)
            first = None
        if line.is_text and first is None:
            first = at
    if first is not None:
        yield _unit(sheet, first, len(sheet.lines) - 1)


def _unit(sheet: Sheet, first: int, last: int) -> _Unit:
    text = " ".join(sheet.lines[at].item for at in range(first, last + 1))
    if text.startswith("|"):
        text = ": ".join(cell for cell in _CELLS.split(text) if cell)
    return _Unit(first, last, text)
