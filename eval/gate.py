"""Whether a run is good enough to go on: above its floors, and no worse than a baseline.

A metric falls if it is worse than in the baseline by more than the margin, and if a fall as large
as that on the same cases is no chance: the one-sided paired test, corrected over all gated metrics
(Holm), gives less than 0.05. So of runs of one and the same system at most 5 in 100 break the
gate, however many metrics it watches. A gate that passes says how large a fall it would have
found: with few cases only a large one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eval.baseline import Baseline
from eval.comparison import (
    ALPHA,
    MARGIN,
    Paired,
    allowed,
    case_scores,
    mean_square,
    other_cases,
    paired,
    summarise,
    worse_by,
)
from eval.scorers import LOWER_IS_BETTER
from eval.statistics.significance import (
    difference_interval,
    holm,
    in_digits,
    least_found,
    paired_test,
)
from eval.types import Interval, Run
from rag.errors import BaselineError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a gate looks at, and what it found, in a line.

    `kind` is `whole`, `limit` or `fall`; `name` that of a metric, or of a case that failed.
    """

    kind: str
    name: str
    says: str
    broken: bool


def check_whole(run: Run) -> list[Check]:
    """What was not asked or could not be scored breaks a gate: nothing is known of it."""
    found = [
        Check("whole", o.case.id, f"{o.case.id} could not be scored: {o.error}", broken=True)
        for o in run.failed
    ]
    if run.partial:
        says = f"only {len(run.outcomes)} of {run.planned} cases were asked"
        found.append(Check("whole", "all cases", says, broken=True))
    return found


def check_limits(run: Run, limits: Mapping[str, float]) -> list[Check]:
    """The run's means against limits by metric: floors, or ceilings of what is better low."""
    metrics = summarise(run)
    return [_check_limit(name, metrics.get(name), limit) for name, limit in limits.items()]


def check_falls(run: Run, baseline: Baseline, margin: float = MARGIN) -> list[Check]:
    """The gated metrics against those of the baseline; see the module.

    Raises:
        BaselineError: it is of other cases; the message says which are missing, added or changed.
    """
    others = other_cases(baseline.run, run)
    if others:
        raise BaselineError(
            f"the baseline is of other cases: {others}; "
            "make it anew with: crib eval --baseline FILE"
        )
    measured = [name for name in baseline.gated if case_scores(baseline.run.outcomes, name)]
    pairs = [paired(baseline.run, run, name) for name in measured]
    found = [pair for pair in pairs if pair.after]
    adjusted = holm([_p_of_a_fall(pair) for pair in found])
    by_name = {
        pair.metric: _check_fall(pair, p, margin, len(found))
        for pair, p in zip(found, adjusted, strict=True)
    }
    return [by_name.get(pair.metric) or _unmeasured(pair.metric) for pair in pairs]


def check_gate(
    run: Run,
    limits: Mapping[str, float],
    baseline: Baseline | None = None,
    margin: float = MARGIN,
) -> list[Check]:
    """All that a gate looks at, in order.

    Raises:
        BaselineError: the baseline is of other cases.
    """
    falls = check_falls(run, baseline, margin) if baseline else []
    return [*check_whole(run), *check_limits(run, limits), *falls]


def _check_limit(name: str, interval: Interval | None, limit: float) -> Check:
    if interval is None:
        return Check("limit", name, f"{name} was not measured; its limit is {limit:g}", broken=True)
    below = name not in LOWER_IS_BETTER
    broken = interval.mean < limit if below else interval.mean > limit
    how = ("below" if below else "above") if broken else "within"
    return Check("limit", name, f"{name} is {interval.mean:.3f}, {how} {limit:g}", broken)


def _p_of_a_fall(pair: Paired) -> float:
    return paired_test(pair.differences, "greater" if pair.metric in LOWER_IS_BETTER else "less")


def _check_fall(pair: Paired, p: float, margin: float, metrics: int) -> Check:
    difference = difference_interval(pair.differences, amounts=pair.amounts)
    broken = p < ALPHA and worse_by(pair.metric, difference.mean) > allowed(pair, margin)
    return Check("fall", pair.metric, "; ".join(_clauses(pair, difference, p, metrics)), broken)


def _clauses(pair: Paired, difference: Interval, p: float, metrics: int) -> Iterator[str]:
    before, after = (sum(side) / len(side) for side in (pair.before, pair.after))
    bounds = f"[{difference.low:+.3f}, {difference.high:+.3f}]"
    yield f"{pair.metric} went from {before:.3f} to {after:.3f}, by {difference.mean:+.3f} {bounds}"
    if worse_by(pair.metric, difference.mean) > 0:
        yield f"p = {in_digits(p)}".replace("= <", "< ") + (
            f" over {metrics} metrics" if metrics > 1 else ""
        )
    if not pair.amounts and p >= ALPHA:
        # Holm's first step is the hardest, which a fall of one metric alone has to take.
        found = least_found(difference.n, mean_square(pair), ALPHA / metrics)
        yield f"{difference.n} cases find a fall of about {found:.2f}"


def _unmeasured(name: str) -> Check:
    return Check("fall", name, f"{name} was measured in the baseline and not now", broken=True)
