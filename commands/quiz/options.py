"""`crib quiz`: the quiz that is in the notes already, found and written down as cases."""

from pathlib import Path
from typing import Annotated

import typer

from commands.eval_index import gold_of
from eval.types import Format
from ingest.document import QUIZ_FILE
from rag.config import load_settings

cli = typer.Typer(help="Cases out of notes: find the quiz that is in them already.")

_Drafts = Annotated[
    Path | None, typer.Option(help=f"Write the drafts here; default: {QUIZ_FILE} in the folder.")
]


@cli.command()
def extract(
    notes: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER|FILE]", help="Notes to look through; default: CRIB_NOTES."),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(
            help=f"Write the drafts here; default: {QUIZ_FILE} in the folder; - for here."
        ),
    ] = None,
    llm: Annotated[
        bool, typer.Option("--llm", help="Let the model of CRIB_LLM word new questions better.")
    ] = False,
) -> None:
    """Find quizzes in notes and write them as drafts; what the file holds stays as it is."""
    from rich.console import Console

    from commands.quiz.extract import search, table, write_cases

    folder = notes or load_settings().notes
    found = search(folder)
    into = json or gold_of(folder)
    if llm:
        from commands.quiz.review import reworded

        found.cases = reworded(load_settings(), found.cases, folder, into)
    if found.cases:
        Console(stderr=str(into) == "-").print(table(found))
    write_cases(found, into)


@cli.command()
def review(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|FOLDER]", help=f"Cases, JSONL; default: {QUIZ_FILE} in CRIB_NOTES."
        ),
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(help="The notes they ask about; default: the file's folder.")
    ] = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Instead of drafts, cases whose quotes went astray.")
    ] = False,
    llm: Annotated[
        bool, typer.Option("--llm", help="Have a key that lets the model word a question better.")
    ] = False,
) -> None:
    """Look at drafts one at a time: keep, mend, drop or skip. Each verdict is written at once."""
    from commands.quiz import review as reviewing
    from commands.terminal import typed

    settings = load_settings()
    path = gold_of(file or notes or settings.notes)
    judged, store = reviewing.open_review(settings, path, notes or path.parent, stale=stale)
    reword = reviewing.rewriter(settings, store).reworded if llm else None
    try:
        reviewing.review(judged, typed(), reword)
    except KeyboardInterrupt:
        typer.echo("\nstopped; what was judged is kept")
    typer.echo(reviewing.summary(path))


@cli.command(name="import")
def take_in(
    file: Annotated[Path, typer.Argument(help="The data set, JSON or JSONL.")],
    kind: Annotated[Format, typer.Option("--from", help="Whose data set it is.")],
    notes: Annotated[
        Path | None, typer.Option(help="The notes that are asked about; default: CRIB_NOTES.")
    ] = None,
    json: _Drafts = None,
) -> None:
    """Take the questions of a data set of Ragas or DeepEval in, as drafts to be reviewed."""
    from commands.exchange import import_cases

    folder = notes or load_settings().notes
    import_cases(file, kind, folder, json or gold_of(folder))


@cli.command()
def generate(
    notes: Annotated[
        Path | None, typer.Option(help="The notes to ask about; default: CRIB_NOTES.")
    ] = None,
    note: Annotated[str, typer.Option(help="Only this note, such as aws/sagemaker.md.")] = "",
    count: Annotated[int, typer.Option(help="How many drafts.", min=1, max=1000)] = 10,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="fact, definition, list, numeric or scenario. Repeatable."),
    ] = None,
    json: _Drafts = None,
) -> None:
    """Let the model of CRIB_LLM draft questions from the notes; those that stand are kept."""
    from commands.quiz import generate as generating
    from commands.terminal import say
    from rag.chat_models.factory import load_direct

    settings = load_settings()
    folder = notes or settings.notes
    kinds = generating.kinds_of(kind or [])
    request = generating.DraftRequest(folder, json or gold_of(folder), count, kinds, note)
    tally = generating.generate(settings, load_direct(settings).ask, request)
    say(generating.draft_lines(tally, request))


@cli.command()
def leaks(
    notes: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="Notes to look through; default: CRIB_NOTES."),
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(help=f"Their cases, JSONL; default: {QUIZ_FILE} in the folder.")
    ] = None,
) -> None:
    """Find copies of answer keys outside of quizzes; exit 1 if there are any."""
    from commands.eval_index import index_of
    from commands.quiz.extract import report_leaks

    settings = load_settings()
    folder = notes or settings.notes
    if not report_leaks(index_of(settings, [], folder), folder, cases or gold_of(folder)):
        raise typer.Exit(1)
