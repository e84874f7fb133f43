"""Search by words. A word that is nowhere is looked for as what it may be a misspelling of."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from rag.store.database import Database
from rag.store.fulltext import FullText, Postings, Scores, Slots
from rag.store.respelling import Respelling
from rag.store.scoping import Scoping
from rag.types import Role

_DEPTH = 4
"""So many times as many are looked for at first, before it is known which are wanted at all."""

_WHOLE = 1 / _DEPTH
"""Share of all chunks from which a scope is taken for the whole library at first: of what is found
in one that has less, too few would be left."""

_MOST_MATCHES = 10_000
"""Chunks that are scored for a question, about: 1 ms a thousand."""

Phrases = tuple[str, ...]
"""What FTS5 is asked for a word, as FullText gives it."""


class Lexical:
    """The chunks in `db`, by their words. `is_word` is that of Respelling."""

    def __init__(self, db: Database, scoping: Scoping, is_word: Callable[[str], bool]) -> None:
        self._db = db
        self._scoping = scoping
        self._text = FullText(db)
        self._postings = Postings(db)
        self._respelling = Respelling(db, self._text, is_word)
        self.corrections = self._respelling.corrections
        self.languages = self._text.languages
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
        phrases = list(dict.fromkeys(map(self._text.phrases, written)))
        if paths is None or self._scoping.share(paths) >= _WHOLE:
            rarest = self._rarest(phrases)
            depth = _DEPTH * k
            found = _best(rarest, depth, self._postings.scores)  # whatever they hold
            kept = self._scoping.first_passing(found, k, roles, paths)
            if len(kept) == k or (len(found) < depth and len(rarest) == len(phrases)):
                return kept
        passing = partial(self._postings.scores_where, *self._passes(roles, paths))
        return _best(phrases, k, passing)

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

    def _rarest(self, phrases: list[Phrases]) -> list[Phrases]:
        """The words that say most, as many as can be scored in time; all in a small library."""
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


def _best(
    words: Sequence[Phrases], k: int, scores: Callable[[str], tuple[Slots, Scores]]
) -> list[tuple[int, float]]:
    """The `k` slots with the highest sums over the words; a word gives the most of its phrases."""
    each = [[scores(phrase) for phrase in phrases] for phrases in words]
    total = np.zeros(1 + max(int(slots.max(initial=0)) for one in each for slots, _ in one))
    for one in each:
        most = np.zeros_like(total)
        for slots, found in one:
            most[slots] = np.maximum(most[slots], found)
        total += most
    held = np.flatnonzero(total)
    return best(held, total[held], k)


def best(
    slots: npt.NDArray[np.int64], scores: npt.NDArray[np.floating], k: int
) -> list[tuple[int, float]]:
    """The `k` slots with the highest scores, best first; of equal ones the lower slot first."""
    if len(scores) > k:
        is_high = scores >= np.partition(scores, -k)[-k]
        slots, scores = slots[is_high], scores[is_high]
    order = np.lexsort((slots, -scores))[:k]
    return list(zip(slots[order].tolist(), scores[order].tolist(), strict=True))
