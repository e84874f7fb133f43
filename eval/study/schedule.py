"""When which card is asked, and how an answer to it is scored: as the eval scores a model's.

The schedule is that of FSRS: the `fsrs` package, with its default parameters. Its method:
Ye, Su and Cao (2022), "A Stochastic Shortest Path Algorithm for Optimizing Spaced Repetition
Scheduling", KDD.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from fsrs import Card as Memory
from fsrs import Rating as FsrsRating
from fsrs import Scheduler

from eval.scorers import SCORERS
from eval.study.store import (
    Attempt,
    Card,
    CardStanding,
    Day,
    Rating,
    StudyStore,
    Sureness,
    card_key,
)
from eval.types import Case
from rag.types import Answer, Status, Timings

RIGHT = 0.5
"""From this score on an answer counts as right."""

_SURE = 0.5
"""From this on a person counts as sure."""

_BINS = (0.0, 0.25, 0.5, 0.75, 1.0)


def rating_of(score: float, sure: float | None) -> Rating:
    """The rating that an answer suggests: what was guessed right is not known well."""
    if score < RIGHT:
        return Rating.AGAIN
    return Rating.HARD if sure is not None and sure < _SURE else Rating.GOOD


class Study:
    """A person's studying, kept under the folder `home`. `now` is the clock, in UTC.

    Raises, from every method:
        StoreError: the file was written by another version of Cribsheet, or cannot be used.
    """

    def __init__(self, home: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = StudyStore(home)
        self.now = now
        # A random day more or less would make two runs differ, and there is no crowd to spread.
        self._fsrs = Scheduler(enable_fuzzing=False)

    def cards(self, cases: Iterable[Case]) -> list[Card]:
        """The cards of these cases: the due ones, least likely to be known first; new ones; others.

        Cases with the same question are one card. Those that the notes do not answer, and those
        that follow up on another question, are none.
        """
        memories, now = self._store.memories(), self.now()
        cards: dict[str, Card] = {}
        for case in cases:
            if case.references and not case.before:
                key = card_key(case)
                cards.setdefault(key, self._card(case, memories.get(key), now))
        return sorted(cards.values(), key=lambda card: _turn(card, now))

    def due(self, cases: Iterable[Case], most_new: int = 20) -> list[Card]:
        """The cards to be asked now, in order, with at most so many that were never asked."""
        now = self.now()
        cards = self.cards(cases)
        asked = [card for card in cards if card.due is not None and card.due <= now]
        return asked + [card for card in cards if card.due is None][:most_new]

    def attempt(self, case: Case, attempt: Attempt) -> datetime:
        """Keep an attempt. Returns when the card is due next, in UTC."""
        key, now = card_key(case), self.now()
        memory, lapses = self._store.memories().get(key, (Memory(due=now), 0))
        known_before = memory.last_review is not None
        after, _ = self._fsrs.review_card(memory, FsrsRating(attempt.rating), now)
        lapses += known_before and attempt.rating is Rating.AGAIN
        self._store.keep(key, attempt, now, after, lapses)
        return after.due

    def coming(self, case: Case) -> dict[Rating, datetime]:
        """When the card would be due next, in UTC, for each rating that it might get now."""
        now = self.now()
        memory, _ = self._store.memories().get(card_key(case), (Memory(due=now), 0))
        return {one: self._fsrs.review_card(memory, FsrsRating(one), now)[0].due for one in Rating}

    def take_back(self, case: Case | None = None) -> bool:
        """Undo the last attempt, of this case if one is named; False if there is none."""
        return self._store.take_back(card_key(case) if case else None) is not None

    def standing(self, cases: Iterable[Case]) -> CardStanding:
        """How many cards are due, new and known, and how many days in a row were studied."""
        now, cards = self.now(), self.cards(cases)
        days = Counter(at.astimezone().date() for at in self._store.times())
        today = now.astimezone().date()
        new = sum(card.due is None for card in cards)
        due = sum(card.due is not None and card.due <= now for card in cards)
        return CardStanding(due, new, len(cards) - new - due, days[today], _streak(days, today))

    def forecast(self, cases: Iterable[Case], days: int = 14) -> list[Day]:
        """How many of the cards that were asked before are due on each day from today on."""
        today = self.now().astimezone().date()
        due = Counter(
            max(card.due.astimezone().date(), today) for card in self.cards(cases) if card.due
        )
        coming = (today + timedelta(days=ahead) for ahead in range(days))
        return [Day(day, due[day]) for day in coming]

    def sureness(self) -> list[Sureness]:
        """How right a person was for how sure they were, in quarters; empty ones are left out."""
        judged = self._store.judged()
        found = []
        for low, high in pairwise(_BINS):
            of_these = [
                score for sure, score in judged if low <= sure < high or sure == high == _BINS[-1]
            ]
            if of_these:
                right = sum(score >= RIGHT for score in of_these)
                found.append(Sureness(low, high, len(of_these), right / len(of_these)))
        return found

    def _card(self, case: Case, known: tuple[Memory, int] | None, now: datetime) -> Card:
        if known is None:
            return Card(case)
        memory, lapses = known
        return Card(case, memory.due, self._fsrs.get_card_retrievability(memory, now), lapses)


def _turn(card: Card, now: datetime) -> tuple[int, float]:
    if card.due is None:
        return 1, 0.0
    return (0, card.recall) if card.due <= now else (2, card.due.timestamp())


def _streak(days: Counter[date], today: date) -> int:
    """Days in a row, up to today, or up to yesterday as long as today may still be studied."""
    day = today if days[today] else today - timedelta(days=1)
    length = 0
    while days[day]:
        length, day = length + 1, day - timedelta(days=1)
    return length


PERSON = "you"
"""What an answer names in place of a model."""


def score_of(case: Case, text: str) -> float | None:
    """The share of the answer that is right, 0 to 1; None where no scorer can judge it.

    Options are right or wrong. An answer in words that says a reference is right; else the share
    of the facts counts that a whole one has to say, where the case lists these.
    """
    if case.options and case.correct:
        return _scored("choice_accuracy", case, text)
    scores = [_scored(name, case, text) for name in ("reference_match", "facts_said")]
    return max((score for score in scores if score is not None), default=None)


def _scored(name: str, case: Case, text: str) -> float | None:
    answer = Answer(
        question=case.question,
        standalone=case.question,
        text=text,
        status=Status.ANSWERED,
        model=PERSON,
        citations=(),
        hits=(),
        timings=Timings(),
    )
    return SCORERS[name](case, answer)
