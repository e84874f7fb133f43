"""What a run found, for whoever shows it: terminal, HTML, JSON, Markdown, JUnit, the page of evals.

`Result` is one run; `RunComparison` is two over the same cases. Figures are computed when they are
first asked for, and once.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median, quantiles

from eval.causes import RIGHT_FROM, missed
from eval.comparison import MARGIN, OtherCases, compare, flips, other_cases, summarise
from eval.gate import Baseline, Check
from eval.measures import measured
from eval.metrics import METRICS, Metric
from eval.runner import SCORES
from eval.scorers import SCORERS, holds_target
from eval.stats import wilson_interval
from eval.types import Cause, Comparison, Flip, Interval, Outcome, Run, Verdict

NO_NOTE = "in no note"
HEADLINES = ("reference_match", "refusal_right", "citation_precision")
"""The metrics that a person asks for first."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A metric with its mean; `closed` is that of the same model without the notes, if asked."""

    metric: Metric
    own: Interval
    closed: Interval | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that have something in common, and the share of them that was not missed."""

    name: str
    right: Interval


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of all cases, sorted; `high` is the value that 95 of 100 are below."""

    name: str
    values: tuple[float, ...]
    median: float
    high: float


@dataclass(frozen=True)
class RunComparison:
    """Two runs over the same cases. `name` is what the earlier one is called.

    Metrics that are within `margin` count as equal; see `eval.comparison.compare`. A case flips if
    one of the scores `right` turns.
    """

    before: Run
    after: Run
    name: str = ""
    margin: float = MARGIN
    metrics: Sequence[str] = tuple(SCORERS)
    right: Sequence[str] = RIGHT_FROM

    @cached_property
    def rows(self) -> tuple[Comparison, ...]:
        """What can be said of each metric; empty if the runs have no case in common."""
        return compare(self.before, self.after, self.margin, self.metrics)

    @cached_property
    def flips(self) -> tuple[Flip, ...]:
        """The cases that only one of the runs got right, lost ones first."""
        return flips(self.before, self.after, self.right)

    @property
    def flips_by_way(self) -> dict[str, list[Flip]]:
        """The flips under `Lost` and `Gained`; either is left out if there are none."""
        lost = [flip for flip in self.flips if flip.after < flip.before]
        gained = [flip for flip in self.flips if flip.after > flip.before]
        return {way: found for way, found in (("Lost", lost), ("Gained", gained)) if found}

    @property
    def other_cases(self) -> OtherCases:
        """Cases that are left out, since only one of the runs has them."""
        return other_cases(self.before, self.after)

    @cached_property
    def questions(self) -> dict[str, str]:
        """What each case asks, by its id."""
        return {outcome.case.id: outcome.case.question for outcome in self.after.outcomes}

    @property
    def reach(self) -> float:
        """The largest bound of a difference between shares: where a chart of them ends."""
        shares = [one.difference for one in self.rows if not METRICS[one.metric].is_cost]
        return max((max(abs(one.low), abs(one.high)) for one in shares), default=0.0) or 1.0


