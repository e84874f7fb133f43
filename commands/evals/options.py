"""`crib eval`: answers scored against a quiz. Options only; what they do is imported when asked."""

from pathlib import Path
from typing import Annotated

import typer

from commands.evals import case_options, kept_options
from commands.evals.shipped import CASES, NOTES, require_notes
from commands.quiz.options import gold_of
from rag.config import load_settings
from rag.errors import CaseError, CribError

BROKEN = 1
CANNOT_TELL = 2
"""What `crib eval` ends with if a gate is broken, and if it cannot be told whether one is."""

cli = typer.Typer(
    help="Score answers against the quiz; compare runs. Ends with 0 if the gate is passed, "
    "with 1 if it is broken, with 2 if that cannot be told."
)
cli.add_typer(kept_options.cli)
cli.add_typer(case_options.cli)


@cli.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    cases: Annotated[
        Path | None,
        typer.Option(help="Cases, JSONL; default: quiz.jsonl next to the notes, or those shipped."),
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(help="The notes that they ask about; default: those shipped.")
    ] = None,
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
    vary: Annotated[
        list[str] | None,
        typer.Option(help="SETTING=A,B: a run with each, compared. Repeatable: all combinations."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all figures here.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a report here that a browser shows and paper holds.")
    ] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(help="NAME=LIMIT of a mean, or a baseline's file. Repeatable."),
    ] = None,
    margin: Annotated[
        float, typer.Option(help="How far a metric may fall below the baseline.", min=0, max=1)
    ] = 0.05,
    baseline: Annotated[
        Path | None, typer.Option(help="Keep the scores here, for --gate to compare with.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write cases and gate as JUnit XML.")] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Write a summary for a pull request.")
    ] = None,
    judge: Annotated[
        str, typer.Option(help="Let this model, named as in CRIB_LLM, judge the answers.")
    ] = "",
    votes: Annotated[
        int, typer.Option(help="Of the judge on each answer; most have to agree.", min=1, max=15)
    ] = 3,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Fit on these cases when a question is refused.")
    ] = False,
) -> None:
    """Score answers against the quiz, with quiz sections kept out of what can be found.

    Ends with 0 if every gate is passed, with 1 if one is broken, with 2 if that cannot be told.
    """
    if context.invoked_subcommand is not None:
        return
    from commands.evals import calibrating, evaluation, examinees, outputs, varying

    how = examinees.How(llm, closed_book, name, fresh, parallel, repeats, judge, votes)
    try:
        wanted = evaluation.Wanted(*_asked(cases, notes), how)
        if calibrate:
            calibrating.calibrate(load_settings(), wanted)
            return
        if vary:
            varying.require_alone(json, html, gate, baseline, junit, markdown)
            varying.carry_out(load_settings(), wanted, vary, margin)
            return
        gates = outputs.gate_of(gate or [], margin)
        files = outputs.Outputs(json, html, junit, markdown, baseline).outside(wanted.notes)
        finished = evaluation.evaluate(load_settings(), wanted)
        passed = outputs.told(finished, gates, files) if finished.outcomes else True
        if judge:
            from commands.evals.judging import tell

            tell(load_settings(), finished)
    except CribError as error:
        error.code = CANNOT_TELL
        raise
    if not passed:
        raise typer.Exit(BROKEN)
    if finished.partial:
        raise typer.Exit(CANNOT_TELL)


@cli.command()
def label(
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="Its number or name; default: the latest.")
    ] = "latest",
) -> None:
    """Say of answers, blind, whether they are right; shows how far scorers and judge agree."""
    from commands.evals.labelling import label as label_run
    from commands.terminal import typed

    label_run(load_settings(), run, typed())


def _asked(cases: Path | None, notes: Path | None) -> tuple[Path, Path]:
    """The cases and their notes: the gold next to notes that are named, else what is shipped."""
    if cases or notes is None or notes.resolve() == NOTES:
        return cases or CASES, require_notes(notes or NOTES)
    gold = gold_of(notes)
    if not gold.exists():
        raise CaseError(f"no {gold}; name --cases, or run: crib quiz extract {notes}")
    return gold, notes
