"""Which of the questions that a model wrote can stand: the checks, and why one fails.

The answer has to stand in the line, word for word, and to come back when the model is given the
question and the passage; the search has to find the line (a person would blame the search, not the
question, so a question that asks for what is said in other words may be lost here). Asking back is
the round-trip check of Alberti et al., "Synthetic QA Corpora Generation with Roundtrip Consistency"
(2019). What this does not know: whether anybody would want to know it.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from eval.drafts.drafting import ABSENT, NAMED, Written
from eval.drafts.topics import Topic
from eval.texts.text import parts, stems, words
from eval.types import Case

MOST_WORDS = 40
"""Words of a question at most."""

MOST_ANSWER = 15
"""Words of an answer at most: more is copying. A list may have twice as many."""

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


_VAGUE = re.compile(
    r"\b(?:some|main|key|extra|common|typical|different|various)\b[^?]*\b(?:features?|aspects?|"
    r"things?|points?|concepts?|components?|characteristics|benefits|challenges|purpose|elements|"
    r"functions?|capabilit\w+|differences?)\b|^what (?:helps?|does one|can one|do you|happens)\b|"
    r"^what is (?:the|an?) (?:main |key )?(?:feature|benefit|goal|role|example)\b",
    re.IGNORECASE,
)
"""Asks for all or nothing: who knows the note would not know which line is meant."""


class Reject(StrEnum):
    """Why a question cannot stand; in the order in which this is looked at."""

    MALFORMED = "no question with a short answer"
    DANGLING = "not understood without its passage"
    VAGUE = "too vague to have one answer"
    UNNAMED = "does not say what it is about"
    LEAKED = "answered in the question"
    KNOWN = "asked already"
    NOT_CARRIED = "answer not in the line"
    AMBIGUOUS = "answered by another line as well"
    DISAGREED = "answered otherwise when asked"
    NOT_FOUND = "line not found by the search"


def flaw(written: Written, topic: Topic, kind: str, known: Iterable[Case]) -> Reject | None:
    """What can be told from the words alone; None if nothing is wrong with them."""
    most = MOST_ANSWER * (2 if kind == "list" else 1)
    if not is_question(written.question) or len(words(written.answer)) > most:
        return Reject.MALFORMED
    if written.answer.startswith(ABSENT[:-1]):
        return Reject.MALFORMED
    if _DANGLING.search(written.question):
        return Reject.DANGLING
    if _VAGUE.search(written.question):
        return Reject.VAGUE
    if not names_its_subject(written.question, topic, kind):
        return Reject.UNNAMED
    if leaks(written.question, [written.answer]):
        return Reject.LEAKED
    if any(asks_the_same(written.question, case.question) for case in known):
        return Reject.KNOWN
    return None


def names_its_subject(question: str, topic: Topic, kind: str) -> bool:
    """True if it says what it is about: by a name, or by two words of the line where that is asked.

    The name is the line's own term, or that of the headings above it that names a thing. Where the
    line does not say what that is, a word of the line has to be asked by as well.
    """
    asked, name = telling(question), set(stems(topic.name))
    if kind in NAMED:
        return len(asked & set(stems(topic.text))) >= 2
    beyond = (asked - name) & set(stems(topic.text))
    return bool(asked & name) and (topic.defines or bool(beyond))


def copied(answers: Sequence[str], topic: Topic) -> bool:
    """True if all parts of the answer stand in the line as they are."""
    line = f" {' '.join(words(topic.text))} "
    every = [part for answer in answers for part in parts(answer)]
    return all(f" {' '.join(words(part))} " in line for part in every)


def rivals(case: Case, topic: Topic, others: Iterable[str]) -> bool:
    """True if another line answers the question as well, for all that its words tell.

    One that asks by the name of what the line is about is told apart by it.
    """
    given = set(stems(" ".join(case.references)))
    about = (telling(case.question) - given) & set(stems(topic.text))
    is_named = bool(topic.name) and set(stems(topic.name)) <= telling(case.question)
    if is_named or not about:
        return False
    return any(about <= set(stems(line)) and not given <= set(stems(line)) for line in others)


def telling(question: str) -> set[str]:
    """The stems of a question that do not only ask."""
    return set(stems(question)) - _ASIDE


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
    left, right = telling(one), telling(other)
    return bool(left | right) and len(left & right) >= SAME * len(left | right)


def agree(references: Sequence[str], answer: str) -> bool:
    """True if the answer that came back says what a reference says."""
    if answer.startswith(ABSENT[:-1]):
        return False
    said = stems(answer)
    wanted = [stems(" ".join(parts(reference))) for reference in references]
    return any(_f1(said, one) >= AGREED or set(one) <= set(said) for one in wanted)


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    left, right = set(said), set(wanted)
    common = len(left & right)
    return 2 * common / (len(left) + len(right)) if common else 0.0
