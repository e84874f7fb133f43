"""Tables of questions and answers, a row each.

With columns named so ("Question", "Answer") they count anywhere. A table of terms and definitions,
or of any two columns, is a quiz only in a quiz: elsewhere it is a glossary, or just a table.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from eval.quiz.answers import plain, references
from eval.quiz.sheet import Sheet, masked
from eval.quiz.types import Found
from eval.quiz.wording import is_question, of_term
from rag.text.quizzes import BACK, FRONT

_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_PIPE = re.compile(r"(?<!\\)\|")
_ASKS = frozenset(
    "question questions q front prompt recto frage vorderseite pregunta anverso".split()
)
_ANSWERS = frozenset(
    "answer answers a back verso réponse reponse antwort rückseite respuesta reverso".split()
)


def tables(sheet: Sheet) -> Iterator[Found]:
    """The rows of every table that asks."""
    for at, line in sheet.texts():
        above = sheet.lines[at - 1] if at else None
        if not above or not above.is_text or "|" not in line.words:
            continue
        if _RULE.fullmatch(line.words):
            header = [plain(cell).casefold() for cell in cells(above.words)]
            if len(header) == len(cells(line.words)):
                yield from _rows(sheet, at, header)


def _rows(sheet: Sheet, rule: int, header: Sequence[str]) -> Iterator[Found]:
    columns = columns_of(header, in_quiz=sheet.lines[rule].in_quiz)
    if columns is None:
        return
    front, back = columns
    at = rule
    while (at := at + 1) < len(sheet.lines) and sheet.lines[at].is_text:
        if _RULE.fullmatch(sheet.lines[at].words):
            return  # of another table, without a blank line between them
        row = [*cells(sheet.lines[at].words), *[""] * len(header)]
        answers = references(row[back])
        if answers and plain(row[front]):
            yield Found(_question(header[front], row[front], header[back]), answers, at, at)


def columns_of(header: Sequence[str], *, in_quiz: bool) -> tuple[int, int] | None:
    """The places of the columns that ask and that answer; None if the table does not ask."""
    for asks, answers in [(_ASKS, _ANSWERS), *([(FRONT, BACK)] if in_quiz else [])]:
        front = next((at for at, name in enumerate(header) if name in asks), None)
        back = next((at for at, name in enumerate(header) if name in answers), None)
        if front is not None and back is not None:
            return front, back
    return (0, 1) if in_quiz and len(header) == 2 else None


def cells(row: str) -> list[str]:
    """The cells of a row of Markdown; a bar after a backslash, or in code, is none between them."""
    shown = masked(row)
    bars = [match.start() for match in _PIPE.finditer(shown)]
    edges = [-1, *bars, len(row)]
    found = [row[start + 1 : end].strip() for start, end in pairwise(edges)]
    if found and not found[0] and row.startswith("|"):
        found = found[1:]
    if found and not found[-1] and row.endswith("|"):
        found = found[:-1]
    return found


def _question(front: str, cell: str, back: str) -> str:
    named = front and back and front not in FRONT and back not in BACK
    if named and not is_question(cell):
        return f"{front.capitalize()} {plain(cell)}: what is the {back}?"
    return of_term(cell)
