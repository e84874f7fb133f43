"""How sure a mean is. Knows nothing of cases."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean

import numpy as np

from eval.types import Interval, Method

LEVEL = 0.95


def bootstrap_interval(
    values: Sequence[float], seed: int, resamples: int = 10_000, level: float = LEVEL
) -> Interval | None:
    """Confidence interval of the mean by the percentile bootstrap (Efron 1979).

    Where all values are equal every resample is too, and a bootstrap would claim to be certain
    after 24 right answers of 24. Then the Wilson score interval is taken for zeros and ones, and
    the value itself as both bounds for anything else. The same seed gives the same interval.

    Args:
        values: scores, one a case; finite. A score that is missing must have been left out.
        seed: of the resampling.
        resamples: number of resamples; `resamples * len(values)` floats are held at once.
        level: the share of such intervals that should hold the true mean, between 0 and 1.

    Returns:
        The interval, which names the method used; None if there are no values.

    Raises:
        ValueError: a value is infinite or not a number.
    """
    if not values:
        return None
    if not all(map(math.isfinite, values)):
        raise ValueError(f"scores must be finite, got {list(values)!r}")
    if min(values) == max(values):
        return _interval_of_equals(values[0], len(values), level)
    means = np.random.default_rng(seed).choice(values, (resamples, len(values))).mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    mean = fmean(values)
    # Sums of floats round: without the bounds, 0.1 + 0.1 + 0.1 has a mean above its maximum.
    low, high = max(float(low), min(values)), min(float(high), max(values))
    return Interval(mean, min(low, mean), max(high, mean), len(values), Method.BOOTSTRAP)


def wilson_interval(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Score interval of a proportion (Wilson 1927), of use where all or none succeeded.

    Brown, Cai and DasGupta (2001), "Interval Estimation for a Binomial Proportion", recommend it
    for small `n`, which is at least 1.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    scale = 1 + z**2 / n
    middle = (share + z**2 / (2 * n)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rounding may leave the share outside its own interval by the last bit.
    low, high = max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
    return Interval(share, low, high, n, Method.WILSON)


def _interval_of_equals(value: float, n: int, level: float) -> Interval:
    if value in (0, 1):
        return wilson_interval(n * int(value), n, level)
    return Interval(value, value, value, n, Method.CONSTANT)
