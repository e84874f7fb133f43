"""Studying cards: what a person answered, how that is scored, and when a card is asked again.

An answer is scored as the eval scores a model's. The schedule is that of FSRS: the `fsrs` package,
with its default parameters. Its method: Ye, Su and Cao (2022), "A Stochastic Shortest Path
Algorithm for Optimizing Spaced Repetition Scheduling", KDD.

Answers lie in an SQLite file of their own, which no ingest touches. A card is known by its
question, whatever the case's id: an edit elsewhere in the notes, or a case that is kept as gold,
does not forget it.
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from itertools import pairwise
from pathlib import Path

from fsrs import Card as Memory
from fsrs import Rating as FsrsRating
from fsrs import Scheduler

from eval.scorers import SCORERS
from eval.types import Case, Standing
from rag.store.database import Database, OwnFile
from rag.types import Answer, Status, Timings

RIGHT = 0.5
"""From this score on an answer counts as right."""

_SURE = 0.5
"""From this on a person counts as sure."""

_BINS = (0.0, 0.25, 0.5, 0.75, 1.0)


class Rating(IntEnum):
    """How well a card was known, as FSRS numbers it."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer to a card.

    `score` is the share of it that was right, 0 to 1, by the scorer or, where it is `overruled`, by
    the person; None where nobody judged it. `sure` is how sure the person was before the right
    answer was shown, 0 to 1, None if they did not say.
    """

    text: str = ""
    sure: float | None = None
    score: float | None = None
    overruled: bool = False

    @property
    def suggested(self) -> Rating:
        """The rating that it suggests: what was guessed right is not known well."""
        if self.score is not None and self.score < RIGHT:
            return Rating.AGAIN
        is_guess = self.score is not None and self.sure is not None and self.sure < _SURE
        return Rating.HARD if is_guess else Rating.GOOD

    @property
    def is_right(self) -> bool | None:
        """None where nobody has judged it."""
        return None if self.score is None else self.score >= RIGHT


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
class CardCounts:
    """Cards that are due, new and known; answers today; days in a row on which was studied."""

    due: int
    new: int
    known: int
    today: int
    streak: int


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
_ADD = (
    "INSERT INTO attempts (key, at, rating, answer, score, sure, memory, lapses)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_ATTEMPTS = "SELECT key, at, rating, answer, score, sure, memory, lapses FROM attempts ORDER BY id"
_LAST = (
    "SELECT id, key, memory, lapses FROM attempts WHERE ? IS NULL OR key = ?"
    " ORDER BY id DESC LIMIT 1"
)
_SET = "INSERT OR REPLACE INTO cards VALUES (?, ?, ?)"
_JUDGED = "SELECT sure, score FROM attempts WHERE sure NOT NULL AND score NOT NULL"


class Study:
    """A person's studying, kept under the folder `home`. `now` is the clock, in UTC.

    Any process may read and write the same file. Raises, from every method:
        StoreError: the file was written by another version of Cribsheet, or cannot be used.
    """

    def __init__(self, home: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = OwnFile(home / CARDS_FILE, lambda path: Database(path, _SCHEMA, 1), _rescue)
        self.now = now
        # A random day more or less would make two runs differ, and there is no crowd to spread.
        self._fsrs = Scheduler(enable_fuzzing=False)

    def cards(self, cases: Iterable[Case]) -> list[Card]:
        """The cards of these cases: the due ones, least likely to be known first; new ones; others.

        Cases with the same question are one card. Those that the notes do not answer, and those
        that follow up on another question, are none.
        """
        memories, now = self._memories(), self.now()
        cards = []
        for case in card_cases(cases):
            memory, lapses = memories.get(card_key(case), (None, 0))
            recall = self._fsrs.get_card_retrievability(memory, now) if memory else 0.0
            cards.append(Card(case, memory.due if memory else None, recall, lapses))
        return sorted(cards, key=lambda card: _turn(card, now))

    def due(self, cases: Iterable[Case], most_new: int = 20) -> list[Card]:
        """The cards to be asked now, in order, with at most so many that were never asked."""
        now = self.now()
        cards = self.cards(cases)
        asked = [card for card in cards if card.due is not None and card.due <= now]
        return asked + [card for card in cards if card.due is None][:most_new]

    def keep(self, case: Case, rating: Rating, given: GivenAnswer) -> datetime:
        """Keep an answer, all of it or nothing. Returns when the card is due next, in UTC."""
        key, now = card_key(case), self.now()
        before, lapses = self._memories().get(key, (None, 0))
        memory = before or Memory(due=now)
        after, _ = self._fsrs.review_card(memory, FsrsRating(rating), now)
        forgotten = before is not None and rating is Rating.AGAIN

        def work(database: Database) -> None:
            with database.writing() as db:
                known = db.execute("SELECT memory, lapses FROM cards WHERE key = ?", (key,))
                old = known.fetchone() or (None, 0)
                answer = (rating.value, given.text, given.score, given.sure)
                db.execute(_ADD, (key, now.isoformat(), *answer, *old))
                db.execute(_SET, (key, json.dumps(after.to_dict()), lapses + forgotten))

        self._file.do(work)
        return after.due

    def coming(self, case: Case) -> dict[Rating, datetime]:
        """When the card would be due next, in UTC, for each rating that it might get now."""
        now = self.now()
        memory, _ = self._memories().get(card_key(case), (Memory(due=now), 0))
        return {one: self._fsrs.review_card(memory, FsrsRating(one), now)[0].due for one in Rating}

    def take_back(self, case: Case | None = None) -> bool:
        """Forget the last answer, of this case if one is named; False if there is none."""
        of = card_key(case) if case else None

        def work(database: Database) -> bool:
            with database.writing() as db:
                last = db.execute(_LAST, (of, of)).fetchone()
                if last is None:
                    return False
                number, key, memory, lapses = last
                db.execute("DELETE FROM attempts WHERE id = ?", (number,))
                if memory is None:
                    db.execute("DELETE FROM cards WHERE key = ?", (key,))
                else:
                    db.execute(_SET, (key, memory, lapses))
                return True

        return self._file.do(work)

    def counts(self, cases: Iterable[Case]) -> CardCounts:
        """How many cards are due, new and known, and how many days in a row were studied."""
        now, cards = self.now(), self.cards(cases)
        rows = self._file.do(lambda database: database.rows("SELECT at FROM attempts"))
        days = Counter(datetime.fromisoformat(str(at)).astimezone().date() for (at,) in rows)
        today = now.astimezone().date()
        new = sum(card.due is None for card in cards)
        due = sum(card.due is not None and card.due <= now for card in cards)
        return CardCounts(due, new, len(cards) - new - due, days[today], _streak(days, today))

    def forecast(self, cases: Iterable[Case], days: int = 14) -> dict[date, int]:
        """How many of the cards that were asked before are due on each day from today on.

        Those overdue count as today's.
        """
        today = self.now().astimezone().date()
        due = Counter(
            max(card.due.astimezone().date(), today) for card in self.cards(cases) if card.due
        )
        return {day: due[day] for day in (today + timedelta(days=ahead) for ahead in range(days))}

    def sureness(self) -> list[Sureness]:
        """How right a person was for how sure they were, in quarters; empty ones are left out."""
        rows = self._file.do(lambda database: database.rows(_JUDGED))
        judged = [(float(str(sure)), float(str(score))) for sure, score in rows]
        found = []
        for low, high in pairwise(_BINS):
            right = [
                score >= RIGHT
                for sure, score in judged
                if low <= sure < high or sure == high == _BINS[-1]
            ]
            if right:
                found.append(Sureness(low, high, len(right), sum(right) / len(right)))
        return found

    def _memories(self) -> Mapping[str, tuple[Memory, int]]:
        """What FSRS knows of each card that was ever asked, and how often it was forgotten."""
        rows = self._file.do(lambda database: database.rows("SELECT * FROM cards"))
        return {
            str(key): (Memory.from_dict(json.loads(str(memory))), int(str(lapses)))
            for key, memory, lapses in rows
        }


def _rescue(old: Database, new: Database) -> int:
    """Copy what can be read of a damaged file."""
    attempts = old.rows(_ATTEMPTS)
    cards = old.rows("SELECT * FROM cards")
    with new.writing() as db:
        db.executemany(_ADD, attempts)
        db.executemany(_SET, cards)
    return len(attempts)


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


def card_cases(cases: Iterable[Case]) -> list[Case]:
    """A case for each question that has an answer and does not follow up on another."""
    unique: dict[str, Case] = {}
    for case in cases:
        if case.references and not case.before:
            unique.setdefault(card_key(case), case)
    return list(unique.values())


def card_key(case: Case) -> str:
    """What a card is known by: its question, without case, blanks and the mark at its end."""
    folded = unicodedata.normalize("NFKC", case.question).casefold()
    asked = " ".join(folded.split()).rstrip(" ?!.")
    return hashlib.sha256(asked.encode(errors="surrogatepass")).hexdigest()[:32]


def score_of(case: Case, text: str) -> float | None:
    """The share of the answer that is right, 0 to 1; None where no scorer can judge it.

    Options are right or wrong. An answer in words that says a reference is right; else the share
    of the facts counts that a whole one has to say, where the case lists these.
    """
    asked = case.question
    answer = Answer(asked, asked, text, Status.ANSWERED, "you", (), (), Timings())
    if case.options and case.correct:
        return SCORERS["choice_accuracy"](case, answer)
    scores = [SCORERS[name](case, answer) for name in ("reference_match", "facts_said")]
    return max((score for score in scores if score is not None), default=None)


def case_note(case: Case) -> str:
    """The note that a card is of; empty where that is not known."""
    if case.origin:
        return case.origin.note_path
    return case.targets[0].note_path if case.targets else ""


def places_of(cases: Sequence[Case]) -> list[tuple[str, int]]:
    """The notes that have cards, and the folders that hold several of them, with how many.

    A folder ends with a slash.
    """
    notes = Counter(case_note(case) for case in cases if case.references and not case.before)
    notes.pop("", None)
    folders: dict[str, list[int]] = {}
    for path, count in notes.items():
        for slash in re.finditer("/", path):
            folders.setdefault(path[: slash.end()], []).append(count)
    several = {folder: sum(counts) for folder, counts in folders.items() if len(counts) > 1}
    return sorted((notes | several).items())


def within(cases: Sequence[Case], chosen: Collection[str], *, drafts: bool = True) -> list[Case]:
    """The cases of the chosen notes and folders; of all, where none is chosen."""
    folders = tuple(one for one in chosen if one.endswith("/"))
    return [
        case
        for case in cases
        if (drafts or case.standing is not Standing.DRAFT)
        and (not chosen or case_note(case) in chosen or case_note(case).startswith(folders))
    ]


_AGAIN_AFTER = 3
"""So many other cards come between a card that was missed and its coming again."""


@dataclass(frozen=True, slots=True)
class Session:
    """The cards that are still to be asked, the first of them now, and what came of the others.

    `total` are the cards that it began with. `given` is there once the answer is shown. `before`
    is the session before the last rating, to which undo goes back.
    """

    waiting: tuple[Card, ...] = ()
    total: int = 0
    right: tuple[Case, ...] = ()
    missed: tuple[Case, ...] = ()
    given: GivenAnswer | None = None
    before: "Session | None" = None

    @property
    def card(self) -> Card | None:
        """The one that is asked; None at the end."""
        return self.waiting[0] if self.waiting else None

    @property
    def left(self) -> int:
        """Cards that are still to be asked."""
        return len(self.waiting)

    def shown(self, given: GivenAnswer) -> "Session":
        """Once the answer is shown."""
        return replace(self, given=given)

    def judged(self, *, right: bool) -> "Session":
        """Once the person has said whether the answer was right."""
        given = self.given or GivenAnswer()
        return replace(self, given=replace(given, score=float(right), overruled=True))

    def rated(self, rating: Rating) -> "Session":
        """Once the card is rated: the next is asked, and a missed one comes again."""
        card, *rest = self.waiting
        right, missed = self.right, self.missed
        if rating is Rating.AGAIN:
            rest.insert(_AGAIN_AFTER, card)
            missed = tuple(dict.fromkeys([*missed, card.case]))
        elif card.case not in missed:
            right = (*right, card.case)
        before = replace(self, given=None)
        return Session(tuple(rest), self.total, right, missed, before=before)


def new_session(study: Study, cases: Sequence[Case], most: int) -> Session:
    """One over the cards that are due and new ones; if there are none, over what is due next."""
    cards = (study.due(cases, most) or study.cards(cases))[:most]
    return Session(tuple(cards), len(cards))
