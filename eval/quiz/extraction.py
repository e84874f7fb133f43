"""A note -> the Cases of its quiz: a pure function."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from eval.quiz.forms import FORMS
from eval.quiz.sheet import Sheet, read_sheet
from eval.quiz.types import Form, Found, Source, Where
from eval.quiz.wording import kind_of
from eval.types import Case, Origin, Standing

_MAX_SLUG = 48


def extract(source: Source) -> list[Case]:
    """The questions that a note holds with their answers, as drafts, in the note's order.

    Targets are empty: a quiz does not say where the notes have its answers. Ids are made of the
    note's name and the question, so that they stay when the note is edited elsewhere.
    """
    seen: Counter[str] = Counter()
    found = sorted(_found(read_sheet(source)), key=lambda pair: (pair[1].first, pair[1].last))
    return [_case(source.path, form, one, seen) for form, one in found]


def _found(sheet: Sheet) -> Iterator[tuple[Form, Found]]:
    where = Where.ANYWHERE
    for form in FORMS:
        if form.where is not where:  # each is narrower than those before
            where = form.where
            sheet = sheet.only(where)
        if not re.search(form.cue, sheet.source.text, re.I | re.M):
            continue
        taken: dict[int, tuple[int, int]] = {}
        for one in form.find(sheet):
            lines = (one.first, one.last)
            if all(taken.get(at, lines) == lines for at in range(one.first, one.last + 1)):
                taken |= dict.fromkeys(range(one.first, one.last + 1), lines)
                yield form, one
        if taken:
            sheet = sheet.without(sorted(set(taken.values())))


def _case(path: str, form: Form, found: Found, seen: Counter[str]) -> Case:
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
