"""What a question's words may be in the notes' own spelling."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations, pairwise

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from rag.store.database import Database
from rag.store.fulltext import FullText
from rag.text.language import LANGUAGES, language
from rag.text.words import fold, may_be_misspelt, most_edits, spelling_key, stop_words

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
