"""The quiz page: cards that are found, judged and shown; hostile text is text."""

import html as markup
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.ingestion import ingest, show_ingest
from commands.pages.library import NotesLibrary
from commands.pages.quiz import QuizController
from eval.case_files import all_cases, put_cases
from eval.drafts.reviewing import Quoted
from eval.study import Card, GivenAnswer, Session
from eval.types import Case, Origin, Standing, Target
from rag.config import Settings
from web.quiz_page.protocols import Step
from web.templates import Macros

NOTE = """# Cells

Mitochondria make most of the cell's ATP.

## Quiz

Q: What makes most of the ATP?
A: Mitochondria
"""
QUIZ = Macros("quiz")
HOSTILE = "<script>alert(1)</script> ${alert(2)} \u202e \x1b[2J"
CASE = Case(HOSTILE, HOSTILE, (HOSTILE,), (), True, origin=Origin(HOSTILE, 1, 1, HOSTILE))
QUOTE = Quoted(Target(HOSTILE, HOSTILE), HOSTILE, 1, HOSTILE, HOSTILE)


@pytest.mark.parametrize(
    "shown",
    [
        lambda: QUIZ.question(Session((Card(CASE),), 1)),
        lambda: QUIZ.verdict(CASE, GivenAnswer(HOSTILE, None, 0.0)),
        lambda: QUIZ.passages_of(CASE, [QUOTE]),
        lambda: QUIZ.passages_of(CASE, []),
        lambda: QUIZ.news(HOSTILE, "failed"),
    ],
)
def test_text_of_notes_and_persons_is_shown_as_text(shown: Callable[[], str]) -> None:
    made = shown()
    assert "<script" not in made
    assert markup.escape("<script>") in made


@pytest.fixture
def quiz(settings: Settings, tmp_path: Path) -> QuizController:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "cells.md").write_text(NOTE)
    own = settings.model_copy(update={"notes": notes, "llm": "none"})
    show_ingest(ingest(own, str(notes)))
    return QuizController(NotesLibrary(own))


def test_the_quiz_of_the_notes_is_found_once_and_its_answer_in_the_notes(
    quiz: QuizController,
) -> None:
    assert quiz.cases() == []
    *_, last = quiz.look()
    assert last == Step(1, 1, new=1)
    (found,) = quiz.cases()
    assert (found.standing, found.references) == (Standing.DRAFT, ("Mitochondria",))
    (passage,) = quiz.passages(found)
    assert (passage.line, passage.target.quote) == (3, "Mitochondria make most of the cell's ATP.")
    *_, again = quiz.look()
    assert again.new == 0


def test_a_draft_that_is_kept_is_gold_with_its_quote_and_one_dropped_is_not_asked(
    quiz: QuizController, tmp_path: Path
) -> None:
    list(quiz.look())
    file = tmp_path / "notes" / "quiz.jsonl"
    draft = quiz.next_draft()
    assert draft is not None
    quiz.review_of(draft.case).keep(draft.case)
    (kept,) = all_cases(file)
    assert kept.standing is Standing.GOLD
    assert kept.targets[0].quote == "Mitochondria make most of the cell's ATP."
    another = Case("another", "Another?", ("x",), (), True, standing=Standing.DRAFT)
    put_cases(file, [another])
    assert len(quiz.cases()) == 2
    draft = quiz.next_draft()
    assert draft is not None
    quiz.review_of(another).drop(draft.case)
    assert quiz.cases() == [kept]
    assert quiz.next_draft() is None
