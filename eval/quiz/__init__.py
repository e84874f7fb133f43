"""The quiz that people already have in their notes -> Cases, by the forms in which they write it.

A new form is a function from a note's lines to what it finds there, and an entry in `FORMS`. They
are tried in that order, and what one has taken is no longer there for those after it: the more a
form says that it is a quiz, the earlier it comes. Those that count anywhere come first, those that
count in quizzes only last.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from eval.quiz.cards import below, cards, colons, inline, pairs, tables
from eval.quiz.choices import choices
from eval.quiz.lines import FoundQuestion, NoteLines, Where, read_lines
from eval.quiz.questions import bold, callouts, details, headings, prefixed, unmarked
from eval.quiz.sentences import anki, highlights, statements, truths
from eval.quiz.wording import kind_of
from eval.types import Case, Origin, Standing
from ingest.types import ReadNote

_MAX_SLUG = 48


class Form(NamedTuple):
    """A way in which people write quizzes.

    `find` finds all questions of the form, and is only shown lines where it counts; of what
    overlaps the first is taken.
    """

    name: str
    where: Where
    find: Callable[[NoteLines], Iterable[FoundQuestion]]


_ANYWHERE, _DECK, _QUIZ = Where.ANYWHERE, Where.DECK, Where.QUIZ

FORMS: tuple[Form, ...] = (
    Form("card", _ANYWHERE, cards),
    Form("multiple choice", _ANYWHERE, choices),
    Form("question and answer", _ANYWHERE, prefixed),
    Form("true or false", _ANYWHERE, truths),
    Form("details", _ANYWHERE, details),
    Form("callout", _ANYWHERE, callouts),
    Form("flashcard ??", _ANYWHERE, partial(below, sign="??")),
    Form("flashcard ?", _ANYWHERE, partial(below, sign="?")),
    Form("flashcard :::", _ANYWHERE, partial(inline, sign=":::")),
    Form("flashcard ::", _ANYWHERE, partial(inline, sign="::")),
    Form("cloze {{c1}}", _ANYWHERE, anki),
    Form("table", _ANYWHERE, tables),
    Form("bold question", _ANYWHERE, bold),
    Form("cloze ==", _DECK, highlights),
    Form("heading question", _QUIZ, headings),
    Form("description => term", _QUIZ, partial(pairs, sign="=>")),
    Form("description --> term", _QUIZ, partial(pairs, sign="-->")),
    Form("term = definition", _QUIZ, partial(pairs, sign="=")),
    Form("term: definition", _QUIZ, colons),
    Form("plain question", _QUIZ, unmarked),
    Form("statement", _QUIZ, statements),
)


def extract_quiz(read: ReadNote, path: str = "") -> list[Case]:
    """The questions that a note holds with their answers, as drafts, in the note's order.

    Targets are empty: a quiz does not say where the notes have its answers. Ids are made of the
    note's name and the question, so that they stay when the note is edited elsewhere.

    Args:
        read: the note and its blocks, as its reader gave them.
        path: what the origins of the cases call the note; that of the note itself if empty.
    """
    path = path or read.note.path
    seen: Counter[str] = Counter()
    found = sorted(_found(read_lines(read)), key=lambda pair: (pair[1].first, pair[1].last))
    return [_case(path, form, one, seen) for form, one in found]


def _found(note: NoteLines) -> Iterator[tuple[Form, FoundQuestion]]:
    for form in FORMS:
        note = note.only(form.where)  # which is narrower than those before
        taken: dict[int, tuple[int, int]] = {}
        for one in form.find(note):
            lines = (one.first, one.last)
            if all(taken.get(at, lines) == lines for at in range(one.first, one.last + 1)):
                taken |= dict.fromkeys(range(one.first, one.last + 1), lines)
                yield form, one
        if taken:
            note = note.without(taken)


def _case(path: str, form: Form, found: FoundQuestion, seen: Counter[str]) -> Case:
    slug = f"{_slug(PurePosixPath(path).stem)}-{_slug(found.question)}"
    seen[slug] += 1
    return Case(
        id=slug if seen[slug] == 1 else f"{slug}-{seen[slug]}",
        question=found.question,
        references=found.answers,
        targets=(),
        answerable=True,
        kind=found.kind or kind_of(found.question, found.answers),
        options=found.options,
        correct=found.correct,
        origin=Origin(path, found.first + 1, found.last + 1, form.name),
        standing=Standing.DRAFT,
    )


def _slug(text: str) -> str:
    """Words of `text` joined by dashes, cut at a word's end."""
    words = re.findall(r"\w+", text.casefold().replace("_", " "))
    slug = ""
    for word in words:
        if slug and len(slug) + len(word) >= _MAX_SLUG:
            break
        slug = f"{slug}-{word}".strip("-")[:_MAX_SLUG]
    return slug or "quiz"
