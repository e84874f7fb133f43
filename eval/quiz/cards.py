"""Two sides that belong together: flashcards, rows of a table, a term and its definition.

Cards that the note's reader has found (exports of Anki, rows of question and answer) count
anywhere, and so do tables whose columns are named so. Two colons are also how C++ names things and
how Dataview and Logseq write properties: outside quizzes and notes tagged #flashcards they count
only with blanks on both sides, or behind a question mark, and after more than one word. Arrows,
equals signs, glossaries and other tables of two columns count in quizzes only. Their sign has
blanks around it, so that `key=value` and addresses are none. Which of two sides asks is told by
their lengths: a description has more words than the term it is of.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from eval.quiz.lines import FoundQuestion, NoteLines, masked
from eval.quiz.wording import (
    as_question,
    is_description,
    is_marked,
    is_question,
    of_pair,
    of_term,
    plain,
    references,
)
from eval.texts.tokens import grader_words
from ingest.document import BACK, FRONT
from ingest.readers.csv import csv_records, delimiter_of
from ingest.text import Lines

_FIELD = re.compile(rf"(?:{'|'.join(sorted(BACK, key=len, reverse=True))})[ \t]*:[ \t]*", re.I)
_OTHER = re.compile(r"(?:back extra|extra|source|hint|tags?|notes?)[ \t]*:", re.I)
_MEDIA = re.compile(r"\[(?:image|sound)(?::[^\]]*)?\]")


def cards(note: NoteLines) -> Iterator[FoundQuestion]:
    """Cards that the note's reader has found: notes of Anki, rows of question and answer.

    What was left out of a sentence is filled in already, so a card of one line is asked about as a
    statement is.
    """
    text, lines = note.read.note.text, Lines(note.read.note.text)
    blocks = [block for block in note.read.blocks if block.kind == "card"]
    written = [text[block.start : block.end] for block in blocks]
    is_table = bool(blocks) and note.read.note.path.lower().endswith((".csv", ".tsv"))
    sides = _of_rows(text, text[: blocks[0].start], written) if is_table else map(_of_anki, written)
    for block, shown, (front, back) in zip(blocks, written, sides, strict=True):
        start = block.start + len(shown) - len(shown.lstrip())
        places = (lines.number(start) - 1, lines.number(block.start + len(shown.rstrip()) - 1) - 1)
        if not back and (asked := as_question(front)):
            yield FoundQuestion(*asked, *places)
        elif (answers := references(back)) and plain(front):
            yield FoundQuestion(of_pair(front, back), answers, *places)


def _of_anki(card: str) -> tuple[str, str]:
    """Front and back of a card of Anki, a side a line, further fields by name ("Extra: ...").

    A field that is named so is the back. Else a front of several lines ends with its question
    mark, or is one line.
    """
    lines = _MEDIA.sub("", card).strip().splitlines()
    lines = [line for line in lines if line.strip() and not _OTHER.match(line)]
    if named := [line for line in lines[1:] if _FIELD.match(line)]:
        return lines[0], _FIELD.sub("", named[0], count=1)
    cut = next((at for at, line in enumerate(lines[:-1], 1) if is_marked(line)), 1)
    return " ".join(lines[:cut]), " ".join(lines[cut:])


def _of_rows(text: str, above: str, rows: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Front and back of each row, by the header if there is one, else the first two cells."""
    mark = delimiter_of(text)
    header = [name.strip().casefold() for one in csv_records(above, mark) for name in one.cells]
    front, back = _columns(header, in_quiz=True) or (0, 1)
    for row in rows:
        written = (
            cell for record in csv_records(row.lstrip("\r\n"), mark) for cell in record.cells
        )
        cells = [*written, *[""] * (max(front, back) + 1)]
        yield cells[front], cells[back]


_DIVIDER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_PIPE = re.compile(r"(?<!\\)\|")
_ASKS = frozenset(
    "question questions q front prompt recto frage vorderseite pregunta anverso".split()
)
_ANSWERS = frozenset(
    "answer answers a back verso réponse reponse antwort rückseite respuesta reverso".split()
)


def tables(note: NoteLines) -> Iterator[FoundQuestion]:
    """The rows of every table of Markdown that asks."""
    for at, line in note.texts():
        if at and note.is_text(at - 1) and "|" in line.words and _DIVIDER.fullmatch(line.words):
            header = [plain(cell).casefold() for cell in _cells(note.lines[at - 1].words)]
            columns = _columns(header, in_quiz=line.in_quiz)
            if columns and len(header) == len(_cells(line.words)):
                yield from _rows(note, at, header, columns)


def _rows(
    note: NoteLines, divider: int, header: Sequence[str], columns: tuple[int, int]
) -> Iterator[FoundQuestion]:
    at = divider
    while note.is_text(at := at + 1):
        if _DIVIDER.fullmatch(note.lines[at].words):
            return  # of another table, without a blank line between them
        row = [*_cells(note.lines[at].words), *[""] * len(header)]
        front, back = (row[place] for place in columns)
        if (answers := references(back)) and plain(front):
            yield FoundQuestion(
                _of_cell(front, *(header[place] for place in columns)), answers, at, at
            )


