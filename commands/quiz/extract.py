"""A folder of notes -> the cases of the quizzes in it, a table of them, and a file of drafts.

Answer keys that stand among the notes a second time are told with both places and a way out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count
from pathlib import Path

import numpy as np
import typer
from rich.progress import MofNCompleteColumn
from rich.table import Table

from commands.eval_index import notes_of
from commands.terminal import bar, place
from eval.case_files import all_cases, dump, numbered, put_cases, read_text
from eval.leakage import Leak, find_leaks, keys_left, keys_of
from eval.quiz import extract_quiz
from eval.types import Case, Standing
from ingest.protocols import NoteSource, Reader
from ingest.readers import all_readers
from ingest.reading import parsed, unreadable
from ingest.sources import open_source
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError
from rag.index_wiring import Store

_MOST_ROWS = 60

WAY_OUT = (
    "delete the copy, or put it under a heading such as '## Quiz': what stands there is kept out "
    "while the cases run"
)

_SHOWN = 3

_LONGEST = 100


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
            cases += extract_quiz(read, path.relative_to(folder).as_posix() if is_below else "")
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


def write_cases(found: Search, path: Path) -> None:
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
        put_cases(path, (moved_quotes(known.get(case.id), case) for case in found.cases))
        new = sum(case.id not in known for case in found.cases)
        typer.echo(
            f"written: {path} ({new} new); look at them: crib quiz review {place(str(path))}"
        )


def cases_in(path: Path) -> tuple[Case, ...]:
    """The cases of a file, which need not exist. Raises CaseError."""
    there = numbered(read_text(path), str(path)) if path.exists() else ()
    return tuple(case for _, case in there)


def moved_quotes(known: Case | None, found: Case) -> Case:
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


def report_leaks(store: Store, notes: Path, cases: Path) -> bool:
    """Print every place in `store`, the index of the notes, that gives the answer of a case away.

    The cases are those of the quizzes in the notes and of the file, if there is one. False if
    there are any such places.

    Raises:
        CaseError: the file is there, and holds what is no case.
        NotesError: there are no notes.
    """
    texts, quizzes = notes_of(store)
    quiz = search(notes).cases
    gold = all_cases(cases) if cases.exists() else ()
    asked = [case for case in (*quiz, *gold) if case.standing is not Standing.DROPPED]
    keys = [*keys_of(asked, texts), *keys_left(quiz, texts, quizzes)]
    found = find_leaks(keys, texts, quizzes, partial(_likeness, store))
    for leak in found:
        typer.echo("\n".join(_told(leak)))
    count = len(found)
    what = "no leak" if not count else f"{count} {'leak' if count == 1 else 'leaks'}; {WAY_OUT}"
    typer.echo(f"questions: {len(asked)}, notes: {len(texts)}: {what}")
    return not found


def warn(cases: Sequence[Case], store: Store, notes: Path) -> None:
    """Say on stderr, before an eval, where the notes give the answers of its cases away."""
    texts, quizzes = notes_of(store)
    found = find_leaks(keys_of(cases, texts), texts, quizzes, partial(_likeness, store))
    for leak in found[:_SHOWN]:
        case = f" of {leak.key.case.id!r}" if leak.key.case else ""
        typer.echo(f"leak: {_where(leak)} holds the answer key{case}", err=True)
    if found:
        more = f"{len(found) - _SHOWN} more; " if len(found) > _SHOWN else ""
        typer.echo(f"leak: {more}what to do: crib quiz leaks {notes}", err=True)


def _likeness(store: Store, pairs: Sequence[tuple[str, str]]) -> list[float]:
    keys = store.embedder.embed_documents([key for key, _ in pairs])
    copies = store.embedder.embed_documents([copy for _, copy in pairs])
    return [float(np.dot(key, copy)) for key, copy in zip(keys, copies, strict=True)]


def _told(leak: Leak) -> Iterator[str]:
    origin, case = leak.key.origin, leak.key.case
    home = f"{place(origin.note_path)}:{origin.start_line}" if origin else case.id if case else ""
    yield f"{_where(leak)} holds {leak.share:.0%} of an answer key"
    yield f"    copy: {_line(leak.text)}"
    yield f"    key:  {_line(leak.key.text)} ({home})"


def _where(leak: Leak) -> str:
    return f"{place(leak.note_path)}:{leak.start_line}"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
