"""Answer keys that stand among the notes a second time, told with both places and a way out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import typer

from commands.explaining import notes_of
from commands.quiz_search import search
from commands.terminal import place
from eval.leakage import Leak, find_leaks
from eval.loading import all_cases
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
    known = [*search(notes).cases, *(all_cases(cases) if cases.exists() else ())]
    asked = [case for case in known if case.standing is not Standing.DROPPED]
    found = leaks(asked, store)
    for leak in _once(found):
        typer.echo("\n".join(_told(leak)))
    keys = f"questions: {len(asked)}, notes: {len(notes_of(store)[0])}"
    told = len(list(_once(found)))
    what = "no leak" if not told else f"{told} {'leak' if told == 1 else 'leaks'}; {WAY_OUT}"
    typer.echo(f"{keys}: {what}")
    return not found


def warn(cases: Sequence[Case], store: Store, notes: Path) -> None:
    """Say on stderr, before an eval, where the notes give the answers of its cases away."""
    found = list(_once(leaks(cases, store)))
    for leak in found[:_SHOWN]:
        typer.echo(f"leak: {_where(leak)} holds the answer key of {leak.case.id!r}", err=True)
    if found:
        more = f"{len(found) - _SHOWN} more; " if len(found) > _SHOWN else ""
        typer.echo(f"leak: {more}what to do: crib quiz leaks {notes}", err=True)


def leaks(cases: Sequence[Case], store: Store) -> list[Leak]:
    """Where the notes in `store` say outside of their quizzes what the keys of the cases say."""

    def likeness(pairs: Sequence[tuple[str, str]]) -> list[float]:
        keys = store.embedder.embed_documents([key for key, _ in pairs])
        copies = store.embedder.embed_documents([copy for _, copy in pairs])
        return [float(np.dot(key, copy)) for key, copy in zip(keys, copies, strict=True)]

    return find_leaks(cases, *notes_of(store), likeness)


def _once(found: Sequence[Leak]) -> Iterator[Leak]:
    """The leaks, of those at the same place only the one that holds most of its key.

    A quiz is often known twice: as it stands in the notes, and as the case that was made of it.
    """
    best: dict[tuple[str, int], Leak] = {}
    for leak in found:
        spot = (leak.note_path, leak.start_line)
        if spot not in best or best[spot].share < leak.share:
            best[spot] = leak
    yield from best.values()


def _told(leak: Leak) -> Iterator[str]:
    yield f"{_where(leak)} holds {leak.share:.0%} of an answer key"
    yield f"    copy: {_line(leak.text)}"
    origin = leak.case.origin
    home = f"{origin.note_path}:{origin.start_line}" if origin else f"case {leak.case.id!r}"
    yield f"    key:  {_line(leak.key)} ({home})"


def _where(leak: Leak) -> str:
    return f"{place(leak.note_path)}:{leak.start_line}"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