def _columns(header: Sequence[str], *, in_quiz: bool) -> tuple[int, int] | None:
    """The places of the columns that ask and that answer; None if the table does not ask."""
    for asks, answers in [(_ASKS, _ANSWERS), *([(FRONT, BACK)] if in_quiz else [])]:
        front = next((at for at, name in enumerate(header) if name in asks), None)
        back = next((at for at, name in enumerate(header) if name in answers), None)
        if front is not None and back is not None:
            return front, back
    return (0, 1) if in_quiz and len(header) == 2 else None


def _cells(row: str) -> list[str]:
    """The cells of a row of Markdown; a bar after a backslash, or in code, is none between them."""
    inside = row.removeprefix("|")
    if inside.endswith("|") and not inside.endswith("\\|"):
        inside = inside[:-1]
    edges = [-1, *(bar.start() for bar in _PIPE.finditer(masked(inside))), len(inside)]
    return [inside[start + 1 : end].strip() for start, end in pairwise(edges)]


def _of_cell(cell: str, front: str, back: str) -> str:
    """The question of a cell in the column `front`, whose answer stands in the column `back`."""
    named = front and back and front not in FRONT and back not in BACK
    if named and not is_question(cell):
        return f"{front.capitalize()} {plain(cell)}: what is the {back}?"
    return of_term(cell)


_SIGN = re.compile(r"(?<=[^\s:])[ \t]*(?<!:)(?P<sign>:::?)(?!:)[ \t]*(?=\S)")
_SPACED = re.compile(r"[ \t]:::?[ \t]")


def inline(note: NoteLines, sign: str) -> Iterator[FoundQuestion]:
    """`front::back` on a line; `:::` asks both ways."""
    for at, line in note.texts():
        found = _SIGN.search(masked(line.item))
        if not found or found["sign"] != sign or "{{" in line.item:  # of a cloze
            continue
        front, back = line.item[: found.start()], line.item[found.end() :]
        if note.is_deck or line.in_quiz or _is_meant(front, line.item, found):
            yield from _cards([front], [back], (at, at), both_ways=sign == ":::")


def _is_meant(front: str, text: str, found: re.Match[str]) -> bool:
    is_spaced = bool(_SPACED.search(text, max(0, found.start()), found.end() + 1))
    return is_marked(front) or (is_spaced and len(grader_words(front)) > 1)


def below(note: NoteLines, sign: str) -> Iterator[FoundQuestion]:
    """Lines of the front, `?` alone on a line, lines of the back; `??` asks both ways."""
    for at, line in note.texts():
        if line.words != sign:
            continue
        front, back = note.above(at, blanks=0), note.run(at + 1)
        if front and back:
            one, other = note.parts(front), note.parts(back)
            yield from _cards(one, other, (front.start, back.stop - 1), both_ways=sign == "??")


def _cards(
    front: Sequence[str], back: Sequence[str], lines: tuple[int, int], *, both_ways: bool
) -> Iterator[FoundQuestion]:
    sides = [(front, back), (back, front)] if both_ways else [(front, back)]
    for asked, answer in sides:
        if (answers := references(answer)) and any(map(grader_words, asked)):
            yield FoundQuestion(of_pair(" ".join(asked), answer[0]), answers, *lines)


_SIGNS = {
    "=>": re.compile(r"(?<=\S)[ \t]*(?:={1,2}>|\u21d2)[ \t]*(?=\S)"),
    "-->": re.compile(r"(?<=\S)[ \t]*(?:-{1,3}>|\u2192|\u27f6)[ \t]*(?=\S)"),
    "=": re.compile(r"(?<=\S)[ \t]+=[ \t]+(?=\S)"),
}
_COLON = re.compile(
    r"(?P<bold>(?:\*\*|__)?)(?P<term>[^:?]{1,60}?)[ \t]*(?:(?<![ \t]):(?P=bold)|(?P=bold)[ \t]*:|"
    r"(?P=bold)[ \t]+[-\u2013\u2014])[ \t]+(?P<rest>\S.*)"
)
_NO_TERM = re.compile(
    r"(?:note|nb|n\.b|tips?|hints?|source|example|e\.g|explanation|warning|important|remember|todo|"
    r"score|date|chapter|answers?|see|remarque|exemple|true|false)\b",
    re.I,
)
_MAX_TERM = 5
_MATHS = re.compile(r"[\d\s+*/^().,=x-]*")


def colons(note: NoteLines) -> Iterator[FoundQuestion]:
    """`- term: definition`, or with a dash, in a list or behind a bold term."""
    for at, line in note.texts():
        found = _COLON.fullmatch(line.item)
        if not found or not (line.is_item or found["bold"]):
            continue
        term = plain(found["term"])
        if not _NO_TERM.match(term) and 0 < len(grader_words(term)) <= _MAX_TERM:
            if answers := references(found["rest"]):
                yield FoundQuestion(of_term(term), answers, at, at)


def pairs(note: NoteLines, sign: str) -> Iterator[FoundQuestion]:
    """`term = definition`, `description => term`, `description --> term` (or the arrow itself)."""
    for at, line in note.texts():
        text = masked(line.item)
        firsts = [found for one in _SIGNS.values() if (found := one.search(text))]
        first = min(firsts, key=lambda found: found.start(), default=None)
        if first is None or first.re is not _SIGNS[sign] or _MATHS.fullmatch(line.item):
            continue
        left, right = line.item[: first.start()], line.item[first.end() :]
        if answers := references(right):
            kind = "scenario" if is_description(left, right) else ""
            yield FoundQuestion(of_pair(left, right), answers, at, at, kind)
