"""A question that holds options to choose from: read, weighed, and answered.

Options stand under letters or numbers that count up from the first (`A. x`, `B) x`, `(c) x`,
`1. x`) or as boxes to tick (`- [ ] x`), one a line or all in one; without labels, one a line below
the question. Limitation: options before their question, and whole sentences without labels.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from statistics import fmean

from rag.query import without_filters
from rag.search.evidence import EvidenceReader, in_context
from rag.text.language import YES_NO
from rag.text.words import says_no, stems
from rag.types import Evidence

_MOST = 12
"""Options at most: more are a list that is asked about."""

CLOSE = 2.0
"""Nats by which what a model takes leads at least, or it is asked in every order of the options."""

_VERDICTS = frozenset("true false vrai faux wahr falsch verdadero falso".split())
_VERDICTS |= {word.casefold() for pair in YES_NO.values() for word in pair}
_FEWEST_BARE = 3  # two lines below a question may be a greeting and a name

_LABEL = r"\*{0,2}\(?(?P<label>[A-Z]|[a-z](?!:)|\d{1,2})(?:[.)]|(?<=[A-Z]):)\*{0,2}"
_BOX = r"[-*+][ \t]+\[[ xX]?\](?P<label>)"
_LINE = r"^[ \t]*(?:[-*+\u2022][ \t]+)?"
_MARKS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?<!\S){_BOX}[ \t]+(?=\S)",
        rf"{_LINE}{_LABEL}[ \t]+(?=\S)",
        rf"(?<!\S){_LABEL}\s+(?=\S)",
    )
)
_BARE = re.compile(rf"{_LINE}(?P<label>)(?=\S)", re.MULTILINE)
_ASKED = re.compile(r"[?:][ \t)\]*]*\n")
_SAYS = re.compile(r"[.?!:,]\W*$")
_ENDS = re.compile(r"[?:.)\u2026_]\W*$")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_GAP = re.compile(r"_{3,}|\u2026|\.{4,}")

_CHOOSE = r"choose|select|pick|mark|tick|choisir|choisissez|sélectionnez|wähle|elige"
_INSTRUCTION = re.compile(
    rf"\s*[(\[]?\s*\b(?:{_CHOOSE}|answer with)\b[^\n?]*$", re.IGNORECASE | re.MULTILINE
)
_TOLD = re.compile(
    rf"\s*(?:[(\[](?:{_CHOOSE})\b[^\n?]*|(?<=[.?!:]\s)(?:{_CHOOSE})(?: \w+){{1,3}}\W*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""How many to take, behind what is asked: no word of it is looked for."""

_ALL = re.compile(r"\ball (?:that|which) (?:apply|fit|are (?:correct|right|true))\b", re.IGNORECASE)
_COUNTS = {"two": 2, "three": 3, "four": 4, "deux": 2, "trois": 3, "zwei": 2, "drei": 3, "dos": 2}
_COUNT = re.compile(
    rf"\b(?:which|what|{_CHOOSE})(?: the)?(?: best| correct)? (?P<n>{'|'.join(_COUNTS)}|[2-9])\b"
    rf"|\b(?P<m>{'|'.join(_COUNTS)}|[2-9])(?: correct| right)? "
    r"(?:answers|options|choices|réponses)\b",
    re.IGNORECASE,
)
_EXCEPT = re.compile(r"\b(?:except|sauf|außer|excepto)\b", re.IGNORECASE)
_OF_A_THING = re.compile(r"(?<=\w)[ ,]+(?:that|who|whose|if|when|because|since|qui)\b.*", re.I)
"""Whose "not" is part of the scene: "a team that does not want to run servers"."""

