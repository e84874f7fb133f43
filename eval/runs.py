"""Runs, in an SQLite file of their own: recorded as they are made, listed, read again, forgotten.

While a run is made every outcome is written as it comes, and what is known is not asked. An answer
is kept once, as a result, however many runs it was taken into. `plan` says what a run was to ask of
whom, so that one that was killed is known again. A change of the tables raises VERSION, and
MIGRATIONS gets what turns the version before into it. A file that is damaged is set aside, and what
can be read of it is kept.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from pydantic import TypeAdapter

from eval.protocols import Answered
from eval.runner import scored
from eval.types import Case, Miss, Outcome, Run
from rag.chats.kept import answer_json, clean_text, from_json
from rag.errors import CaseError, DamagedError, StoreError
from rag.store.database import Database, OwnFile, Row

_VERSION = 1
_MIGRATIONS: dict[int, str] = {}
"""By the version that each takes a file from. None is needed yet."""

_SCHEMA = """
CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, open_book INTEGER, name TEXT NOT NULL,
    plan TEXT NOT NULL, fresh INTEGER NOT NULL, ended INTEGER NOT NULL, started TEXT NOT NULL,
    seconds REAL NOT NULL, planned INTEGER NOT NULL, settings TEXT NOT NULL,
    provenance TEXT NOT NULL, FOREIGN KEY (open_book) REFERENCES runs (id) ON DELETE CASCADE);
CREATE INDEX runs_by_plan ON runs (plan);
CREATE TABLE results (id INTEGER PRIMARY KEY, key TEXT NOT NULL, answer TEXT, error TEXT NOT NULL,
    seconds REAL NOT NULL);
CREATE INDEX results_by_key ON results (key);
CREATE TABLE outcomes (run INTEGER NOT NULL, place INTEGER NOT NULL, result INTEGER NOT NULL,
    quiz_case TEXT NOT NULL, repeat INTEGER NOT NULL, scores TEXT NOT NULL,
    miss TEXT, PRIMARY KEY (run, place), FOREIGN KEY (run) REFERENCES runs (id) ON DELETE CASCADE,
    FOREIGN KEY (result) REFERENCES results (id)) WITHOUT ROWID;
CREATE INDEX outcomes_by_result ON outcomes (result);
"""

_RUN = "id, name, ended, started, seconds, planned, settings, provenance FROM runs"
_OUTCOME_COLUMNS = (
    "quiz_case, answer, scores, results.seconds, error, miss, repeat "
    "FROM outcomes JOIN results ON results.id = result"
)
_INSERT_RUN = "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CASE = TypeAdapter(Case)
_MISS = TypeAdapter(Miss)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a list says of a run. `asked` of `planned` cases have an outcome, `ended` if all have.

    `closed` is true if a run of the same cases without any passages is kept with it.
    """

    id: int
    name: str
    started: datetime
    seconds: float
    asked: int
    planned: int
    model: str
    commit: str
    cases: str
    ended: bool
    closed: bool


def opened(path: Path) -> Database:
    """The file of runs."""
    return Database(path, _SCHEMA, _VERSION, _MIGRATIONS)


def case_text(case: Case) -> str:
    """The case as `outcome` reads it. Pure ASCII."""
    return json.dumps(_CASE.dump_python(case, mode="json"))


def _miss_text(miss: Miss) -> str:
    """The miss as `outcome` reads it. Pure ASCII."""
    return json.dumps(_MISS.dump_python(miss, mode="json"))


def _miss_of(text: object) -> Miss | None:
    """The miss that was written, if one was. Raises ValueError for anything else."""
    return None if text is None else _MISS.validate_python(json.loads(str(text)))


def _outcome_of(row: Row) -> Outcome:
    """A row of OUTCOME. One whose answer cannot be read any more has an error, and no scores.

    Raises:
        StoreError: its case cannot be read: another version wrote it.
    """
    case, answer, scores, seconds, error, miss, repeat = row
    try:
        read = _CASE.validate_python(json.loads(str(case)))
    except ValueError as problem:
        fix = "crib eval forget --all makes room for new ones"
        raise StoreError(
            f"a case of this run is of another version of Cribsheet; {fix}"
        ) from problem
    draft = Outcome(read, None, {}, float(str(seconds)), str(error), repeat=int(str(repeat)))
    try:
        found = from_json(str(answer)) if answer is not None else None
        return replace(draft, answer=found, scores=json.loads(str(scores)), miss=_miss_of(miss))
    except ValueError:
        return replace(draft, error="its answer cannot be read any more; run it again")


