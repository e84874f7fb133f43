"""Scores and runs drawn from known laws, so that what is true of them is known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from eval.gate import GATED
from eval.metrics import COSTS, LOWER_IS_BETTER
from eval.scorers import SCORERS
from eval.types import Case, Outcome, Run

GRADED = ("token_f1", "mrr", "ndcg@5", "recall@5", "citation_recall")
"""Metrics that are drawn between 0 and 1, too."""

CHURN = 0.02
"""Share of the cases that a change which does no good or harm flips, each way."""

Rng = np.random.Generator
Scores = NDArray[np.float64]
Draw = Callable[[Rng, int], Scores]


@dataclass(frozen=True, slots=True)
class Law:
    """How scores are drawn, and their mean; `amounts` have no upper bound.

    `binary` scores are right or wrong, so that every outcome's chance is known.
    """

    draw: Draw
    mean: float
    amounts: bool = False
    binary: bool = False


def samples(law: Law, size: int, draws: int, seed: int) -> Iterator[tuple[Scores, float]]:
    """Samples of `size` scores, each with its share of all: drawn, or every outcome there is."""
    if law.binary:
        for count in range(size + 1):
            scores = np.repeat([1.0, 0.0], [count, size - count])
            yield scores, float(binom.pmf(count, size, law.mean))
        return
    rng = np.random.default_rng([seed, size])
    for _ in range(draws):
        yield law.draw(rng, size), 1 / draws


def right(share: float) -> Law:
    """Right or wrong."""
    return Law(lambda rng, n: (rng.random(n) < share).astype(float), share, binary=True)


def of_values(values: Sequence[float], shares: Sequence[float]) -> Draw:
    """Scores of few values, such as the recall of one to three targets."""
    return lambda rng, n: rng.choice(values, n, p=shares)


def token_f1(rng: Rng, n: int) -> Scores:
    """A quarter have nothing in common, a third everything, the others something."""
    kind, some = rng.random(n), rng.beta(2, 2, n)
    return np.where(kind < 0.25, 0.0, np.where(kind < 0.6, 1.0, some))


def seconds(spread: float) -> Draw:
    """Lognormal: most answers come soon, a few late."""
    return lambda rng, n: rng.lognormal(0, spread, n)


MEANS: dict[str, Law] = {
    "right, .5": right(0.5),
    "right, .9": right(0.9),
    "right, .98": right(0.98),
    "recall, .85": Law(of_values([0, 0.5, 1], [0.1, 0.1, 0.8]), 0.85),
    "recall, .93": Law(of_values([0, 0.5, 1], [0.04, 0.06, 0.9]), 0.93),
    "token F1, .55": Law(token_f1, 0.55),
    "skewed, .83": Law(lambda rng, n: rng.beta(5, 1, n), 5 / 6),
    "seconds, spread .5": Law(seconds(0.5), float(np.exp(0.125)), amounts=True),
    "seconds, spread 1": Law(seconds(1.0), float(np.exp(0.5)), amounts=True),
}


def flipped(share: float, lost: float) -> Draw:
    """A `share` of the cases flips, `lost` of them from right to wrong."""
    return of_values([-1, 0, 1], [share * lost, 1 - share, share * (1 - lost)])


def moved(rng: Rng, n: int) -> Scores:
    """Half of the scores move, by .05 upwards on average."""
    return np.where(rng.random(n) < 0.5, rng.beta(2, 2, n) - rng.beta(2, 3, n), 0.0)


DIFFERENCES: dict[str, Law] = {
    "right, .03 flip": Law(flipped(0.03, 0.8), -0.018),
    "right, .1 flip": Law(flipped(0.1, 0.8), -0.06),
    "right, .3 flip": Law(flipped(0.3, 0.8), -0.18),
    "recall, .1 move": Law(
        of_values([-1, -0.5, 0, 0.5, 1], [0.04, 0.04, 0.9, 0.01, 0.01]),
        -0.045,
    ),
    "recall, .3 move": Law(
        of_values([-1, -0.5, 0, 0.5, 1], [0.12, 0.12, 0.7, 0.03, 0.03]),
        -0.135,
    ),
    "token F1, .5 move": Law(moved, 0.05),
    "seconds": Law(
        lambda rng, n: rng.lognormal(0, 0.5, n) * rng.normal(0, 0.2, n), 0.0, amounts=True
    ),
}


def run_of(scores: Mapping[str, Scores]) -> Run:
    """A run whose n-th case has the n-th of these scores, by metric."""
    n = len(next(iter(scores.values())))
    outcomes = tuple(
        Outcome(
            Case(f"c{place}", f"Question {place}?", ("x",), (), True),
            None,
            {name: float(values[place]) for name, values in scores.items()},
            0.0,
        )
        for place in range(n)
    )
    return Run(outcomes, n, datetime.fromtimestamp(0, UTC), 0.0, {})


def equal_runs(rng: Rng, n: int) -> tuple[Run, Run]:
    """Two runs of one system whose answers vary: each question has its own chance to go well.

    All metrics hang together through the question, as they do in practice.
    """
    chances = rng.beta(4, 1, n)

    def ask() -> Run:
        scores = {}
        for name in SCORERS:
            good = (rng.random(n) < chances).astype(float)
            if name in GRADED:
                good *= rng.choice([1.0, 0.5, 0.25], n, p=[0.7, 0.2, 0.1])
            scores[name] = 1 - good if name in LOWER_IS_BETTER else good
        return run_of(scores | {name: rng.lognormal(0, 0.5, n) for name in COSTS & scores.keys()})

    return ask(), ask()


def fallen_runs(rng: Rng, n: int, fall: float) -> tuple[Run, Run]:
    """A run with .8 right, and one after a change that loses `fall` of the cases.

    Besides, in every gated metric, CHURN of the cases are lost and as many gained.
    """
    before, after = {}, {}
    for name in GATED:
        lost = CHURN + (fall if name == "reference_match" else 0.0)
        right = rng.random(n) < 0.8
        keeps, gains = rng.random(n) >= lost / 0.8, rng.random(n) < CHURN / 0.2
        stays = np.where(right, keeps, gains)
        flip = name in LOWER_IS_BETTER
        before[name], after[name] = (right ^ flip).astype(float), (stays ^ flip).astype(float)
    return run_of(before), run_of(after)
