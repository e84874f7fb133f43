"""A note -> the Cases of its quiz, and the table of the forms in which people write quizzes.

A new form is a function from a note's lines to what it finds there, and an entry in `FORMS`. They
are tried in that order, and what one has taken is no longer there for those after it: the more a
form says that it is a quiz, the earlier it comes. Those that count anywhere come first, those that
count in quizzes only last.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from eval.quiz.cards import below, cards, colons, inline, pairs, tables
from eval.quiz.choices import CUE as RIGHT
from eval.quiz.choices import choices
from eval.quiz.lines import FoundQuestion, NoteLines, Where, read_lines
from eval.quiz.questions import bold, callouts, details, headings, marked_options, unmarked
from eval.quiz.sentences import anki, highlights, statements, truths
from eval.quiz.wording import kind_of
from eval.types import Case, Origin, Standing
from ingest.types import ReadNote

_MAX_SLUG = 48


@dataclass(frozen=True, slots=True)
class Form:
    """A way in which people write quizzes.

    `cue` is a regular expression that every text with this form in it matches: it spares looking
    closer. `find` finds all questions of the form, and is only shown lines where it counts; of
    what overlaps the first is taken.
    """

    name: str
    example: str
    where: Where
    cue: str
    find: Callable[[NoteLines], Iterable[FoundQuestion]]


_ANYWHERE, _DECK, _QUIZ = Where.ANYWHERE, Where.DECK, Where.QUIZ
_ALONE = r"(?:\A|[\r\n])[\s>]*\?\s*(?:[\r\n]|\Z)"  # a question mark on a line of its own

FORMS: tuple[Form, ...] = (
    #    name                   example                               counts     cue         find
    Form("card", "a note of Anki, a row of a CSV file", _ANYWHERE, "", cards),
    Form("multiple choice", "1. Which?  A. this  B. that  Answer: B", _ANYWHERE, RIGHT, choices),
    Form("question and answer", "Q: Which?  A: This.", _ANYWHERE, r"[:.)\uff1a]", marked_options),
    Form("true or false", "True or false: this. True", _ANYWHERE, r"\b(?:or|ou|oder)\b|/", truths),
    Form("details", "<details><summary>Which?</summary>This.", _ANYWHERE, "<details", details),
    Form("callout", "> [!question] Which?  > This.", _ANYWHERE, r"\[!", callouts),
    Form("flashcard ??", "one side  ??  other side", _ANYWHERE, r"\?\?", partial(below, sign="??")),
    Form("flashcard ?", "Which?  ?  This.", _ANYWHERE, _ALONE, partial(below, sign="?")),
    Form("flashcard :::", "one side:::other side", _ANYWHERE, ":::", partial(inline, sign=":::")),
    Form("flashcard ::", "Which?::This.", _ANYWHERE, "::", partial(inline, sign="::")),
    Form("cloze {{c1}}", "The answer is {{c1::this::hint}}.", _ANYWHERE, r"\{\{c\d", anki),
    Form("table", "| Question | Answer |", _ANYWHERE, r"\|[ \t]*:?-|-[ \t]*\|", tables),
    Form("bold question", "**Which?**  This.", _ANYWHERE, r"\*\*|__", bold),
    Form("cloze ==", "The answer is ==this==.", _DECK, "==", highlights),
    Form("heading question", "### Which?  This.", _QUIZ, r"\?", headings),
    Form(
        "description => term", "No code at all => Canvas", _QUIZ, "=>|⇒", partial(pairs, sign="=>")
    ),
    Form(
        "description --> term",
        "As it plays --> real time",
        _QUIZ,
        "->|→|⟶",
        partial(pairs, sign="-->"),
    ),
    Form("term = definition", "RLHF = learning from people", _QUIZ, "=", partial(pairs, sign="=")),
    Form("term: definition", "- RLHF: learning from people", _QUIZ, r":|[ \t][-–—]", colons),  # noqa: RUF001
    Form("plain question", "Which? This.", _QUIZ, r"[?\uff1f]", unmarked),
    Form("statement", "Clarify explains predictions.", _QUIZ, r"\w", statements),
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
    where = Where.ANYWHERE
    for form in FORMS:
        if form.where is not where:  # each is narrower than those before
            where = form.where
            note = note.only(where)
        if not re.search(form.cue, note.read.note.text, re.I | re.M):
            continue
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
