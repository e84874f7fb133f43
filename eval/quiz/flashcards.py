"""Flashcards of Obsidian's spaced-repetition plugin: `front::back`, and `?` on a line of its own.

`:::` and `??` ask both ways. Two colons are also how C++ names things and how Dataview and Logseq
write properties, so outside quizzes and notes tagged #flashcards they count only with blanks on
both sides, or behind a question mark, and after more than one word.
"""

import re
from collections.abc import Iterator, Sequence

from eval.quiz.answers import references
from eval.quiz.sheet import Line, Sheet, masked
from eval.quiz.types import Found
from eval.quiz.wording import is_marked, of_pair
from eval.texts.text import words

_SIGN = re.compile(r"(?<=[^\s:])[ \t]*(?<!:)(?P<sign>:::?)(?!:)[ \t]*(?=\S)")
_SPACED = re.compile(r"[ \t]:::?[ \t]")


def inline(sheet: Sheet) -> Iterator[Found]:
    """`front::back` on a line."""
    return _inline(sheet, "::")


def inline_both_ways(sheet: Sheet) -> Iterator[Found]:
    """`front:::back`."""
    return _inline(sheet, ":::")


def below(sheet: Sheet) -> Iterator[Found]:
    """Lines of the front, `?`, lines of the back."""
    return _below(sheet, "?")


def below_both_ways(sheet: Sheet) -> Iterator[Found]:
    """Lines of one side, `??`, lines of the other."""
    return _below(sheet, "??")


def _inline(sheet: Sheet, sign: str) -> Iterator[Found]:
    for at, line in sheet.texts():
        found = _SIGN.search(masked(line.item))
        if not found or found["sign"] != sign or "{{" in line.item:  # of a cloze
            continue
        front, back = line.item[: found.start()], line.item[found.end() :]
        if sheet.is_deck or line.in_quiz or _is_meant(front, line.item, found):
            yield from _cards([front], [back], (at, at), both_ways=sign == ":::")


def _is_meant(front: str, text: str, found: re.Match[str]) -> bool:
    is_spaced = bool(_SPACED.search(text, max(0, found.start()), found.end() + 1))
    return is_marked(front) or (is_spaced and len(words(front)) > 1)


def _below(sheet: Sheet, sign: str) -> Iterator[Found]:
    for at, line in sheet.texts():
        if line.words != sign:
            continue
        front, back = sheet.above(at, blanks=0), sheet.run(at + 1)
        if front and back:
            sides = ([sheet.lines[place] for place in side] for side in (front, back))
            one, other = map(_parts, sides)
            lines = (front.start, back.stop - 1)
            yield from _cards(one, other, lines, both_ways=sign == "??")


def _cards(
    front: Sequence[str], back: Sequence[str], lines: tuple[int, int], *, both_ways: bool
) -> Iterator[Found]:
    sides = [(front, back), (back, front)] if both_ways else [(front, back)]
    for asked, answer in sides:
        if (answers := references(answer)) and any(map(words, asked)):
            yield Found(of_pair(" ".join(asked), answer[0]), answers, *lines)


def _parts(side: Sequence[Line]) -> list[str]:
    """Items of a list each for itself, lines of a paragraph together."""
    parts: list[str] = []
    for line in side:
        if line.is_item or not parts:
            parts.append(line.item)
        else:
            parts[-1] += f" {line.item}"
    return parts
