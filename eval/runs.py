"""Runs, in an SQLite file of their own: listed, read again, compared, forgotten.

A file that is damaged is set aside, and what can be read of it is kept.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from eval import run_rows as rows
from eval.closed_book import scored
from eval.recording import Plan, Recording
from eval.run_rows import RunInfo
from eval.types import Outcome, Run
from rag.errors import CaseError
from rag.store.database import Database, Row
from rag.store.own_file import OwnFile

FILE = "runs.sqlite3"
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
        self._path = home / "eval" / FILE
        self._file = OwnFile(self._path, rows.opened, rows.rescue)

    @property
    def notice(self) -> str:
        """One line on what was lost; empty if nothing was, since this process began."""
        if not self._file.set_aside:
            return ""
        return (
            f"the file of your eval runs was damaged: {self._file.rescued} outcomes of it could be "
            f"read and are kept; what was there before is in {self._file.set_aside}"
        )

    def begin(self, plan: Plan) -> Recording:
        """Begin a run, or go on with the last one of the same plan if that did not end.

        Close it when it is done.
        """
        self._file.do(lambda db: db.value("SELECT count(*) FROM outcomes"))  # damage shows here
        return Recording(rows.opened(self._path), plan)

    def listing(self) -> list[RunInfo]:
        """All runs, the newest first."""

        def work(db: Database) -> list[RunInfo]:
            counts: dict[object, object] = dict(
                map(_pair, db.rows("SELECT run, count(*) FROM outcomes GROUP BY run"))
            )
            closed = {row[0] for row in db.rows("SELECT open_book FROM runs")}
            found = db.rows(f"SELECT {rows.RUN} {_OPEN} ORDER BY id DESC")
            return [
                rows.info(row, int(str(counts.get(row[0], 0))), closed=row[0] in closed)
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
            (row,) = db.rows(f"SELECT {rows.RUN} WHERE id = ?", (number,))
            closed = db.rows(f"SELECT {rows.RUN} WHERE open_book = ?", (number,))
            halves = [rows.run(one, _outcomes(db, one[0])) for one in closed[:1]]
            return rows.run(row, _outcomes(db, number), scored(halves[0]) if halves else None)

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
    query = f"SELECT {rows.OUTCOME} WHERE run = ? ORDER BY place"
    return [rows.outcome(row) for row in db.rows(query, (number,))]
