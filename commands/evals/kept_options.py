"""`crib eval runs | show | compare | history | forget`: options only, as in options.py."""

from pathlib import Path
from typing import Annotated

import typer

from rag.config import load_settings

cli = typer.Typer()

Which = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's number or name, or latest, or a JSON file.")
]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]


@cli.command(name="runs")
def list_runs(every: Every = False) -> None:
    """List the runs that are kept, the newest first."""
    from rich.console import Console

    from commands.evals.kept_runs import table
    from eval.runs import Runs

    Console().print(table(Runs(load_settings().home).listing(), every=every))


@cli.command(name="show")
def show_run(
    run: Which = "latest",
    json: Annotated[Path | None, typer.Option(help="Write all figures here.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a report here that a browser shows and paper holds.")
    ] = None,
) -> None:
    """Print the report of a run again."""
    from commands.evals.outputs import Gate, Outputs, told
    from eval.runs import Runs

    told(Runs(load_settings().home).run(run), Gate(), Outputs(json, html))


@cli.command(name="compare")
def compare_runs(
    before: Which,
    after: Which = "latest",
    margin: Annotated[
        float, typer.Option(help="How much two metrics may differ and still be equal.", min=0)
    ] = 0.05,
) -> None:
    """Compare two runs over the same cases: metrics with verdicts, and the cases that flipped."""
    from rich.console import Console

    from commands.evals.comparing import run_of, side_by_side
    from eval.runs import Runs

    runs = Runs(load_settings().home)
    Console().print(side_by_side(run_of(runs, before), run_of(runs, after), margin))


@cli.command(name="history")
def show_history(
    metric: Annotated[str, typer.Argument(help="Such as recall@5; see crib eval.")],
    every: Annotated[bool, typer.Option("--all", help="Runs of other cases, too.")] = False,
) -> None:
    """Show a metric over the runs of the same cases, with their commits."""
    from rich.console import Console

    from commands.evals.comparing import history
    from eval.runs import Runs

    Console().print(history(Runs(load_settings().home), metric, every=every))


@cli.command(name="forget")
def forget_runs(
    runs: Annotated[list[str] | None, typer.Argument(help="Numbers or names.")] = None,
    every: Every = False,
) -> None:
    """Delete runs, and the answers that no other run holds."""
    from commands.evals.kept_runs import forget
    from commands.terminal import say
    from eval.runs import Runs

    say(forget(Runs(load_settings().home), runs or [], every=every))
