"""How right the words of an answer are."""

from collections import Counter

from eval.scorers.targets import refused
from eval.text import parts, stems, words
from eval.types import Case
from rag.types import Answer


def reference_match(case: Case, answer: Answer) -> float | None:
    """1 if the answer holds a reference: the words of each of its parts, stemmed and in a row."""
    if not case.answerable:
        return None
    if refused(answer):
        return 0.0
    said = stems(answer.text)
    return float(
        any(all(_holds(said, stems(part)) for part in parts(ref)) for ref in case.references)
    )


def token_f1(case: Case, answer: Answer) -> float | None:
    """F1 of the words shared with the nearest reference (SQuAD, Rajpurkar et al. 2016)."""
    if not case.answerable:
        return None
    if refused(answer):
        return 0.0
    said = words(answer.text)
    return max((_f1(said, words(" ".join(parts(ref)))) for ref in case.references), default=None)


def _holds(said: list[str], asked: list[str]) -> bool:
    """True if `asked` occurs in `said` as whole words in a row."""
    return bool(asked) and f" {' '.join(asked)} " in f" {' '.join(said)} "


def _f1(said: list[str], reference: list[str]) -> float:
    shared = (Counter(said) & Counter(reference)).total()
    return 2 * shared / (len(said) + len(reference)) if shared else 0.0
