"""The BM25 score that a phrase gives each chunk, out of FTS5's own index.

FTS5's bm25() runs a statement for every row, to look up how long it is, and a question's words
stand in thousands. Here the lengths are kept in memory, and a word's places are read at once: a
fifth of the time, and the same scores to the last digit. They are sums over phrases.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.store.database import Database

WEIGHTS = {"body": 1.0, "headings": 2.0, "title": 0.5, "unseen": 1.0}
"""What a word counts in each column of chunks_fts."""

_COST = f"bm25(chunks_fts, {', '.join(map(str, WEIGHTS.values()))})"
"""The score in SQL, with its sign changed."""

K1 = 1.2
"""BM25 gives a phrase at most its idf times `K1 + 1`; FTS5's own, like B and LEAST_IDF."""

B = 0.75
LEAST_IDF = 1e-6

Slots = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

_COLUMN = " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(WEIGHTS))
_PLACES = (
    f"SELECT group_concat(doc * {len(WEIGHTS)} + CASE col {_COLUMN} END) FROM temp.places "
    "WHERE term = ?"
)
"""One long text: a row at a time takes four times as long, and waits for Python's lock."""


class Postings:
    """Reads the index of chunks_fts in `db`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._measured: tuple[object, _Lengths] = None, _Lengths.read("", "")
        db.rows("CREATE VIRTUAL TABLE temp.places USING fts5vocab (main, chunks_fts, instance)")

    def scores(self, phrase: str) -> tuple[Slots, Scores]:
        """The slots that hold a phrase, as FullText gives it, rising; what it gives each of them.

        What may consist of several terms, or is looked for in one column, is left to FTS5.
        """
        term = phrase.removeprefix('"').removesuffix('"')
        places = str(self._db.rows(_PLACES, (term,))[0][0] or "") if term.isalnum() else ""
        if not places:
            return self.scores_where("TRUE", (), phrase)
        slots, columns = np.divmod(np.fromstring(places, np.int64, sep=","), len(WEIGHTS))
        starts = np.flatnonzero(np.diff(slots, prepend=-1))
        counts = np.add.reduceat(np.array([*WEIGHTS.values()])[columns], starts)
        return self._scored(slots[starts], counts)

    def _scored(self, slots: Slots, counts: Scores) -> tuple[Slots, Scores]:
        lengths = self._lengths()
        known = slots < len(lengths.of)  # one may have come since, from another process
        slots, counts = slots[known], counts[known]
        norm = K1 * (1 - B + B * lengths.of[slots] / lengths.mean)
        return slots, idf(len(slots), lengths.chunks) * (counts * (K1 + 1) / (counts + norm))

    def scores_where(
        self, condition: str, values: Sequence[object], phrase: str
    ) -> tuple[Slots, Scores]:
        """The same of slots that fulfil a condition in SQL, by FTS5, which takes long for each."""
        query = f"SELECT rowid, -{_COST} FROM chunks_fts WHERE chunks_fts MATCH ? AND {condition}"
        rows = self._db.rows(f"{query} ORDER BY rowid", (phrase, *values))
        slots = np.array([slot for slot, _ in rows], np.int64)
        return slots, np.array([score for _, score in rows], np.float64)

    def _lengths(self) -> "_Lengths":
        stamp, measured = self._db.stamp(), self._measured
        if measured[0] != stamp:
            query = "SELECT group_concat(id), group_concat(hex(sz), '') FROM chunks_fts_docsize"
            slots, sizes = self._db.rows(query)[0]
            self._measured = measured = stamp, _Lengths.read(str(slots or ""), str(sizes or ""))
        return measured[1]


@dataclass(frozen=True, slots=True)
class _Lengths:
    """How many terms the chunk in each slot has, how many chunks there are, and the mean."""

    of: Slots
    chunks: int
    mean: float

    @classmethod
    def read(cls, slots: str, sizes: str) -> "_Lengths":
        """Of each row as many of SQLite's varints, in hexadecimal, as there are columns."""
        rows = np.fromstring(slots, np.int64, sep=",")
        data = np.frombuffer(bytes.fromhex(sizes), np.uint8)
        is_last = data < 128
        number: Slots = np.cumsum(is_last) - is_last
        behind = np.flatnonzero(is_last)[number] - np.arange(len(data))
        counts = np.bincount(number, (data & 127).astype(np.int64) << 7 * behind)
        of = np.bincount(np.repeat(rows, len(WEIGHTS)), counts).astype(np.int64)
        return cls(of, len(rows), float(counts.sum()) / max(1, len(rows)))


def idf(count: int, total: int) -> float:
    """What BM25 weighs a phrase with that `count` of `total` chunks hold, as FTS5 does."""
    return max(math.log((max(total - count, 0) + 0.5) / (count + 0.5)), LEAST_IDF)
