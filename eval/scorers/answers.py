"""How right the words of an answer are."""

import re
from collections import Counter
from collections.abc import Sequence

from eval.scorers.targets import refused
from eval.texts.aliases import aliases
from eval.texts.matching import read, says
from eval.texts.text import parts, stems, words
from eval.types import Case
from rag.types import Answer


def reference_match(case: Case, answer: Answer) -> float | None:
    """1 if the answer says any of the references; eval/texts/matching.py says what is the same."""
    if not case.answerable:
        return None
    return 0.0 if refused(answer) else float(any(_said(case, answer, case.references)))


def facts_said(case: Case, answer: Answer) -> float | None:
    """The share of the facts that a whole answer has to say which this one does."""
    if not (case.answerable and case.facts):
        return None
    return 0.0 if refused(answer) else sum(_said(case, answer, case.facts)) / len(case.facts)


def token_f1(case: Case, answer: Answer) -> float | None:
    """F1 of the words shared with the nearest reference (SQuAD, Rajpurkar et al. 2016)."""
    if not case.answerable:
        return None
    if refused(answer):
        return 0.0
    said = words(answer.text)
    return max((_f1(said, words(" ".join(parts(ref)))) for ref in case.references), default=None)


def _said(case: Case, answer: Answer, wanted: Sequence[str]) -> list[bool]:
    """For each of `wanted`, whether the answer says it; short forms as case and hits explain."""
    quotes = [target.quote for target in case.targets]
    passages = [hit.chunk.text for hit in answer.hits]
    explained = aliases([case.question, *case.references, *quotes, *passages])
    asked = {word.upper() for word in re.findall(r"\w+", case.question)}
    # Who asks what RLHF means is not answered by "RLHF".
    known = {
        short: long
        for short, long in explained.items()
        if short not in asked or all(stems(long) != stems(one) for one in wanted)
    }
    said = read(answer.text, case.question, known)
    return [says(said, one, known) for one in wanted]


def _f1(said: list[str], reference: list[str]) -> float:
    shared = (Counter(said) & Counter(reference)).total()
    return 2 * shared / (len(said) + len(reference)) if shared else 0.0
