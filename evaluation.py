"""An eval run put together: an index of its own for the notes, an assistant over it, a report.

The index of an eval lies apart from the library, so that its figures depend on the cases and
their notes alone, and is kept, so that a second run embeds nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn

from eval.loading import check_targets, load_cases
from eval.report import check_gate, render, write_json
from eval.runner import run
from eval.types import Case, Outcome, Run
from ingestion import ingest
from rag.answering import ExtractiveAnswerer
from rag.config import Settings
from rag.errors import SettingsError
from rag.types import Role, Span
from rag.wiring import Store, build_assistant, load_answerer, open_store
from terminal import bar, show_ingest


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
    key = hashlib.sha256(str(notes.resolve()).encode()).hexdigest()[:12]
    own = settings.model_copy(update={"home": settings.home / "eval" / key})
    show_ingest(ingest(own, str(notes)))
    store = open_store(own)
    _check(loaded, store)
    finished = _run(own, store, loaded, llm=llm)
    Console().print(render(finished))
    if json:
        write_json(finished, json)
        typer.echo(f"written: {json}")
    broken = check_gate(finished, limits) if limits else []
    for line in broken:
        typer.echo(f"gate: {line}", err=True)
    return not broken


def _run(settings: Settings, store: Store, cases: Sequence[Case], *, llm: bool) -> Run:
    answerer = load_answerer(settings, store) if llm else ExtractiveAnswerer()
    assistant = build_assistant(settings, store, lambda: answerer, roles=(Role.NOTE,))
    used = {
        name: str(getattr(settings, name))
        for name in ("passages", "prompt_tokens", "refuse_below", "threads")
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
