"""Cases and runs written for Ragas and DeepEval, and cases taken from their data sets."""

from pathlib import Path

import typer

from commands.terminal import place
from eval.case_files import add_cases, load_cases, read_text
from eval.data_sets import Asked, asked_in, data_set_records, imported, records_in, write_records
from eval.runs import Runs
from eval.types import Format
from ingest.readers import all_readers
from ingest.reading import parsed
from ingest.sources import open_source
from rag.config import Settings
from rag.errors import CaseError, NotesError

_MOST_SHOWN = 10


def export(settings: Settings, what: str, to: Format, path: Path) -> None:
    """Write a run, by its number or name, or a file of cases as a data set of `to`.

    Raises:
        CaseError: there is no such run, or a file cannot be read or written.
    """
    source = Path(what)
    if source.suffix == ".jsonl" or source.is_file():
        asked: list[Asked] = [(case, None) for case in load_cases(source)]
    else:
        asked = asked_in(Runs(settings.home).run(what))
    try:
        write_records(data_set_records(asked, to), path)
    except OSError as error:
        raise CaseError(f"{path}: cannot be written ({error.strerror}); check the path") from None
    answered = sum(answer is not None for _, answer in asked)
    typer.echo(f"written: {path} ({len(asked)} cases, {answered} with answers)")


def import_cases(source: Path, kind: Format, notes: Path, target: Path) -> None:
    """Put the cases of a data set into `target`, as drafts, with their quotes from the notes.

    Raises:
        CaseError: the data set or the target cannot be read or written.
        NotesError: there are no notes.
    """
    found = imported(records_in(read_text(source), str(source)), kind, texts_of(notes))
    for problem in found.problems[:_MOST_SHOWN]:
        typer.echo(f"left out: {problem}", err=True)
    if len(found.problems) > _MOST_SHOWN:
        typer.echo(f"left out: {len(found.problems) - _MOST_SHOWN} more", err=True)
    if not found.cases:
        raise CaseError(f"{source}: holds no question that can be taken; see above for why")
    add_cases(target, found.cases)
    quoted = sum(bool(case.targets) for case in found.cases)
    typer.echo(f"written: {target} ({len(found.cases)} drafts, {quoted} with a quote of the notes)")


def texts_of(notes: Path) -> dict[str, str]:
    """The text of each note that can be read, by its absolute path. Raises NotesError."""
    readers = all_readers()
    source = open_source(str(notes), readers.suffixes)
    by_suffix = {suffix: one for one in readers.readers for suffix in one.suffixes}
    texts = {}
    for file in source.listing().files:
        try:
            note = parsed(by_suffix, file, source).note
        except (NotesError, OSError) as error:
            typer.echo(f"not read: {place(file.shown)}: {error}", err=True)
        else:
            texts[note.path] = note.text
    return texts
