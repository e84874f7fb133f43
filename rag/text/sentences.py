"""Where the units of a passage begin and end, in exact characters, and what each says by itself.

A list item, a table row or a line of code is what a person would quote; only paragraphs and items
are cut further, at sentence ends. Lines one below the other are units of their own, unless the next
one's first word had no room or begins with a small letter.

Limitation: wrapped lines that all begin with capitals and end in no stop are apart, wide lines of
which the last one does are together, and a line with "a,b" but no ", " is taken for a table's row.
"""

import csv
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from rag.types import Span

_WIDTHS = range(30, 201)  # characters that text is wrapped at; other lines were meant as such
_KEPT = 20_000  # characters of a text of which it is kept how it was cut; passages have a tenth


class _Kind(Enum):
    """What a line is by its first characters, behind blanks and marks of quotation."""

    BLANK = r"$"
    FENCE = r"`{3,}[^`]*$|~{3,}"
    RULE = r"(?=[^|+]*[|+])[ \t|+:=-]+$"  # of a table; its header, too, once it is known
    ROW = r"\|"
    LINE = r"[\W_]+$|#{1,6}[ \t]|\*{2,}[ \t]|!\[|\[!"  # heading, picture, drawn line; code
    ITEM = r"(?:[-+*\u2022\u2023\u25aa\u25e6\u2013]|-{2,}|\d{1,9}[.)])[ \t]+\S"
    TEXT = r""


_KINDS = [(kind, re.compile(kind.value)) for kind in _Kind]
_PROSE = (_Kind.TEXT, _Kind.ITEM)
_MARKER = re.compile(rf"[ \t>]*+(?={_Kind.ITEM.value})\S+[ \t]+(?:\[[ xX]\][ \t]+(?=\S))?")
_WORD = re.compile(r"[^\W_]")
_LINE_END = re.compile(r"[\r\n][\s>]*")
# "Phone: 0171", "b) Tin"
_PAIR = re.compile(r"[A-Za-z][.)]\s|(?:\S++\s++){0,3}?(?:\S*:|[-=\u2013-\u2192]|[-=]>)\s+\S")
_NO_CELLS = re.compile(r'"[^"]*"|`[^`]*`|\([^()]*\)|\[[^][]*\]|\{[^{}]*\}|\\\||\|\|')
_BAR = re.compile(r"(?<!\\)\|")
_MARKUP = re.compile(r"`+|(?<!\w)(?:\*{1,3}|~~|==)(?=\S)|(?<=\S)(?:\*{1,3}|~~|==)(?!\w)")
_OPENING, _CLOSING = "\"'\u201c\u201e\u00ab([*_~`", "\"'\u201d\u2019\u00bb)]*_"
_STOPS = ".!?\u2026\u3002\uff01\uff1f"
_COLON = re.compile(rf"[:\uff1a][\s{re.escape(_CLOSING)}]*$")
_ENDED = re.compile(rf"[:\uff1a{_STOPS}][\s{re.escape(_CLOSING)}]*$")
_SENTENCE_END = re.compile(
    rf"(?<![{_STOPS}])(?P<stop>[{_STOPS}]++)(?P<closing>[{re.escape(_CLOSING)}]*)"
    rf"(?=\s*$|\s++[^:;,])(?=(?P<gap>[\s>]*+)[{re.escape(_OPENING[:-1])}]*(?P<next>\w*))"
)
_LAST = re.compile(rf"[^\s{re.escape(_OPENING)}]+$")
_MEASURE = re.compile(r"\d\s?(?:[a-z\u00b5]|mm|ms)$")
_GOES_ON = frozenset(  # titles, and what stands before what it is of: no sentence ends in them
    "approx aprox auj av avda bspw bzgl bzw ca cf dipl dr dra dña ee ej etw evtl ex fr geb ggf hr"
    " inkl jr mio mlle mm mme mr mrd mrs ms mt prof resp sr sra st sta ste ud vgl vs zzgl".split()
)
_MAY_END = frozenset(  # none does before a number or small letter; else some are words ("no")
    "abb abs art bd cap ch chap env eq fig figs jan feb mar mär jun jul aug sep sept okt oct nov"
    " dez dec kap max máx min mín nr nro no nos núm num pág pag par pp réf ref sec sect tab tel vol"
    " vols éq a.m p.m a.c d.c j.-c al co corp etc ff inc ltd usf usw uvm uu".split()
)
_MONTHS = frozenset("jan jän feb mär apr mai jun jul aug sep okt nov dez".split())
_ORDINAL = re.compile(  # what stands before one in German ("im 2. Stock")
    r"(?i)\b(?:d(?:e[rsmn]|ie|as)|(?:\w*ein|jed)e[rsmn]?|zu[mr]|vo[mr]|im|(?<!\bi )am|beim|bis)\s+$"
)


