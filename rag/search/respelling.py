"""What a question's words may be in the notes' own spelling."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from rag.store.database import Database
from rag.store.fulltext import FullText
from rag.text.spelling import begun_wrong, distance, may_be_misspelt, most_edits, spelling_key
from rag.text.words import fold

_PARTS = re.compile(r"[^\W\d_]+")
_MOST_OTHERS = 3
"""Words that are searched for in the place of one."""

_LAST = "\U0010ffff"


class Respelling:
    """Looks words up among those of the notes.

    `is_word` tells words that are no misspelling, wherever they stand. An embedding model's
    tokenizer knows the common ones: without it, bread is looked for as broad where no note has it.
    """

    def __init__(self, db: Database, text: FullText, is_word: Callable[[str], bool]) -> None:
        self._db = db
        self._holds = text.holds
        self._count = text.count_word
        self._is_word = is_word

    def alternatives(self, wanted: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Words of the notes that are to be looked for as well, or instead, by the word asked for.

        Those are other spellings of it. For a word that is nowhere: it and its neighbour as one,
        its parts, what it is the beginning of, or what is fewest edits away.
        """
        neighbours = _neighbours(wanted)
        found = {}
        for word in wanted:
            if may_be_misspelt(word):
                others = self._spellings(word)
                if not others and not self._holds(word):
                    others = self._instead(word, neighbours[word])
                if others:
                    found[word] = tuple(others[:_MOST_OTHERS])
        return found

    def corrected(self, question: str) -> str:
        """The question with words that are nowhere, and are none, as the notes spell them."""

        def correct(found: "re.Match[str]") -> str:
            word = fold(found[0])
            wrong = may_be_misspelt(word) and not self._is_word(word) and not self._holds(word)
            near = (self._spellings(word) or self._near(word)) if wrong else []
            return near[0] if near else found[0]

        return _PARTS.sub(correct, question)

    def _spellings(self, word: str) -> list[str]:
        query = "SELECT word FROM vocabulary WHERE key = ? AND word <> ? ORDER BY word"
        found = self._db.rows(query, (spelling_key(word), word))
        return [other for (other,) in found if isinstance(other, str) and self._holds(other)]

    def _instead(self, word: str, neighbours: Sequence[str]) -> list[str]:
        for others in (neighbours, _splits(word), self._longer(word)):
            if found := list(filter(self._holds, others)):
                return found
        return self._near(word)

    def _longer(self, word: str) -> Iterator[str]:
        yield from sorted(self._between(word), key=lambda other: (len(other), other))

    def _near(self, word: str) -> list[str]:
        """What is fewest edits away, the most frequent first; nothing for a word that is one."""
        if self._is_word(word):
            return []
        query = "SELECT word FROM vocabulary WHERE word IN (SELECT value FROM json_each(?))"
        begun = self._db.rows(query, (json.dumps(list(begun_wrong(word))),))
        most = most_edits(word)
        edits = {other: distance(word, other, most) for other in self._between(word[:2])}
        edits |= {str(other): distance(word, str(other), most) for (other,) in begun}
        held = [other for other, count in edits.items() if count <= most and self._holds(other)]
        fewest = min((edits[other] for other in held), default=0)
        counts = {o: self._count(o) for o in held if edits[o] == fewest}
        return sorted(counts, key=lambda other: (-counts[other], other))

    def _between(self, start: str) -> list[str]:
        """The words that begin so."""
        query = "SELECT word FROM vocabulary WHERE word >= ? AND word < ?"
        return [str(row[0]) for row in self._db.rows(query, (start, start + _LAST))]


def _neighbours(wanted: Sequence[str]) -> Mapping[str, list[str]]:
    """Each word together with the one before or behind it, written as one."""
    joined: dict[str, list[str]] = {word: [] for word in wanted}
    for one, other in pairwise(wanted):
        joined[one].append(one + other)
        joined[other].append(one + other)
    return joined


def _splits(word: str) -> Iterator[str]:
    """The word as two, and then as three, that stand side by side."""
    shortest = 3
    places = range(shortest, len(word) - shortest + 1)
    for at in places:
        yield f"{word[:at]} {word[at:]}"
    for one, other in combinations(places, 2):
        if other - one >= shortest:
            yield f"{word[:one]} {word[one:other]} {word[other:]}"
