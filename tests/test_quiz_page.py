"""The quiz page: what a session asks, how an answer is scored, what is shown of hostile text."""

import html as markup
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.ingestion import ingest, show_ingest
from commands.pages.library import NotesLibrary
from commands.pages.quiz import QuizController
from eval.case_files import all_cases, put_cases
from eval.drafts.reviewing import Quoted
from eval.study.schedule import Study, score_of
from eval.study.store import Card, Rating
from eval.types import Case, Origin, Standing, Target
from rag.config import Settings
from web.quiz_page.protocols import Step
from web.quiz_page.session import GivenAnswer, begun, line_places, picked, within
from web.templates import Macros

NOTE = """# Cells

Mitochondria make most of the cell's ATP.

## Quiz

Q: What makes most of the ATP?
A: Mitochondria
"""
QUIZ = Macros("quiz")
HOSTILE = "<script>alert(1)</script> ${alert(2)} \u202e \x1b[2J"


def case(question: str = "What is a cell?", **more: object) -> Case:
    given = {"references": ("the unit of life",), "targets": (), "answerable": True} | more
    return Case(id=question, question=question, **given)


def cards(*questions: str) -> list[Card]:
    return [Card(case(one)) for one in questions]


def asked(session: object) -> list[str]:
    return [card.case.question for card in session.waiting]


def test_a_missed_card_comes_again_after_some_others_and_is_not_known_at_once() -> None:
    session = begun(cards("a", "b", "c", "d", "e")).shown("no", 0.9, 0.0).rated(Rating.AGAIN)
    assert asked(session) == ["b", "c", "d", "a", "e"]
    while session.card:
        session = session.shown("yes", 0.9, 1.0).rated(Rating.GOOD)
    assert [one.question for one in session.missed] == ["a"]
    assert [one.question for one in session.right] == ["b", "c", "d", "e"]


def test_undo_goes_back_to_the_card_with_nothing_answered() -> None:
    first = begun(cards("a", "b"))
    after = first.shown("x", None, 1.0).rated(Rating.EASY)
    assert after.before == first


def test_a_person_overrules_the_scorer_and_the_rating_follows() -> None:
    session = begun(cards("a")).shown("in other words", 0.9, 0.0)
    assert session.given.suggested is Rating.AGAIN
    session = session.judged(right=True)
    assert session.given.suggested is Rating.GOOD
    assert session.attempt(Rating.GOOD).score == 1.0


@pytest.mark.parametrize(
    ("more", "text", "score"),
    [
        ({}, "It is the unit of life.", 1.0),
        ({}, "a prison room", 0.0),
        ({"options": ("x ray", "y chromosome", "zinc"), "correct": (0, 2)}, "A, C", 1.0),
        ({"options": ("x ray", "y chromosome", "zinc"), "correct": (0, 2)}, "A", 0.0),
        ({"facts": ("membrane", "nucleus")}, "It has a membrane.", 0.5),
        ({"answerable": False, "references": ()}, "anything", None),
    ],
)
def test_an_answer_is_scored_as_the_eval_scores_it(
    more: dict[str, object], text: str, score: float | None
) -> None:
    assert score_of(case(**more), text) == score


def test_notes_and_folders_of_several_can_be_chosen() -> None:
    def at(path: str, **more: object) -> Case:
        return case(path, origin=Origin(path, 1, 1, "card"), **more)

    cases = [at("a/x.md"), at("a/y.md", standing=Standing.DRAFT), at("b/z.md")]
    assert line_places(cases) == [("a/", 2), ("a/x.md", 1), ("a/y.md", 1), ("b/z.md", 1)]
    assert within(cases, ["a/"]) == cases[:2]
    assert within(cases, ["a/"], drafts=False) == cases[:1]
    assert within(cases, []) == cases


