"""Does a sentence say no to what another says? By the words and the negations of their clauses."""

from collections.abc import Sequence

from rag.text.facts import Statement, statements
from rag.text.words import stems

SAME_SUBJECT = 0.6
"""Share of a clause's words that a clause of a passage holds if both are about the same."""


def contradicts(said: str, text: str, context: str) -> bool:
    """True if a clause of `said` says no to what the nearest clause of `text` says, or the reverse.

    `context` are words that every clause of `text` is about.
    """
    about = stems(context)
    given = [Statement(one.words | about, one.negated) for one in statements(text)]
    return any(_nearest_says_otherwise(clause, given) for clause in statements(said))


def _nearest_says_otherwise(clause: Statement, given: Sequence[Statement]) -> bool:
    near = [len(clause.words & other.words) / len(clause.words) for other in given]
    nearest = max(near, default=0.0)
    if nearest < SAME_SUBJECT:
        return False
    meant = [other for other, share in zip(given, near, strict=True) if share == nearest]
    return all(other.negated != clause.negated for other in meant)
