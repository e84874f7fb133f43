"""An ingest on the terminal: how far it is, what it did or would do."""

from collections.abc import Iterable, Iterator

import typer
from rich.progress import (
    MofNCompleteColumn,
    TextColumn,
)

from commands.terminal import bar, place
from ingest.pace import duration, pace
from ingest.types import Plan, Report
from ingest.types import Progress as Step


def show_ingest(events: Iterable[Step | Report]) -> Report:
    """Draw the progress of an ingest until its report comes, and return that.

    Ctrl-C is said to have lost nothing, and goes on.
    """
    columns = (MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with bar(*columns) as drawn:
        task = drawn.add_task("", total=None, rate="")
        try:
            for step in events:
                if isinstance(step, Report):
                    return step
                what = f"{step.phase.value} {step.current}"
                drawn.update(
                    task,
                    description=what,
                    completed=step.done,
                    total=step.total or None,
                    rate=pace(step),
                )
        except KeyboardInterrupt:
            drawn.stop()
            typer.echo("stopped; what is done is kept, the same command goes on from there")
            raise
    raise AssertionError("an ingest ends with its report")


def plan_lines(source: str, plan: Plan, seconds: float) -> Iterator[str]:
    """What an ingest of a source would do, a file a line, and about how long it would take."""
    yield f"{source}:"
    for name, paths in (
        ("new", [file.shown for file in plan.new]),
        ("changed", [file.shown for file in plan.changed]),
        ("moved", [f"{place(old)} -> {place(file.shown)}" for old, file in plan.moved]),
        ("deleted", list(plan.deleted)),
    ):
        yield f"  {name}: {len(paths)}"
        yield from (f"    {one if ' -> ' in one else place(one)}" for one in paths)
    yield f"  unchanged: {len(plan.unchanged) + len(plan.touched)}"
    yield f"  about {duration(seconds)} on this machine; nothing was done"


def undone_lines(restored: int, removed: int) -> Iterator[str]:
    """What an undo did."""
    yield f"as before the last ingest: {restored} notes put back, {removed} taken out"
    yield "the next crib ingest brings in again what the sources hold then"


def report_lines(report: Report) -> Iterator[str]:
    """The report of an ingest, a fact a line."""
    changes = f"{report.new} new, {report.changed} changed, {report.deleted} deleted"
    changes += f", {report.moved} moved" if report.moved else ""
    yield f"notes: {report.notes} ({changes}, {report.unchanged} unchanged)"
    yield f"chunks: {report.chunks}"
    yield f"embedded: {report.embedded}"
    yield f"reused: {report.reused}"
    yield f"skipped: {len(report.skipped)}"
    yield from (f"  {place(path)}: {reason}" for path, reason in report.skipped.items())
    yield f"warnings: {sum(map(len, report.warnings.values()))}"
    for path, warnings in report.warnings.items():
        yield from (f"  {place(path)}: {warning}" for warning in warnings)
    yield f"seconds: {report.seconds:.1f}"
