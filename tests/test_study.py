"""Studying: what is asked when, by FSRS; what is kept of an answer; sessions, undo, streaks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eval.study import (
    CARDS_FILE,
    Card,
    GivenAnswer,
    Rating,
    Session,
    Study,
    card_key,
    new_session,
    places_of,
    score_of,
    within,
)
from eval.types import Case, Origin, Standing, Target

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
AGAIN, HARD, GOOD, EASY = Rating


def case(question: str = "What is a cell?", **more: object) -> Case:
    given = {"references": ("the unit of life",), "targets": (), "answerable": True} | more
    return Case(id=question, question=question, **given)  # type: ignore[arg-type]


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_days(self, days: float) -> None:
        self.at += timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Study:
    return Study(tmp_path, clock)


def keep(study: Study, question: str, rating: Rating, **given: object) -> datetime:
    return study.keep(case(question), rating, GivenAnswer(**given))  # type: ignore[arg-type]


def asked(cards: list[Card] | tuple[Card, ...]) -> list[str]:
    return [card.case.question for card in cards]


# When a card is asked


def test_due_cards_come_by_how_likely_they_are_known_and_then_the_new_ones(study, clock) -> None:
    keep(study, "Strong?", EASY)
    keep(study, "Weak?", HARD)
    clock.pass_days(60)
    keep(study, "Just known?", EASY)
    new = [f"New {number}?" for number in range(30)]
    every = [case(one) for one in ("Just known?", *new, "Strong?", "Weak?")]
    cards = study.due(every, most_new=7)
    assert asked(cards) == ["Weak?", "Strong?", *new[:7]]
    assert cards[0].recall < cards[1].recall < 1


def test_an_interval_grows_with_each_good_answer_and_with_how_easy_it_was(study, clock) -> None:
    assert keep(study, "A?", EASY) > keep(study, "B?", AGAIN)
    lengths = []
    for _ in range(5):
        promised = study.coming(case("C?"))
        due = keep(study, "C?", GOOD)
        assert promised[AGAIN] < promised[GOOD] == due < promised[EASY]
        lengths.append(due - clock.at)
        clock.at = due
    assert lengths == sorted(lengths)
    assert lengths[-1] > timedelta(days=10)


def test_a_card_is_its_question_whatever_its_id_and_follow_ups_are_none(study) -> None:
    keep(study, "What is  a Cell", EASY)
    without = Case("x", "Who won?", (), (), answerable=False)
    follow_up = case("And why?", before=("What is a cell?",))
    (card,) = study.cards([case("what is a cell?"), case("what is a cell ?"), without, follow_up])
    assert card.due is not None
    assert card_key(case("\ud800 what?")) != card_key(case("???"))


def test_the_last_answer_can_be_taken_back_of_any_card_or_of_one(study) -> None:
    keep(study, "A?", GOOD)
    before = study.cards([case("A?")])
    keep(study, "A?", AGAIN)
    keep(study, "B?", GOOD)
    assert study.take_back(case("A?"))
    assert study.cards([case("A?")]) == before
    assert study.take_back()  # that of B
    assert study.take_back()
    assert study.cards([case("A?")])[0].due is None
    assert not study.take_back()


def test_lapses_count_what_was_forgotten_not_what_was_never_known(study) -> None:
    for lapses in (0, 1):
        keep(study, "A?", AGAIN)
        assert study.cards([case("A?")])[0].lapses == lapses


# How it goes


def test_a_streak_counts_days_in_a_row_and_waits_for_today(study, clock) -> None:
    for _ in range(3):
        keep(study, "A?", GOOD)
        clock.pass_days(1)
    assert study.counts([]).streak == 3  # today may still come
    clock.pass_days(1)
    assert study.counts([]).streak == 0


def test_cards_are_counted_as_due_new_and_known(study, clock) -> None:
    keep(study, "Known?", EASY)
    keep(study, "Due?", AGAIN)
    clock.pass_days(0.2)
    counts = study.counts([case("Known?"), case("Due?"), case("New?")])
    assert (counts.due, counts.new, counts.known, counts.today) == (1, 1, 1, 2)


def test_the_forecast_counts_the_overdue_as_todays(study, clock) -> None:
    keep(study, "A?", GOOD)
    due = keep(study, "B?", EASY)
    clock.pass_days(1)
    days = study.forecast([case("A?"), case("B?")], days=60)
    assert list(days) == [clock.at.astimezone().date() + timedelta(days=day) for day in range(60)]
    assert {day: count for day, count in days.items() if count} == {
        clock.at.astimezone().date(): 1,
        due.astimezone().date(): 1,
    }


def test_sureness_says_how_right_a_person_was_for_how_sure(study) -> None:
    for sure, score in ((1.0, 1.0), (0.9, 0.0), (0.1, 0.0)):
        keep(study, "A?", GOOD, text="x", score=score, sure=sure)
    keep(study, "A?", GOOD)  # says nothing
    low, high = study.sureness()
    assert (low.answers, low.right) == (1, 0.0)
    assert (high.low, high.high, high.answers, high.right) == (0.75, 1.0, 2, 0.5)


def test_a_damaged_file_is_set_aside_and_studying_goes_on(study, tmp_path) -> None:
    keep(study, "A?", GOOD)
    (tmp_path / CARDS_FILE).write_bytes(b"not a database" * 500)
    keep(study, "B?", GOOD)
    assert len(list(tmp_path.glob("damaged-study-*"))) == 1
    assert study.counts([]).today == 1


def test_two_processes_see_each_others_answers(study, tmp_path, clock) -> None:
    keep(Study(tmp_path, clock), "A?", GOOD)
    assert study.counts([]).today == 1


# What an answer is worth


@pytest.mark.parametrize(
    ("score", "sure", "rating"),
    [(1.0, 0.2, HARD), (1.0, 0.9, GOOD), (1.0, None, GOOD), (0.0, 0.9, AGAIN), (None, 0.1, GOOD)],
)
def test_a_guess_that_was_right_is_not_rated_as_well_as_what_was_known(score, sure, rating) -> None:
    assert GivenAnswer("x", sure, score).suggested is rating


GASES = {"options": ("neon", "iron", "argon"), "correct": (0, 2)}


@pytest.mark.parametrize(
    ("more", "text", "score"),
    [
        ({}, "It is the unit of life.", 1.0),
        ({}, "a prison room", 0.0),
        (GASES, "A, C", 1.0),
        (GASES, "A", 0.0),
        ({"facts": ("membrane", "nucleus")}, "It has a membrane.", 0.5),
        ({"answerable": False, "references": ()}, "anything", None),
    ],
)
def test_an_answer_is_scored_as_the_eval_scores_it(more, text, score) -> None:
    assert score_of(case(**more), text) == score


# A session


def session_of(*questions: str) -> Session:
    return Session(tuple(Card(case(one)) for one in questions), len(questions))


def test_a_missed_card_comes_again_after_some_others_and_is_not_known_at_once() -> None:
    session = session_of("a", "b", "c", "d", "e").shown(GivenAnswer("no", 0.9, 0.0)).rated(AGAIN)
    assert asked(session.waiting) == ["b", "c", "d", "a", "e"]
    while session.card:
        session = session.shown(GivenAnswer("yes", 0.9, 1.0)).rated(GOOD)
    assert [one.question for one in session.missed] == ["a"]
    assert [one.question for one in session.right] == ["b", "c", "d", "e"]


def test_undo_goes_back_to_the_card_with_nothing_answered() -> None:
    first = session_of("a", "b")
    assert first.shown(GivenAnswer("x", None, 1.0)).rated(EASY).before == first


def test_a_person_overrules_the_scorer_and_the_rating_follows() -> None:
    session = session_of("a").shown(GivenAnswer("in other words", 0.9, 0.0)).judged(right=True)
    assert session.given == GivenAnswer("in other words", 0.9, 1.0, overruled=True)
    assert session.given.suggested is GOOD


def test_notes_and_folders_of_several_can_be_chosen() -> None:
    def at(path: str, **more: object) -> Case:
        return case(path, origin=Origin(path, 1, 1, "card"), **more)

    cases = [at("a/x.md"), at("a/y.md", standing=Standing.DRAFT), at("b/z.md")]
    quoted = case("Q?", targets=(Target("b/z.md", "z"),))
    assert places_of([*cases, quoted]) == [("a/", 2), ("a/x.md", 1), ("a/y.md", 1), ("b/z.md", 2)]
    assert within(cases, ["a/"]) == cases[:2]
    assert within(cases, ["a/"], drafts=False) == cases[:1]
    assert within([*cases, quoted], ["b/z.md"]) == [cases[2], quoted]
    assert within(cases, []) == cases


def test_where_nothing_is_due_what_is_due_next_can_be_studied(study) -> None:
    assert asked(new_session(study, [case("a"), case("b")], 1).waiting) == ["a"]
    keep(study, "a", EASY)
    assert study.due([case("a")]) == []
    assert asked(new_session(study, [case("a")], 5).waiting) == ["a"]
