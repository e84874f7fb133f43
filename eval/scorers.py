"""Scores of one answer to one case. Pure functions, listed by name in `SCORERS`.

A scorer that cannot judge a case returns None, never 0: what was not measured must not count.
To add one, write it here and name it in the table; the runner and the reports read the table.
"""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from eval.protocols import Scorer
from eval.text import find_quote, overlap, parts, stems, words
from eval.types import Case, Target
from rag.types import Answer, Chunk, Citation, Span, Status


def recall(case: Case, answer: Answer, k: int) -> float | None:
    """Recall@k by quote: the share of the targets that the first `k` hits hold whole."""
    if not case.targets:
        return None
    chunks = [hit.chunk for hit in answer.hits[:k]]
    held = sum(any(_places(target, chunk) for chunk in chunks) for target in case.targets)
    return held / len(case.targets)


def reciprocal_rank(case: Case, answer: Answer) -> float | None:
    """1 / rank of the first hit that holds a target, 0 if none does; its mean is the MRR."""
    if not case.targets:
        return None
    for rank, hit in enumerate(answer.hits, start=1):
        if holds_target(case, hit.chunk):
            return 1 / rank
    return 0.0


def reference_match(case: Case, answer: Answer) -> float | None:
    """1 if the answer holds a reference: the words of each of its parts, stemmed and in a row."""
    if not case.answerable:
        return None
    if _refused(answer):
        return 0.0
    said = stems(answer.text)
    return float(
        any(all(_holds(said, stems(part)) for part in parts(ref)) for ref in case.references)
    )


def token_f1(case: Case, answer: Answer) -> float | None:
    """F1 of the words shared with the nearest reference (SQuAD, Rajpurkar et al. 2016)."""
    if not case.answerable:
        return None
    if _refused(answer):
        return 0.0
    said = words(answer.text)
    return max((_f1(said, words(" ".join(parts(ref)))) for ref in case.references), default=None)


def citation_precision(case: Case, answer: Answer) -> float | None:
    """The share of the citations that touch a target's quote."""
    if not (case.targets and answer.citations):
        return None
    right = sum(any(_touches(c, target) for target in case.targets) for c in answer.citations)
    return right / len(answer.citations)


def citation_recall(case: Case, answer: Answer) -> float | None:
    """The share of the targets that a citation touches; a refusal owes none."""
    if not case.targets or _refused(answer):
        return None
    cited = sum(any(_touches(c, target) for c in answer.citations) for target in case.targets)
    return cited / len(case.targets)


def refusal_right(case: Case, answer: Answer) -> float | None:
    """1 if a question that the notes do not answer was refused."""
    return None if case.answerable else float(_refused(answer))


def refusal_right_quiz_only(case: Case, answer: Answer) -> float | None:
    """The same, of the questions that only an answer key in the notes answers."""
    return refusal_right(case, answer) if case.quiz_only else None


def refusal_wrong(case: Case, answer: Answer) -> float | None:
    """1 if a question that the notes do answer was refused. Lower is better."""
    return float(_refused(answer)) if case.answerable else None


def seconds_to_sources(_case: Case, answer: Answer) -> float | None:
    """Seconds until the passages were known. Lower is better."""
    return answer.timings.sources


def seconds_to_first_token(_case: Case, answer: Answer) -> float | None:
    """Seconds until the first token. Lower is better."""
    return answer.timings.first_token


def seconds_total(_case: Case, answer: Answer) -> float | None:
    """Seconds until the answer was whole. Lower is better."""
    return answer.timings.total


SCORERS: Mapping[str, Scorer] = MappingProxyType(
    {
        "recall@1": partial(recall, k=1),
        "recall@3": partial(recall, k=3),
        "recall@5": partial(recall, k=5),
        "mrr": reciprocal_rank,
        "reference_match": reference_match,
        "token_f1": token_f1,
        "citation_precision": citation_precision,
        "citation_recall": citation_recall,
        "refusal_right": refusal_right,
        "refusal_right_quiz_only": refusal_right_quiz_only,
        "refusal_wrong": refusal_wrong,
        "seconds_to_sources": seconds_to_sources,
        "seconds_to_first_token": seconds_to_first_token,
        "seconds_total": seconds_total,
    }
)

LOWER_IS_BETTER = frozenset(
    {"refusal_wrong", "seconds_to_sources", "seconds_to_first_token", "seconds_total"}
)


def _refused(answer: Answer) -> bool:
    return answer.status is Status.REFUSED


def holds_target(case: Case, chunk: Chunk) -> bool:
    """True if `chunk` holds the whole of a quote that answers the case."""
    return any(_places(target, chunk) for target in case.targets)


def _places(target: Target, chunk: Chunk) -> list[Span]:
    """Where `chunk` holds the whole of the target's quote, in offsets of the chunk's text."""
    return find_quote(target.quote, chunk.text) if target.names(chunk.note_path) else []


def _touches(citation: Citation, target: Target) -> bool:
    cited = Span(citation.start, citation.end)
    return any(overlap(cited, place) for place in _places(target, citation.chunk))


def _holds(said: list[str], asked: list[str]) -> bool:
    """True if `asked` occurs in `said` as whole words in a row."""
    return bool(asked) and f" {' '.join(asked)} " in f" {' '.join(said)} "


def _f1(said: list[str], reference: list[str]) -> float:
    shared = (Counter(said) & Counter(reference)).total()
    return 2 * shared / (len(said) + len(reference)) if shared else 0.0
