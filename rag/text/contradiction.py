"""Does a sentence say no to what another says? By the words and the negations of their clauses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.facts import TURNED, Statement, content, counted, numbers, says_no, statements
from rag.text.words import stems

SAME_SUBJECT = 0.6
"""Share of a clause's words that a clause of a passage holds if both are about the same."""

_BOUND = re.compile(
    r"\b(?:at (?:most|least)|up to|(?:more|less|fewer) than|over|under|above|below|between|from|"
    r"until|within|min(?:imum)?|max(?:imum)?|can|could|may|might|or)\b|[<>\u2264\u2265]",
    re.IGNORECASE,
)
"""Beside these another number is no contradiction: 10 minutes are within "at most 15"."""

_SOMETIMES = re.compile(
    r"\bnot (?:only|just|all|every|each|both|always|necessarily|in|on|at|from|of|with|by)\b",
    re.IGNORECASE,
)
"""Negations of less than what is said: "not always", "tools not in the list"."""

OWN = 0.5
"""Share of a claim's words that the clause which denies it holds without its headings."""

_TAKEN_FOR = re.compile(r"\b(?:counts?|serves?|regarded|treated|seen) as\b", re.IGNORECASE)
"""Ways to say "is"."""


def contradicts(said: str, text: str, context: str) -> bool:
    """True if a clause of `said` says no to what the nearest clause of `text` says, or the reverse.

    `context` are words that every clause of `text` is about: items under "unsupervised" are not
    supervised.
    """
    given = _clauses(text, context)
    # A heading that is repeated says nothing: "Algorithms", before an item that is "unsupervised".
    heading = frozenset(stems(context)) - TURNED.keys()
    told = (one for one in statements(said) if one.negated or not one.words <= heading)
    return any(_nearest_says_otherwise(clause, given) for clause in told)


def denies(text: str, said: str, context: str) -> bool:
    """True if `text` says the opposite of `said`, or another number of the same, and of all of it.

    Stricter than `contradicts`, for a "no" to be made of it: no word of `said` may be missing, but
    for the number. What says no itself is never denied: "one that is not merged" is no denial.
    """
    plain = _TAKEN_FOR.sub("is", said)
    clauses = list(statements(plain))
    if says_no(said) or _SOMETIMES.search(text) or len(clauses) != 1:
        return False
    words = clauses[0].words
    given = [
        one for one in _clauses(text, context) if len(words & one.clause.words) >= OWN * len(words)
    ]
    return _nearest_says_otherwise(clauses[0], given, least=1.0) or _counts_otherwise(
        plain, text, context
    )


def _counts_otherwise(said: str, text: str, context: str) -> bool:
    """True if what `said` counts is counted in `text` too, and is another number there."""
    if _BOUND.search(said) or _BOUND.search(text):
        return False
    pairs, given = counted(said), counted(text)
    units = {unit for _, unit in given}
    others = {number for number, unit in pairs if unit in units and (number, unit) not in given}
    held = content(f"{text}\n{context}")
    missing = content(said) - held - {word for word in stems(said) if numbers(word)}
    return bool(others) and missing <= others and not others & numbers(text)


def _clauses(text: str, context: str) -> "Sequence[_Given]":
    turned = [TURNED.get(word, (word, False)) for word in stems(context)]
    about = frozenset(word for word, _ in turned)
    opposite = frozenset(word for word, is_opposite in turned if is_opposite)
    return [_Given(one, about, opposite - one.words) for one in statements(text)]


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


def _nearest_says_otherwise(
    clause: Statement, given: Sequence[_Given], least: float = SAME_SUBJECT
) -> bool:
    near = [other.share(clause.words) for other in given]
    nearest = max(near, default=0.0)
    if nearest < least:
        return False
    meant = [other for other, share in zip(given, near, strict=True) if share == nearest]
    return all(other.denies(clause) for other in meant)
