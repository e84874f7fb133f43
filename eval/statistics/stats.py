"""How sure a mean is. Knows nothing of cases.

Which method is taken for which scores was chosen by simulated coverage, at 20, 50 and 200 scores
(`python -m benchmarks.statistics` simulates it again):

- Right or wrong: Wilson's score interval, 93 to 97, but 92 of 50 scores, .98 of them right. A
  percentile bootstrap holds the truth 33 times in 100 of 20 such scores, Jeffreys' interval 88 of
  50 with .95 right, Clopper and Pearson's 99. Where nearly all are right no method stays within 93
  to 97, since there are only a few outcomes, each with its share of the chance.
- Shares of few values such as recall, or with many zeros and ones such as F1: the BCa bootstrap, 93
  to 97, and 98 of 20 that are nearly all 1; a percentile bootstrap has 87 to 95. A studentised one
  has 98 there, or no end, since all scores of a resample may be equal.
- Amounts such as seconds, and shares that are all different such as similarities: the studentised
  bootstrap, 94 to 96 (percentile 90 to 94), but 91 to 94 of seconds that spread by e to either side
  (percentile 85 to 91), whose rare long ones a sample need not hold. scipy has none, hence the few
  lines.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist, fmean

import numpy as np
from numpy.typing import NDArray

from eval.types import Interval, Method

LEVEL = 0.95
RESAMPLES = 9_999

Floats = NDArray[np.float64]


def mean_interval(
    values: Sequence[float], seed: int = 0, *, amounts: bool = False, level: float = LEVEL
) -> Interval | None:
    """Confidence interval of the mean, by the method that suits the values; see the module.

    Where all values are equal every resample is too, and a bootstrap would claim to be certain.
    Wilson's interval is taken there too: no scores between 0 and 1 vary more than zeros and ones
    of the same mean. Amounts that are equal have themselves as both bounds. The same seed gives
    the same interval.

    Args:
        values: one a case, finite; shares between 0 and 1 unless they are `amounts`. A score that
            is missing must have been left out, and repeats of a case averaged.
        seed: of the resampling.
        amounts: the values have no upper bound, such as seconds.
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
    # A report, a gate and a page ask for the same one.
    return _mean_interval(tuple(map(float, values)), seed, amounts, level)


@lru_cache(maxsize=512)
def _mean_interval(values: tuple[float, ...], seed: int, amounts: bool, level: float) -> Interval:
    if min(values) == max(values):
        return _interval_of_equals(values[0], len(values), level, amounts=amounts)
    if not amounts and set(values) <= {0.0, 1.0}:
        return wilson_interval(int(sum(values)), len(values), level)
    data = np.asarray(values)
    continuous = amounts or len(set(values)) == len(values)
    bounds = _studentised(data, seed, level) if continuous else None
    method = Method.STUDENTISED if bounds else Method.BCA
    low, high = bounds or _bca(data, seed, level)
    mean = fmean(values)
    if not amounts:
        low, high = max(low, 0.0), min(high, 1.0)
    return Interval(mean, min(low, mean), max(high, mean), len(values), method)


def wilson_interval(successes: float, n: int, level: float = LEVEL) -> Interval:
    """Score interval of a proportion (Wilson 1927).

    Brown, Cai and DasGupta (2001), "Interval Estimation for a Binomial Proportion", recommend it
    for small `n`, which is at least 1. scipy's takes whole successes only, as `successes` here
    need not be.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    scale = 1 + z**2 / n
    middle = (share + z**2 / (2 * n)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rounding may leave the share outside its own interval by the last bit.
    low, high = max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
    return Interval(share, low, high, n, Method.WILSON)


def _bca(data: Floats, seed: int, level: float) -> tuple[float, float]:
    """Bias-corrected and accelerated (Efron 1987)."""
    from scipy import stats  # most of a second to import

    rng = np.random.default_rng(seed)
    found = stats.bootstrap(
        (data,), np.mean, n_resamples=RESAMPLES, confidence_level=level, method="BCa", rng=rng
    ).confidence_interval
    return float(found.low), float(found.high)


def _studentised(data: Floats, seed: int, level: float) -> tuple[float, float] | None:
    """The bootstrap-t (Efron 1982; Hall 1988); None if a resample has no spread to divide by."""
    n = len(data)
    drawn = np.random.default_rng(seed).choice(data, (RESAMPLES, n))
    spreads = drawn.std(axis=1, ddof=1)
    if not spreads.all():
        return None
    low, high = np.quantile(
        (drawn.mean(axis=1) - data.mean()) / spreads, [(1 - level) / 2, (1 + level) / 2]
    )
    spread = data.std(ddof=1)
    return float(data.mean() - high * spread), float(data.mean() - low * spread)


def _interval_of_equals(value: float, n: int, level: float, *, amounts: bool) -> Interval:
    if not amounts and 0 <= value <= 1:
        return wilson_interval(n * value, n, level)
    return Interval(value, value, value, n, Method.CONSTANT)
