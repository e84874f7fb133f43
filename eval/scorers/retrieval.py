"""How well the passages were found, whatever was made of them."""

from eval.scorers.targets import holds_target, places
from eval.types import Case
from rag.types import Answer


def recall(case: Case, answer: Answer, k: int) -> float | None:
    """Recall@k by quote: the share of the targets that the first `k` hits hold whole."""
    if not case.targets:
        return None
    chunks = [hit.chunk for hit in answer.hits[:k]]
    held = sum(any(places(target, chunk) for chunk in chunks) for target in case.targets)
    return held / len(case.targets)


def reciprocal_rank(case: Case, answer: Answer) -> float | None:
    """1 / rank of the first hit that holds a target, 0 if none does; its mean is the MRR."""
    if not case.targets:
        return None
    for rank, hit in enumerate(answer.hits, start=1):
        if holds_target(case, hit.chunk):
            return 1 / rank
    return 0.0
