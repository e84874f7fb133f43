"""Questions put better by the model of CRIB_LLM: as they are extracted, or in a review."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.progress import MofNCompleteColumn, TimeRemainingColumn

from commands.evals.evaluation import index_of
from commands.quiz.quoting import QuoteFinder
from commands.terminal import bar
from eval.case_files.loading import numbered, read_text
from eval.drafts.rewording import Rewriter, is_clumsy
from eval.types import Case
from rag.chat_models.direct import load_direct
from rag.config import Settings
from rag.types import Role
from rag.wiring import Store, build_retriever


def rewriter(settings: Settings, store: Store) -> Rewriter:
    """What rewrites questions about the notes of `store`.

    Raises:
        ModelError: there is no model to ask.
    """
    finder = QuoteFinder(settings, store)
    retriever = build_retriever(settings, store, (Role.NOTE,))
    return Rewriter(load_direct(settings).ask, retriever, lambda case: finder(case).quotes)


def reworded(
    settings: Settings, cases: Iterable[Case], notes: Path, into: Path
) -> tuple[Case, ...]:
    """The cases; questions that a template made clumsily, and `into` does not hold yet, better.

    Ctrl-C leaves the rest as they are.

    Raises:
        ModelError: there is no model to ask, or it failed.
    """
    text = read_text(into) if into.exists() else ""
    known = {case.id for _, case in numbered(text, str(into))}
    everything = list(cases)
    new = [case for case in everything if case.id not in known and is_clumsy(case)]
    if not new:
        return tuple(everything)
    better = rewriter(settings, index_of(settings, [], notes))
    changed = {case.id: case for case in _with_bar(better, new)}
    return tuple(changed.get(case.id, case) for case in everything)


def _with_bar(better: Rewriter, cases: list[Case]) -> Iterator[Case]:
    with bar(MofNCompleteColumn(), TimeRemainingColumn()) as drawn:
        try:
            for case in drawn.track(cases, description="rewording"):
                yield better.reworded(case)
        except KeyboardInterrupt:
            return
