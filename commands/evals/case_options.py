"""`crib eval case | retry | report | export`: options only, as in options.py."""

from pathlib import Path
from typing import Annotated

import typer

from commands.evals.shipped import NOTES, require_notes
from eval.types import Format
from rag.config import load_settings

cli = typer.Typer()

LATEST = "latest"

Case = Annotated[str, typer.Argument(metavar="CASE", help="The id of a case of the run.")]
OfRun = Annotated[str, typer.Option("--run", help="Number or name of the run.")]


@cli.command(name="case")
def show_case(
    case: Case,
    run: OfRun = LATEST,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="With what the model was sent, if it was missed.")
    ] = False,
) -> None:
    """Show all that led to an answer: passages, citations, and why it was missed."""
    from commands.evals import revisiting

    revisiting.show(load_settings(), run, case, prompt=prompt)


@cli.command(name="retry")
def retry_case(
    case: Case,
    run: OfRun = LATEST,
    llm: Annotated[str, typer.Option(help="Let this one answer: none, local, ...")] = "",
    passages: Annotated[
        int, typer.Option(help="Find so many passages; 0: as many as then.", min=0, max=20)
    ] = 0,
    notes: Annotated[Path, typer.Option(help="The notes that the run asked.")] = NOTES,
) -> None:
    """Ask one case again, with something changed; both answers are shown side by side."""
    from commands.evals import revisiting

    changes = revisiting.Changes(llm, passages)
    revisiting.retry(load_settings(), (run, case), require_notes(notes), changes)


@cli.command(name="report")
def report_run(
    html: Annotated[Path, typer.Option("--html", help="The file, for a browser or paper.")],
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="Number or name.")] = LATEST,
    against: Annotated[
        str, typer.Option(help="Another run, or its JSON file, to compare with.")
    ] = "",
) -> None:
    """Write a run that is kept as one HTML file."""
    from commands.evals import revisiting

    revisiting.report(load_settings(), run, html, against)


@cli.command(name="export")
def export_run(
    what: Annotated[str, typer.Argument(metavar="RUN|CASES", help="A run, or cases as JSONL.")],
    file: Annotated[Path, typer.Argument(help="Where to; JSONL if it ends so, else JSON.")],
    to: Annotated[Format, typer.Option("--to", help="Whose data set it becomes.")],
) -> None:
    """Write a run, or cases, as a data set of Ragas or DeepEval."""
    from commands.evals import revisiting

    revisiting.hand_on(load_settings(), what, to, file)
