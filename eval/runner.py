"""Puts cases to an assistant and scores what it answers. Knows neither models nor stores."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter

from eval.protocols import Assistant, OnProgress
from eval.scorers import SCORERS
from eval.types import Case, Outcome, Run
from rag.errors import ModelError, QuestionError
from rag.types import Answer, Status


def run(
    assistant: Assistant,
    cases: Sequence[Case],
    on_progress: OnProgress | None = None,
    settings: Mapping[str, str] | None = None,
) -> Run:
    """Ask every case once, in order, without history.

    A model that fails on a case or stops in the middle of its answer, and a question that cannot
    be asked, cost that case and no other: it is kept with its error and without scores.
    Ctrl-C ends the run; what is done is kept.

    Args:
        assistant: what is measured.
        cases: with unique ids.
        on_progress: called after each case.
        settings: what the run was made with, for the report; no secrets.
    """
    started_at, begin = datetime.now(UTC), perf_counter()
    outcomes: list[Outcome] = []
    with suppress(KeyboardInterrupt):
        for case in cases:
            outcomes.append(_ask(assistant, case))
            if on_progress:
                on_progress(outcomes[-1], len(outcomes), len(cases))
    seconds = perf_counter() - begin
    return Run(tuple(outcomes), len(cases), started_at, seconds, dict(settings or {}))


def _ask(assistant: Assistant, case: Case) -> Outcome:
    begin = perf_counter()
    try:
        answer = assistant.ask(case.question)
    except (ModelError, QuestionError) as error:
        return Outcome(case, None, {}, perf_counter() - begin, str(error) or type(error).__name__)
    seconds = perf_counter() - begin
    if answer.status is Status.INTERRUPTED:
        return Outcome(case, answer, {}, seconds, answer.notice or "the answer was interrupted")
    return Outcome(case, answer, score(case, answer), seconds)


def score(case: Case, answer: Answer) -> dict[str, float | None]:
    """What every scorer says of the answer, by the scorer's name."""
    return {name: scorer(case, answer) for name, scorer in SCORERS.items()}
