"""The nouns of finding a quiz in notes. Frozen, and free of third-party code."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rag.types import Span

if TYPE_CHECKING:
    from eval.quiz.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Source:
    """A note as it is looked through. All spans are offsets into `text`.

    `quizzes` is where the note is a quiz; None where that is not known and Markdown headings have
    to tell. `cards` are blocks of a question with its answer, as exports of flashcards are made
    of. `closed` is what nothing is to be found in (code, metadata), fences of Markdown aside.
    """

    path: str
    text: str
    quizzes: tuple[Span, ...] | None = None
    cards: tuple[Span, ...] = ()
    closed: tuple[Span, ...] = ()


class Where(StrEnum):
    """Where a form counts. What is a quiz in one place is ordinary writing in another."""

    ANYWHERE = "anywhere"
    DECK = "in quizzes and in notes tagged #flashcards"
    QUIZ = "in quizzes"


@dataclass(frozen=True, slots=True)
class Found:
    """A question that stands in a note: its right answers, and its lines from 0, both included.

    `answers` are written like the references of a Case; `correct` are places in `options`. `kind`
    is that of the Case; empty where the words of question and answer tell.
    """

    question: str
    answers: tuple[str, ...]
    first: int
    last: int
    kind: str = ""
    options: tuple[str, ...] = ()
    correct: tuple[int, ...] = ()


Find = Callable[["Sheet"], Iterable[Found]]
"""Finds all questions of one form, whose lines may overlap: the first of those is taken."""


@dataclass(frozen=True, slots=True)
class Form:
    """A way in which people write quizzes.

    `cue` is a regular expression that every text with this form in it matches: it spares looking
    closer. `find` is only shown lines where the form counts.
    """

    name: str
    example: str
    where: Where
    cue: str
    find: Find
