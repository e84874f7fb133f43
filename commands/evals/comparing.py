"""`crib eval compare | history`: two runs side by side, and one metric over all of them."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from commands.evals.kept_runs import when
from eval.comparison import compare, flips, other_cases, summarise
from eval.gate import read_baseline
from eval.reports.comparison_report import render
from eval.runs import RunInfo, Runs
from eval.scorers import LOWER_IS_BETTER, SCORERS
from eval.types import Interval, Run
from rag.errors import CaseError, SettingsError

_WIDTH = 18
"""Characters of the axis that intervals are drawn on."""


def run_of(runs: Runs, which: str) -> Run:
    """A run by its number or name, "latest", or the file that --json or --baseline wrote.

    Raises:
        CaseError: there is none.
        BaselineError: the file cannot be read.
    """
    if which.endswith(".json") or Path(which).is_file():
        return read_baseline(Path(which)).run
    return runs.run(which)


def side_by_side(before: Run, after: Run, margin: float) -> RenderableType:
    """A table of metrics with verdicts, and the cases that flipped.

    Raises:
        CaseError: the two have no case in common.
    """
    found = compare(before, after, margin)
    others = other_cases(before, after)
    if not found:
        raise CaseError(f"the runs have no case in common that both could judge ({others})")
    questions = {outcome.case.id: outcome.case.question for outcome in after.outcomes}
    heading = Text(f"before: {_named(before)}\nafter:  {_named(after)}")
    return Group(heading, render(found, flips(before, after), questions, others))


def _named(run: Run) -> str:
    """The run, and what it was made with."""
    used = run.settings.get("llm", "?")
    commit = run.provenance.get("commit", "")
    at = f", {when(run.started_at)}" if run.id else ""
    return f"{run.id or 'a file'} ({', '.join(filter(None, [used, commit]))}{at})"


def history(runs: Runs, metric: str, *, every: bool) -> RenderableType:
    """A metric over the runs of the same cases as the latest, oldest first.

    Raises:
        SettingsError: there is no such metric.
        CaseError: there are no runs.
    """
    if metric not in SCORERS:
        raise SettingsError(f"there is no metric {metric!r}; known: {', '.join(SCORERS)}")
    infos = [one for one in runs.listing() if one.ended]
    if not infos:
        raise CaseError("there are no runs yet; crib eval makes one")
    same = [one for one in infos if every or one.cases == infos[0].cases]
    points = [(one, summarise(runs.run(str(one.id)))[metric]) for one in reversed(same)]
    direction = "lower is better" if metric in LOWER_IS_BETTER else "higher is better"
    heading = Text(f"{metric}, {direction}")
    left = len(infos) - len(same)
    note = [Text(f"{left} runs of other cases are left out; --all shows them")] if left else []
    return Group(heading, _points(points), *note)


def _points(points: list[tuple[RunInfo, Interval | None]]) -> Table:
    known = [one for _, one in points if one]
    low = min((one.low for one in known), default=0.0)
    high = max((one.high for one in known), default=1.0)
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading, width in (("run", 12), ("begun", 11), ("commit", 8), ("model", 9)):
        drawn.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=width)
    drawn.add_column("mean", justify="right", no_wrap=True, min_width=5)
    axis = f"{low:.3f}".ljust(_WIDTH - 5) + f"{high:.3f}"
    drawn.add_column(axis, no_wrap=True, min_width=_WIDTH)
    drawn.add_column("n", justify="right", no_wrap=True, min_width=3)
    for info, one in points:
        begun = info.started.astimezone().strftime("%m-%d %H:%M")
        at = info.commit[:7] + ("+" if info.commit.endswith("+") else "")
        row = [info.name or str(info.id), begun, at, info.model]
        figures = [f"{one.mean:.3f}", _drawn(one, low, high), str(one.n)] if one else ["-", "", "0"]
        drawn.add_row(*map(Text, [*row, *figures]))
    return drawn


def _drawn(one: Interval, low: float, high: float) -> str:
    """The mean as a dot, its interval as a line, on an axis from `low` to `high`."""
    scale = (_WIDTH - 1) / (high - low) if high > low else 0.0
    start, dot, end = (round((value - low) * scale) for value in (one.low, one.mean, one.high))
    line = [" "] * start + ["─"] * (end - start + 1)
    line[dot] = "●"
    return "".join(line)
