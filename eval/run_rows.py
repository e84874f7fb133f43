"""The tables that runs are kept in, and what is done with their rows.

An answer is kept once, as a result, however many runs it was taken into. `plan` says what a run was
to ask of whom, so that one that was killed is known again. A change of the tables raises VERSION,
and MIGRATIONS gets what turns the version before into it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from eval.types import Case, Miss, Outcome, Run
from rag.chats.kept import from_json
from rag.errors import DamagedError, StoreError
from rag.store.database import Database, Row

VERSION = 1
MIGRATIONS: dict[int, str] = {}
"""By the version that each takes a file from. None is needed yet."""

SCHEMA = """
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

RUN = "id, name, ended, started, seconds, planned, settings, provenance FROM runs"
OUTCOME = (
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
    return Database(path, SCHEMA, VERSION, MIGRATIONS)


def case_text(case: Case) -> str:
    """The case as `outcome` reads it. Pure ASCII."""
    return json.dumps(_CASE.dump_python(case, mode="json"))


def miss_text(miss: Miss) -> str:
    """The miss as `outcome` reads it. Pure ASCII."""
    return json.dumps(_MISS.dump_python(miss, mode="json"))


def miss_of(text: object) -> Miss | None:
    """The miss that was written, if one was. Raises ValueError for anything else."""
    return None if text is None else _MISS.validate_python(json.loads(str(text)))


def outcome(row: Row) -> Outcome:
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
        return replace(draft, answer=found, scores=json.loads(str(scores)), miss=miss_of(miss))
    except ValueError:
        return replace(draft, error="its answer cannot be read any more; run it again")


def run(row: Row, outcomes: Sequence[Outcome], closed_book: Run | None = None) -> Run:
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


def info(row: Row, asked: int, *, closed: bool) -> RunInfo:
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


def rescue(old: Database, new: Database) -> int:
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
