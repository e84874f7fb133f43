"""What a person answered, in an SQLite file of its own, which no ingest touches.

A card is known by its question, whatever the case's id: an edit elsewhere in the notes, or a case
that is kept as gold, does not forget it.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from pathlib import Path

from fsrs import Card as Memory

from eval.types import Case
from rag.store.database import Database, OwnFile, Row


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
class CardStanding:
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


CARDS_FILE = "study.sqlite3"

_SCHEMA = """
CREATE TABLE cards (key TEXT PRIMARY KEY, memory TEXT NOT NULL, lapses INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, at TEXT NOT NULL, rating INTEGER NOT NULL,
    answer TEXT NOT NULL, score REAL, sure REAL, memory TEXT, lapses INTEGER NOT NULL);
CREATE INDEX attempts_by_key ON attempts (key);
"""
_COLUMNS = "key, at, rating, answer, score, sure, memory, lapses"
_ADD = f"INSERT INTO attempts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_LAST = (
    "SELECT id, key, memory, lapses FROM attempts WHERE ? IS NULL OR key = ?"
    " ORDER BY id DESC LIMIT 1"
)
_SET = "INSERT OR REPLACE INTO cards VALUES (?, ?, ?)"


class StudyStore:
    """The cards and attempts under the folder `home`; any process may read and write them.

    Raises, from every method:
        StoreError: the file was written by another version of Cribsheet, or cannot be used.
    """

    def __init__(self, home: Path) -> None:
        self._file = OwnFile(home / CARDS_FILE, lambda path: Database(path, _SCHEMA, 1), _rescue)

    def memories(self) -> Mapping[str, tuple[Memory, int]]:
        """What FSRS knows of each card that was ever asked, and how often it was forgotten."""
        found = self._file.do(lambda database: database.rows("SELECT * FROM cards"))
        return {str(key): (_memory(memory), int(str(lapses))) for key, memory, lapses in found}

    def keep(self, key: str, attempt: Attempt, at: datetime, memory: Memory, lapses: int) -> None:
        """Keep an attempt, and what is known of its card from then on: both, or nothing."""

        def work(database: Database) -> None:
            with database.writing() as db:
                before = db.execute("SELECT memory, lapses FROM cards WHERE key = ?", (key,))
                old, had = before.fetchone() or (None, 0)
                given = (attempt.rating.value, attempt.text, attempt.score, attempt.sure)
                db.execute(_ADD, (key, at.isoformat(), *given, old, had))
                db.execute(_SET, (key, json.dumps(memory.to_dict()), lapses))

        self._file.do(work)

    def take_back(self, of: str | None = None) -> str | None:
        """Forget the last attempt, as if it had not been made; the key of its card, if any.

        That of the card `of`, if one is named.
        """

        def work(database: Database) -> str | None:
            with database.writing() as db:
                last = db.execute(_LAST, (of, of)).fetchone()
                if last is None:
                    return None
                number, key, memory, lapses = last
                db.execute("DELETE FROM attempts WHERE id = ?", (number,))
                if memory is None:
                    db.execute("DELETE FROM cards WHERE key = ?", (key,))
                else:
                    db.execute(_SET, (key, memory, lapses))
                return str(key)

        return self._file.do(work)

    def times(self) -> Sequence[datetime]:
        """When each attempt was made, the oldest first."""
        rows = self._file.do(lambda database: database.rows("SELECT at FROM attempts ORDER BY id"))
        return [datetime.fromisoformat(str(at)) for (at,) in rows]

    def judged(self) -> Sequence[tuple[float, float]]:
        """How sure a person was and how right, for each attempt where both are known."""
        query = "SELECT sure, score FROM attempts WHERE sure NOT NULL AND score NOT NULL"
        rows = self._file.do(lambda database: database.rows(query))
        return [(float(str(sure)), float(str(score))) for sure, score in rows]


def card_key(case: Case) -> str:
    """What a card is known by: its question, without case, blanks and the mark at its end."""
    folded = unicodedata.normalize("NFKC", case.question).casefold()
    asked = " ".join(folded.split()).rstrip(" ?!.")
    return hashlib.sha256(asked.encode(errors="surrogatepass")).hexdigest()[:32]


def _memory(text: object) -> Memory:
    return Memory.from_dict(json.loads(str(text)))


def _rescue(old: Database, new: Database) -> int:
    """Copy what can be read of a damaged file."""
    attempts: list[Row] = old.rows(f"SELECT {_COLUMNS} FROM attempts ORDER BY id")
    cards = old.rows("SELECT * FROM cards")
    with new.writing() as db:
        db.executemany(_ADD, attempts)
        db.executemany(_SET, cards)
    return len(attempts)
