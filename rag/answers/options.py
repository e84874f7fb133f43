"""A question that holds options to choose from: its stem, its options, and how many are right.

Options stand under letters or numbers that count up from the first (`A. x`, `B) x`, `(c) x`,
`1. x`) or as boxes to tick (`- [ ] x`), one a line or all in one; without labels, one a line below
the question. A list may also be what is asked about ("What is wrong with these steps?"), so the
stem has to ask for one of them. What this does not know: options before their question, and whole
sentences without labels.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rag.answers.wanted import CHOOSE, how_many
from rag.search.scope import without_filters

MOST = 12
"""Options at most: more are a list that is asked about."""

_VERDICTS = frozenset("yes no true false oui non vrai faux".split())

_BULLET = r"(?:[-*+\u2022][ \t]+)?"
_LABELS = (
    r"(?P<label>[A-Z])[.):]",
    r"(?P<label>[a-z])[.)]",
    r"\((?P<label>[A-Za-z])\)",
    r"(?P<label>\d{1,2})[.)]",
    r"\((?P<label>\d{1,2})\)",
)
_AT_LINE = tuple(
    re.compile(rf"^[ \t]*{_BULLET}\*{{0,2}}{one}\*{{0,2}}[ \t]+(?=\S)", re.MULTILINE)
    for one in _LABELS
)
_IN_LINE = tuple(re.compile(rf"(?<!\S)\*{{0,2}}{one}\*{{0,2}}\s+(?=\S)") for one in _LABELS)
_BOX = re.compile(r"(?:^|(?<=\s))[-*+][ \t]+\[[ xX]?\][ \t]+(?=\S)", re.MULTILINE)

_BARE = re.compile(r"^[ \t]*(?:[-*+\u2022][ \t]+)?(?=\S)", re.MULTILINE)
_ENDS = re.compile(r"[?:][ \t)\]*]*\n")
_FEWEST_BARE = 3  # two lines below a question may be a greeting and a name
_IS_SENTENCE = re.compile(r"[.?!:,]\W*$")

_INSTRUCTION = re.compile(
    rf"\s*[(\[]?\s*\b(?:{CHOOSE}|answer with)\b[^\n?]*$", re.IGNORECASE | re.MULTILINE
)

_WHICH = re.compile(
    r"\b(?:which|what|who|where|quels?|quelles?|lesquels?|lesquelles|laquelle|lequel)\b",
    re.IGNORECASE,
)
_ALL_BUT = re.compile(r"\b(?:NOT|EXCEPT|PAS|SAUF)\b|\b(?:except|sauf)\b(?: for)?\W*$")
_NO = re.compile(r"\b(?:not|pas)\b|n['\u2019]t\b", re.IGNORECASE)
_OF_A_THING = re.compile(
    r"\b(?:that|who|whose|because|since|if|when|but|qui)\s+(?:\S+\s+){0,2}\S*$", re.IGNORECASE
)
"""Before a "not" that is a part of the scene: "a team that does not want to run servers"."""

_ASKED = re.compile(r"[?:.)\u2026_]\W*$")
_ASKED_OF_NUMBERS = re.compile(r"\?\W*$|\b(?:is|are|with|by|to|use|of)[:\u2026]$")
_ASKS_FOR_ONE = re.compile(
    rf"\b(?:which|whichever|one of|following|{CHOOSE}|except|EXCEPT|NOT|correct|true|best"
    r"|quels?|quelles?|lequel|laquelle|sauf)\b",
    re.IGNORECASE,
)
_ASKS_FOR_ALL = re.compile(
    r"\b(?:do|does|did|are|is|was|were|with|of|about|between|answer|to)\s+(?:each|all|both|my|this"
    r"|these|those|them|they|here)\b"
    r"(?!\s+(?:requirements?|needs?|goals?|scenarios?|situations?|use cases?|problems?)\b)"
    r"|^\W*(?:compare|explain|describe|define|summari[sz]e|translate|write|list|sort|order|put"
    r"|rewrite|correct|fix)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True, slots=True)
class Choices:
    """What is asked, the options in order with their labels, and how many of them are right.

    `wanted` is 0 where as many are to be taken as are right. `exception`: it asks for the option of
    which something is not so. `typed` is the stem as a model
    reads it, where it is not the one that is searched for.
    """

    stem: str
    labels: tuple[str, ...]
    options: tuple[str, ...]
    wanted: int = 1
    exception: bool = False
    typed: str = ""

    @property
    def posed(self) -> str:
        """The question as it is put to a model: an option a line, under its label."""
        named = map("{}. {}".format, self.labels, self.options)
        return "\n".join([self.typed or self.stem, *named])


def choices_in(question: str) -> Choices | None:
    """The options that `question` holds, as it was typed; None if it holds fewer than two."""
    for marks in _runs(question):
        stem = question[: marks[0].start()].strip()
        ends = [*(mark.start() for mark in marks[1:]), len(question)]
        texts = [question[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
        options = tuple(" ".join(_ended(text).split()).rstrip(" ;,") for text in texts)
        options = tuple(map(without_filters, options))
        if _are_options(options) and _asks(stem, question, marks):
            wanted, exception = how_many(f"{stem}\n{texts[-1]}"), _asks_for_exception(stem)
            return Choices(
                " ".join(stem.split()),
                _labels(marks),
                options,
                wanted if exception <= wanted < len(options) else 1,
                exception,
            )
    return None


def stem_of(question: str) -> str:
    """What was asked, without options and without filters of where to look."""
    choices = choices_in(question)
    return without_filters(choices.stem if choices else question)


def _runs(question: str) -> Iterator[Sequence["re.Match[str]"]]:
    """Labels that count up from the first, in each way of writing them."""
    boxes = list(_BOX.finditer(question))
    if 2 <= len(boxes) <= MOST:
        yield boxes
    for pattern in (*_AT_LINE, *_IN_LINE):
        run: list[re.Match[str]] = []
        for mark in pattern.finditer(question):
            if _value(mark["label"]) == len(run) + 1:
                run.append(mark)
        if 2 <= len(run) <= MOST:
            yield run
    if bare := _bare(question):
        yield bare


def _bare(question: str) -> Sequence["re.Match[str]"]:
    """The lines below a question that asks for one of them, if none of them is a sentence."""
    end = _ENDS.search(question)
    if not end or not _ASKS_FOR_ONE.search(_SENTENCE_END.split(question[: end.end()].strip())[-1]):
        return ()
    lines = question[end.end() :].splitlines()
    while lines and (not lines[-1].strip() or _INSTRUCTION.fullmatch(lines[-1])):
        lines.pop()
    said = [line for line in lines if line.strip()]
    if any(map(_IS_SENTENCE.search, said)) or not _FEWEST_BARE <= len(said) <= MOST:
        return ()
    return list(_BARE.finditer(question, end.end()))[: len(said)]


def _value(label: str) -> int:
    return int(label) if label.isdigit() else ord(label.upper()) - ord("A") + 1


def _are_options(options: Sequence[str]) -> bool:
    """True if all say something, none twice, and none asks something itself.

    A yes or no stands in no note, but what the question says may: it is answered as any other.
    """
    distinct = {option.casefold() for option in options}
    ask = any(option.endswith("?") for option in options)
    return len(distinct) == len(options) and all(options) and not ask and not distinct <= _VERDICTS


def _asks(stem: str, question: str, marks: Sequence["re.Match[str]"]) -> bool:
    """True if the stem asks for one of them: that of "vitamin A. and B. for" does not end."""
    last = _SENTENCE_END.split(stem)[-1]
    if not stem or (_ASKS_FOR_ALL.search(last) and not _ASKS_FOR_ONE.search(last)):
        return False
    label = marks[0].groupdict().get("label") or "A"
    is_apart = question[: marks[1].start()].rstrip(" \t").endswith("\n")
    if label.isdigit():
        return bool(_ASKED_OF_NUMBERS.search(stem) or _ASKS_FOR_ONE.search(last))
    return is_apart or bool(_ASKED.search(stem))


def _asks_for_exception(stem: str) -> bool:
    """True if what asks says no, and not of a thing in it."""
    sentences = [one for one in _SENTENCE_END.split(stem) if not _INSTRUCTION.fullmatch(one)]
    asking = sentences[-1] if sentences else stem
    if _ALL_BUT.search(asking):
        return True
    no = [
        found for found in _NO.finditer(asking) if not _OF_A_THING.search(asking[: found.start()])
    ]
    return bool(no and _WHICH.search(asking))


def _labels(marks: Sequence["re.Match[str]"]) -> tuple[str, ...]:
    """As they were written; letters for boxes."""
    if "label" not in marks[0].groupdict():
        return tuple(chr(ord("A") + place) for place in range(len(marks)))
    return tuple(mark["label"].upper() for mark in marks)


def _ended(text: str) -> str:
    """An option without "(Select TWO.)" on a line behind it."""
    first, *more = text.strip().splitlines() or [""]
    kept = takewhile(lambda line: line.strip() and not _INSTRUCTION.match(line), more)
    return "\n".join([first, *kept])