class _Unit(NamedTuple):
    """Whole lines; `said`, its `letter` and `size` are the first one's. It is read `under` that."""

    start: int
    end: int
    kind: _Kind
    indent: int
    begin: int
    said: str
    letter: str
    size: int
    above: Span | None = None
    under: str = ""


def sentence_spans(text: str) -> list[Span]:
    """Cut `text` into units a person would quote, in order, trimmed and without markers of items.

    They hold every word character of `text`, but for those in lines that open code.
    """
    return list(_spans(text) if len(text) < _KEPT else _spans.__wrapped__(text))


@lru_cache(maxsize=256)  # the same passages are cut for their scores, the prompt and citations
def _spans(text: str) -> tuple[Span, ...]:
    return tuple(span for unit in _units(text) for span in _cut(text, unit))


def _cut(text: str, unit: _Unit) -> Iterator[Span]:
    start = unit.begin
    for found in _SENTENCE_END.finditer(text, start, unit.end if unit.kind in _PROSE else start):
        if _ends(text, unit, found):
            yield from _trimmed(text, start, found.end())
            start = found.end("gap")
    yield from _trimmed(text, start, unit.end)


def _ends(text: str, unit: _Unit, found: "re.Match[str]") -> bool:
    """True if a sentence ends with the stop `found`: none does with an abbreviation or an ordinal.

    An ordinal has two digits before a small letter or a month, or behind certain German words.
    Limitation: "vitamin C. It" and "only 3 came. we" stay together, "Beethovens 9. Sinfonie" not.
    """
    stop, closing, following = found["stop"], found["closing"].strip("*_"), found["next"]
    goes_on = following[:1].islower()
    if closing or stop != ".":
        return not (goes_on and (closing or stop[-1] in ".\u2026"))
    tail = text[max(unit.begin, found.start() - 24) : found.start()]
    written = "".join(_LAST.findall(tail))
    word = written.casefold()
    if word[-1:].isdigit():
        is_german = following.casefold()[:3] in _MONTHS or _ORDINAL.search(tail[: -len(written)])
        return (word.isalnum() and len(word) > 2) or not (goes_on or is_german)
    if word in _MAY_END or word.endswith("str"):
        return not (goes_on or re.fullmatch(r"\d+|[IVXLC]{2,}", following))
    if word in _GOES_ON or (word[-1:].isalpha() and not word[-2:-1].isalnum()):
        return not goes_on and len(following) > 1 and bool(_MEASURE.search(tail))
    return not (goes_on and len(word) < 5 and not written.isupper()) or unit.letter.islower()


def _units(text: str) -> Iterator[_Unit]:
    """Items, rows, headings and code lines alone; the lines of a wrapped paragraph together."""
    block, is_code, start = list[_Unit](), False, 0
    for line in text.splitlines(keepends=True) or [""]:
        said = line.lstrip(" \t>")
        kind = next(kind for kind, pattern in _KINDS if pattern.match(said.rstrip()))
        indent = len(line[: len(line) - len(said)].expandtabs(4))
        if kind is _Kind.FENCE:
            is_code, said = not is_code, ""
        elif is_code and kind is not _Kind.BLANK:
            kind = _Kind.LINE
        elif kind is _Kind.TEXT and _mark(said):
            kind = _Kind.ROW
        elif kind is _Kind.ITEM:
            indent += max(0, len(said) - len(said.lstrip("-")) - 1)  # more hyphens are deeper
            said = line[len(marker(line)) :]
        if block and (kind is not _Kind.TEXT or block[0].kind not in _PROSE):
            yield from _joined(block)
            block = []
        end, letter, size = start + len(line), said.lstrip(_OPENING)[:1], len(line.rstrip())
        block.append(_Unit(start, end, kind, indent, end - len(said), said, letter, size))
        start = end
    yield from _joined(block)


