"""The figures of a run as the rows that its HTML report shows."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

from eval.scorers import COSTS, LOWER_IS_BETTER, SCORERS
from eval.types import Interval, Run

_HEADLINES = {
    "reference_match": "answered rightly",
    "refusal_right": "refused rightly",
    "citation_precision": "citations on the right lines",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A metric as a table shows it. `closed` is that of the closed-book run, where there is one."""

    name: str
    means: str
    own: Interval
    closed: Interval | None
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of all cases: `median`, the value that 95 of 100 are below, and each of them."""

    name: str
    values: tuple[float, ...]
    median: float
    high: float


def rows(
    metrics: Mapping[str, Interval | None],
    closed: Mapping[str, Interval | None],
    *,
    costs: bool = False,
) -> list[Row]:
    """Shares, or else costs, as far as they were measured."""
    return [
        Row(name, _means(name), own, closed.get(name), name in LOWER_IS_BETTER)
        for name, own in metrics.items()
        if own and is_cost(name) == costs
    ]


def _means(name: str) -> str:
    """What the scorer says of itself, in a line."""
    scorer = SCORERS.get(name)
    if scorer is None:  # of the run as a whole
        return ""
    whole = inspect.getdoc(scorer.func if isinstance(scorer, partial) else scorer) or ""
    return whole.partition("\n\n")[0].replace("\n", " ").replace("`", "")


def is_cost(name: str) -> bool:
    """True of a metric that is no share: seconds, tokens, money."""
    return name in COSTS


def headlines(
    metrics: Mapping[str, Interval | None], closed: Mapping[str, Interval | None]
) -> list[tuple[str, Interval, Interval | None]]:
    """What a person asks first, in words, with the closed-book figure where there is one."""
    found = [(label, metrics.get(name), closed.get(name)) for name, label in _HEADLINES.items()]
    return [(label, own, other) for label, own, other in found if own]


def spreads(run: Run) -> list[Spread]:
    """How the seconds of the cases lie, by what they are counted until."""
    found = []
    for name in (name for name in SCORERS if name.startswith("seconds")):
        values = sorted(v for o in run.outcomes if (v := o.scores.get(name)) is not None)
        if values:
            high = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
            found.append(Spread(name, tuple(values), median(values), min(high, values[-1])))
    return found
