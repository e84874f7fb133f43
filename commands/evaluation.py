"""An eval run put together: an index of its own for the notes, an assistant over it, a report.

The index of an eval lies apart from the library, so that its figures depend on the cases and
their notes alone, and is kept, so that a second run embeds nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn

from commands.ingestion import ingest
from commands.terminal import bar, show_ingest
from eval.calibration import calibrate as refit
from eval.loading import check_targets, load_cases
from eval.refitting import Finder, by_reading, by_search, calibration
from eval.report import check_gate, render, write_json
from eval.runner import run
from eval.sureness import compared
from eval.types import Case, Outcome, Run
from rag.answering import ExtractiveAnswerer
from rag.confidence import FILE, of_home, save
from rag.config import Settings
from rag.errors import SettingsError
from rag.protocols import Answerer, Doubting
from rag.types import Evidence, Role, Span
from rag.wiring import (
    Store,
    build_assistant,
    build_reader,
    build_retriever,
    load_answerer,
    open_store,
)

OUT_OF_NOTES = Path(__file__).resolve().parents[1] / "eval" / "cases" / "out_of_notes.jsonl"
"""Questions of many subjects, none of which most notes touch on."""

OUT = "out of notes"
"""The kind of such cases."""


def evaluate(
    settings: Settings,
    cases: Path,
    notes: Path,
    *,
    llm: bool,
    json: Path | None,
    gate: Sequence[str],
) -> bool:
    """Run the cases, print the report, write it as JSON; False if a limit of the gate is broken.

    Raises:
        CaseError: a case is malformed, or its quote is not in its note.
    """
    limits = _limits(gate)
    loaded = load_cases(cases)
    store = _index(settings, loaded, notes)
    finished = _run(settings, store, loaded, llm=llm)
    Console().print(render(finished))
    if json:
        write_json(finished, json)
        typer.echo(f"written: {json}")
    broken = check_gate(finished, limits) if limits else []
    for line in broken:
        typer.echo(f"gate: {line}", err=True)
    return not broken


def calibrate(settings: Settings, cases: Path, notes: Path, *, llm: bool) -> None:
    """Fit how sure an answer is on these cases, say what changes, and keep it in the home.

    Raises:
        CaseError: a case is malformed, or there are too few.
        SettingsError: the home cannot be written to.
    """
    loaded = load_cases(cases)
    out = load_cases(OUT_OF_NOTES)
    store = _index(settings, loaded, notes)
    retriever = build_retriever(settings, store, (Role.NOTE,), 2 * settings.passages)
    finder = Finder(retriever, build_reader(store), settings.passages)
    old, _ = of_home(settings.home, store.embedder.fingerprint)
    search = by_search(finder, loaded, [*out, *(case for case in loaded if case.kind == OUT)])
    reading = None
    if llm:
        answerer = load_answerer(settings, store)
        judge = refit(search.features, search.labels)
        reading = by_reading(finder, loaded, judge, partial(_doubt, answerer))
    new = calibration(store.embedder.fingerprint, search, reading, old.reading)
    pairs = [("by the search", search, old.search, new.search)]
    pairs += [("by reading", reading, old.reading, new.reading)] if reading else []
    Console().print(compared(pairs, settings.wrong_answers))
    path = settings.home / FILE
    try:
        save(new, path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); set CRIB_HOME") from None
    typer.echo(f"written: {path}")


def _doubt(answerer: Answerer, evidence: Evidence) -> float | None:
    return answerer.doubt(evidence, ()) if isinstance(answerer, Doubting) else None


def _index(settings: Settings, cases: Sequence[Case], notes: Path) -> Store:
    """An index of the notes that the cases ask about, apart from the library."""
    key = hashlib.sha256(str(notes.resolve()).encode()).hexdigest()[:12]
    own = settings.model_copy(update={"home": settings.home / "eval" / key})
    show_ingest(ingest(own, str(notes)))
    store = open_store(own)
    _check(cases, store)
    return store


def _run(settings: Settings, store: Store, cases: Sequence[Case], *, llm: bool) -> Run:
    answerer = load_answerer(settings, store) if llm else ExtractiveAnswerer()
    assistant = build_assistant(settings, store, lambda: answerer, roles=(Role.NOTE,))
    used = {
        name: str(getattr(settings, name))
        for name in ("passages", "prompt_tokens", "wrong_answers", "threads")
    }
    with bar(MofNCompleteColumn()) as drawn:
        task = drawn.add_task("asking", total=len(cases))

        def advance(_outcome: Outcome, done: int, _total: int) -> None:
            drawn.update(task, completed=done)

        return run(assistant, cases, advance, {"llm": settings.llm if llm else "none", **used})


def _check(cases: Sequence[Case], store: Store) -> None:
    catalog = store.index.catalog
    texts = {path: catalog.text(path) for path in catalog.states()}
    quizzes: dict[str, list[Span]] = {}
    for chunk in catalog.all_chunks():
        if chunk.role is Role.QUIZ:
            quizzes.setdefault(chunk.note_path, []).append(Span(chunk.start, chunk.end))
    check_targets(cases, texts, quizzes)


def _limits(gate: Sequence[str]) -> Mapping[str, float]:
    limits = {}
    for one in gate:
        name, _, limit = one.partition("=")
        try:
            limits[name] = float(limit)
        except ValueError:
            raise SettingsError(f"--gate {one!r}: write it as recall@5=0.95") from None
    return limits