@dataclass(frozen=True)
class Result:
    """A run, with what its gate found and what it is compared with.

    Args:
        run: what was asked and answered.
        checks: what its gate found; none if there is no gate.
        baseline: what the gate compares it with.
        against: the run that the report compares it with.
        margin: how far a metric may be below the baseline; see `eval.comparison.MARGIN`.
    """

    run: Run
    checks: Sequence[Check] = ()
    baseline: Baseline | None = None
    against: RunComparison | None = None
    margin: float = MARGIN

    @cached_property
    def means(self) -> dict[str, Interval | None]:
        """The mean of every score; None where no case could be judged."""
        return summarise(self.run)

    @cached_property
    def closed_means(self) -> dict[str, Interval | None]:
        """The same of the answers without the notes; empty if nobody asked for these."""
        return summarise(self.run.closed_book) if self.run.closed_book else {}

    @cached_property
    def whole_run(self) -> dict[str, Interval | None]:
        """Figures that only a whole run has, by name."""
        return measured(self.run)

    @property
    def shares(self) -> list[_Row]:
        """The metrics from 0 to 1 that were measured."""
        return self._rows(self.means, costs=False)

    @property
    def costs(self) -> list[_Row]:
        """Seconds, tokens and dollars of an answer."""
        return self._rows(self.means, costs=True)

    @property
    def whole_rows(self) -> list[_Row]:
        """The figures of the whole run that were measured."""
        return self._rows(self.whole_run, costs=False)

    @property
    def headlines(self) -> list[_Row]:
        """What a person asks first."""
        return [row for row in self.shares if row.metric.name in HEADLINES]

    @cached_property
    def missed(self) -> tuple[bool, ...]:
        """Whether each outcome was missed, in order."""
        return tuple(map(missed, self.run.outcomes))

    @property
    def misses(self) -> list[tuple[int, Outcome]]:
        """The outcomes that were missed, with their places."""
        return [(n, one) for n, one in enumerate(self.run.outcomes) if self.missed[n]]

    @property
    def causes(self) -> list[tuple[Cause, int]]:
        """Causes with how many cases were missed for them, the most frequent first."""
        return Counter(one.miss.cause for one in self.run.outcomes if one.miss).most_common()

    @cached_property
    def kinds(self) -> list[Group]:
        """Groups by what is asked for (fact, list, comparison), the largest first."""
        return self._grouped(lambda outcome: outcome.case.kind)

    @cached_property
    def notes(self) -> list[Group]:
        """Groups by the note that the answer stands in, the largest first."""
        return self._grouped(_note)

    @cached_property
    def sections(self) -> list[Group]:
        """Groups by the headings above the answer, without cases where these are not known."""
        return [group for group in self._grouped(section) if group.name]

    @cached_property
    def spreads(self) -> list[Spread]:
        """How the seconds of the cases lie, by what they are counted until."""
        found = []
        for name in (name for name in SCORERS if name.startswith("seconds")):
            scores = (one.scores.get(name) for one in self.run.outcomes)
            values = sorted(score for score in scores if score is not None)
            if values:
                high = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
                found.append(Spread(name, tuple(values), median(values), min(high, values[-1])))
        return found

    @cached_property
    def against_baseline(self) -> RunComparison | None:
        """The gated metrics beside those of the baseline."""
        if not self.baseline:
            return None
        return RunComparison(
            self.baseline.run, self.run, "baseline", self.margin, self.baseline.gated
        )

    @cached_property
    def without_notes(self) -> RunComparison | None:
        """What the notes bring: the closed-book run before, this one after.

        By the metrics that look at nothing but what is said; None if there is no such run.
        """
        if not self.run.closed_book:
            return None
        metrics = [name for name in SCORERS if name in SCORES]
        match = ("reference_match",)
        return RunComparison(
            self.run.closed_book, self.run, "without the notes", self.margin, metrics, match
        )

    def _rows(self, means: dict[str, Interval | None], *, costs: bool) -> list[_Row]:
        return [
            _Row(METRICS[name], own, self.closed_means.get(name))
            for name, own in means.items()
            if own and METRICS[name].is_cost == costs
        ]

    def _grouped(self, name_of: Callable[[Outcome], str]) -> list[Group]:
        groups: dict[str, list[bool]] = {}
        for outcome, is_missed in zip(self.run.outcomes, self.missed, strict=True):
            groups.setdefault(name_of(outcome), []).append(not is_missed)
        found = [Group(name, wilson_interval(sum(m), len(m))) for name, m in groups.items()]
        return sorted(found, key=lambda group: (-group.right.n, group.name))


def section(outcome: Outcome) -> str:
    """The headings above the answer, as a breadcrumb; empty where they are not known."""
    if outcome.miss:
        return outcome.miss.section
    hits = outcome.answer.hits if outcome.answer else ()
    held = (hit.chunk for hit in hits if holds_target(outcome.case, hit.chunk))
    return next((chunk.breadcrumb for chunk in held), "")


def _note(outcome: Outcome) -> str:
    targets = outcome.case.targets
    return targets[0].note_path if targets else NO_NOTE


def bounds(interval: Interval, sign: str = "") -> str:
    """The bounds as in [0.712, 0.875]; `sign` is "+" for differences."""
    digits = 1 if max(abs(interval.low), abs(interval.high)) >= 100 else 3
    return f"[{interval.low:{sign}.{digits}f}, {interval.high:{sign}.{digits}f}]"


def comparison_verdict(comparison: Comparison) -> str:
    """The verdict, with what would settle it where it is not settled."""
    if comparison.verdict is not Verdict.UNDECIDED or comparison.needed is None:
        return str(comparison.verdict)
    return f"{comparison.verdict} (would need about {comparison.needed:,})"
