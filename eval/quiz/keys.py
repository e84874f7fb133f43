"""Which options are right, where that is written apart from them: below, or in a key at the end."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from eval.quiz.answers import plain
from eval.quiz.folds import folded
from eval.quiz.sheet import Sheet
from eval.texts.text import words

_NAMES = (
    r"answers?|ans|key|solutions?|correct|bonnes? réponses?|réponses?|reponses?|antwort(?:en)?|"
    r"lösung(?:en)?|respuestas?|risposte?|risposta|respostas?"
)
_ANSWER = re.compile(
    rf"[^\w\n]*(?:(?:the|la|les|die|correct|right|best|bonnes?|richtige)[ \t]+)*(?:{_NAMES})"
    r"(?:[ \t]+(?:answers?|options?|choices?))?(?:[ \t]+(?:is|are|est|ist))?"
    r"(?:\(s\))?[ \t]*(?:\d{1,4})?[*_]*\s*[:\uff1a=-]?\s*[*_]*\s*(?P<rest>\S.*)",
    re.I,
)
_LETTERS = re.compile(
    r"\(?(?P<first>[A-J])\)?(?P<more>(?:\s*(?:,|;|/|\+|&|and|et|und|y|e)?\s*\(?[A-J]\b\)?)*)(?![\w'])",
    re.I,
)
_LETTER = re.compile(r"\b[A-J]\b", re.I)
_JOINED = re.compile(r"[A-J]{2,5}")
_KEY_TITLE = re.compile(
    rf"[^\w\n]*(?:the[ \t]+)?(?:{_NAMES})(?:[ \t]+(?:key|sheet))?[ \t*_:]*", re.I
)
_KEYED = re.compile(
    r"(?:q\.?[ \t]*)?(?P<number>\d{1,4})[ \t]*[.):=-]+[ \t]*"
    r"(?P<letters>[A-J](?:[ \t]*(?:,|and|&|/)?[ \t]*[A-J]\b)*)(?![\w'])",
    re.I,
)


class Key(NamedTuple):
    """A key at the line `at`: the letters of the right options by the number of the question."""

    at: int
    by_number: Mapping[str, str]


def is_answer(text: str) -> bool:
    """True for a line that names what is right, such as "Correct answer: B"."""
    found = _ANSWER.fullmatch(text)
    return bool(found and letters(found["rest"]))


def letters(text: str) -> str:
    """The letters of options that `text` begins by naming: "B, E", "B and E", "BE", "B. Paris"."""
    shown = plain(text).strip(" *_")
    if _JOINED.fullmatch(shown):
        named = list(shown)
    elif found := _LETTERS.match(shown):
        named = [found["first"], *_LETTER.findall(found["more"])]
    else:
        return ""
    return "".join(sorted({letter.upper() for letter in named}))


def places(named: str, offered: Mapping[str, str]) -> tuple[int, ...]:
    """The places of the letters among those of the options; none where one of them is missing."""
    known = list(offered)
    return tuple(map(known.index, named)) if all(letter in offered for letter in named) else ()


def named_below(sheet: Sheet, last: int, offered: Mapping[str, str]) -> tuple[tuple[int, ...], int]:
    """Which options are right, by what stands below them, and the line that says so.

    `offered` are the options by their letters; they end on the line `last`.
    """
    there = sheet.below(last, blanks=2)
    if there >= len(sheet.lines) or not sheet.lines[there].is_text:
        return (), last
    if fold := folded(sheet, there):
        named = _named(fold.summary, offered) or next(
            filter(None, (_named(line, offered, bare=True) for line in fold.lines)), ()
        )
        return named, fold.last
    after = sheet.below(there, blanks=0)
    if _KEY_TITLE.fullmatch(sheet.lines[there].words) and after in sheet.run(there):
        there = after  # "Answer", and below it which
    return _named(sheet.lines[there].item, offered), there


def keys(sheet: Sheet) -> list[Key]:
    """Every key in the note: lines of numbers and letters below a title such as "Answers"."""
    found = []
    for at, line in enumerate(sheet.lines):
        if not line.is_open or not (title := _KEY_TITLE.match(line.words)):
            continue
        rest = line.words[title.end() :]
        first = sheet.below(at) if not rest else at + 1
        listed = [sheet.lines[there].words for there in sheet.run(first)]
        pairs = [pair for text in [rest, *listed] for pair in _KEYED.finditer(text)]
        if pairs:
            found.append(Key(at, {pair["number"]: pair["letters"] for pair in pairs}))
    return found


def _named(text: str, offered: Mapping[str, str], *, bare: bool = False) -> tuple[int, ...]:
    """The options that a line names, by their letters or by their words."""
    found = _ANSWER.fullmatch(text.strip())
    rest = found["rest"] if found else text if bare else ""
    if named := places(letters(rest), offered):
        return named
    said = words(plain(rest))
    return tuple(at for at, text in enumerate(offered.values()) if said and words(text) == said)
