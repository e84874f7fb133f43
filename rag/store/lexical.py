"""Search by words. A word that is nowhere is looked for as what it may be a misspelling of."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, partial
from itertools import accumulate, combinations, pairwise

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from rag.store.database import Database
from rag.store.fulltext import FullText, Postings, Scores, Slots
from rag.store.scoping import Scoping
from rag.text.language import LANGUAGES, language
from rag.text.words import fold, may_be_misspelt, most_edits, spelling_key, stop_words
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


# What words may be in the notes' own spelling

_PLAIN = re.compile(r"(?<!\S)([^\w\s`$@#./\\<+-]*)([^\W\d_]+)(?=[^\w\s`$@#/\\<+(-]*(?!\S))")
"""A word between blanks and marks of punctuation; what has other signs in it may be code."""

_MOST_OTHERS = 3
"""Words that are searched for in the place of one."""

_LAST = "\U0010ffff"


class Respelling:
    """Looks words up among those of the notes.

    `is_word` tells words that are no misspelling, wherever they stand. An embedding model's
    tokenizer knows the common ones: without it, bread is looked for as broad where no note has it.
    Most know English alone, so that in other languages only long words are taken for misspelt.
    """

    def __init__(self, db: Database, text: FullText, is_word: Callable[[str], bool]) -> None:
        self._db = db
        self._text = text
        self._holds = text.holds
        self._knows = is_word

    def alternatives(self, wanted: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Words of the notes that are to be looked for as well, or instead, by the word asked for.

        Those are other spellings of it. For a word that is nowhere: it and its neighbour as one,
        its parts, what it is the beginning of, or what is fewest edits away.
        """
        found = {}
        for word in wanted:
            if may_be_misspelt(word):
                others = self._spellings(word)
                if not others and not self._holds(word):
                    joined = [
                        one + other for one, other in pairwise(wanted) if word in (one, other)
                    ]
                    others = self._instead(word, joined)
                if others:
                    found[word] = tuple(others[:_MOST_OTHERS])
        return found

    def corrections(self, question: str) -> dict[str, str]:
        """Words of the question that are nowhere, and are none, each as the notes spell it.

        Names and code are left alone, and a question in a language that no note is in: its words
        are no misspellings.
        """
        spoken = self._text.languages()
        asked = language(question, "English" if "English" in spoken else "".join(spoken[:1]))
        found = {}
        for match in _PLAIN.finditer(question) if asked in spoken else ():
            typed, word = match[2], fold(match[2])
            begins = typed[0].islower() or match.start() == 0 or asked == "German"
            if begins and typed[1:].islower() and (near := self._meant(word, asked != "English")):
                found[typed] = near
        return found

    def corrected(self, question: str) -> str:
        """The question with its corrections in it."""
        found = self.corrections(question)
        return _PLAIN.sub(lambda match: match[1] + found.get(match[2], match[2]), question)

    def _meant(self, word: str, is_foreign: bool) -> str:
        """What the notes have in the place of a word that is nowhere; empty if it is one."""
        most = most_edits(word) - is_foreign
        if not most or not may_be_misspelt(word) or self._is_word(word) or self._holds(word):
            return ""
        query = "SELECT written FROM vocabulary WHERE word = ?"
        near = (self._spellings(word) or self._near(word, most))[:1]
        return str(self._db.rows(query, near)[0][0]) if near else ""

    def _is_word(self, word: str) -> bool:
        return word in _stop_words() or self._knows(word)

    def _spellings(self, word: str) -> list[str]:
        query = "SELECT word FROM vocabulary WHERE key = ? AND word <> ? ORDER BY word"
        found = self._db.rows(query, (spelling_key(word), word))
        return [other for (other,) in found if isinstance(other, str) and self._holds(other)]

    def _instead(self, word: str, joined: Sequence[str]) -> list[str]:
        longer = sorted(self._between(word), key=lambda other: (len(other), other))
        for others in (joined, _splits(word), longer):
            if found := list(filter(self._holds, others)):
                return found
        return self._near(word, most_edits(word) - ("English" not in self._text.languages()))

    def _near(self, word: str, most: int) -> list[str]:
        """What is fewest edits away, the most frequent first; nothing for a word that is one."""
        if self._is_word(word):
            return []
        query = "SELECT word FROM vocabulary WHERE length(word) BETWEEN ? AND ?"
        rows = self._db.rows(query, (len(word) - most, len(word) + most))
        others = [str(other) for (other,) in rows if other != word]
        # Two neighbours swapped are one edit, as in the optimal string alignment of Damerau (1964).
        near = extract(word, others, scorer=OSA.distance, score_cutoff=most, limit=None)
        edits = {other: count for other, count, _ in near if self._holds(other)}
        held = list(edits)
        fewest = min((edits[other] for other in held), default=0)
        counts = {o: self._text.count_word(o) for o in held if edits[o] == fewest}
        return sorted(counts, key=lambda other: (-counts[other], other))

    def _between(self, start: str) -> list[str]:
        """The words that begin so."""
        query = "SELECT word FROM vocabulary WHERE word >= ? AND word < ?"
        return [str(row[0]) for row in self._db.rows(query, (start, start + _LAST))]


@cache
def _stop_words() -> frozenset[str]:
    """Those of all languages."""
    return frozenset().union(*map(stop_words, LANGUAGES))


def _splits(word: str) -> Iterator[str]:
    """The word as two, and then as three, that stand side by side."""
    shortest = 3
    places = range(shortest, len(word) - shortest + 1)
    for at in places:
        yield f"{word[:at]} {word[at:]}"
    for one, other in combinations(places, 2):
        if other - one >= shortest:
            yield f"{word[:one]} {word[one:other]} {word[other:]}"
