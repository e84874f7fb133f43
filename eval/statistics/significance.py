"""Whether two runs over the same cases differ: paired tests, and how many cases they would take.

A difference is `after - before` of one case, whose repeats were averaged: a question that is asked
three times is still one question. Knows nothing of cases.

For right and wrong, McNemar's test with mid-p and Bonett and Price's interval, as Fagerland,
Lydersen and Laake recommend (2013, "The McNemar test for binary matched-pairs data: mid-p and
asymptotic are better than exact conditional"; 2014, "Recommended tests and confidence intervals
for paired binomial proportions"): the exact test wastes power, since it rejects far less often
than it may. For other scores, the sign-flip permutation test, and Student's interval: differences
of most cases are zero and the others lie about evenly to both sides, where Student's holds the
truth 93 to 96 times in 100 and the BCa bootstrap 76 to 95, the less the fewer cases moved; a
percentile one 91 to 96, a studentised one 85 to 96. Bonett and Price's holds it too often, up to
100, where only a few of few cases flip. `python -m benchmarks.statistics` shows both.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean
from typing import Literal

import numpy as np

from eval.statistics.stats import LEVEL, RESAMPLES
from eval.types import Interval, Method

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
    z = NormalDist().inv_cdf((1 + level) / 2)
    half = z * math.sqrt((lost + gained - (gained - lost) ** 2) / (n + 2))
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
