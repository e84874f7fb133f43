"""Cases put to the assistant from the command line: kept as they come, with a bar.

What was answered before is not asked again, and a run that was stopped goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import typer
from rich.progress import MofNCompleteColumn, TextColumn, TimeRemainingColumn

from commands.evals.examinees import NO_MODEL, How, StartsOver, alone, at_once, require_one_model
from commands.evals.explaining import Explainer
from commands.evals.judging import judging_by
from commands.evals.provenance import provenance, setup
from commands.terminal import bar
from eval import posing
from eval.posing import ClosedBook
from eval.protocols import Assistant, OnProgress
from eval.runner import GIVE_UP, Manner, plan_of, run
from eval.runs import Plan, Recording, Runs, key_of
from eval.scorers import scorers_with
from eval.types import Case, Outcome, Run
from rag.config import Settings
from rag.protocols import Writer, Writers
from rag.types import Role
from rag.wiring import Store, build_assistant, build_reader, load_writers

_SHOWN = ("llm", "passages", "prompt_tokens", "wrong_answers", "threads")


def ask_all(home: Path, settings: Settings, store: Store, cases: Sequence[Case], how: How) -> Run:
    """Ask the cases of `store`, and keep the run in `home`.

    Raises:
        SettingsError: what is asked for needs a model, or another one.
        ModelError: the model cannot be loaded.
    """
    used = settings if how.llm else settings.model_copy(update={"llm": NO_MODEL})
    job = _Job(Runs(home), used, store, replace(how, parallel=at_once(used, how)))
    require_one_model(used, how)

    @cache
    def loaded() -> Writers:
        """Loaded only if something is asked: seconds, which known answers need not wait for."""
        return load_writers(used)

    def writers() -> Sequence[Writer]:
        return loaded()()

    assistant = StartsOver(build_assistant(used, store, writers, roles=(Role.NOTE,)), writers)
    explainer = Explainer(used, store, writers)
    explained = explainer.explained
    if how.judge:
        judged = judging_by(settings, how, writers)
        explained = lambda run: judged(explainer.explained(run))  # noqa: E731 (two steps in one)
    asking = _Asking("asking", assistant, writers, explained=explained)
    done, number = job.carried_out(asking, cases)
    if how.closed_book and not done.partial:
        without = ClosedBook(alone(writers), used.llm, posing.exams(cases))
        half = _Asking("closed book", without, writers, number)
        closed, _ = job.carried_out(half, posing.askable(cases))
        done = replace(done, closed_book=closed)
    return done


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who is asked, and under which name; `open_book` is the run that this one is the half of."""

    title: str
    assistant: Assistant
    writers: Writers
    open_book: int | None = None
    explained: Callable[[Run], Run] = posing.scored


@dataclass(frozen=True, slots=True)
class _Job:
    """What all runs of a command have in common."""

    runs: Runs
    settings: Settings
    store: Store
    how: How

    def carried_out(self, asking: _Asking, cases: Sequence[Case]) -> tuple[Run, int]:
        """The run, and the number that it is kept under."""
        plan = self._plan(cases, asking.open_book)
        recording = self.runs.begin(plan)
        if self.runs.notice:
            typer.echo(self.runs.notice, err=True)
        with closing(recording):
            if not recording.is_known:
                asking.writers()
            scorers = scorers_with(build_reader(self.store).likeness)
            manner = Manner(self.how.parallel, self.how.repeats, recording, scorers)
            told = self.how.on_progress
            done = asking.explained(_with_bar(asking, cases, plan.settings, manner, told))
            if not done.partial:
                recording.end(done.outcomes)
        _tell(done, recording)
        kept = replace(
            done,
            provenance={**plan.provenance, **done.provenance},
            id=self.how.name or str(recording.number),
        )
        return kept, recording.number

    def _plan(self, cases: Sequence[Case], open_book: int | None) -> Plan:
        origin = provenance(self.settings, self.store, cases)
        who = setup(self.settings, self.store, origin, [str(posing.__file__)])
        order = plan_of(cases, self.how.repeats)
        keys = [key_of(who, place.case, place.repeat) for place in order]
        used = {name: str(getattr(self.settings, name)) for name in _SHOWN}
        used |= {"closed_book": "yes"} if open_book is not None else {}
        if self.how.judge and open_book is None:
            used |= {"judge": self.how.judge, "votes": str(self.how.votes)}
        return Plan(keys, used, origin, self.how.name, self.how.fresh, open_book)


def _with_bar(
    asking: _Asking,
    cases: Sequence[Case],
    used: Mapping[str, str],
    manner: Manner,
    on_progress: OnProgress | None,
) -> Run:
    columns = (MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left,"))
    with bar(*columns) as drawn:
        task = drawn.add_task(asking.title, total=len(cases) * manner.repeats)

        def advance(outcome: Outcome, done: int, total: int) -> None:
            drawn.update(task, completed=done)
            if on_progress:
                on_progress(outcome, done, total)

        return run(asking.assistant, cases, advance, used, manner)


def _tell(done: Run, recording: Recording) -> None:
    """What is not in the figures: how much of them was known, and how to go on."""
    of = f"{recording.reused} of {done.planned}"
    if recording.reused and recording.resumed:
        typer.echo(f"went on with run {recording.number}, which had {of} answers", err=True)
    elif recording.reused:
        typer.echo(f"{of} answers were given before; --fresh asks anew", err=True)
    if not done.partial:
        return
    last = [one.error for one in done.outcomes[-GIVE_UP:]]
    is_gone = len(last) == GIVE_UP and all(last)
    why = f"the model failed {GIVE_UP} times in a row ({last[-1]})" if is_gone else "stopped"
    typer.echo(
        f"{why}; {len(done.outcomes)} of {done.planned} cases are done and kept, the same command "
        "goes on from there",
        err=True,
    )
