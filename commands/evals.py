"""`crib eval`: answers scored against a quiz. Options only; what they do is imported when asked."""

from pathlib import Path
from typing import Annotated

import typer

from rag.config import load_settings

_HERE = Path(__file__).resolve().parents[1]
CASES = _HERE / "eval" / "cases" / "sagemaker.jsonl"
NOTES = _HERE / "notes"

cli = typer.Typer(help="Score answers against the quiz; compare runs.")


@cli.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    cases: Annotated[Path, typer.Option(help="Cases, JSONL.")] = CASES,
    notes: Annotated[Path, typer.Option(help="The notes that they ask about.")] = NOTES,
    llm: Annotated[bool, typer.Option("--llm", help="Let the model of CRIB_LLM answer.")] = False,
    closed_book: Annotated[
        bool, typer.Option("--closed-book", help="Ask the model without the notes, too.")
    ] = False,
    name: Annotated[str, typer.Option(help="What the run is called.")] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask anew what was answered before.")
    ] = False,
    parallel: Annotated[
        int, typer.Option(help="Questions at once; 0 is what suits the model.", min=0, max=64)
    ] = 0,
    repeats: Annotated[
        int, typer.Option(help="How often each is asked, of a model that varies.", min=1, max=100)
    ] = 1,
    json: Annotated[Path | None, typer.Option(help="Write all figures here.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a report here that a browser shows and paper holds.")
    ] = None,
    gate: Annotated[
        list[str] | None, typer.Option(help="NAME=LIMIT; fails if the mean breaks it. Repeatable.")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Fit on these cases when a question is refused.")
    ] = False,
) -> None:
    """Score answers against the quiz, with quiz sections kept out of what can be found."""
    if context.invoked_subcommand is not None:
        return
    from commands import calibrating, evaluation, examinees

    how = examinees.How(llm, closed_book, name, fresh, parallel, repeats)
    wanted = evaluation.Wanted(cases, notes, how)
    if calibrate:
        calibrating.calibrate(load_settings(), wanted)
        return
    outputs = evaluation.Outputs(json, html, evaluation.limits_of(gate or []))
    if not evaluation.told(evaluation.evaluate(load_settings(), wanted), outputs):
        raise typer.Exit(1)
