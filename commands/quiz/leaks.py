"""Answer keys that stand among the notes a second time, told with both places and a way out."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import typer

from commands.eval_index import notes_of
from commands.quiz.extract import search
from commands.terminal import place
from eval.case_files import all_cases
from eval.leakage import Leak, find_leaks, keys_left, keys_of
from eval.types import Case, Standing
from rag.wiring import Store

WAY_OUT = (
    "delete the copy, or put it under a heading such as '## Quiz': what stands there is kept out "
    "while the cases run"
)
_SHOWN = 3
_LONGEST = 100


def report(store: Store, notes: Path, cases: Path) -> bool:
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
