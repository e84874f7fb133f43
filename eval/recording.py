"""A run while it is made: every outcome is written as it comes, and what is known is not asked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

from eval import run_rows as rows
from eval.protocols import Answered
from eval.types import Case, Outcome
from rag.chats.kept import clean, from_json, to_json
from rag.store.database import Database, Row

_FIND_RUN = (
    "SELECT id, seconds FROM runs WHERE plan = ? AND fresh = ? AND ended = 0 "
    "AND name = ? AND open_book IS ? ORDER BY id DESC LIMIT 1"
)
_NEW_RUN = (
    "INSERT INTO runs (open_book, name, plan, fresh, ended, started, seconds, planned, settings, "
    "provenance) VALUES (?, ?, ?, ?, 0, ?, 0, ?, ?, ?)"
)
_OWN = (
    "SELECT results.id, answer, results.seconds, miss "
    "FROM outcomes JOIN results ON results.id = result "
    "WHERE run = ? AND place = ? AND key = ? AND error = ''"
)
_ANY = (
    "SELECT results.id, answer, results.seconds, miss "
    "FROM outcomes JOIN results ON results.id = result WHERE key = ? AND error = '' "
    "ORDER BY results.id DESC, miss IS NULL LIMIT 1"
)

_NEW_RESULT = "INSERT INTO results (key, answer, error, seconds) VALUES (?, ?, ?, ?)"
_OUTCOME = "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?, NULL)"
_SCORES = "UPDATE outcomes SET scores = ? WHERE run = ? AND place = ?"
_MISS = "UPDATE outcomes SET miss = ? WHERE run = ? AND place = ?"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to ask. `keys` hold, for each asking, all that decides what is answered.

    `fresh` asks anew what was answered before. `open_book` is the number of the run whose cases
    are asked again without passages.
    """

    keys: Sequence[str]
    settings: Mapping[str, str]
    provenance: Mapping[str, str]
    name: str = ""
    fresh: bool = False
    open_book: int | None = None

    @property
    def digest(self) -> str:
        """The same for two runs that ask the same of the same assistant, at the same commit."""
        whole = [list(self.keys), self.provenance.get("commit", "")]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def key_of(setup: str, case: Case, repeat: int = 0) -> str:
    """A digest of all that an answer depends on; `setup` stands for whoever gives it."""
    asked = [setup, case.question, case.before, case.options, repeat]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


class Recording:
    """The memory of a run that is being made; see `Runs.begin`. `number` is the run's.

    `reused` counts the answers that were known and `resumed` is true where a run that had not
    ended goes on.
    """

    def __init__(self, database: Database, plan: Plan) -> None:
        self.reused = 0
        self._database = database
        self._plan = plan
        self._taken: dict[int, int] = {}
        self._begin = perf_counter()
        values = (plan.digest, plan.fresh, plan.name, plan.open_book)
        with database.writing() as db:
            found: Row | None = db.execute(_FIND_RUN, values).fetchone()
            self.resumed = found is not None
            self.number = int(str(found[0])) if found else self._new()
            self._before = float(str(found[1])) if found else 0.0

    def _new(self) -> int:
        plan = self._plan
        about = (json.dumps(dict(plan.settings)), json.dumps(dict(plan.provenance)))
        now = datetime.now(UTC).isoformat()
        first = (plan.open_book, plan.name, plan.digest, plan.fresh)
        with self._database.writing() as db:
            return int(db.execute(_NEW_RUN, (*first, now, len(plan.keys), *about)).lastrowid or 0)

    @property
    def is_known(self) -> bool:
        """True if nothing has to be asked."""
        return all(self._found(place) for place in range(len(self._plan.keys)))

    def known(self, place: int, case: Case) -> Answered | None:
        """What was answered there before, by a run that was killed, or by any if none is fresh."""
        found = self._found(place)
        if not found:
            return None
        identity, answer, seconds, miss = found[0]
        try:
            read = Answered(from_json(str(answer)), float(str(seconds)), rows.miss_of(miss))
        except ValueError:  # written by another version: it is asked again
            return None
        self._taken[place] = int(str(identity))
        self.reused += 1
        return read

    def _found(self, place: int) -> list[Row]:
        key = self._plan.keys[place]
        own = self._database.rows(_OWN, (self.number, place, key))
        return own or ([] if self._plan.fresh else self._database.rows(_ANY, (key,)))

    def keep(self, place: int, outcome: Outcome) -> None:
        """Write an outcome. A kill that comes later does not take it back."""
        answer = to_json(outcome.answer) if outcome.answer else None
        said = (answer, clean(outcome.error), outcome.seconds)
        result = (self._plan.keys[place], *said)
        scores = json.dumps(dict(outcome.scores))
        with self._database.writing() as db:
            identity = self._taken.get(place)
            if identity is None:
                query = _NEW_RESULT
                identity = db.execute(query, result).lastrowid
            row = (self.number, place, identity, rows.case_text(outcome.case), outcome.repeat)
            db.execute(_OUTCOME, (*row, scores))
            passed = self._before + perf_counter() - self._begin
            db.execute("UPDATE runs SET seconds = ? WHERE id = ?", (passed, self.number))

    def end(self, outcomes: Sequence[Outcome]) -> None:
        """The run is whole, judged and its misses explained: the same command begins another."""
        with self._database.writing() as db:
            for place, outcome in enumerate(outcomes):
                scores = json.dumps(dict(outcome.scores))
                db.execute(_SCORES, (scores, self.number, place))
                if outcome.miss:
                    miss = rows.miss_text(outcome.miss)
                    db.execute(_MISS, (miss, self.number, place))
            db.execute("UPDATE runs SET ended = 1 WHERE id = ?", (self.number,))

    def close(self) -> None:
        """Release the file."""
        self._database.close()
