"""How well the passages were found, whatever was made of them; the measures by ir-measures.

A hit is relevant if it holds the whole quote of a target. A case may have several targets, a hit
may hold several, and a target may stand in several hits, so three things are to be settled:

- recall counts targets, not hits: how many of them the first k hits hold (the subtopic recall of
  Zhai, Cohen and Lafferty 2003; with a target a hit it is the usual one);
- precision and the reciprocal rank take a hit for relevant whichever target it holds;
- nDCG gives a hit a gain of one for each target that no hit before it holds, so that the same
  quote twice is worth no more than once; a target that no hit holds is still owed in the ideal.
"""

from collections.abc import Sequence

import ir_measures
from ir_measures import RR, P, Qrel, ScoredDoc, Success, nDCG

from eval.scorers.targets import places
from eval.types import Case
from rag.types import Answer


def recall(case: Case, answer: Answer, k: int) -> float | None:
    """Recall@k by quote: the share of the targets that the first `k` hits hold whole."""
    if not case.targets:
        return None
    # A target is a query of its own, which succeeds if the first k hits hold it.
    grades = [[float(held) for held in row] for row in _held(case, answer)]
    return _mean(Success @ k, grades)


def precision(case: Case, answer: Answer, k: int) -> float | None:
    """Precision@k: the share of the first `k` hits that hold a target; missing hits hold none."""
    return _mean(P @ k, [_relevant(case, answer)]) if case.targets else None


def reciprocal_rank(case: Case, answer: Answer) -> float | None:
    """1 / rank of the first hit that holds a target, 0 if none does; its mean is the MRR."""
    return _mean(RR, [_relevant(case, answer)]) if case.targets else None


def ndcg(case: Case, answer: Answer, k: int) -> float | None:
    """nDCG@k (Järvelin and Kekäläinen 2002) of what each hit adds; see the module."""
    if not case.targets:
        return None
    first = [row.index(True) if True in row else None for row in _held(case, answer)]
    gains = [float(first.count(rank)) for rank in range(len(answer.hits))]
    return _mean(nDCG @ k, [gains], owed=first.count(None))


def _held(case: Case, answer: Answer) -> list[list[bool]]:
    """For each target, whether each hit holds it."""
    return [[bool(places(target, hit.chunk)) for hit in answer.hits] for target in case.targets]


def _relevant(case: Case, answer: Answer) -> list[float]:
    return [float(any(column)) for column in zip(*_held(case, answer), strict=True)]


def _mean(measure: object, queries: Sequence[Sequence[float]], owed: int = 1) -> float:
    """The measure, averaged over queries that are given by the grade of each rank.

    Each query has `owed` relevant documents more that were not found: at least one, since
    ir-measures leaves out a query without any.
    """
    judged = [
        *(Qrel(str(q), f"owed {n}", 1) for q in range(len(queries)) for n in range(owed)),
        *(
            Qrel(str(q), str(rank), int(grade))
            for q, grades in enumerate(queries)
            for rank, grade in enumerate(grades)
        ),
    ]
    ranked = [
        ScoredDoc(str(q), str(rank), -float(rank))
        for q, grades in enumerate(queries)
        for rank in range(len(grades))
    ]
    return float(ir_measures.calc_aggregate([measure], judged, ranked)[measure])
