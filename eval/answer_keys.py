"""What answers a quiz: the keys of cases, and the lines of quizzes that no case was made of."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.texts.text import parts
from eval.types import Case, Origin, Target
from rag.types import Span

Texts = Mapping[str, str]
Quizzes = Mapping[str, Sequence[Span]]
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Key:
    """What a quiz gives away. `origin` is where it stands, `case` the case that it is the key of.

    Without a case it is a line of a quiz that no case was made of.
    """

    text: str
    origin: Origin | None = None
    case: Case | None = None


def keys_of(cases: Iterable[Case], texts: Texts) -> Iterator[Key]:
    """The keys of cases: the question with each reference, and the lines where it was found."""
    for case in cases:
        for reference in case.references:
            yield Key(f"{case.question} {' '.join(parts(reference))}", case.origin, case)
        if origin := case.origin:
            meant = Target(origin.note_path, "")
            for text in (text for path, text in texts.items() if meant.names(path)):
                lines = lines_of(text)[origin.start_line - 1 : origin.end_line]
                yield Key("".join(lines).strip(), origin, case)


def keys_left(cases: Iterable[Case], texts: Texts, quizzes: Quizzes) -> Iterator[Key]:
    """The lines of quizzes, headings aside, that none of the cases was found on."""
    origins = [case.origin for case in cases if case.origin]
    for path, spans in quizzes.items():
        own = [one for one in origins if Target(one.note_path, "").names(path)]
        taken = {n for one in own for n in range(one.start_line, one.end_line + 1)}
        for number, line, touched in marked(texts.get(path, ""), spans):
            says = line.strip() and not line.lstrip().startswith("#")
            if touched and says and number not in taken:
                yield Key(line.strip(), Origin(path, number, number, "line of a quiz"))


def marked(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, str, bool]]:
    """The lines of a note with their numbers, from 1, and whether each touches one of the spans."""
    start = 0
    for number, line in enumerate(lines_of(text), 1):
        end = start + len(line)
        yield number, line, any(max(start, one.start) < min(end, one.end) for one in spans)
        start = end


def lines_of(text: str) -> list[str]:
    """Lines with their ends, numbered as a chunk's are."""
    return _LINE.findall(text)
