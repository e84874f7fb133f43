"""Several runs over the same cases, each against the first: one family of tests."""

from collections.abc import Sequence
from dataclasses import replace

from eval.comparison import MARGIN, draft_of, judged, paired
from eval.scorers import SCORERS
from eval.statistics.significance import holm
from eval.types import Comparison, Run


def compare_all(
    first: Run,
    others: Sequence[Run],
    margin: float = MARGIN,
    metrics: Sequence[str] = tuple(SCORERS),
    seed: int = 0,
) -> list[tuple[Comparison, ...]]:
    """What can be said of each of `others`, as `eval.comparison.compare` says it of one.

    P-values are adjusted over all runs and metrics together after Holm (1979), stricter than for
    one pair: of a grid the best point is picked, and who tries twenty settings finds one that is
    better by luck. The chance of any false difference in the whole table stays below 5 in 100.

    Returns:
        The comparisons of each of the others, in order; metrics that no case has in both runs are
        left out of them.
    """
    pairs = [
        [found for name in metrics if (found := paired(first, other, name)).after]
        for other in others
    ]
    drafts = [[draft_of(pair, seed) for pair in ours] for ours in pairs]
    adjusted = holm([draft.p for ours in drafts for draft in ours])
    left = iter(adjusted)
    return [
        tuple(
            judged(replace(draft, adjusted=next(left)), pair, margin, len(adjusted))
            for draft, pair in zip(mine, ours, strict=True)
        )
        for mine, ours in zip(drafts, pairs, strict=True)
    ]
