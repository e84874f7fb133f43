"""Cards that a note's reader has found: exports of Anki, and rows of question and answer.

Anki's are a side a line, the others by name ("Extra: ..."); whatever was left out there is filled
in already, so a card of one line is asked about as a statement is.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from eval.quiz.answers import plain, references
from eval.quiz.sheet import Sheet
from eval.quiz.statements import as_question
from eval.quiz.tables import columns_of
from eval.quiz.types import Found
from eval.quiz.wording import is_marked, of_pair
from rag.text.quizzes import BACK
from rag.types import Span

_ROWS = (".csv", ".tsv")
_DELIMITERS = "\t,;|"
_FIELD = re.compile(rf"(?:{'|'.join(sorted(BACK, key=len, reverse=True))})[ \t]*:[ \t]*", re.I)
_OTHER = re.compile(r"(?:back extra|extra|source|hint|tags?|notes?)[ \t]*:", re.I)
_MEDIA = re.compile(r"\[(?:image|sound)(?::[^\]]*)?\]")


def cards(sheet: Sheet) -> Iterator[Found]:
    """Every card, in order."""
    spans, text = sheet.source.cards, sheet.source.text
    is_rows = sheet.source.path.lower().endswith(_ROWS)
    sides = _rows(text, spans) if is_rows else map(_sides, (text[s.start : s.end] for s in spans))
    for span, (front, back) in zip(spans, sides, strict=False):
        shown = text[span.start : span.end].rstrip()
        if not shown.strip():
            continue
        start = span.start + len(shown) - len(shown.lstrip())
        lines = (sheet.line_of(start), sheet.line_of(span.start + len(shown) - 1))
        if not back and (asked := as_question(front)):
            yield Found(*asked, *lines)
        elif (answers := references(back)) and plain(front):
            yield Found(of_pair(front, back), answers, *lines)


def _sides(card: str) -> tuple[str, str]:
    """Front and back of a card of Anki.

    A field that is named so is the back. Else a front of several lines ends with its question
    mark, or is one line.
    """
    lines = _MEDIA.sub("", card).strip().splitlines()
    lines = [line for line in lines if line.strip() and not _OTHER.match(line)]
    if named := [line for line in lines[1:] if _FIELD.match(line)]:
        return lines[0], _FIELD.sub("", named[0], count=1)
    cut = next((at for at, line in enumerate(lines[:-1], 1) if is_marked(line)), 1)
    return " ".join(lines[:cut]), " ".join(lines[cut:])


def _rows(text: str, spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """Front and back of each row, by the header if there is one, else the first two cells."""
    if not spans:
        return
    written = [text[span.start : span.end] for span in spans]
    mark = max(_DELIMITERS, key=lambda one: _agreeing(written[:100], one))
    header = [cell.strip().casefold() for cell in _cells(text[: spans[0].start], mark)]
    front, back = columns_of(header, in_quiz=True) or (0, 1)
    for row in written:
        cells = [*_cells(row.strip("\r\n"), mark), *[""] * (max(front, back) + 1)]
        yield cells[front], cells[back]


def _agreeing(rows: Sequence[str], mark: str) -> int:
    """How many rows the delimiter cuts into the same number of cells, of more than one."""
    widths = Counter(len(_cells(row, mark)) for row in rows)
    return max((count for width, count in widths.items() if width > 1), default=0)


def _cells(row: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([row], delimiter=mark), [])
    except csv.Error:  # a cell of more than 128 kB, or a NUL
        return row.split(mark)
