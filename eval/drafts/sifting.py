"""Which of the questions that a model wrote can stand: the checks, and why one fails.

The answer has to stand in the passage and to come back when the model is given the question; the
search has to find the passage (a person would blame the search, not the question, so a question
that asks for what is said in other words may be lost here). Asking back is the round-trip check of
Alberti et al., "Synthetic QA Corpora Generation with Roundtrip Consistency" (2019). What this does
not know: whether anybody would want to know it.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from eval.drafts.drafting import ABSENT, Written
from eval.texts.text import parts, stems, words
from eval.types import Case

MOST_WORDS = 40
"""Words of a question at most."""

MOST_ANSWER = 25
"""Words of an answer at most: more is copying."""

SAME = 0.75
"""Share of the words of two questions that both have (Jaccard) from which they ask the same."""

AGREED = 0.5
"""Token F1 from which the answer that comes back is the same."""

_DANGLING = re.compile(
    r"\b(?:(?:this|that|the|these) (?:passage|note|notes|text|section|list|table|example|heading)s?"
    r"|according to|mentioned|listed|above|below|described here|given in)\b|^(?:what|how) (?:is|are"
    r"|does|do|can) (?:it|they|this|that|these)\b",
    re.IGNORECASE,
)
_ASIDE = frozenset(
    "what which how who when where why is are was does do did can of in to for".split()
)


class Reject(StrEnum):
    """Why a question cannot stand; in the order in which this is looked at."""

    MALFORMED = "no question with a short answer"
    DANGLING = "not understood without its passage"
    LEAKED = "answered in the question"
    KNOWN = "asked already"
    NOT_CARRIED = "answer not in the passage"
    DISAGREED = "answered otherwise when asked"
    NOT_FOUND = "passage not found by the search"


def flaw(written: Written, known: Iterable[Case]) -> Reject | None:
    """What can be told from the words alone; None if nothing is wrong with them."""
    if not is_question(written.question):
        return Reject.MALFORMED
    if len(words(written.answer)) > MOST_ANSWER or written.answer.startswith(ABSENT[:-1]):
        return Reject.MALFORMED
    if _DANGLING.search(written.question):
        return Reject.DANGLING
    if leaks(written.question, [written.answer]):
        return Reject.LEAKED
    if any(asks_the_same(written.question, case.question) for case in known):
        return Reject.KNOWN
    return None


def is_question(text: str) -> bool:
    """True for one sentence of some words that ends in a question mark."""
    inner = text[:-1]
    is_one = text.endswith("?") and "?" not in inner and not re.search(r"[.!]\s+[A-Z]", inner)
    return is_one and text.isprintable() and 3 <= len(text.split()) <= MOST_WORDS


def leaks(question: str, references: Sequence[str]) -> bool:
    """True if a reference, or a part of one, stands in the question."""
    asked = set(stems(question))
    given = (set(stems(part)) for reference in references for part in parts(reference))
    return any(part and part <= asked for part in given)


def asks_the_same(one: str, other: str) -> bool:
    """True if two questions have most of their words in common."""
    left, right = set(stems(one)) - _ASIDE, set(stems(other)) - _ASIDE
    return bool(left | right) and len(left & right) >= SAME * len(left | right)


def agree(references: Sequence[str], answer: str) -> bool:
    """True if the answer that came back says what a reference says."""
    if answer.startswith(ABSENT[:-1]):
        return False
    said = stems(answer)
    return any(_f1(said, stems(" ".join(parts(reference)))) >= AGREED for reference in references)


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    left, right = set(said), set(wanted)
    common = len(left & right)
    return 2 * common / (len(left) + len(right)) if common else 0.0