def _joined(lines: Sequence[_Unit]) -> Iterator[_Unit]:
    """The lines of a paragraph or an item, those together that one text was wrapped onto.

    The last stop shows it, or a small letter where no room was, or in the second of two lines.
    """
    # An address has a line of its own, however wide the others are.
    width = max((line.size for line in lines if " " in line.said.strip()), default=0)
    first, ties = 0, list[int]()
    for at, line in enumerate([*lines[1:], None], 1):
        if line and (tie := _tie(lines[first], lines[at - 1], line, width)):
            ties.append(tie)
            continue
        is_all = len(ties) == len(lines) - 1 and (ties == [2] or {1, 2} <= {*ties})
        is_one = is_all or {3, 4} & {*ties} or _ENDED.search(lines[at - 1].said)
        run = lines[first:at]
        yield from [run[0]._replace(end=run[-1].end)] if is_one else run
        first, ties = at, []


def _tie(first: _Unit, above: _Unit, line: _Unit, width: int) -> int:
    """1 if `line` had no room above, 2 if its first letter is small, 3 if both, 4 if in an item."""
    is_pair = bool(_PAIR.match(line.said))
    if (is_pair and _PAIR.match(above.said)) or above.said.rstrip("\r\n").endswith(("  ", "\\")):
        return 0
    is_full = above.size + len(line.said.split(maxsplit=1)[0]) >= width in _WIDTHS
    is_low = line.letter.islower() and first.letter.isupper() and not is_pair
    is_inside = first.kind is _Kind.ITEM and line.indent > first.indent and not is_pair
    return 4 if is_inside else 2 * is_low + (is_full and (above.size < width or not is_low))


def marker(line: str) -> str:
    """What marks `line` as a list item, indentation and box included; empty if nothing does."""
    return found[0] if (found := _MARKER.match(line)) else ""


@lru_cache(maxsize=128)
def _structure(text: str, context: str) -> tuple[_Unit, ...]:
    """The units, which are all of `text`, with what they are read under."""
    found, units = [], list(_units(text))
    above: list[tuple[int, Span]] = []  # what is more indented than that is under it
    header: str | None = None
    for at, unit in enumerate(units):
        line = text[unit.start : unit.end]
        if unit.kind is _Kind.ROW:
            header = _header(units[at : at + 3], context) if header is None else header
            is_head = unit.said == header
            unit = unit._replace(kind=_Kind.RULE) if is_head else unit._replace(under=header)
        elif unit.kind is not _Kind.RULE:
            header = None
        if unit.kind is _Kind.ITEM:
            above = [one for one in above if one[0] < unit.indent]
            span = above[-1][1] if above else None
            led = context if marker(context) or _COLON.search(context) else ""
            unit = unit._replace(above=span, under=text[slice(*span)] if span else led)
            above.append((unit.indent, Span(unit.start, unit.start + len(line.rstrip()))))
        elif unit.kind not in (_Kind.BLANK, _Kind.RULE):
            context, above = "", [one for one in above if one[0] < unit.indent - 1]
            if above and not marker(text[slice(*above[-1][1])]):
                above.pop()  # a paragraph leads in to no list behind the next one
            if unit.kind is _Kind.TEXT:
                above.append((unit.indent - bool(_COLON.search(line)), list(_cut(text, unit))[-1]))
        found.append(unit)
    return tuple(found)