def test_where_nothing_is_due_what_is_due_next_can_be_studied(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 10, 12, tzinfo=UTC)]
    study = Study(tmp_path, lambda: now[0])
    session = begun(picked(study, [case("a"), case("b")], 1)).shown("", None, 1.0)
    study.attempt(session.card.case, session.attempt(Rating.EASY))
    assert [card.case.question for card in picked(study, [case("a")], 5)] == ["a"]
    assert study.due([case("a")]) == []


def test_each_rating_says_beforehand_when_the_card_comes_back(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 10, 12, tzinfo=UTC)]
    study = Study(tmp_path, lambda: now[0])
    for rating in (Rating.GOOD, Rating.GOOD, Rating.AGAIN):
        session = begun([Card(case())]).shown("", None, 1.0)
        promised = study.coming(case())
        assert promised[Rating.AGAIN] < promised[Rating.EASY]
        assert study.attempt(case(), session.attempt(rating)) == promised[rating]
        now[0] += timedelta(days=1)


def test_undo_takes_back_the_card_it_is_for(tmp_path: Path) -> None:
    study = Study(tmp_path)
    attempt = begun(cards("a")).shown("", None, 1.0).attempt(Rating.GOOD)
    study.attempt(case("a"), attempt)
    study.attempt(case("b"), attempt)
    assert study.take_back(case("a"))
    assert not study.take_back(case("a"))
    assert [card.case.question for card in study.cards([case("a"), case("b")]) if card.due] == ["b"]


HOSTILE_CASE = case(HOSTILE, references=(HOSTILE,), origin=Origin(HOSTILE, 1, 1, HOSTILE))
HOSTILE_QUOTE = Quoted(Target(HOSTILE, HOSTILE), HOSTILE, 1, HOSTILE, HOSTILE)


@pytest.mark.parametrize(
    "shown",
    [
        lambda: QUIZ.question(begun([Card(HOSTILE_CASE)])),
        lambda: QUIZ.verdict(HOSTILE_CASE, GivenAnswer(HOSTILE, None, 0.0)),
        lambda: QUIZ.passages_of(HOSTILE_CASE, [HOSTILE_QUOTE]),
        lambda: QUIZ.passages_of(HOSTILE_CASE, []),
        lambda: QUIZ.news(HOSTILE, "failed"),
    ],
)
def test_text_of_notes_and_persons_is_shown_as_text(shown: Callable[[], str]) -> None:
    made = shown()
    assert "<script" not in made
    assert markup.escape("<script>") in made


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> QuizController:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "cells.md").write_text(NOTE)
    own = settings.model_copy(update={"notes": notes, "llm": "none"})
    show_ingest(ingest(own, str(notes)))
    return QuizController(NotesLibrary(own))


def test_the_quiz_of_the_notes_is_found_once_and_its_answer_in_the_notes(
    desk: QuizController,
) -> None:
    assert desk.cases() == []
    *_, last = desk.look()
    assert last == Step(1, 1, new=1)
    (found,) = desk.cases()
    assert (found.standing, found.references) == (Standing.DRAFT, ("Mitochondria",))
    (passage,) = desk.passages(found)
    assert (passage.line, passage.target.quote) == (3, "Mitochondria make most of the cell's ATP.")
    *_, again = desk.look()
    assert again.new == 0


def test_a_draft_that_is_kept_is_gold_with_its_quote_and_one_dropped_is_not_asked(
    desk: QuizController, tmp_path: Path
) -> None:
    list(desk.look())
    file = tmp_path / "notes" / "quiz.jsonl"
    draft = desk.next_draft()
    desk.keep(draft.case)
    (kept,) = all_cases(file)
    assert kept.standing is Standing.GOLD
    assert kept.targets[0].quote == "Mitochondria make most of the cell's ATP."
    put_cases(file, [case("Another?", standing=Standing.DRAFT)])
    assert len(desk.cases()) == 2
    desk.drop(desk.next_draft().case)
    assert desk.cases() == [kept]
    assert desk.next_draft() is None
