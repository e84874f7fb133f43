"""How sure a mean is, and whether two runs over the same cases differ. Knows nothing of cases.

Which interval is taken for which scores was chosen by simulated coverage, at 20, 50 and 200 scores
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

A difference is `after - before` of one case, whose repeats were averaged: a question that is asked
three times is still one question. For right and wrong it takes McNemar's test with mid-p and Bonett
and Price's interval, as Fagerland, Lydersen and Laake recommend (2013, "The McNemar test for binary
matched-pairs data: mid-p and asymptotic are better than exact conditional"; 2014, "Recommended
tests and confidence intervals for paired binomial proportions"): the exact test wastes power, since
it rejects far less often than it may. For other scores, the sign-flip permutation test, and
Student's interval: differences of most cases are zero and the others lie about evenly to both
sides, where Student's holds the truth 93 to 96 times in 100 and the BCa bootstrap 76 to 95, the
less the fewer cases moved; a percentile one 91 to 96, a studentised one 85 to 96. Bonett and
Price's holds it too often, up to 100, where only a few of few cases flip.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist, fmean
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.types import Interval, Method

LEVEL = 0.95
RESAMPLES = 9_999
SLOW_RESAMPLES = 2_000
"""Resamples where each takes long."""

_Floats = NDArray[np.float64]


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
    return _mean_interval(tuple(map(float, values)), seed, amounts, level)


@lru_cache(maxsize=512)  # a report, a gate and a page ask for the same one
def _mean_interval(values: tuple[float, ...], seed: int, amounts: bool, level: float) -> Interval:
    value, n = values[0], len(values)
    if set(values) == {value}:
        if amounts or not 0 <= value <= 1:
            return Interval(value, value, value, n, Method.CONSTANT)
        return wilson_interval(n * value, n, level)
    if not amounts and set(values) <= {0.0, 1.0}:
        return wilson_interval(int(sum(values)), n, level)
    data = np.asarray(values)
    continuous = amounts or len(set(values)) == n
    bounds = _studentised(data, seed, level) if continuous else None
    method = Method.STUDENTISED if bounds else Method.BCA
    low, high = bounds or _bca(data, seed, level)
    mean = fmean(values)
    if not amounts:
        low, high = max(low, 0.0), min(high, 1.0)
    return Interval(mean, min(low, mean), max(high, mean), n, method)


def wilson_interval(successes: float, n: int, level: float = LEVEL) -> Interval:
    """Score interval of a proportion (Wilson 1927).

    Brown, Cai and DasGupta (2001), "Interval Estimation for a Binomial Proportion", recommend it
    for small `n`, which is at least 1. scipy's takes whole successes only, as `successes` here
    need not be.
    """
    z = _z(level)
    share = successes / n
    scale = 1 + z**2 / n
    middle = (share + z**2 / (2 * n)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rounding may leave the share outside its own interval by the last bit.
    low, high = max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
    return Interval(share, low, high, n, Method.WILSON)


def _z(level: float) -> float:
    """How many standard deviations a normal interval of that level reaches to either side."""
    return NormalDist().inv_cdf((1 + level) / 2)


def percentile_bounds(
    statistic: Callable[[NDArray[np.int64]], float], n: int, seed: int = 0
) -> tuple[float, float]:
    """Bounds of the percentile bootstrap; `statistic` is given places drawn from `n`, from 0."""
    rows = np.random.default_rng(seed).integers(n, size=(SLOW_RESAMPLES, n))
    drawn = [statistic(row) for row in rows]
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _bca(data: _Floats, seed: int, level: float) -> tuple[float, float]:
    """Bias-corrected and accelerated (Efron 1987)."""
    from scipy import stats  # most of a second to import

    rng = np.random.default_rng(seed)
    found = stats.bootstrap(
        (data,), np.mean, n_resamples=RESAMPLES, confidence_level=level, method="BCa", rng=rng
    ).confidence_interval
    return float(found.low), float(found.high)


def _studentised(data: _Floats, seed: int, level: float) -> tuple[float, float] | None:
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


Side = Literal["two-sided", "less", "greater"]
"""What is looked for: any difference, a negative one, a positive one."""

POWER = 0.8
"""The chance to find a difference that is there, which studies are planned for (Cohen 1988)."""

MCNEMAR = "McNemar, mid-p"
SIGN_FLIP = "sign-flip permutation"


def is_binary(differences: Sequence[float]) -> bool:
    """True of differences of scores that are right or wrong."""
    return set(differences) <= {-1.0, 0.0, 1.0}


def paired_test(differences: Sequence[float], side: Side = "two-sided", seed: int = 0) -> float:
    """The p-value of no difference: McNemar's of right and wrong, by sign flips of other scores."""
    if is_binary(differences):
        gained = sum(one > 0 for one in differences)
        return mcnemar(sum(map(bool, differences)) - gained, gained, side)
    return sign_flip(differences, side, seed)


def mcnemar(lost: int, gained: int, side: Side = "two-sided") -> float:
    """McNemar's test with mid-p of the cases that only one of two runs got right.

    Half of the chance of what was seen counts, twice the smaller tail if both sides do.
    """
    from scipy.stats import binom

    def tail(count: int) -> float:
        of = lost + gained
        return float(binom.cdf(count, of, 0.5) - binom.pmf(count, of, 0.5) / 2)

    by_side = {"less": tail(gained), "greater": tail(lost)}
    return by_side[side] if side in by_side else min(1.0, 2 * min(by_side.values()))


