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
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from eval.calibration import area_of, auroc, risk_coverage
from eval.scorers import refused
from eval.stats import LEVEL, wilson_interval
from eval.types import Interval, Method, Run

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Table:
    """A run by its answers, an entry each. `sure` is NaN where nothing was said of it.

    `case` numbers the case that was answered, from 0: more than one answer has it if it was
    repeated.
    """

    case: NDArray[np.int64]
    answerable: NDArray[np.bool_]
    refused: NDArray[np.bool_]
    right: NDArray[np.float64]
    sure: NDArray[np.float64]

    def drawn(self, places: NDArray[np.int64]) -> "Table":
        """The table of the answers at `places`, which may recur."""
        return Table(
            self.case[places],
            self.answerable[places],
            self.refused[places],
            self.right[places],
            self.sure[places],
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` of a table, NaN where that has no sense, and which answers it is `among`.

    `interval` is of a table of answers to different cases, where there is a value.
    """

    value: Callable[[Table], float]
    among: Callable[[Table], NDArray[np.bool_]]
    interval: Callable[[Table], Interval | None]


def _share(
    hit: Callable[[Table], NDArray[np.bool_] | NDArray[np.float64]],
    among: Callable[[Table], NDArray[np.bool_]],
) -> Measure:
    def value(table: Table) -> float:
        chosen = hit(table)[among(table)]
        return float(chosen.mean()) if len(chosen) else math.nan

    def interval(table: Table) -> Interval:
        n = int(among(table).sum())
        return wilson_interval(round(value(table) * n), n)

    return Measure(value, among, interval)


def _auroc(table: Table) -> float:
    held, missing = table.sure[table.answerable], table.sure[~table.answerable]
    held, missing = held[~np.isnan(held)], missing[~np.isnan(missing)]
    return area_of(held, missing) if len(held) and len(missing) else math.nan


def _auroc_interval(table: Table) -> Interval | None:
    judged = _judged(table)
    return auroc(table.sure[judged].tolist(), table.answerable[judged].tolist())


def _aurc(table: Table) -> float:
    """Area under the risk-coverage curve of the answers given (Geifman and El-Yaniv 2017)."""
    given = _rated(table)
    points = risk_coverage(table.sure[given].tolist(), table.right[given].tolist())
    return float(np.mean([risk for _, risk in points])) if points else math.nan


def _aurc_interval(table: Table) -> Interval:
    rated = table.drawn(np.flatnonzero(_rated(table)))
    value, n = _aurc(rated), len(rated.case)
    constant = Interval(value, value, value, n, Method.CONSTANT)
    if len(set(rated.right)) < 2:
        return constant
    from scipy.stats import bootstrap  # half a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of samples too small for it, whose bounds are NaN
        found = bootstrap(
            (np.arange(n),),
            lambda places: _aurc(rated.drawn(places)),
            n_resamples=_RESAMPLES,
            vectorized=False,
            method="BCa",
            rng=np.random.default_rng(0),
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    if math.isnan(low) or math.isnan(high):
        return constant
    return Interval(value, min(low, value), max(high, value), n, Method.BCA)


def _rated(table: Table) -> NDArray[np.bool_]:
    return _given(table) & _judged(table)


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
        "refusal_auroc": Measure(_auroc, _judged, _auroc_interval),
        "risk_coverage_area": Measure(_aurc, _rated, _aurc_interval),
    }
)
"""Refusals are right for what the notes do not answer. The areas go by how sure an answer is: of
answerable questions against others, a refusal coming last; and of what is wrong among the answers
given as the least sure are left out. An answer to what should be refused is wrong."""

_LOWER_IS_BETTER = frozenset({"risk_coverage_area"})


def measured(run: Run, seed: int = 0) -> dict[str, Interval | None]:
    """Each measure with its interval; None where the run has no case to judge it by."""
    table = table_of(run)
    return {name: _interval(measure, table, seed) for name, measure in MEASURES.items()}


def table_of(run: Run) -> Table:
    """The run's answers that could be scored."""
    judged = [(o, o.answer) for o in run.outcomes if o.answer and o.scores]
    sure = [
        math.nan if a.confidence is None else a.confidence - (1 if refused(a) else 0)
        for _, a in judged
    ]
    numbers = {name: at for at, name in enumerate(dict.fromkeys(o.case.id for o, _ in judged))}
    # What is no repeat is a case of its own, whatever it is called.
    is_repeated = any(o.repeat for o, _ in judged)
    cases = [numbers[o.case.id] if is_repeated else at for at, (o, _) in enumerate(judged)]
    return Table(
        np.array(cases, dtype=int),
        np.array([o.case.answerable for o, _ in judged], dtype=bool),
        np.array([refused(a) for _, a in judged], dtype=bool),
        np.array([o.scores.get("reference_match") or 0.0 for o, _ in judged], dtype=float),
        np.array(sure, dtype=float),
    )


def _interval(measure: Measure, table: Table, seed: int) -> Interval | None:
    n = int(measure.among(table).sum())
    value = measure.value(table) if n else math.nan
    if math.isnan(value):
        return None
    if len(np.unique(table.case)) == len(table.case):
        return measure.interval(table)
    return _by_case(measure, table, Interval(value, value, value, n, Method.PERCENTILE), seed)


def _by_case(measure: Measure, table: Table, found: Interval, seed: int) -> Interval | None:
    """The percentile bootstrap over cases, each with all its answers."""
    places = [np.flatnonzero(table.case == case) for case in np.unique(table.case)]
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(places), size=(_RESAMPLES, len(places)))
    drawn = [
        measure.value(table.drawn(np.concatenate([places[at] for at in row]))) for row in picks
    ]
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if low >= high:  # all draws agree, and a bootstrap would claim to be certain
        return measure.interval(table.drawn(np.array([one[0] for one in places])))
    return replace(found, low=min(float(low), found.mean), high=max(float(high), found.mean))
