"""`crib quiz`: the quiz that is in the notes already, found and written down as cases."""

from pathlib import Path
from typing import Annotated

import typer

from rag.config import load_settings

cli = typer.Typer(help="Cases out of notes: find the quiz that is in them already.")

FILE = "quiz.jsonl"
"""Where the cases of a folder of notes are kept, in that folder."""


@cli.callback()
def quiz() -> None:
    """Keep `extract` a command of its own while it is the only one."""


@cli.command()
def extract(
    notes: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER|FILE]", help="Notes to look through; default: CRIB_NOTES."),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(help=f"Write the drafts here; default: {FILE} in the folder; - for here."),
    ] = None,
) -> None:
    """Find quizzes in notes and write them as drafts; what the file holds stays as it is."""
    from rich.console import Console

    from commands.quiz_search import search, table, write

    folder = notes or load_settings().notes
    found = search(folder)
    is_piped = json is not None and str(json) == "-"
    if found.cases:
        Console(stderr=is_piped).print(table(found))
    write(found, json or (folder if folder.is_dir() else folder.parent) / FILE)
