"""Fits what says how sure an answer is, and says how well it tells right from wrong.

Knows neither notes nor models: features and labels in, figures out. A label is 1 where the notes
hold the answer. Both kinds of question count the same, however many there are of each.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eval.statistics.stats import LEVEL
from eval.types import Interval, Method
from rag.search.confidence import Judge, Logistic, Point

PARTS = 5
"""Parts of the cases, each judged by what was fitted on the others."""

MOST_POINTS = 100
"""Points of a curve for each kind of case."""

Floats = NDArray[np.float64]

_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def fit(features: Sequence[Mapping[str, float]], labels: Sequence[int]) -> Logistic:
    """Logistic regression with scikit-learn's L2 penalty; both kinds weigh the same.

    Args:
        features: the same names in every case; standardised here, and the scale folded back.
        labels: 0 or 1 a case; both must occur.
    """
    from sklearn.linear_model import LogisticRegression  # a second to import, seldom needed

    names = list(features[0])
    table = np.array([[case[name] for name in names] for case in features], dtype=float)
    middle, scale = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-6)
    found = LogisticRegression(class_weight="balanced").fit((table - middle) / scale, labels)
    weights = found.coef_[0] / scale
    by_name = {name: float(weight) for name, weight in zip(names, weights, strict=True)}
    return Logistic(float(found.intercept_[0] - weights @ middle), by_name)


def curve(chances: Sequence[float], labels: Sequence[int]) -> tuple[Point, ...]:
    """Shares of both kinds that are answered from a probability on, by falling probability.

    One unanswerable case more is counted as answered, as conformal risk control does (Angelopoulos
    et al. 2022): few cases then promise little. Probabilities lie halfway between those of cases
    of either kind, evenly picked where there are many.
    """
    values, known = np.asarray(chances, dtype=float), np.asarray(labels)
    held, missing = values[known == 1], values[known == 0]
    levels = np.unique(np.concatenate([[0.0], _picked(held), _picked(missing)]))[::-1]
    return tuple(
        Point(
            float(least),
            float((held >= least).mean()),
            float(((missing >= least).sum() + 1) / (len(missing) + 1)),
        )
        for least in (levels[:-1] + levels[1:]) / 2
    )


def _picked(values: Floats) -> Floats:
    places = np.linspace(0, len(values) - 1, min(MOST_POINTS, len(values)))
    picked: Floats = np.sort(values)[places.round().astype(int)]
    return picked


def auroc(chances: Sequence[float], labels: Sequence[int]) -> Interval | None:
    """The chance that an answerable case is rated above one that is not; a tie counts half.

    The interval is of the score kind (Newcombe 2006): each bound is so far off that the spread
    expected there (Hanley and McNeil 1982) reaches the area. So it has a width at 1 too.

    Returns:
        None where one of the kinds is missing.
    """
    values, known = np.asarray(chances, dtype=float), np.asarray(labels)
    held, missing = values[known == 1], values[known == 0]
    if not (len(held) and len(missing)):
        return None
    area = area_of(held, missing)
    low, high = (_bound(area, end, len(held), len(missing)) for end in (0.0, 1.0))
    return Interval(area, low, high, len(values), Method.NEWCOMBE)


def area_of(held: Floats, missing: Floats) -> float:
    """The share of pairs in which `held` is above `missing`, of which neither is empty."""
    return float((held[:, None] > missing).mean() + (held[:, None] == missing).mean() / 2)


def _bound(area: float, end: float, held: int, missing: int) -> float:
    """Between `area` and `end`, where the distance is as wide as the interval there."""
    near, far = area, end
    for _ in range(50):
        middle = (near + far) / 2
        inside = abs(area - middle) < _Z * _spread(middle, held, missing)
        near, far = (middle, far) if inside else (near, middle)
    return near


def _spread(area: float, held: int, missing: int) -> float:
    """Standard error of an AUROC (Hanley and McNeil 1982)."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    both = (held - 1) * (one - area**2) + (missing - 1) * (two - area**2)
    return math.sqrt(max(0.0, (area * (1 - area) + both) / (held * missing)))


def risk_coverage(chances: Sequence[float], right: Sequence[float]) -> list[tuple[float, float]]:
    """Coverage and risk as the least sure answers are left out, the fewest answers first.

    Coverage is the share of cases answered, risk the share of those that are not right (El-Yaniv
    and Wiener 2010). Cases of one probability come and go together.
    """
    order = sorted(zip(chances, right, strict=True), key=lambda pair: -pair[0])
    points, wrong = [], 0.0
    for number, (chance, one) in enumerate(order, start=1):
        wrong += 1 - one
        if number == len(order) or order[number][0] != chance:
            points.append((number / len(order), wrong / number))
    return points


def calibrate(features: Sequence[Mapping[str, float]], labels: Sequence[int]) -> Judge:
    """A model fitted on all cases; its curve is of models that had not seen the case.

    Cases are dealt out to five parts in turn, each kind apart, and each part is judged by a model
    that was fitted on the other four.
    """
    parts = _dealt(labels)
    chances = [0.0] * len(labels)
    for part in range(PARTS):
        others = [place for place, own in enumerate(parts) if own != part]
        model = fit([features[place] for place in others], [labels[place] for place in others])
        for place in (place for place, own in enumerate(parts) if own == part):
            chances[place] = model.probability(features[place])
    return Judge(fit(features, labels), curve(chances, labels))


def _dealt(labels: Sequence[int]) -> list[int]:
    seen = {0: 0, 1: 0}
    parts = []
    for label in labels:
        parts.append(seen[label] % PARTS)
        seen[label] += 1
    return parts
