"""Runs over the same cases, metric by metric and case by case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from eval.causes import RIGHT_FROM
from eval.metrics import COSTS, LOWER_IS_BETTER
from eval.scorers import SCORERS
from eval.stats import (
    LEVEL,
    MCNEMAR,
    SIGN_FLIP,
    difference_interval,
    holm,
    is_binary,
    mean_interval,
    needed_to_equate,
    needed_to_find,
    paired_test,
)
from eval.types import Case, Comparison, Flip, Interval, Outcome, Run, Verdict

ALPHA = 1 - LEVEL
"""The chance that two runs of one and the same system are told apart in any metric."""

MARGIN = 0.05
"""How much two metrics may differ and still count as equal, in shares; of costs, a share of them.

80 cases can show that, and no less, of a metric in which hardly a case flips.
"""


@dataclass(frozen=True, slots=True)
class Paired:
    """The scores of the cases that both runs judged by a metric, in the order of the later run."""

    metric: str
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def differences(self) -> tuple[float, ...]:
        """`after - before` of each case."""
        return tuple(new - old for old, new in zip(self.before, self.after, strict=True))

    @property
    def amounts(self) -> bool:
        """True of scores without an upper bound, such as seconds."""
        return is_amount(self.metric, self.before + self.after)


@dataclass(frozen=True, slots=True)
class OtherCases:
    """How the cases of two runs differ, by their ids; a case changed if it asks something else."""

    missing: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.added or self.changed)

    def __str__(self) -> str:
        named = {"missing": self.missing, "added": self.added, "changed": self.changed}
        return "; ".join(f"{len(ids)} {how} ({_some(ids)})" for how, ids in named.items() if ids)


def case_scores(outcomes: Sequence[Outcome], metric: str) -> dict[str, float]:
    """Each judged case's score by its id, in order; repeats of a case are averaged.

    So a case that was asked three times counts once in every mean, interval and test.
    """
    found: dict[str, list[float]] = {}
    for outcome in outcomes:
        score = outcome.scores.get(metric)
        if score is not None:
            found.setdefault(outcome.case.id, []).append(score)
    return {name: fmean(scores) for name, scores in found.items()}


def summarise(run: Run, seed: int = 0) -> dict[str, Interval | None]:
    """The mean of every score with its interval, by name; None where no case could be judged."""
    found = {}
    for name in SCORERS:
        scores = list(case_scores(run.outcomes, name).values())
        found[name] = mean_interval(scores, seed, amounts=is_amount(name, scores))
    return found


def is_amount(metric: str, scores: Sequence[float]) -> bool:
    """True of scores without an upper bound, such as seconds."""
    return metric in COSTS or any(not 0 <= score <= 1 for score in scores)


def other_cases(before: Run, after: Run) -> OtherCases:
    """What keeps two runs from being compared case by case; empty, and so false, if nothing does.

    Cases that a run was stopped before are not missing.
    """
    old, new = _cases(before), _cases(after)
    shared = old.keys() & new.keys()
    changed = [name for name in old if name in shared and _asks(old[name]) != _asks(new[name])]
    missing = [] if after.partial else [name for name in old if name not in shared]
    added = [] if before.partial else [name for name in new if name not in shared]
    return OtherCases(tuple(missing), tuple(added), tuple(changed))


def paired(before: Run, after: Run, metric: str) -> Paired:
    """The scores by a metric of the cases that both runs asked alike and could judge."""
    old, new = case_scores(before.outcomes, metric), case_scores(after.outcomes, metric)
    asked = {name: _asks(case) for name, case in _cases(before).items()}
    alike = {name for name, case in _cases(after).items() if asked.get(name) == _asks(case)}
    names = [name for name in new if name in old and name in alike]
    return Paired(metric, tuple(old[name] for name in names), tuple(new[name] for name in names))


def compare(
    before: Run,
    after: Run,
    margin: float = MARGIN,
    metrics: Sequence[str] = tuple(SCORERS),
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """What can be said of each metric, over the cases that both runs asked and could judge.

    A difference counts if its p-value, adjusted over all the metrics, is below 0.05, unless its
    whole interval lies within the margin: then the metrics are equal, however sure the difference
    is. Adjusted after Benjamini and Hochberg (1995): of the differences told about 5 in 100 are
    none, and metrics that move together, as most do, do not hide each other as under Holm's.
    Metrics that no case has in both runs are left out.

    Args:
        before: the run that is compared with.
        after: the run in question.
        margin: see `MARGIN`.
        metrics: names of scorers; the more, the larger a difference has to be.
        seed: of the resampling.
    """
    from scipy.stats import false_discovery_control  # most of a second to import

    def adjust(ps: Sequence[float]) -> list[float]:
        return [float(p) for p in false_discovery_control(ps)]

    return _compared(before, [after], adjust, margin, metrics, seed)[0]


def compare_all(
    first: Run,
    others: Sequence[Run],
    margin: float = MARGIN,
    metrics: Sequence[str] = tuple(SCORERS),
    seed: int = 0,
) -> list[tuple[Comparison, ...]]:
    """What can be said of each of `others`, in order, as `compare` says it of one.

    P-values are adjusted over all runs and metrics together after Holm (1979), stricter than for
    one pair: of a grid the best point is picked, and who tries twenty settings finds one that is
    better by luck. The chance of any false difference in the whole table stays below 5 in 100.
    """
    return _compared(first, others, holm, margin, metrics, seed)


def _compared(
    first: Run,
    others: Sequence[Run],
    adjust: Callable[[Sequence[float]], list[float]],
    margin: float,
    metrics: Sequence[str],
    seed: int,
) -> list[tuple[Comparison, ...]]:
    """Each run against the first; `adjust` is given the p-values of all metrics of all runs."""
    pairs = [
        (at, pair)
        for at, other in enumerate(others)
        for name in metrics
        if (pair := paired(first, other, name)).after
    ]
    drafts = [_draft_of(pair, seed) for _, pair in pairs]
    adjusted = adjust([draft.p for draft in drafts]) if drafts else []
    found: list[list[Comparison]] = [[] for _ in others]
    for (at, pair), draft, p in zip(pairs, drafts, adjusted, strict=True):
        found[at].append(_judged(replace(draft, adjusted=p), pair, margin, len(pairs)))
    return [tuple(comparisons) for comparisons in found]


def flips(before: Run, after: Run, metrics: Sequence[str] = RIGHT_FROM) -> tuple[Flip, ...]:
    """Cases that one of the runs got right and the other did not, lost ones first.

    Of repeats more than half have to be right.
    """
    found = []
    for metric in metrics:
        old, new = case_scores(before.outcomes, metric), case_scores(after.outcomes, metric)
        for name in new:
            if name in old and (old[name] > 0.5) != (new[name] > 0.5):
                found.append(Flip(name, metric, old[name], new[name]))
    return tuple(sorted(found, key=lambda flip: flip.after > flip.before))


def allowed(pair: Paired, margin: float) -> float:
    """The margin in the metric's own unit."""
    return margin * abs(fmean(pair.before)) if pair.amounts else margin


