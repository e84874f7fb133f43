"""Figures of a whole run that are no mean over its cases, with intervals; by name in `MEASURES`.

Intervals suit the figure, as those of means do (stats.py). Shares have Wilson's: of the cases
that they are among, each is in or not. The AUROC has Newcombe's, which has a width at 1 too. The
area under the risk-coverage curve has the BCa bootstrap over the answers given: simulated with four
laws of right and wrong, it holds the truth 87 to 93 times in 100 at 20 answers, 88 to 95 at 50 and
92 to 95 at 200, where a percentile one has 86 to 91, 85 to 94 and 92 to 94; both hold it too seldom
where hardly an answer of few is wrong. Where cases were repeated none of these holds, since answers
to one question are alike: there it is the percentile bootstrap over cases, each drawn with all its
answers.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from eval.scorers import refused
from eval.stats import (
    SLOW_RESAMPLES,
    area_of,
    auroc,
    percentile_bounds,
    risk_coverage,
    wilson_interval,
)
from eval.types import Interval, Method, Run

Rows = NDArray[np.bool_]
Table = NDArray[np.void]
"""A run by its answers that could be scored, a row of `_COLUMNS` each.

`case` numbers the case that was answered: more than one answer has it if it was repeated. `sure` is
the confidence, less 1 for a refusal; NaN where nothing was said of it.
"""

_COLUMNS = [
    *[("case", int), ("answerable", bool), ("refused", bool)],
    *[("right", float), ("sure", float)],
]


def table_of(run: Run) -> Table:
    """The run as a table."""
    judged = [(o, o.answer) for o in run.outcomes if o.answer and o.scores]
    numbers = {name: at for at, name in enumerate(dict.fromkeys(o.case.id for o, _ in judged))}
    # What is no repeat is a case of its own, whatever it is called.
    is_repeated = any(o.repeat for o, _ in judged)
    rows = [
        (
            numbers[o.case.id] if is_repeated else at,
            o.case.answerable,
            refused(answer),
            o.scores.get("reference_match") or 0.0,
            math.nan if answer.confidence is None else answer.confidence - refused(answer),
        )
        for at, (o, answer) in enumerate(judged)
    ]
    return np.array(rows, dtype=_COLUMNS)


def confidence_curve(run: Run) -> list[tuple[float, float]]:
    """Coverage and risk of the answers given, the surest first; see `risk_coverage`.

    Coverage counts against all cases, so it ends at the share of them that was answered.
    """
    table = table_of(run)
    judged = table[~np.isnan(table["sure"])]
    given = judged[~judged["refused"]]
    share = len(given) / len(judged) if len(judged) else 0.0
    points = risk_coverage(given["sure"].tolist(), given["right"].tolist())
    return [(coverage * share, risk) for coverage, risk in points]


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` of a table, NaN where that has no sense, and which answers it is `among`.

    `interval` is of a table of answers to different cases, where there is a value.
    """

    value: Callable[[Table], float]
    among: Callable[[Table], Rows]
    interval: Callable[[Table], Interval | None]


def _share(
    hit: Callable[[Table], Rows | NDArray[np.float64]],
    among: Callable[[Table], Rows],
) -> Measure:
    def value(table: Table) -> float:
        chosen = hit(table)[among(table)]
        return float(chosen.mean()) if len(chosen) else math.nan

    def interval(table: Table) -> Interval:
        n = int(among(table).sum())
        return wilson_interval(round(value(table) * n), n)

    return Measure(value, among, interval)


def _judged(table: Table) -> Rows:
    judged: Rows = ~np.isnan(table["sure"])
    return judged


def _rated(table: Table) -> Rows:
    return ~table["refused"] & _judged(table)


def _auroc(table: Table) -> float:
    judged = table[_judged(table)]
    held, missing = (judged["sure"][judged["answerable"] == one] for one in (True, False))
    return area_of(held, missing) if len(held) and len(missing) else math.nan


def _auroc_interval(table: Table) -> Interval | None:
    judged = table[_judged(table)]
    return auroc(judged["sure"], judged["answerable"])


def _aurc(table: Table) -> float:
    """Area under the risk-coverage curve of the answers given (Geifman and El-Yaniv 2017)."""
    rated = table[_rated(table)]
    points = risk_coverage(rated["sure"].tolist(), rated["right"].tolist())
    return float(np.mean([risk for _, risk in points])) if points else math.nan


def _aurc_interval(table: Table) -> Interval:
    rated = table[_rated(table)]
    value, n = _aurc(rated), len(rated)
    constant = Interval(value, value, value, n, Method.CONSTANT)
    if len(set(rated["right"])) < 2:
        return constant
    from scipy.stats import bootstrap  # half a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of samples too small for it, whose bounds are NaN
        found = bootstrap(
            (np.arange(n),),
            lambda places: _aurc(rated[places]),
            n_resamples=SLOW_RESAMPLES,
            vectorized=False,
            method="BCa",
            rng=np.random.default_rng(0),
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    if math.isnan(low) or math.isnan(high):
        return constant
    return Interval(value, min(low, value), max(high, value), n, Method.BCA)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "refusal_precision": _share(lambda t: ~t["answerable"], lambda t: t["refused"]),
        "refusal_recall": _share(lambda t: t["refused"], lambda t: ~t["answerable"]),
        "answered": _share(lambda t: ~t["refused"], lambda t: np.ones(len(t), dtype=bool)),
        "right_when_answered": _share(lambda t: t["right"], lambda t: ~t["refused"]),
        "refusal_auroc": Measure(_auroc, _judged, _auroc_interval),
        "risk_coverage_area": Measure(_aurc, _rated, _aurc_interval),
    }
)
"""Refusals are right for what the notes do not answer. The areas go by how sure an answer is: of
answerable questions against others, a refusal coming last; and of what is wrong among the answers
given as the least sure are left out. An answer to what should be refused is wrong."""


def measured(run: Run, seed: int = 0) -> dict[str, Interval | None]:
    """Each measure with its interval; None where the run has no case to judge it by."""
    table = table_of(run)
    return {name: _interval(measure, table, seed) for name, measure in MEASURES.items()}


def _interval(measure: Measure, table: Table, seed: int) -> Interval | None:
    n = int(measure.among(table).sum())
    value = measure.value(table) if n else math.nan
    if math.isnan(value):
        return None
    cases = [np.flatnonzero(table["case"] == case) for case in np.unique(table["case"])]
    if len(cases) == len(table):
        return measure.interval(table)
    low, high = percentile_bounds(
        lambda rows: measure.value(table[np.concatenate([cases[at] for at in rows])]),
        len(cases),
        seed,
    )
    if low >= high:  # all draws agree, and a bootstrap would claim to be certain
        return measure.interval(table[[places[0] for places in cases]])
    return Interval(value, min(low, value), max(high, value), n, Method.PERCENTILE)
