"""Does a sentence say no to what another says? By the words and the negations of their clauses."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.facts import TURNED, Statement, statements
from rag.text.words import stems

SAME_SUBJECT = 0.6
"""Share of a clause's words that a clause of a passage holds if both are about the same."""


def contradicts(said: str, text: str, context: str) -> bool:
    """True if a clause of `said` says no to what the nearest clause of `text` says, or the reverse.

    `context` are words that every clause of `text` is about: items under "unsupervised" are not
    supervised.
    """
    turned = [TURNED.get(word, (word, False)) for word in stems(context)]
    about = frozenset(word for word, _ in turned)
    opposite = frozenset(word for word, is_opposite in turned if is_opposite)
    given = [_Given(one, about, opposite - one.words) for one in statements(text)]
    return any(_nearest_says_otherwise(clause, given) for clause in statements(said))


@dataclass(frozen=True, slots=True)
class _Given:
    """A clause of a passage, what it is about, and which words of that its context denies."""

    clause: Statement
    about: frozenset[str]
    opposite: frozenset[str]

    def share(self, words: frozenset[str]) -> float:
        return len(words & (self.clause.words | self.about)) / len(words)

    def denies(self, said: Statement) -> bool:
        turns = len(said.words & self.opposite) % 2 == 1
        return (self.clause.negated != turns) != said.negated


def _nearest_says_otherwise(clause: Statement, given: Sequence[_Given]) -> bool:
    near = [other.share(clause.words) for other in given]
    nearest = max(near, default=0.0)
    if nearest < SAME_SUBJECT:
        return False
    meant = [other for other, share in zip(given, near, strict=True) if share == nearest]
    return all(other.denies(clause) for other in meant)
