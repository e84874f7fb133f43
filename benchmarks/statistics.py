"""Do the eval's intervals hold the truth, and does its gate ring when it should, and only then?

Scores are drawn from known laws, so that the truth is known:

- coverage: how often the 95% interval of a mean holds it, of 1,000 draws of 20, 50 and 200 scores,
  and of right or wrong exactly, over all outcomes; beside the method in use, the percentile
  bootstrap that most tools take;
- the same of the difference of two runs over the same cases, beside the paired BCa bootstrap;
- false alarms: how often two runs of one system, whose answers vary, break the gate or are told
  apart by `compare`, over all the metrics together;
- power: how often a fall of the right answers is found;
- the milliseconds that a report's intervals take.

An interval of right or wrong cannot do better than its few outcomes allow: of 20 scores, .98 of
them right, 19 or 20 are right 94 times in 100 and 18 or more 99 times, so no interval that takes in
the likelier outcomes first has a coverage in between.

    python -m benchmarks.statistics [--draws 1000] [--pairs 200] [--seed 0]
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter

import numpy as np
from scipy import stats

from benchmarks.laws import DIFFERENCES, MEANS, Law, Scores, equal_runs, fallen_runs, samples
from eval.comparison import compare, summarise
from eval.gate import GATED, Baseline, Check, check_falls
from eval.scorers import SCORERS
from eval.stats import difference_interval, mean_interval
from eval.types import Interval, Verdict

SIZES = (20, 50, 200)
WITHIN = (93.0, 97.0)
CASES = 80

Bounds = tuple[float, float]
Method = Callable[[Scores], Bounds]


def coverage(
    laws: Mapping[str, Law],
    ours: Callable[[Scores, bool], Interval | None],
    other: Method,
    draws: int,
    seed: int,
) -> Iterator[str]:
    """One line a law: how many of 100 intervals hold the truth, ours and the other's, by size."""
    outside = []
    for name, law in laws.items():
        cells = []
        for size in SIZES:
            mine = theirs = 0.0
            for scores, share in samples(law, size, draws, seed):
                mine += 100 * share * _holds(_bounds(ours(scores, law.amounts)), law.mean)
                theirs += 100 * share * _holds(other(scores), law.mean)
            cells.append(f"{mine:8.1f} ({theirs:5.1f})")
            if not WITHIN[0] <= round(mine, 1) <= WITHIN[1]:
                outside.append(f"{name} n={size}: {mine:.1f}")
        yield f"{name:20}" + "".join(cells)
    yield f"outside {WITHIN[0]:.0f} to {WITHIN[1]:.0f}: " + ("; ".join(outside) or "none")


def mean_of(scores: Scores, amounts: bool) -> Interval | None:
    """The interval in use of a mean."""
    return mean_interval(scores.tolist(), amounts=amounts)


def difference_of(scores: Scores, amounts: bool) -> Interval | None:
    """The interval in use of a difference."""
    return difference_interval(scores.tolist(), amounts=amounts)


def percentile(scores: Scores) -> Bounds:
    """What most tools take."""
    return _bootstrap(scores, "percentile")


def bca(scores: Scores) -> Bounds:
    """The bootstrap of the differences."""
    return _bootstrap(scores, "BCa")


def _bootstrap(scores: Scores, method: str) -> Bounds:
    if np.ptp(scores) == 0:
        return float(scores[0]), float(scores[0])
    found = stats.bootstrap(
        (scores,), np.mean, n_resamples=999, method=method, rng=np.random.default_rng(0)
    ).confidence_interval
    return float(found.low), float(found.high)


def _bounds(interval: Interval | None) -> Bounds:
    if interval is None:
        raise ValueError("no scores were drawn")
    return interval.low, interval.high


def _holds(bounds: Bounds, truth: float) -> bool:
    return bounds[0] - 1e-12 <= truth <= bounds[1] + 1e-12


def alarms(pairs: int, seed: int) -> Iterator[str]:
    """How many of `pairs` pairs of equal runs break the gate, and are told apart."""
    rng, margins = np.random.default_rng(seed), (0.0, 0.05)
    rung, apart = dict.fromkeys(margins, 0), 0
    for _ in range(pairs):
        before, after = equal_runs(rng, CASES)
        for margin in margins:
            rung[margin] += _rings(check_falls(after, Baseline(before), margin))
        told = {Verdict.WORSE, Verdict.BETTER}
        apart += any(one.verdict in told for one in compare(before, after, margin=0.0))
    for margin, count in rung.items():
        yield f"the gate of {len(GATED)} metrics, margin {margin:.2f}: {count} of {pairs}"
    yield f"compare, any of {len(SCORERS)} metrics told apart: {apart} of {pairs}"


def power(pairs: int, seed: int) -> Iterator[str]:
    """How many of 100 falls of the right answers break the gate, by cases and size."""
    falls = (0.05, 0.1, 0.15, 0.2, 0.3)
    yield f"{'cases':20}" + "".join(f"{-fall:+8.2f}" for fall in falls)
    for size in (20, 50, 80, 144, 300):
        cells = []
        for fall in falls:
            rng = np.random.default_rng([seed, size])
            drawn = (fallen_runs(rng, size, fall) for _ in range(pairs))
            found = sum(_rings(check_falls(after, Baseline(before))) for before, after in drawn)
            cells.append(f"{100 * found / pairs:8.0f}")
        yield f"{size:<20}" + "".join(cells)


def _rings(checks: Sequence[Check]) -> bool:
    return any(check.broken for check in checks)


def speed(seed: int) -> Iterator[str]:
    """Milliseconds of a report's intervals, of a comparison and of a gate."""
    before, after = equal_runs(np.random.default_rng(seed), CASES)
    compare(before, before)  # what is imported is no part of it
    for name, work in (
        ("the intervals of a report", lambda: summarise(after)),
        ("a comparison", lambda: compare(before, after)),
        ("a gate", lambda: check_falls(after, Baseline(before))),
    ):
        begin = perf_counter()
        work()
        yield f"{name}: {1000 * (perf_counter() - begin):.0f}"


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    header = f"{'':20}" + "".join(f"{f'n={size}':>8}        " for size in SIZES)
    for title, lines in (
        (f"milliseconds, {CASES} cases, {len(SCORERS)} metrics", speed(wanted.seed)),
        (
            f"held by 95% intervals of a mean, in 100 (percentile bootstrap)\n{header}",
            coverage(MEANS, mean_of, percentile, wanted.draws, wanted.seed),
        ),
        (
            f"held by 95% intervals of a paired difference (BCa bootstrap)\n{header}",
            coverage(DIFFERENCES, difference_of, bca, wanted.draws, wanted.seed),
        ),
        (f"false alarms on equal runs, {CASES} cases", alarms(wanted.pairs, wanted.seed)),
        (
            "falls found by the gate, in 100, margin .05, .8 right before",
            power(wanted.pairs, wanted.seed),
        ),
    ):
        print(f"\n{title}", flush=True)
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
