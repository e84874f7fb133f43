"""Figures of a whole run that are no mean over its cases, with intervals; by name in `MEASURES`.

An interval is of the percentile bootstrap over cases (scipy.stats.bootstrap): a case is drawn with
all that belongs to it, so that a ratio whose lower part varies too is treated as such. Where all
draws agree, as after 19 right refusals of 19, a share gets the Wilson score interval, since a
bootstrap would claim to be certain.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from eval.scorers.targets import refused
from eval.statistics.calibration import area_of, auroc, risk_coverage
from eval.statistics.stats import LEVEL, wilson_interval
from eval.types import Interval, Method, Run

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Table:
    """A run by its cases, an entry each. `sure` is NaN where nothing was said of it."""

    answerable: NDArray[np.bool_]
    refused: NDArray[np.bool_]
    right: NDArray[np.float64]
    sure: NDArray[np.float64]

    def drawn(self, places: NDArray[np.int64]) -> "Table":
        """The table of the cases at `places`, which may recur."""
        return Table(
            self.answerable[places], self.refused[places], self.right[places], self.sure[places]
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` of a table, NaN where that has no sense, and which cases it is `among`.

    `alike` is the interval where all draws are alike.
    """

    value: Callable[[Table], float]
    among: Callable[[Table], NDArray[np.bool_]]
    alike: Callable[[Table], Interval | None]


def _share(
    hit: Callable[[Table], NDArray[np.bool_] | NDArray[np.float64]],
    among: Callable[[Table], NDArray[np.bool_]],
) -> Measure:
    def value(table: Table) -> float:
        chosen = hit(table)[among(table)]
        return float(chosen.mean()) if len(chosen) else math.nan

    def alike(table: Table) -> Interval:
        n = int(among(table).sum())
        return wilson_interval(round(value(table) * n), n)

    return Measure(value, among, alike)


def _auroc(table: Table) -> float:
    held, missing = table.sure[table.answerable], table.sure[~table.answerable]
    held, missing = held[~np.isnan(held)], missing[~np.isnan(missing)]
    return area_of(held, missing) if len(held) and len(missing) else math.nan


def _auroc_alike(table: Table) -> Interval | None:
    judged = _judged(table)
    return auroc(table.sure[judged].tolist(), table.answerable[judged].tolist())


def _aurc(table: Table) -> float:
    """Area under the risk-coverage curve of the answers given (Geifman and El-Yaniv 2017)."""
    given = ~table.refused & _judged(table)
    points = risk_coverage(table.sure[given].tolist(), table.right[given].tolist())
    return float(np.mean([risk for _, risk in points])) if points else math.nan


def _aurc_alike(table: Table) -> Interval:
    value = _aurc(table)
    return Interval(
        value, value, value, int((_given(table) & _judged(table)).sum()), Method.CONSTANT
    )


def _judged(table: Table) -> NDArray[np.bool_]:
    return ~np.isnan(table.sure)


def _given(table: Table) -> NDArray[np.bool_]:
    return ~table.refused


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "refusal_precision": _share(lambda t: ~t.answerable, lambda t: t.refused),
        "refusal_recall": _share(lambda t: t.refused, lambda t: ~t.answerable),
        "answered": _share(_given, lambda t: np.ones(len(t.refused), dtype=bool)),
        "right_when_answered": _share(lambda t: t.right, _given),
        "refusal_auroc": Measure(_auroc, _judged, _auroc_alike),
        "risk_coverage_area": Measure(_aurc, lambda t: _given(t) & _judged(t), _aurc_alike),
    }
)
"""Refusals are right for what the notes do not answer. The areas go by how sure an answer is: of
answerable questions against others, a refusal coming last; and of what is wrong among the answers
given as the least sure are left out. An answer to what should be refused is wrong."""

LOWER_IS_BETTER = frozenset({"risk_coverage_area"})


def measured(run: Run, seed: int = 0) -> dict[str, Interval | None]:
    """Each measure with its interval; None where the run has no case to judge it by."""
    table = table_of(run)
    return {name: _interval(measure, table, seed) for name, measure in MEASURES.items()}


def table_of(run: Run) -> Table:
    """The run's cases that could be scored."""
    judged = [(o, o.answer) for o in run.outcomes if o.answer and o.scores]
    sure = [
        math.nan if a.confidence is None else a.confidence - (1 if refused(a) else 0)
        for _, a in judged
    ]
    return Table(
        np.array([o.case.answerable for o, _ in judged], dtype=bool),
        np.array([refused(a) for _, a in judged], dtype=bool),
        np.array([o.scores.get("reference_match") or 0.0 for o, _ in judged], dtype=float),
        np.array(sure, dtype=float),
    )


def _interval(measure: Measure, table: Table, seed: int) -> Interval | None:
    from scipy.stats import bootstrap  # half a second to import

    n = int(measure.among(table).sum())
    value = measure.value(table) if n else math.nan
    if math.isnan(value):
        return None
    if len(table.refused) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of draws that are all alike, which are looked at
            drawn = bootstrap(
                (np.arange(len(table.refused)),),
                lambda places: measure.value(table.drawn(places)),
                n_resamples=RESAMPLES,
                vectorized=False,
                method="percentile",
                rng=np.random.default_rng(seed),
            ).bootstrap_distribution
        low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        if low < high:
            bounds = min(float(low), value), max(float(high), value)
            return Interval(value, *bounds, n, Method.PERCENTILE)
    return measure.alike(table)