def sign_flip(differences: Sequence[float], side: Side = "two-sided", seed: int = 0) -> float:
    """Permutation test of a mean of zero (Fisher 1935): each difference may have either sign.

    Exact up to 13 differences that are not zero (zeros have no sign to flip), by 9,999 draws from
    there on.
    """
    from scipy.stats import permutation_test

    moved = [one for one in differences if one]
    moved += [0.0] * (2 - len(moved))  # scipy wants two
    found = permutation_test(
        (np.asarray(moved),),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        alternative=side,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def difference_interval(
    differences: Sequence[float], *, amounts: bool = False, level: float = LEVEL
) -> Interval:
    """Confidence interval of the mean difference of one case or more; see the module.

    Shares that do not differ anywhere are taken for right and wrong: that 80 cases stayed the same
    does not prove that the next one will.
    """
    if not amounts and is_binary(differences):
        return _bonett_price(differences, level)
    n, mean = len(differences), fmean(differences)
    spread = float(np.std(differences, ddof=1)) if n > 1 else 0.0
    if not spread:
        return Interval(mean, mean, mean, n, Method.CONSTANT)
    from scipy.stats import t

    half = float(t.ppf((1 + level) / 2, n - 1)) * spread / math.sqrt(n)
    least, most = (-math.inf, math.inf) if amounts else (-1.0, 1.0)
    return Interval(mean, max(least, mean - half), min(most, mean + half), n, Method.STUDENT)


def _bonett_price(differences: Sequence[float], level: float) -> Interval:
    """Wald's interval after a case lost and one gained were added (Bonett and Price 2012)."""
    n, total = len(differences), sum(differences)
    lost = (sum(one < 0 for one in differences) + 1) / (n + 2)
    gained = (sum(one > 0 for one in differences) + 1) / (n + 2)
    half = _z(level) * math.sqrt((lost + gained - (gained - lost) ** 2) / (n + 2))
    mean, middle = total / n, gained - lost
    low, high = max(-1.0, min(middle - half, mean)), min(1.0, max(middle + half, mean))
    return Interval(mean, low, high, n, Method.BONETT_PRICE)


def holm(ps: Sequence[float]) -> list[float]:
    """P-values adjusted over all of them, in their order (Holm 1979).

    Whichever differences are real, the chance that any of the others is taken for one stays at
    the level; that needs no assumption on how metrics hang together.
    """
    order = sorted(range(len(ps)), key=ps.__getitem__)
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return adjusted


def in_digits(p: float) -> str:
    """As 0.031; what rounds to nothing as <0.001."""
    return f"{p:.3f}" if p >= 0.0005 else "<0.001"


def needed_to_find(effect: float, square: float, alpha: float, power: float = POWER) -> int:
    """Cases that it takes to find a mean difference of `effect`, which is not 0, on both sides.

    Connor (1987), "Sample size for testing differences in proportions for the paired-sample
    design"; for scores it is the normal approximation of the paired test.

    Args:
        effect: the mean difference to be found.
        square: the mean of the squared differences; of right and wrong, the share that flips.
        alpha: chance of a false alarm.
        power: chance to find the effect.
    """
    square = max(square, effect**2)
    none, some = (NormalDist().inv_cdf(one) for one in (1 - alpha / 2, power))
    spread = math.sqrt(square - effect**2)
    return math.ceil(((none * math.sqrt(square) + some * spread) / effect) ** 2)


def needed_to_equate(margin: float, square: float, seen: float = 0.0, level: float = LEVEL) -> int:
    """Cases that it takes to show that a difference of `seen`, below `margin`, is none beyond it.

    The interval has to lie within the margin to both sides, as in two one-sided tests (Schuirmann
    1987; the size after Chow, Shao and Wang 2008, 3.2), with a power of 80 in 100.
    """
    side, one, both = (NormalDist().inv_cdf(p) for p in ((1 + level) / 2, POWER, (1 + POWER) / 2))
    widest = max((side + both) / margin, (side + one) / (margin - abs(seen)))
    return math.ceil((square - seen**2) * widest**2)


def least_found(n: int, square: float, alpha: float) -> float:
    """About the smallest fall that `n` cases find 8 times in 10, looking for falls alone."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        # A fall of right and wrong takes at least as many flips.
        enough = needed_to_find(middle, max(square, middle), 2 * alpha) <= n
        low, high = (low, middle) if enough else (middle, high)
    return high


def auroc(chances: ArrayLike, labels: ArrayLike) -> Interval | None:
    """The chance that an answerable case is rated above one that is not; a tie counts half.

    None where one of the kinds is missing. The interval is of the score kind (Newcombe 2006): each
    bound is so far off that the spread expected there reaches the area. So it has a width at 1 too.
    """
    values, known = np.asarray(chances, dtype=float), np.asarray(labels)
    held, missing = values[known == 1], values[known == 0]
    if not (len(held) and len(missing)):
        return None
    area = area_of(held, missing)
    low, high = (_bound(area, end, len(held), len(missing)) for end in (0.0, 1.0))
    return Interval(area, low, high, len(values), Method.NEWCOMBE)


def area_of(held: _Floats, missing: _Floats) -> float:
    """The share of pairs in which `held` is above `missing`, of which neither is empty."""
    return float((held[:, None] > missing).mean() + (held[:, None] == missing).mean() / 2)


def _bound(area: float, end: float, held: int, missing: int) -> float:
    """Between `area` and `end`, where the distance is as wide as the interval there.

    The standard error is that of Hanley and McNeil (1982).
    """
    near, far, z = area, end, _z(LEVEL)
    for _ in range(50):
        middle = (near + far) / 2
        one, two = middle / (2 - middle), 2 * middle**2 / (1 + middle)
        both = (held - 1) * (one - middle**2) + (missing - 1) * (two - middle**2)
        variance = max(0.0, (middle * (1 - middle) + both) / (held * missing))
        inside = abs(area - middle) < z * math.sqrt(variance)
        near, far = (middle, far) if inside else (near, middle)
    return near


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
