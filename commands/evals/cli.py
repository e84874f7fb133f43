"""`crib eval` and its commands: options only; what they do is imported when asked."""

from pathlib import Path
from typing import Annotated

import typer

from commands.eval_index import NOTES, cases_and_notes, require_shipped_notes
from eval.types import Format
from rag.config import load_settings
from rag.errors import CribError

_BROKEN = 1
CANNOT_TELL = 2
"""What `crib eval` ends with if a gate is broken, and if it cannot be told whether one is."""

_LATEST = "latest"

cli = typer.Typer(
    help="Score answers against the quiz; compare runs. Ends with 0 if the gate is passed, "
    "with 1 if it is broken, with 2 if that cannot be told."
)

OneRun = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's number or name, or latest, or a JSON file.")
]
KeptRun = Annotated[
    str, typer.Argument(metavar="[RUN]", help="Its number or name; default: the latest.")
]
OfRun = Annotated[str, typer.Option("--run", help="Number or name of the run.")]
_Case = Annotated[str, typer.Argument(metavar="CASE", help="The id of a case of the run.")]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]
Json = Annotated[Path | None, typer.Option(help="Write all figures here.")]
Html = Annotated[
    Path | None, typer.Option(help="Write a report here that a browser shows and paper holds.")
]


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
    json: Json = None,
    html: Html = None,
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
    from commands.evals import calibrating, output, run, varying

    try:
        settings, (asked, about) = load_settings(), cases_and_notes(cases, notes)
        request = run.EvalRequest(
            asked, about, llm, closed_book, name, fresh, parallel, repeats, judge, votes
        )
        files = output.Files(json, html, junit, markdown, baseline)
        if calibrate:
            calibrating.run_calibration(settings, request)
            return
        if vary:
            varying.require_no_outputs(json, html, gate, baseline, junit, markdown)
            varying.run_grid(settings, request, vary, margin)
            return
        gates = output.gate_of(gate or [], margin)
        output.require_outside(files, about)
        finished = run.evaluate(settings, request)
        passed = output.show_and_write(finished, gates, files) if finished.outcomes else True
        if judge:
            run.show_agreement(settings, finished)
    except CribError as error:
        error.code = CANNOT_TELL
        raise
    if not passed:
        raise typer.Exit(_BROKEN)
    if finished.partial:
        raise typer.Exit(CANNOT_TELL)


@cli.command(name="runs")
def list_runs(every: Every = False) -> None:
    """List the runs that are kept, the newest first."""
    from rich.console import Console

    from eval.report.terminal import run_list
    from eval.runs import Runs

    runs = Runs(load_settings().home).listing()
    Console().print(run_list(runs, None) if every else run_list(runs))


@cli.command(name="metrics")
def list_metrics() -> None:
    """List what is measured, in words."""
    from rich.console import Console

    from eval.report.terminal import metric_list

    Console().print(metric_list())


@cli.command(name="show")
def show_run(run: OneRun = _LATEST, json: Json = None, html: Html = None) -> None:
    """Print the report of a run again."""
    from commands.evals.output import Files, Gate, show_and_write
    from eval.runs import Runs

    show_and_write(Runs(load_settings().home).run(run), Gate(), Files(json, html))


@cli.command(name="compare")
def compare_runs(
    before: OneRun,
    after: OneRun = _LATEST,
    margin: Annotated[
        float, typer.Option(help="How much two metrics may differ and still be equal.", min=0)
    ] = 0.05,
) -> None:
    """Compare two runs over the same cases: metrics with verdicts, and the cases that flipped."""
    from rich.console import Console

    from commands.evals.kept import compare_runs, run_of
    from eval.report.terminal import two_runs
    from eval.runs import Runs

    runs = Runs(load_settings().home)
    Console().print(two_runs(compare_runs(run_of(runs, before), run_of(runs, after), margin)))


@cli.command(name="history")
def show_history(
    metric: Annotated[str, typer.Argument(help="Such as recall@5; see crib eval metrics.")],
    every: Annotated[bool, typer.Option("--all", help="Runs of other cases, too.")] = False,
) -> None:
    """Show a metric over the runs of the same cases, with their commits."""
    from rich.console import Console

    from commands.evals.kept import run_history
    from eval.runs import Runs

    Console().print(run_history(Runs(load_settings().home), metric, every=every))


@cli.command(name="forget")
def forget_runs(
    runs: Annotated[list[str] | None, typer.Argument(help="Numbers or names.")] = None,
    every: Every = False,
) -> None:
    """Delete runs, and the answers that no other run holds."""
    from commands.evals.kept import forget_runs
    from eval.runs import Runs

    typer.echo(forget_runs(Runs(load_settings().home), runs or [], every=every))


@cli.command(name="case")
def show_case(
    case: _Case,
    run: OfRun = _LATEST,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="With what the model was sent, if it was missed.")
    ] = False,
) -> None:
    """Show all that led to an answer: passages, citations, and why it was missed."""
    from rich.console import Console

    from commands.evals.kept import outcome_of
    from eval.report.terminal import case_details
    from eval.runs import Runs

    outcome = outcome_of(Runs(load_settings().home).run(run), case)
    Console().print(case_details(outcome, prompt=prompt))


@cli.command(name="retry")
def retry_case(
    case: _Case,
    run: OfRun = _LATEST,
    llm: Annotated[str, typer.Option(help="Let this one answer: none, local, ...")] = "",
    passages: Annotated[
        int, typer.Option(help="Find so many passages; 0: as many as then.", min=0, max=20)
    ] = 0,
    notes: Annotated[Path, typer.Option(help="The notes that the run asked.")] = NOTES,
) -> None:
    """Ask one case again, with something changed; both answers are shown side by side."""
    from rich.console import Console

    from commands.evals.kept import ask_again, outcome_of
    from eval.report.terminal import two_answers
    from eval.runs import Runs

    settings, notes = load_settings(), require_shipped_notes(notes)
    kept = Runs(settings.home).run(run)
    before = outcome_of(kept, case)
    after = ask_again(settings, kept, before, notes, llm, passages)
    Console().print(two_answers(before, after))


@cli.command(name="report")
def report_run(
    html: Annotated[Path, typer.Option("--html", help="The file, for a browser or paper.")],
    run: KeptRun = _LATEST,
    against: Annotated[
        str, typer.Option(help="Another run, or its JSON file, to compare with.")
    ] = "",
) -> None:
    """Write a run that is kept as one HTML file."""
    from commands.evals.kept import result_of
    from commands.evals.output import write_report
    from eval.report.html import render_html

    write_report(html, render_html(result_of(load_settings(), run, against)))


@cli.command(name="export")
def export_run(
    what: Annotated[str, typer.Argument(metavar="RUN|CASES", help="A run, or cases as JSONL.")],
    file: Annotated[Path, typer.Argument(help="Where to; JSONL if it ends so, else JSON.")],
    to: Annotated[Format, typer.Option("--to", help="Whose data set it becomes.")],
) -> None:
    """Write a run, or cases, as a data set of Ragas or DeepEval."""
    from commands.exchange import export

    export(load_settings(), what, to, file)


@cli.command(name="label")
def label_run(run: KeptRun = _LATEST) -> None:
    """Label answers, blind, as right or wrong; shows how far scorers and judge agree with you."""
    from commands.evals.kept import label
    from commands.terminal import typed

    label(load_settings(), run, typed())
