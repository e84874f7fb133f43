"""Search by words. A word that is nowhere is looked for as what it may be a misspelling of."""

import json
from collections.abc import Callable, Collection, Sequence
from itertools import accumulate

from rag.search.respelling import Respelling
from rag.search.scoping import Scoping
from rag.store.database import Database, Row
from rag.store.fulltext import FullText
from rag.types import Role

_COST = "bm25(chunks_fts, 1.0, 2.0, 0.5, 1.0)"
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
        passing = self._scoping.passing([slot for slot, _ in found], roles, paths)
        kept = [(slot, score) for slot, score in found if slot in passing][:k]
        is_all = len(found) < depth and len(rarest) == len(phrases)
        return kept if is_all or len(kept) == k else self._best_of(phrases, k, roles, paths)

    def _best(self, phrases: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The `k` best slots, whatever they hold: to look that up takes as long again."""
        rows = self._db.rows(
            f"SELECT rowid, {_COST} AS cost FROM chunks_fts WHERE chunks_fts MATCH ? "
            "ORDER BY cost, rowid LIMIT ?",
            (" OR ".join(phrases), k),
        )
        return _scores(rows)

    def _best_of(
        self,
        phrases: Sequence[str],
        k: int,
        roles: Collection[Role],
        paths: Sequence[str] | None,
    ) -> list[tuple[int, float]]:
        """Only those that pass are scored, which is what takes long."""
        within = "" if paths is None else "AND note_path IN (SELECT value FROM json_each(?))"
        named = () if paths is None else (json.dumps(paths),)
        # Without the sign FTS5 would be asked about one slot after the other.
        rows = self._db.rows(
            f"SELECT rowid, {_COST} AS cost FROM chunks_fts WHERE chunks_fts MATCH ? "
            "AND +rowid IN (SELECT slot FROM chunks "
            f"WHERE role IN ({', '.join('?' * len(roles))}) {within}) ORDER BY cost, rowid LIMIT ?",
            (" OR ".join(phrases), *roles, *named, k),
        )
        return _scores(rows)

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


def _scores(rows: Sequence[Row]) -> list[tuple[int, float]]:
    # bm25() is lower for the better match.
    return [(int(str(slot)), -float(str(cost))) for slot, cost in rows]
