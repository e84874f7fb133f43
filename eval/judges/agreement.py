"""How far a judge, or a scorer, agrees with people: share and Cohen's kappa, with intervals.

Kappa (Cohen 1960) is the agreement beyond what chance would give two who deal out their marks as
often as these two do: 0 is chance, 1 is perfect. Its interval is of the percentile bootstrap over
answers. A judge that always says the same has none: it cannot be told from chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.judges.labels import Labels, labelled
from eval.judges.rubrics import RUBRICS
from eval.statistics.stats import LEVEL, wilson_interval
from eval.types import Interval, Method, Run

ENOUGH = 30
"""Labels from which a kappa is worth looking at: below, its interval spans most of the scale."""

LEAST = 10
"""Labels from which there is a kappa at all: of fewer, a bootstrap may claim to be certain."""

RESAMPLES = 2000

_PARTLY = 0.5

COMPARED: Mapping[str, bool] = {"judged": True, "reference_match": False, "facts_said": False}
"""Metrics that are held against labels, and whether they know "partly". Those that do not are held
against "correct" or not, and so is one that knows it and never says it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `n` answers that both have marked. `kappa` is None if it has no sense."""

    metric: str
    share: Interval
    kappa: Interval | None

    @property
    def n(self) -> int:
        """Number of answers."""
        return self.share.n

    @property
    def is_enough(self) -> bool:
        """True if there are enough labels to say anything."""
        return self.n >= ENOUGH


def agreements(run: Run, labels: Labels) -> list[Agreement]:
    """How far each metric agrees with people, of the answers that both have marked."""
    found = []
    marked = list(labelled(run, labels))
    for metric, knows_partly in COMPARED.items():
        pairs = [(o.scores.get(metric), label) for o, label in marked]
        both = [(score, label) for score, label in pairs if score is not None]
        if both:
            scores, said = zip(*both, strict=True)
            says_partly = knows_partly and _PARTLY in scores
            found.append(agreement(metric, scores, said, whole=not says_partly))
    return found


def agreement(
    metric: str, scores: Sequence[float], labels: Sequence[float], *, whole: bool, seed: int = 0
) -> Agreement:
    """Of marks of the same answers, at least one; with `whole`, of which are fully right."""
    one, other = np.asarray(scores), np.asarray(labels)
    if whole:
        one, other = one == 1, other == 1
    kinds = np.unique(np.concatenate([one, other]))
    first, second = np.searchsorted(kinds, one), np.searchsorted(kinds, other)
    share = wilson_interval(int((first == second).sum()), len(first))
    return Agreement(metric, share, _kappa_interval(first, second, seed))


def kappa(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Cohen's kappa of the marks of two, whole numbers from 0; NaN if it is not defined."""
    size = int(max(first.max(), second.max())) + 1
    counts = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    table = counts / len(first)
    chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return float("nan") if chance >= 1 else (float(np.trace(table)) - chance) / (1 - chance)


def _kappa_interval(
    first: NDArray[np.int64], second: NDArray[np.int64], seed: int
) -> Interval | None:
    if len(first) < LEAST or len(np.unique(first)) < 2 or len(np.unique(second)) < 2:
        return None
    value, draw = kappa(first, second), np.random.default_rng(seed)
    rows = draw.integers(len(first), size=(RESAMPLES, len(first)))
    drawn = [kappa(first[row], second[row]) for row in rows]
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    bounds = min(float(low), value), max(float(high), value)
    return Interval(value, *bounds, len(first), Method.PERCENTILE)


def render(found: Sequence[Agreement]) -> RenderableType:
    """A table, and whether there are enough labels for it to say anything."""
    if not found:
        return Text("no answer of this run has a label; crib eval label makes them")
    table = Table("agrees with people", title="agreement with labels", title_justify="left")
    for heading in ("labels", "share", "Cohen's kappa"):
        table.add_column(heading, justify="right")
    for one in found:
        why = "one of the two never varies" if one.n >= LEAST else f"fewer than {LEAST} labels"
        beyond = _cell(one.kappa) if one.kappa else Text(f"none: {why}")
        table.add_row(one.metric, str(one.n), _cell(one.share), beyond)
    few = [f"{one.metric} {one.n}" for one in found if not one.is_enough]
    told = f"not enough labels to tell (of {ENOUGH}): {', '.join(few)}"
    return Group(table, *([Text(told)] if few else []))


def _cell(one: Interval) -> Text:
    return Text(f"{one.mean:.2f} [{one.low:.2f}, {one.high:.2f}]")


def no_scores(run: Run) -> list[str]:
    """One line for each metric of a judge on how many answers got no score, and why."""
    counts = {metric: run.provenance.get(f"no score, {metric}") for metric in RUBRICS}
    return [f"{metric}: no score for {count}" for metric, count in counts.items() if count]
