"""A folder of notes -> the cases of the quizzes in it, a table of them, and a file of drafts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

import typer
from rich.progress import MofNCompleteColumn
from rich.table import Table

from commands.terminal import bar, place
from eval.case_files import dump, numbered, put_cases, read_text
from eval.quiz import extract
from eval.types import Case
from ingest.protocols import NoteSource, Reader
from ingest.readers import all_readers
from ingest.reading import parsed, unreadable
from ingest.sources import open_source
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

_MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Search:
    """What was found in `notes` notes; `skipped` gives the reason by path that was not read."""

    notes: int
    cases: tuple[Case, ...]
    skipped: dict[str, str]


def search(target: Path) -> Search:
    """Look through a folder of notes, or one note. Paths of origins begin at the folder.

    Raises:
        NotesError: nothing is there.
    """
    with bar(MofNCompleteColumn()) as drawn:
        task = drawn.add_task("looking for quizzes", total=None)
        for step in searching(target):
            if isinstance(step, Search):
                return step
            drawn.update(task, completed=step[0], total=step[1])
    raise AssertionError("a search ends with what it found")


def searching(target: Path) -> Iterator[tuple[int, int] | Search]:
    """How many notes were looked through, of how many; at last what was found. See `search`."""
    readers = all_readers()
    source = open_source(str(target), readers.suffixes)
    files = source.listing().files
    folder = Path(source.root) if Path(source.root).is_dir() else Path(source.root).parent
    by_suffix = {suffix: one for one in readers.readers for suffix in one.suffixes}
    cases: list[Case] = []
    skipped: dict[str, str] = {}
    for done, file in enumerate(files):
        yield done, len(files)
        try:
            read = _read(by_suffix, file, source)
        except NotesError as error:
            skipped[file.shown] = str(error)
        else:
            path = Path(read.note.path)
            is_below = path.is_relative_to(folder)
            cases += extract(read, path.relative_to(folder).as_posix() if is_below else "")
    yield Search(len(files) - len(skipped), tuple(_apart(cases)), skipped)


def table(found: Search) -> Table:
    """How many cases were found in which note, by the form in which they are written."""
    drawn = Table("note", "form", "found", "lines", box=None, header_style="bold")
    counts: dict[tuple[str, str], list[Case]] = {}
    for case in found.cases:
        if case.origin:
            counts.setdefault((case.origin.note_path, case.origin.form), []).append(case)
    last = ""
    for (note, form), cases in list(counts.items())[:_MOST_ROWS]:
        drawn.add_row(note if note != last else "", form, str(len(cases)), _lines(cases))
        last = note
    if len(counts) > _MOST_ROWS:
        drawn.add_row(f"and {len(counts) - _MOST_ROWS} more", "", "", "")
    return drawn


def write(found: Search, path: Path) -> None:
    """Say what was found, and put it into the file; `-` is standard output.

    Of a case that the file holds already only the lines on which it stands are brought up to date.

    Raises:
        CaseError: the file cannot be written, or what is in it is no case.
    """
    for skipped, reason in found.skipped.items():
        typer.echo(f"not read: {place(skipped)}: {reason}", err=True)
    forms = len({case.origin.form for case in found.cases if case.origin})
    notes = len({case.origin.note_path for case in found.cases if case.origin})
    said = f"{len(found.cases)} questions in {notes} of {found.notes} notes, in {forms} forms"
    typer.echo(said, err=str(path) == "-")
    if str(path) == "-":
        for case in found.cases:
            typer.echo(dump(case))
    elif found.cases:
        known = {case.id: case for case in cases_in(path)}
        put_cases(path, (moved(known.get(case.id), case) for case in found.cases))
        new = sum(case.id not in known for case in found.cases)
        typer.echo(
            f"written: {path} ({new} new); look at them: crib quiz review {place(str(path))}"
        )


def cases_in(path: Path) -> tuple[Case, ...]:
    """The cases of a file, which need not exist. Raises CaseError."""
    there = numbered(read_text(path), str(path)) if path.exists() else ()
    return tuple(case for _, case in there)


def moved(known: Case | None, found: Case) -> Case:
    """The case as it is known, on the lines where it was found now."""
    return replace(known, origin=found.origin) if known else found


def _read(readers: Mapping[str, Reader], file: SourceFile, source: NoteSource) -> ReadNote:
    try:
        return parsed(readers, file, source)
    except OSError as error:
        raise NotesError(unreadable(error.strerror or str(error))) from error
    except NotesError:
        raise
    except Exception as error:  # readers of others may raise anything
        raise NotesError(f"its reader failed ({type(error).__name__}: {error})") from error


def _apart(cases: Sequence[Case]) -> Iterator[Case]:
    """The cases, with ids that no two of them share: notes of one name may ask the same."""
    taken: set[str] = set()
    for case in cases:
        free = free_id(case.id, taken)
        taken.add(free)
        yield replace(case, id=free)


def free_id(identity: str, taken: Collection[str]) -> str:
    """The id, with a number behind it where it is taken."""
    others = (f"{identity}-{number}" for number in count(2))
    return next(one for one in chain([identity], others) if one not in taken)


def _lines(cases: Sequence[Case]) -> str:
    numbers = sorted({case.origin.start_line for case in cases if case.origin})
    shown = ", ".join(map(str, numbers[:6]))
    return f"{shown}, ..." if len(numbers) > 6 else shown
