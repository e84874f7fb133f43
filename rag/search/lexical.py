"""Search by words. A word that is nowhere is looked for as what it may be a misspelling of."""

from collections.abc import Callable, Collection, Sequence
from itertools import accumulate

import numpy as np

from rag.search.ranking import best
from rag.search.respelling import Respelling
from rag.search.scoping import Scoping
from rag.store.database import Database
from rag.store.fulltext import FullText
from rag.store.postings import COST, Postings
from rag.types import Role

_DEPTH = 4
"""So many times as many are looked for at first, before it is known which are wanted at all."""

_WHOLE = 1 / _DEPTH
"""Share of all chunks from which a scope is taken for the whole library at first: of what is found
in one that has less, too few would be left."""

_MOST_MATCHES = 10_000
"""Chunks that are scored for a question, about: 1 ms a thousand."""


class Lexical:
    """The chunks in `db`, by their words. `is_word` is that of Respelling."""

    def __init__(self, db: Database, scoping: Scoping, is_word: Callable[[str], bool]) -> None:
        self._db = db
        self._scoping = scoping
        self._text = FullText(db)
        self._postings = Postings(db)
        self._respelling = Respelling(db, self._text, is_word)
        self.corrected = self._respelling.corrected

    def search(
        self, wanted: Sequence[str], k: int, roles: Collection[Role], paths: Sequence[str] | None
    ) -> list[tuple[int, float]]:
        """The `k` best slots that hold any of the words, with their BM25 score, best first.

        Only chunks of these roles and, unless it is None, of the notes in `paths`. A word in the
        headings counts twice, one in the title half. A word that is nowhere is looked for as what
        it may be a misspelling of.
        """
        if not wanted or not roles:
            return []
        others = self._respelling.alternatives(wanted)
        written = [word for one in wanted for word in (one, *others.get(one, ()))]
        phrases = list(dict.fromkeys(map(self._text.phrase, written)))
        if paths is not None and self._scoping.share(paths) < _WHOLE:
            return self._best_of(phrases, k, roles, paths)
        rarest = self._rarest(phrases)
        depth = _DEPTH * k
        found = self._best(rarest, depth)
        kept = self._scoping.first_passing(found, k, roles, paths)
        is_all = len(found) < depth and len(rarest) == len(phrases)
        return kept if is_all or len(kept) == k else self._best_of(phrases, k, roles, paths)

    def _best(self, phrases: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The `k` best slots, whatever they hold: to look that up takes as long again."""
        each = [self._postings.scores(phrase) for phrase in phrases]
        slots, scores = map(np.concatenate, zip(*each, strict=True))
        total = np.bincount(slots, scores).astype(np.float64, copy=False)
        held = np.flatnonzero(total)
        return best(held, total[held], k)

    def _best_of(
        self,
        phrases: Sequence[str],
        k: int,
        roles: Collection[Role],
        paths: Sequence[str] | None,
    ) -> list[tuple[int, float]]:
        """Only those that pass are scored, which is what takes long."""
        passes, told = self._passes(roles, paths)
        rows = self._db.rows(
            f"SELECT rowid, -{COST} AS score FROM chunks_fts WHERE chunks_fts MATCH ? "
            f"AND {passes} ORDER BY score DESC, rowid LIMIT ?",
            (" OR ".join(phrases), *told, k),
        )
        return [(int(str(slot)), float(str(score))) for slot, score in rows]

    def _passes(
        self, roles: Collection[Role], paths: Sequence[str] | None
    ) -> tuple[str, tuple[object, ...]]:
        """A condition in SQL, and its values. Without `+` FTS5 is asked about a row at a time."""
        if paths is None:
            marks = ", ".join("?" * len(roles))
            return f"+rowid IN (SELECT slot FROM chunks WHERE role IN ({marks}))", tuple(roles)
        slots, first, last, is_all_between = self._scoping.within(paths, roles)
        # What is not between two numbers is skipped at once, and notes that came together have
        # theirs in a row.
        between, told = "rowid BETWEEN ? AND ?", (first, last)
        if is_all_between:
            return between, told
        return f"{between} AND +rowid IN (SELECT value FROM json_each(?))", (*told, slots)

    def _rarest(self, phrases: list[str]) -> list[str]:
        """The phrases that say most, as many as can be scored in time; all in a small library."""
        if self._db.value("SELECT max(slot) FROM chunks") <= _MOST_MATCHES:
            return phrases
        counts = [self._text.count(phrase) for phrase in phrases]
        ranked = sorted(zip(counts, phrases, strict=True))
        sums = accumulate(count for count, _ in ranked)
        kept = [phrase for at, (_, phrase) in zip(sums, ranked, strict=True) if at <= _MOST_MATCHES]
        return kept or [ranked[0][1]]

    def document_frequencies(self, wanted: Collection[str]) -> dict[str, int]:
        """In how many chunks each word occurs, in any of its inflections."""
        return {word: self._text.count_word(word) for word in wanted}
