"""`True or false: a statement. False`: a line that is its own question, in three languages."""

import re
from collections.abc import Iterator

from eval.quiz.answers import plain
from eval.quiz.sheet import Sheet
from eval.quiz.types import Found

_TRUTH = re.compile(
    r"(?P<asks>true or false|true/false|t/f|vrai ou faux|richtig oder falsch)\W{1,4}(?P<said>.+?)"
    r"\W{1,9}(?P<verdict>true|false|vrai|faux|richtig|falsch|wahr)\W{0,4}",
    re.I,
)


def truths(sheet: Sheet) -> Iterator[Found]:
    """Lines that say what is to be judged, and how it is."""
    for at, line in sheet.texts():
        if found := _TRUTH.fullmatch(plain(line.item)):
            question = f"{found['asks'].capitalize()}: {found['said'].rstrip('.')}?"
            yield Found(question, (found["verdict"].capitalize(),), at, at, "yes/no")
