"""A folder of notes -> the cases of the quizzes in it, a table of them, and a file of drafts.

Answer keys that stand among the notes a second time are told with both places and a way out.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
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
from ingest.readers import all_readers
from ingest.reading import parsed, unreadable
from ingest.sources import open_source
from rag.errors import NotesError
from rag.index_wiring import Store

_MOST_ROWS = 60

_WAY_OUT = (
    "delete the copy, or put it under a heading such as '## Quiz': what stands there is kept out "
    "while the cases run"
)

_SHOWN = 3

_LONGEST = 100


@dataclass(slots=True)
class QuizSearch:
    """What was found so far in `done` of `total` files; why others were skipped, by path."""

    total: int
    done: int = 0
    cases: list[Case] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> int:
        """How many notes were read."""
        return self.done - len(self.skipped)


def search(target: Path) -> QuizSearch:
    """Look through a folder of notes, or one note. Paths of origins begin at the folder.

    Raises:
        NotesError: nothing is there.
    """
    found = QuizSearch(0)
    with bar(MofNCompleteColumn()) as drawn:
        task = drawn.add_task("looking for quizzes", total=None)
        for found in searching(target):
            drawn.update(task, completed=found.done, total=found.total)
    return found


def searching(target: Path) -> Iterator[QuizSearch]:
    """The search, before the first file and after each. See `search`."""
    readers = all_readers()
    source = open_source(str(target), readers.suffixes)
    files = source.listing().files
    folder = Path(source.root) if Path(source.root).is_dir() else Path(source.root).parent
    by_suffix = {suffix: one for one in readers.readers for suffix in one.suffixes}
    found = QuizSearch(len(files))
    taken: set[str] = set()
    yield found
    for file in files:
        try:
            read = parsed(by_suffix, file, source)
        except OSError as error:
            found.skipped[file.shown] = unreadable(error.strerror or str(error))
        except NotesError as error:
            found.skipped[file.shown] = str(error)
        except Exception as error:  # readers of others may raise anything
            found.skipped[file.shown] = f"its reader failed ({type(error).__name__}: {error})"
        else:
            path = Path(read.note.path)
            inside = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else ""
            for case in extract_quiz(read, inside):  # notes of one name may ask the same
                taken.add(identity := free_id(case.id, taken))
                found.cases.append(replace(case, id=identity))
        found.done += 1
        yield found


def table(found: QuizSearch) -> Table:
    """How many cases were found in which note, by the form in which they are written."""
    drawn = Table("note", "form", "found", "lines", box=None, header_style="bold")
    lines: dict[tuple[str, str], list[int]] = {}
    for origin in (case.origin for case in found.cases):
        if origin:
            lines.setdefault((origin.note_path, origin.form), []).append(origin.start_line)
    last = ""
    for (note, form), numbers in list(lines.items())[:_MOST_ROWS]:
        places = [*map(str, sorted(set(numbers)))]
        shown = ", ".join(places if len(places) <= 6 else [*places[:6], "..."])
        drawn.add_row(note if note != last else "", form, str(len(numbers)), shown)
        last = note
    if len(lines) > _MOST_ROWS:
        drawn.add_row(f"and {len(lines) - _MOST_ROWS} more", "", "", "")
    return drawn


def write_cases(found: QuizSearch, path: Path) -> None:
    """Say what was found, and put it into the file; `-` is standard output.

    Of a case that the file holds already only the lines on which it stands are brought up to date.

    Raises:
        CaseError: the file cannot be written, or what is in it is no case.
    """
    for skipped, reason in found.skipped.items():
        typer.echo(f"not read: {place(skipped)}: {reason}", err=True)
    origins = [case.origin for case in found.cases if case.origin]
    forms, notes = {one.form for one in origins}, {one.note_path for one in origins}
    said = f"{len(found.cases)} questions in {len(notes)} of {found.notes} notes"
    typer.echo(f"{said}, in {len(forms)} forms", err=str(path) == "-")
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


def free_id(identity: str, taken: Collection[str]) -> str:
    """The id, with a number behind it where it is taken."""
    others = (f"{identity}-{number}" for number in count(2))
    return next(one for one in chain([identity], others) if one not in taken)


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
        origin, case = leak.key.origin, leak.key.case
        home = case.id if case else ""
        home = f"{place(origin.note_path)}:{origin.start_line}" if origin else home
        typer.echo(f"{_where(leak)} holds {leak.share:.0%} of an answer key")
        typer.echo(f"    copy: {_line(leak.text)}")
        typer.echo(f"    key:  {_line(leak.key.text)} ({home})")
    leaks = "no leak" if not found else "1 leak" if len(found) == 1 else f"{len(found)} leaks"
    way_out = f"; {_WAY_OUT}" if found else ""
    typer.echo(f"questions: {len(asked)}, notes: {len(texts)}: {leaks}{way_out}")
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


def _where(leak: Leak) -> str:
    return f"{place(leak.note_path)}:{leak.start_line}"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