def worse_by(metric: str, difference: float) -> float:
    """How much worse a difference makes the metric; negative if it is better."""
    return difference if metric in LOWER_IS_BETTER else -difference


def mean_square(pair: Paired) -> float:
    """Of the differences: of right and wrong, the share of cases that flip.

    Of shares it is never 0: with none of n flipped, one lost and one gained of n + 2 are counted,
    as in their interval.
    """
    squares = [one**2 for one in pair.differences]
    if any(squares) or pair.amounts:
        return fmean(squares)
    return 2 / (len(squares) + 2)


def _draft_of(pair: Paired, seed: int) -> Comparison:
    """All but what takes the other tests or the margin to say."""
    before, after = (
        mean_interval(side, seed, amounts=pair.amounts) for side in (pair.before, pair.after)
    )
    if before is None or after is None:
        raise ValueError(f"{pair.metric}: no case was judged in both runs")
    p = paired_test(pair.differences, seed=seed)
    return Comparison(
        metric=pair.metric,
        before=before,
        after=after,
        difference=difference_interval(pair.differences, amounts=pair.amounts),
        test=MCNEMAR if is_binary(pair.differences) else SIGN_FLIP,
        p=p,
        adjusted=p,
        verdict=Verdict.UNDECIDED,
    )


def _judged(draft: Comparison, pair: Paired, margin: float, tests: int) -> Comparison:
    """The draft, its p-value adjusted, with its verdict; it is one of so many `tests`."""
    limit, difference = allowed(pair, margin), draft.difference
    if -limit <= difference.low and difference.high <= limit:
        return replace(draft, verdict=Verdict.EQUAL)
    if draft.adjusted < ALPHA:
        worse = worse_by(draft.metric, difference.mean) > 0
        return replace(draft, verdict=Verdict.WORSE if worse else Verdict.BETTER)
    return replace(draft, needed=_needed(pair, difference, limit, tests))


def _needed(pair: Paired, difference: Interval, limit: float, tests: int) -> int | None:
    """About how many cases would tell, if what was seen is true: that it is, or that it is little.

    None if there is neither a difference nor a margin.
    """
    square, seen = mean_square(pair), abs(difference.mean)
    counts = [needed_to_find(seen, square, ALPHA / tests)] if seen else []
    if seen < limit:
        counts.append(needed_to_equate(limit, square, seen))
    if not counts:
        return None
    count = max(min(counts), difference.n + 1)
    step: int = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step


def _cases(run: Run) -> Mapping[str, Case]:
    return {outcome.case.id: outcome.case for outcome in run.outcomes}


def _asks(case: Case) -> tuple[object, ...]:
    return case.question, case.references, case.before


def _some(ids: Sequence[str], most: int = 5) -> str:
    return ", ".join(ids[:most]) + (", …" if len(ids) > most else "")