def _run_of(row: Row, outcomes: Sequence[Outcome], closed_book: Run | None = None) -> Run:
    """A row of RUN, with what came of its cases. Its id is its name, or else its number."""
    number, name, _, started, seconds, planned, settings, provenance = row
    return Run(
        outcomes=tuple(outcomes),
        planned=int(str(planned)),
        started_at=datetime.fromisoformat(str(started)),
        seconds=float(str(seconds)),
        settings=json.loads(str(settings)),
        provenance=json.loads(str(provenance)),
        closed_book=closed_book,
        id=str(name or number),
    )


def _info_of(row: Row, asked: int, *, closed: bool) -> RunInfo:
    """A row of RUN for a list."""
    number, name, ended, started, seconds, planned, settings, provenance = row
    origin = json.loads(str(provenance))
    return RunInfo(
        id=int(str(number)),
        name=str(name),
        started=datetime.fromisoformat(str(started)),
        seconds=float(str(seconds)),
        asked=asked,
        planned=int(str(planned)),
        model=json.loads(str(settings)).get("llm", ""),
        commit=origin.get("commit", ""),
        cases=origin.get("cases", ""),
        ended=bool(ended),
        closed=closed,
    )


def _rescue(old: Database, new: Database) -> int:
    """Copy what can be read of `old`; how many outcomes that were."""
    with new.writing() as db:
        for row in _readable(old, "SELECT * FROM runs ORDER BY open_book IS NOT NULL, id"):
            db.execute(_INSERT_RUN, row)
        for row in _readable(old, "SELECT * FROM results"):
            db.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?)", row)
        kept = "SELECT 1 FROM runs, results WHERE runs.id = ? AND results.id = ?"
        count = 0
        for row in _readable(old, "SELECT * FROM outcomes"):
            if db.execute(kept, (row[0], row[2])).fetchone():
                db.execute("INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                count += 1
    return count


def _readable(database: Database, query: str) -> Iterator[Row]:
    """The rows of a query up to where the file is damaged."""
    place = 0
    try:
        while rows := database.rows(f"{query} LIMIT 1 OFFSET ?", (place,)):
            yield rows[0]
            place += 1
    except DamagedError:
        return


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
_NEW_MISS = "UPDATE outcomes SET miss = ? WHERE run = ? AND place = ?"


@dataclass(frozen=True, slots=True)
class RunPlan:
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


def answer_key(setup: str, case: Case, repeat: int = 0) -> str:
    """A digest of all that an answer depends on; `setup` stands for whoever gives it."""
    asked = [setup, case.question, case.before, case.options, repeat]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


class RunRecording:
    """The memory of a run that is being made; see `Runs.begin`. `number` is the run's.

    `reused` counts the answers that were known and `resumed` is true where a run that had not
    ended goes on.
    """

    def __init__(self, database: Database, plan: RunPlan) -> None:
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
            read = Answered(from_json(str(answer)), float(str(seconds)), _miss_of(miss))
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
        answer = answer_json(outcome.answer) if outcome.answer else None
        said = (answer, clean_text(outcome.error), outcome.seconds)
        result = (self._plan.keys[place], *said)
        scores = json.dumps(dict(outcome.scores))
        with self._database.writing() as db:
            identity = self._taken.get(place)
            if identity is None:
                query = _NEW_RESULT
                identity = db.execute(query, result).lastrowid
            row = (self.number, place, identity, case_text(outcome.case), outcome.repeat)
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
                    miss = _miss_text(outcome.miss)
                    db.execute(_NEW_MISS, (miss, self.number, place))
            db.execute("UPDATE runs SET ended = 1 WHERE id = ?", (self.number,))

    def close(self) -> None:
        """Release the file."""
        self._database.close()


_FILE = "runs.sqlite3"
LATEST = "latest"
_NAMED = 5

_OPEN = "WHERE open_book IS NULL"
_NAMES = "SELECT id, name FROM runs WHERE open_book IS NULL ORDER BY id"


class Runs:
    """The runs under the folder `home`; any process may read and write them.

    Raises, from every method:
        StoreError: the file was written by another version of Cribsheet, or cannot be used.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "eval" / _FILE
        self._file = OwnFile(self._path, opened, _rescue)

    @property
    def notice(self) -> str:
        """One line on what was lost; empty if nothing was, since this process began."""
        if not self._file.set_aside:
            return ""
        return (
            f"the file of your eval runs was damaged: {self._file.rescued} outcomes of it could be "
            f"read and are kept; what was there before is in {self._file.set_aside}"
        )

    def begin(self, plan: RunPlan) -> RunRecording:
        """Begin a run, or go on with the last one of the same plan if that did not end.

        Close it when it is done.
        """
        self._file.do(lambda db: db.value("SELECT count(*) FROM outcomes"))  # damage shows here
        return RunRecording(opened(self._path), plan)

    def listing(self) -> list[RunInfo]:
        """All runs, the newest first."""

        def work(db: Database) -> list[RunInfo]:
            counts: dict[object, object] = dict(
                map(_pair, db.rows("SELECT run, count(*) FROM outcomes GROUP BY run"))
            )
            closed = {row[0] for row in db.rows("SELECT open_book FROM runs")}
            found = db.rows(f"SELECT {_RUN} {_OPEN} ORDER BY id DESC")
            return [
                _info_of(row, int(str(counts.get(row[0], 0))), closed=row[0] in closed)
                for row in found
            ]

        return self._file.do(work)

    def means(self, metrics: Sequence[str]) -> dict[int, tuple[float | None, ...]]:
        """The mean of each of these metrics, by the number of the run; None of no case.

        Of cases asked several times each asking counts, unlike in `summarise`.
        """
        columns = ", ".join(["avg(json_extract(scores, ?))"] * len(metrics))
        paths = tuple(f'$."{name}"' for name in metrics)
        query = f"SELECT run, {columns} FROM outcomes GROUP BY run"  # noqa: S608 (question marks)
        found = self._file.do(lambda db: db.rows(query, paths))
        return {
            int(str(row[0])): tuple(None if one is None else float(str(one)) for one in row[1:])
            for row in found
        }

    def number(self, which: str) -> int:
        """The number of a run by its number, its name (the newest so called), or "latest".

        Raises:
            CaseError: there is none.
        """
        found = self._file.do(lambda db: db.rows(_NAMES))
        named = [int(str(row[0])) for row in found if which in (LATEST, str(row[0]), row[1])]
        if named:
            return named[-1]
        names = dict.fromkeys(str(row[1] or row[0]) for row in reversed(found))
        there = ", ".join(list(names)[:_NAMED]) or "there are none yet"
        raise CaseError(f"there is no run {which!r} (kept: {there}); crib eval runs lists them")

    def run(self, which: str) -> Run:
        """A run with all its outcomes, and its closed-book half where there is one.

        Raises:
            CaseError: there is none of this number or name.
        """
        number = self.number(which)

        def work(db: Database) -> Run:
            (row,) = db.rows(f"SELECT {_RUN} WHERE id = ?", (number,))
            closed = db.rows(f"SELECT {_RUN} WHERE open_book = ?", (number,))
            halves = [_run_of(one, _outcomes(db, one[0])) for one in closed[:1]]
            return _run_of(row, _outcomes(db, number), scored(halves[0]) if halves else None)

        return self._file.do(work)

    def forget(self, numbers: Collection[int]) -> None:
        """Delete these runs, and the answers that no other run holds."""

        def work(database: Database) -> None:
            with database.writing() as db:
                for number in numbers:
                    db.execute("DELETE FROM runs WHERE id = ?", (number,))
                db.execute("DELETE FROM results WHERE id NOT IN (SELECT result FROM outcomes)")
            database.tidy()

        self._file.do(work)


def _pair(row: Row) -> tuple[object, object]:
    return row[0], row[1]


def _outcomes(db: Database, number: object) -> Sequence[Outcome]:
    query = f"SELECT {_OUTCOME_COLUMNS} WHERE run = ? ORDER BY place"
    return [_outcome_of(row) for row in db.rows(query, (number,))]
