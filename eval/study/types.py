"""The nouns of studying. Frozen, and free of third-party code."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from eval.types import Case


class Rating(IntEnum):
    """How well a card was known, as FSRS numbers it."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


@dataclass(frozen=True, slots=True)
class Attempt:
    """An answer to a card.

    `score` is the share of the answer that was right, 0 to 1, None where nobody judged it; `sure`
    how sure the person was before the right answer was shown, 0 to 1, None if they did not say.
    """

    rating: Rating
    text: str = ""
    score: float | None = None
    sure: float | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A case as it stands in a person's memory.

    `due` is None for one that was never asked, and `recall` then 0: the probability, as FSRS has
    it, that it would be known now. `lapses` counts how often it was forgotten.
    """

    case: Case
    due: datetime | None = None
    recall: float = 0.0
    lapses: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person's studying stands. `streak` is in days, today included once it was studied."""

    due: int
    new: int
    known: int
    today: int
    streak: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the forecast, and how many cards are due then; those overdue count as today's."""

    day: date
    cards: int


@dataclass(frozen=True, slots=True)
class Sureness:
    """Of answers given as sure as `low` to `high`: how many there were, how many were right."""

    low: float
    high: float
    answers: int
    right: float