def _header(units: Sequence[_Unit], context: str) -> str:
    """The header: in `context`, above a drawn line, or in CSV text a row without figures."""
    row, mark = units[0].said, _mark(units[0].said)
    kinds = [unit.kind for unit in units[1:]]
    figures = [any(map(str.isdigit, unit.said)) for unit in units[:2]]
    is_csv = mark != "|" and kinds[:1] == [_Kind.ROW] and figures == [False, True]
    lines = (line for line in context.splitlines() if _WORD.search(line) and _mark(line) == mark)
    return next(lines, row if is_csv or kinds == [_Kind.RULE, _Kind.ROW] else "")


def lead(text: str, start: int) -> Span | None:
    """What the item at `start` is under: an item, or the last sentence of a paragraph above a list.

    Such a paragraph ends in a colon, or is less indented than the list.
    """
    return _at(text, start, "").above


def list_items(text: str, start: int) -> list[Span]:
    """The items of the list that the line at `start` is in, in order; empty if it is in none.

    Items below other items are a list of their own.
    """
    found, units = list[Span](), _structure(text, "")
    own = bisect_right(units, start, key=lambda unit: unit.start) - 1
    if units[own].kind is not _Kind.ITEM:
        return []
    for unit in units:
        if unit.kind is _Kind.ITEM and unit.indent == units[own].indent:
            found += _trimmed(text, unit.begin, unit.end)
        elif unit.kind is not _Kind.BLANK and unit.indent <= units[own].indent:
            if unit.start > start:
                break
            found = []
    return found


def _at(text: str, offset: int, context: str) -> _Unit:
    units = _structure(text, context)
    return units[bisect_right(units, offset, key=lambda unit: unit.start) - 1]


def reading(text: str, span: Span, context: str = "") -> str:
    """What a unit says by itself, as a model or a search reads it.

    A row of a table is `column: value; column: value`, an item is behind what its list is under.
    `context` are the lines before `text` that hold the header, or that, if it is not in `text`.
    """
    said = " ".join(_LINE_END.sub("\n", text[span.start : span.end]).split())
    unit = _at(text, span.start, context)
    if not unit.under or span.end > unit.end:
        return said
    if unit.kind is _Kind.ROW:
        columns = zip_longest(_cells(unit.under), _cells(unit.said), fillvalue="")
        cells = (f"{name.rstrip(':')}: {cell}" if name else cell for name, cell in columns if cell)
        return "; ".join(cells) or said
    led = _plain(_LINE_END.sub("\n", unit.under[len(marker(unit.under)) :]))
    return ": ".join([led.rstrip(" .:\uff1a"), said])


def readable_text(text: str, context: str = "") -> str:
    """`text` as it should stand in a prompt: rows of tables, with their columns, as list items."""
    written = []
    for unit in _structure(text, context):
        line = text[unit.start : unit.end]
        if unit.kind is _Kind.ROW and unit.under:
            row = reading(text, Span(unit.begin, unit.end), context)
            line = f"{text[unit.start : unit.begin]}- {row}{line[unit.size :]}"
        written.append(line if unit.kind is not _Kind.RULE else "")
    return "".join(written)


def _cells(line: str) -> list[str]:
    mark, row = _mark(line), line.strip("\r\n")[: csv.field_size_limit()]
    bar = row.strip(" \t>").removeprefix("|").removesuffix("|")
    cells = _BAR.split(bar) if mark == "|" else next(csv.reader([row], delimiter=mark), [])
    return [_plain(cell.replace("\\|", "|")) for cell in cells]


def _mark(line: str) -> str:
    """What parts the cells of a line; empty if it is prose, as with blanks behind its commas."""
    bare = line.lstrip(" \t>").rstrip()
    if not bare.startswith("|"):
        bare = _NO_CELLS.sub("0", re.sub(r"\d,\d", "0", bare) if " " in bare else bare)
    marks = (mark for mark in "|\t;," if mark in bare.rstrip(mark))
    return next((mark for mark in marks if mark in "|\t" or f"{mark} " not in bare), "")


def _plain(words: str) -> str:
    """Without the marks of bold words, code and the like, in one line."""
    return " ".join(_MARKUP.sub("", words.replace("<br>", " ")).split())


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without surrounding blanks; nothing if no word character is left."""
    if _WORD.search(text, start, end):
        yield Span(end - len(text[start:end].lstrip()), start + len(text[start:end].rstrip()))
