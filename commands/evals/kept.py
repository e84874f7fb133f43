"""What is done with runs that are kept: listed, compared, labelled, looked at case by case, ..."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, RenderableType

from commands.eval_index import index_of
from commands.evals.run import Explainer, show_agreement
from commands.evals.varying import settings_with
from commands.terminal import Typed
from eval.comparison import MARGIN, summarise
from eval.gate import read_baseline
from eval.labels import LABELS_FILE, Labels, to_label
from eval.report import terminal
from eval.report.results import Result, RunComparison
from eval.runner import run_cases as ask
from eval.runs import Runs
from eval.scorers import SCORERS
from eval.types import Outcome, Run
from rag.answer_wiring import build_assistant, load_writers
from rag.config import Settings
from rag.errors import CaseError, SettingsError
from rag.types import Role

_KEYS = "[y] right  [p] partly  [n] wrong  [s]kip  [q]uit"
_LABELS = {"y": "correct", "p": "partly", "n": "wrong"}
_ENDS = {"q", ""}

_RESTORED = ("llm", "passages", "prompt_tokens", "wrong_answers")
"""Settings of a run that a case of it is asked with again."""


def run_of(runs: Runs, which: str) -> Run:
    """A run by its number or name, "latest", or the file that --json or --baseline wrote.

    Raises:
        CaseError: there is none.
        BaselineError: the file cannot be read.
    """
    if which.endswith(".json") or Path(which).is_file():
        return read_baseline(Path(which)).run
    return runs.run(which)


def forget_runs(runs: Runs, which: Sequence[str], *, every: bool) -> str:
    """Delete runs by their numbers or names (all that have that name), or all of them.

    Raises:
        CaseError: there is no such run; none is deleted then.
        SettingsError: neither runs nor all are named.
    """
    infos = runs.listing()
    if bool(which) == every:
        raise SettingsError("name the runs to forget, or --all; crib eval runs lists them")
    gone = [one.id for one in infos] if every else []
    for name in which:
        found = [one.id for one in infos if name in (str(one.id), one.name)]
        gone += found or [runs.number(name)]
    runs.forget(gone)
    return f"forgotten: {len(set(gone))} of {len(infos)} runs"


def compare_runs(before: Run, after: Run, margin: float = MARGIN, name: str = "") -> RunComparison:
    """Two runs side by side. Raises CaseError if they have no case in common."""
    found = RunComparison(before, after, name, margin)
    if not found.rows:
        others = f" ({found.other_cases})" if found.other_cases else ""
        raise CaseError(f"the runs have no case in common that both could judge{others}")
    return found


def run_history(runs: Runs, metric: str, *, every: bool) -> RenderableType:
    """A metric over the runs of the same cases as the latest, or over `every` run.

    Raises:
        SettingsError: there is no such metric.
        CaseError: there are no runs.
    """
    if metric not in SCORERS:
        raise SettingsError(f"there is no metric {metric!r}; known: {', '.join(SCORERS)}")
    infos = [one for one in runs.listing() if one.ended]
    if not infos:
        raise CaseError("there are no runs yet; crib eval makes one")
    same = [one for one in infos if every or one.cases == infos[0].cases]
    points = [(one, summarise(runs.run(str(one.id)))[metric]) for one in reversed(same)]
    return terminal.history_table(metric, points, len(infos) - len(same))


def outcome_of(kept: Run, case: str) -> Outcome:
    """The first outcome of the case of that id. Raises CaseError, which names what is near."""
    found = next((one for one in kept.outcomes if one.case.id == case), None)
    if found:
        return found
    near = difflib.get_close_matches(case, [one.case.id for one in kept.outcomes], 3, 0)
    meant = f"did you mean {', '.join(near)}?" if near else "it holds none at all"
    raise CaseError(f"there is no case {case!r} in the run {kept.id}; {meant}")


def ask_again(
    settings: Settings, kept: Run, before: Outcome, notes: Path, llm: str = "", passages: int = 0
) -> Outcome:
    """What becomes of a case of a run, asked again of `notes`.

    Everything is as in the run, as far as the run kept it, but for the model and the number of
    passages where they are given.

    Raises:
        CaseError: a quote of the run is not in the notes any more.
        SettingsError: a setting of the run is not allowed any more.
    """
    wanted = {name: value for name, value in kept.settings.items() if name in _RESTORED}
    wanted |= {"llm": llm} if llm else {}
    wanted |= {"passages": str(passages)} if passages else {}
    used = settings_with(settings, wanted, "{name} was {value!r} in that run")
    store = index_of(used, [outcome.case for outcome in kept.outcomes], notes)
    writers = load_writers(used)
    assistant = build_assistant(used, store, writers, roles=(Role.NOTE,))
    found = ask(assistant, [before.case])
    return Explainer(used, store, writers).explained(found).outcomes[0]


def result_of(settings: Settings, which: str, against: str = "") -> Result:
    """A run that is kept, compared with another one where `against` names one.

    Raises:
        CaseError: there is no such run, or the two have no case in common.
        BaselineError: the file to compare with cannot be read.
    """
    runs = Runs(settings.home)
    kept = runs.run(which)
    other = compare_runs(run_of(runs, against), kept, name=against) if against else None
    return Result(kept, against=other)


def label(settings: Settings, which: str, typed: Typed) -> None:
    """Show answer after answer of a kept run until all have a label, or `q`; blind.

    What the scorers and a judge say of an answer is not shown before a person has labelled it.

    Raises:
        CaseError: there is no such run.
        SettingsError: labels cannot be written.
    """
    run = Runs(settings.home).run(which)
    path = settings.home / "eval" / LABELS_FILE
    labels, console = Labels(path), Console()
    left = to_label(run, labels)
    done = 0
    for number, outcome in enumerate(left, start=1):
        console.print(terminal.answer_to_label(outcome, f"{number} of {len(left)}"))
        key = typed.key(_KEYS)
        while key not in {*_LABELS, *_ENDS, "s"}:
            key = typed.key(_KEYS)
        if key in _ENDS:
            break
        if key in _LABELS and outcome.answer:
            try:
                labels.put(outcome.case, outcome.answer, _LABELS[key])
            except OSError as error:
                raise SettingsError(
                    f"{path} cannot be written ({error.strerror}); set CRIB_HOME"
                ) from None
            done += 1
    console.print(f"run {run.id}: {done} labelled now, {len(left) - done} without; {path}")
    show_agreement(settings, run)
