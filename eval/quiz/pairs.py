"""`term = definition`, `description => term`, `description --> term`, `- term: definition`.

Only in quizzes: elsewhere an arrow is a consequence and an equals sign is arithmetic. The sign has
blanks around it, so that `key=value` and addresses are none. Which of the two sides asks is told
by their lengths: a description has more words than the term it is of.
"""

import re
from collections.abc import Iterator

from eval.quiz.answers import plain, references
from eval.quiz.sheet import Line, Sheet, masked
from eval.quiz.types import Found
from eval.quiz.wording import is_description, of_pair, of_term
from eval.texts.text import words

_EQUALS = re.compile(r"(?<=\S)[ \t]+=[ \t]+(?=\S)")
_DOUBLE = re.compile(r"(?<=\S)[ \t]*(?:={1,2}>|\u21d2)[ \t]*(?=\S)")
_ARROW = re.compile(r"(?<=\S)[ \t]*(?:-{1,3}>|\u2192|\u27f6)[ \t]*(?=\S)")
_SIGNS = (_DOUBLE, _ARROW, _EQUALS)
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


def equals(sheet: Sheet) -> Iterator[Found]:
    """`term = definition`."""
    return _pairs(sheet, _EQUALS)


def double_arrows(sheet: Sheet) -> Iterator[Found]:
    """`description => term`."""
    return _pairs(sheet, _DOUBLE)


def arrows(sheet: Sheet) -> Iterator[Found]:
    """`description --> term`, with one dash as well, or the arrow itself."""
    return _pairs(sheet, _ARROW)


def colons(sheet: Sheet) -> Iterator[Found]:
    """`- term: definition`, or with a dash, in a list or behind a bold term."""
    for at, line in sheet.texts():
        found = _COLON.fullmatch(line.item)
        if not found or not (line.is_item or found["bold"]):
            continue
        term = plain(found["term"])
        if not _NO_TERM.match(term) and 0 < len(words(term)) <= _MAX_TERM:
            if answers := references(found["rest"]):
                yield Found(of_term(term), answers, at, at)


def _pairs(sheet: Sheet, sign: re.Pattern[str]) -> Iterator[Found]:
    for at, line in sheet.texts():
        sides = _sides(line, sign)
        if sides and not _MATHS.fullmatch(line.item):
            left, right = sides
            if answers := references(right):
                kind = "scenario" if is_description(left, right) else ""
                yield Found(of_pair(left, right), answers, at, at, kind)


def _sides(line: Line, sign: re.Pattern[str]) -> tuple[str, str] | None:
    """What stands before and after the sign, if it is the first sign of any in the line."""
    text = masked(line.item)
    found = sign.search(text)
    firsts = [match.start() for one in _SIGNS if (match := one.search(text))]
    if not found or found.start() > min(firsts):
        return None
    return line.item[: found.start()], line.item[found.end() :]
