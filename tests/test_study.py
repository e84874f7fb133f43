"""Studying: what is asked when, by FSRS; what is kept of an answer; undo, streaks, forecast."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eval.study.schedule import Study, rating_of
from eval.study.store import CARDS_FILE, Attempt, Rating, card_key
from eval.types import Case, Target

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def case(question: str = "What is a cell?", **more: object) -> Case:
    given = {"references": ("the unit of life",), "targets": (Target("x.md", "x"),)} | more
    return Case(id=question, question=question, answerable=True, **given)


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


GOOD, AGAIN, EASY = (Attempt(rating) for rating in (Rating.GOOD, Rating.AGAIN, Rating.EASY))


def test_a_card_never_asked_is_new_and_comes_after_those_that_are_due(study, clock) -> None:
    old, new = case("Old?"), case("New?")
    study.attempt(old, GOOD)
    clock.pass_days(30)
    assert [card.case for card in study.due([new, old])] == [old, new]


def test_an_easy_card_comes_back_later_than_one_that_was_forgotten(study) -> None:
    assert study.attempt(case("A?"), EASY) > study.attempt(case("B?"), AGAIN)


def test_what_was_just_known_is_not_asked_again_at_once(study) -> None:
    study.attempt(case(), EASY)
    assert study.due([case()]) == []


def test_each_good_answer_on_its_day_lengthens_the_interval(study, clock) -> None:
    lengths = []
    for _ in range(5):
        due = study.attempt(case(), GOOD)
        lengths.append(due - clock.at)
        clock.at = due
    assert lengths == sorted(lengths)
    assert lengths[-1] > timedelta(days=10)


def test_of_due_cards_the_one_least_likely_to_be_known_comes_first(study, clock) -> None:
    weak, strong = case("Weak?"), case("Strong?")
    study.attempt(weak, Attempt(Rating.HARD))
    study.attempt(strong, EASY)
    clock.pass_days(60)
    cards = study.due([strong, weak])
    assert [card.case for card in cards] == [weak, strong]
    assert cards[0].recall < cards[1].recall < 1


def test_no_more_new_cards_than_asked_for(study) -> None:
    cases = [case(f"Question {number}?") for number in range(30)]
    assert len(study.due(cases, most_new=7)) == 7


def test_a_card_is_known_by_its_question_whatever_its_id(study) -> None:
    study.attempt(case("What is  a Cell"), EASY)
    assert study.cards([case("what is a cell?")])[0].due is not None


def test_the_same_question_twice_is_one_card(study) -> None:
    assert len(study.cards([case("A?"), case("a ?"), case("B?")])) == 2


def test_what_the_notes_do_not_answer_and_follow_ups_are_no_cards(study) -> None:
    without = Case("x", "Who won?", (), (), answerable=False)
    assert study.cards([without, case("And why?", before=("What is a cell?",))]) == []


def test_the_last_answer_can_be_taken_back(study) -> None:
    study.attempt(case(), GOOD)
    before = study.cards([case()])
    study.attempt(case(), AGAIN)
    assert study.take_back()
    assert study.cards([case()]) == before
    assert study.take_back()
    assert study.cards([case()])[0].due is None
    assert not study.take_back()


def test_lapses_count_what_was_forgotten_not_what_was_never_known(study) -> None:
    study.attempt(case(), AGAIN)
    assert study.cards([case()])[0].lapses == 0
    study.attempt(case(), AGAIN)
    assert study.cards([case()])[0].lapses == 1


def test_a_streak_counts_days_in_a_row_and_waits_for_today(study, clock) -> None:
    for _ in range(3):
        study.attempt(case(), GOOD)
        clock.pass_days(1)
    assert study.standing([case()]).streak == 3  # today may still come
    clock.pass_days(1)
    assert study.standing([case()]).streak == 0


def test_standing_parts_cards_into_due_new_and_known(study, clock) -> None:
    study.attempt(case("Known?"), EASY)
    study.attempt(case("Due?"), AGAIN)
    clock.pass_days(0.2)
    standing = study.standing([case("Known?"), case("Due?"), case("New?")])
    assert (standing.due, standing.new, standing.known, standing.today) == (1, 1, 1, 2)


def test_the_forecast_counts_the_overdue_as_todays(study, clock) -> None:
    study.attempt(case("A?"), GOOD)
    study.attempt(case("B?"), EASY)
    due = study.cards([case("B?")])[0].due
    assert due is not None
    clock.pass_days(1)
    days = study.forecast([case("A?"), case("B?")], days=60)
    assert days[0].cards == 1
    assert {day.day: day.cards for day in days}[due.astimezone().date()] == 1
    assert sum(day.cards for day in days) == 2


def test_a_guess_that_was_right_is_not_rated_as_well_as_what_was_known() -> None:
    assert rating_of(1.0, 0.2) is Rating.HARD
    assert rating_of(1.0, 0.9) is rating_of(1.0, None) is Rating.GOOD
    assert rating_of(0.0, 0.9) is Rating.AGAIN


def test_sureness_says_how_right_a_person_was_for_how_sure(study) -> None:
    for sure, score in ((1.0, 1.0), (0.9, 0.0), (0.1, 0.0)):
        study.attempt(case(), Attempt(Rating.GOOD, "x", score, sure))
    study.attempt(case(), GOOD)  # says nothing
    low, high = study.sureness()
    assert (low.answers, low.right) == (1, 0.0)
    assert (high.low, high.high, high.answers, high.right) == (0.75, 1.0, 2, 0.5)


def test_a_damaged_file_is_set_aside_and_studying_goes_on(study, tmp_path) -> None:
    study.attempt(case(), GOOD)
    (tmp_path / CARDS_FILE).write_bytes(b"not a database" * 500)
    study.attempt(case("Other?"), GOOD)
    assert len(list(tmp_path.glob("damaged-study-*"))) == 1
    assert study.standing([case("Other?")]).today == 1


def test_two_processes_see_each_others_answers(tmp_path, clock) -> None:
    Study(tmp_path, clock).attempt(case(), GOOD)
    assert Study(tmp_path, clock).standing([case()]).today == 1


def test_odd_questions_have_keys_too() -> None:
    assert card_key(case("\ud800 what?")) != card_key(case("???"))
