"""Exam questions with options, and which are right.

The right ones are named below ("Correct answer: B, E", bare or folded into `<details>`), in a key
at the end of the note by the question's number, or marked where they stand: [x], bold, a tick,
"(correct)". Options of which none is known to be right are no question.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from eval.quiz.answers import plain
from eval.quiz.keys import Key, is_answer, keys, letters, named_below, places
from eval.quiz.sheet import Line, Sheet
from eval.quiz.types import Found
from eval.quiz.wording import is_question
from eval.texts.text import words

_BULLET = re.compile(r"(?:[-+*\u2022\u2013]|\d{1,3}[.)])[ \t]+")
_BOX = re.compile(r"\[(?P<mark>[ xX])\][ \t]+")
_LETTER = re.compile(
    r"(?P<bold>\*\*|__)?\(?(?P<letter>[A-Ja-j])[ \t]*(?:[.):]|[ \t][-\u2013](?=[ \t]))\)?"
    r"(?:\*\*|__)?[ \t]+(?P<rest>\S.*)"
)
_TICK = re.compile(
    r"[\u2705\u2714\u2611\u2713]\ufe0f?|:white_check_mark:|\((?:correct|right|vrai|richtig|true|x)\)",
    re.I,
)
_BOLD = re.compile(r"(?:[A-Ja-j][.):][ \t]*)?(?:\*\*|__)(?=\S).+(?:\*\*|__)|==.+==")
_NUMBER = re.compile(
    r"(?:\*\*|__)?(?:(?:q|question|frage|pregunta)[ \t]*"
    r"(?:(?:n°|#)?[ \t]*(?P<named>\d{1,4})[ \t]*[.):-]?|:)"
    r"|(?P<bare>\d{1,4})[ \t]*[.)])(?:\*\*|__)?[ \t]*",
    re.I,
)
_FIRST = re.compile(r"[-+*\u2022\u2013\d(_=\[]|[Aa][ \t.):]")
_MAX_GAP = 2
"""Letters from one option to the next: one may have been lost."""

_MIN, _MAX = 2, 10
_MOST_STEM = 20


CUE = (
    r"answer|\bans\b|\bkey|solution|correct|r[ée]ponse|antwort|lösung|respuesta|rispost|respost|"
    r"\[x\]|[\u2705\u2714\u2611\u2713]|:white_check|\*\*|__|==|\((?:right|vrai|richtig|true|x)\)"
)
"""What no question can do without whose right options are known."""


class _Option(NamedTuple):
    """An option, the letter that it has if it has one, and whether it is marked as right."""

    letter: str
    text: str
    is_marked: bool


class _Options(NamedTuple):
    """Options in a row, on the lines from `first` to `last`."""

    options: list[_Option]
    first: int
    last: int


def choices(sheet: Sheet) -> Iterator[Found]:
    """Every question with options of which some are known to be right."""
    answers = keys(sheet)
    at, floor = 0, 0
    while at < len(sheet.lines):
        group = _options(sheet, at) if _may_begin(sheet.lines[at]) else None
        if group and (found := _question(sheet, group, floor, answers)):
            yield found
            at = floor = found.last + 1
        else:
            at = group.last + 1 if group else at + 1


def _question(sheet: Sheet, group: _Options, floor: int, answers: Sequence[Key]) -> Found | None:
    stem = _stem(sheet, group.first, floor)
    if stem is None:
        return None
    first, text, number = stem
    offered = {one.letter or chr(ord("A") + at): one.text for at, one in enumerate(group.options)}
    correct, last = named_below(sheet, group.last, offered)
    is_asked = is_question(text) or bool(number and sheet.lines[first].in_quiz)
    if not correct and is_asked:
        last = group.last
        correct = _marked(group.options) or _by_number(answers, number, last, offered)
    if not correct or not (is_asked or group.options[0].letter):
        return None
    options = tuple(one.text for one in group.options)
    right = [options[at].rstrip(" .;") for at in correct]
    if not text or not all(map(words, right)):
        return None
    return Found(text, (" & ".join(right),), first, last, "choice", options, tuple(correct))


def _marked(options: Sequence[_Option]) -> tuple[int, ...]:
    """Those that are marked as right; none where all are, which marks nothing."""
    marked = tuple(at for at, one in enumerate(options) if one.is_marked)
    return marked if len(marked) < len(options) else ()


def _by_number(
    answers: Sequence[Key], number: str, after: int, offered: Mapping[str, str]
) -> tuple[int, ...]:
    """Those that the next key names for the question of this number."""
    named = (key.by_number.get(number) for key in answers if key.at > after)
    return places(letters(next(filter(None, named), "")), offered)


def _options(sheet: Sheet, at: int) -> _Options | None:
    """The options that begin on the line `at`, one blank line between them at most."""
    found: list[_Option] = []
    there, last = at, at - 1
    indent = sheet.lines[at].indent
    while there < len(sheet.lines) and sheet.lines[there].is_text and len(found) <= _MAX:
        line = sheet.lines[there]
        option = _option(line)
        if option and _goes_on(found, option) and line.indent <= indent + 3:
            found.append(option)
        elif found and there == last + 1 and _is_continued(line, sheet.lines[last]):
            found[-1] = found[-1]._replace(text=f"{found[-1].text} {plain(line.words)}")
        else:
            break
        last, there = there, sheet.below(there)
    return _Options(found, at, last) if _MIN <= len(found) <= _MAX else None


def _may_begin(line: Line) -> bool:
    return line.is_text and bool(_FIRST.match(line.words))


def _option(line: Line) -> _Option | None:
    """What a line offers: behind a letter, a box, or as an item that may be marked."""
    bullet = _BULLET.match(line.words)
    text = line.words[bullet.end() :] if bullet else line.words
    box = _BOX.match(text)
    text = text[box.end() :] if box else text
    lettered = _LETTER.match(text)
    if not lettered and not (bullet and not bullet[0][0].isdigit()):
        return None
    rest = lettered["rest"] if lettered else text
    ticked = bool(_TICK.search(text))
    marked = ticked or bool(_BOLD.fullmatch(text)) or bool(box and box["mark"] != " ")
    marked = marked or bool(_BOLD.fullmatch(rest.strip()))
    shown = plain(_TICK.sub("", rest)).rstrip("* \t")
    letter = lettered["letter"].upper() if lettered else ""
    return _Option(letter, shown, marked) if shown else None


def _goes_on(before: Sequence[_Option], option: _Option) -> bool:
    """True if the option is the next after those before: the next letter, or none as they."""
    if not before:
        return option.letter in {"", "A"}
    if not option.letter or not before[-1].letter:
        return option.letter == before[-1].letter
    return 0 < ord(option.letter) - ord(before[-1].letter) <= _MAX_GAP


def _is_continued(line: Line, option: Line) -> bool:
    return not line.is_item and line.indent > option.indent and not is_answer(line.words)


def _stem(sheet: Sheet, before: int, floor: int) -> tuple[int, str, str] | None:
    """Where the question above the options begins, its words, and its number if it has one."""
    above = [at for at in sheet.above(before) if at >= floor][-_MOST_STEM:]
    numbered = [at for at in above if _NUMBER.match(sheet.lines[at].words)]
    if numbered:
        above = above[above.index(numbered[-1]) :]
    if not above:
        return None
    text = " ".join(
        sheet.lines[at].words if at == above[0] else sheet.lines[at].item for at in above
    )
    number = _NUMBER.match(shown := plain(text))
    if not number:
        return (
            above[0],
            plain(text if not sheet.lines[above[0]].is_item else _BULLET.sub("", text, count=1)),
            "",
        )
    return above[0], shown[number.end() :].strip(), number["named"] or number["bare"] or ""