Letters = Callable[["Choices"], Sequence[float] | None]
"""The log-probability of each label; None from a model that does not tell."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What is asked, the options in order with their labels, and how many of them are right.

    `wanted` is 0 where as many are to be taken as are right. `exception`: it asks for the option of
    which something is not so. `typed` is the stem as a model reads it, where it is not the one that
    is searched for.
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

    def statement(self, place: int) -> str:
        """What an option makes of the question: in its gap, or behind it."""
        option = self.options[place]
        asked = self.typed or self.stem
        filled = _GAP.sub(lambda _: option, asked)
        return filled if filled != asked else f"{self.stem} {option}"


def choices_in(question: str) -> Choices | None:
    """The options that `question` holds, as it was typed; None if it holds fewer than two."""
    for marks in _runs(question):
        stem = question[: marks[0].start()].strip()
        ends = [*(mark.start() for mark in marks[1:]), len(question)]
        texts = [question[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
        options = tuple(" ".join(_ended(text).split()).rstrip(" ;,") for text in texts)
        options = tuple(map(without_filters, options))
        if _are_options(options) and _asks(stem, question, marks):
            asking = _SENTENCE_END.split(_INSTRUCTION.sub("", stem).strip())[-1]
            exception = says_no(_OF_A_THING.sub("", asking)) or bool(_EXCEPT.search(asking))
            wanted = _how_many(f"{stem}\n{texts[-1]}")
            wanted = wanted if wanted < len(options) else 1
            typed = " ".join(stem.split())
            asked = " ".join(_GAP.sub("\u2026", _TOLD.sub("", stem)).split()) or typed
            told = typed if typed != asked else ""
            return Choices(asked, _labels(marks), options, wanted, exception, told)
    return None


def stem_of(question: str) -> str:
    """What was asked, without options and without filters of where to look."""
    choices = choices_in(question)
    return without_filters(choices.stem if choices else question)


def weighed_by_notes(
    choices: Choices, evidence: Evidence, reader: EvidenceReader
) -> Sequence[float]:
    """How well the sentences found fit each option: the best one of each, in about [0, 3].

    A sentence fits by its nearness to the question, its nearness to what the option makes of it,
    and the share of the option's words that it holds, of which those tell little that other options
    have too.
    """
    places = range(len(choices.options))
    if not evidence.sentences:
        return [0.0 for _ in places]
    lines = [
        in_context(evidence.passages[one.passage].chunk, one.span) for one in evidence.sentences
    ]
    near = reader.likeness([choices.statement(place) for place in places], lines)
    words = [stems(option.replace("-", " ")) for option in choices.options]
    shared = Counter(word for one in words for word in one)
    held = [stems(line) for line in lines]

    def fit(place: int, at: int) -> float:
        weights = {word: 1 / shared[word] ** 2 for word in words[place]}
        total = sum(weights.values())
        own = sum(weight for word, weight in weights.items() if word in held[at])
        return evidence.sentences[at].cosine + near[place][at] + (own / total if total else 0.0)

    best = [max(fit(place, at) for at in range(len(lines))) for place in places]
    return [-one for one in best] if choices.exception else best


def weighed_by_model(letters: Letters, choices: Choices) -> Sequence[float] | None:
    """How likely a model holds each option, in nats below its favourite.

    A small model leans to a letter or a place. So where it is close, each option is put in each
    place in turn, and what the model says is averaged: Zheng and others 2024, "Large Language
    Models Are Not Robust Multiple Choice Selectors".
    """
    first = letters(choices)
    if first is None:
        return None
    told = [_below_best(first)]
    ranked = sorted(first, reverse=True)
    count, taken = len(choices.options), max(1, choices.wanted)
    if ranked[taken - 1] - ranked[min(taken, count - 1)] < CLOSE:
        for by in range(1, count):
            turned = (*choices.options[by:], *choices.options[:by])
            likely = letters(replace(choices, options=turned))
            if likely is not None:
                back = [likely[(place - by) % count] for place in range(count)]
                told.append(_below_best(back))
    return [fmean(of_one) for of_one in zip(*told, strict=True)]


def _below_best(likely: Sequence[float]) -> list[float]:
    return [one - max(likely) for one in likely]


def taken(choices: Choices, weights: Sequence[float], least: float) -> list[int]:
    """Places of the options to take, in order: as many as are wanted.

    Where that is all that apply, those whose weight is at most `least` below the best one's.
    """
    ranked = sorted(range(len(weights)), key=lambda place: -weights[place])
    near = [place for place in ranked if weights[place] >= weights[ranked[0]] - least]
    return sorted(ranked[: choices.wanted] if choices.wanted else near)


def named_in(said: str, choices: Choices) -> list[int]:
    """The places of the options that a text takes: by their labels, or else by their words."""
    labels = set(re.findall(r"(?<![\w'\[])([A-Z]|\d{1,2})(?=[.):,*]|\s*$|\s+and\b)", said))
    named = [place for place, label in enumerate(choices.labels) if label in labels]
    by_words = (p for p, one in enumerate(choices.options) if one.casefold() in said.casefold())
    return named or list(by_words)


def _runs(question: str) -> Iterator[Sequence["re.Match[str]"]]:
    """Labels that count up from the first, or boxes, in each way of writing them."""
    for pattern in _MARKS:
        run: list[re.Match[str]] = []
        for mark in pattern.finditer(question):
            if not mark["label"] or _value(mark["label"]) == len(run) + 1:
                run.append(mark)
        if 2 <= len(run) <= _MOST:
            yield run
    if bare := _bare(question):
        yield bare


def _bare(question: str) -> Sequence["re.Match[str]"]:
    """The lines below a question, if none of them is a sentence."""
    end = _ASKED.search(question)
    below = question[end.end() :] if end else ""
    said = [one for one in below.splitlines() if one.strip() and not _INSTRUCTION.fullmatch(one)]
    if not end or any(map(_SAYS.search, said)) or not _FEWEST_BARE <= len(said) <= _MOST:
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
    """True if the stem ends where options may begin: that of "vitamin A. and B. for" does not."""
    if not stem or marks[0]["label"].isdigit():
        return stem.rstrip("*) ").endswith(("?", ":", "\u2026", "_"))
    is_apart = question[: marks[1].start()].rstrip(" \t").endswith("\n")
    return is_apart or bool(_ENDS.search(stem))


def _how_many(asking: str) -> int:
    """The number that is asked for; 1 where none is, 0 where as many as are right."""
    if _ALL.search(asking):
        return 0
    found = _COUNT.search(asking)
    count = (found["n"] or found["m"]).casefold() if found else "1"
    return _COUNTS.get(count) or int(count)


def _labels(marks: Sequence["re.Match[str]"]) -> tuple[str, ...]:
    """As they were written; letters where nothing was."""
    return tuple(mark["label"].upper() or chr(65 + place) for place, mark in enumerate(marks))


def _ended(text: str) -> str:
    """An option without "(Select TWO.)" on a line behind it."""
    first, *more = text.strip().splitlines() or [""]
    kept = takewhile(lambda line: line.strip() and not _INSTRUCTION.match(line), more)
    return "\n".join([first, *kept])
