"""What becomes of a run that is kept: looked at case by case, tried again, reported, handed on."""

import difflib
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console

from commands.evals.comparing import run_of
from commands.evals.evaluation import index_of
from commands.evals.exchanging import export
from commands.evals.explaining import Explainer
from eval.case_files import load_cases
from eval.comparison import compare, flips
from eval.data_sets import Asked, asked_in
from eval.reports.document import Compared, write_html
from eval.reports.showing import details, side_by_side
from eval.runner import run as ask
from eval.runs import Runs
from eval.types import Format, Outcome, Run
from rag.config import Settings
from rag.errors import CaseError, SettingsError
from rag.types import Role
from rag.wiring import build_assistant, load_writers

_RESTORED = frozenset({"llm", "passages", "prompt_tokens", "wrong_answers"})
"""Settings of a run that a case of it is asked with again."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is other than in the run, where it is given: the model, and how many passages."""

    llm: str = ""
    passages: int = 0


def show(settings: Settings, which: str, case: str, *, prompt: bool) -> None:
    """Print one case of a run. Raises CaseError if there is none."""
    outcome = outcome_of(Runs(settings.home).run(which), case)
    Console().print(details(outcome, prompt=prompt))


def report(settings: Settings, which: str, path: Path, against: str) -> None:
    """Write a run as HTML, compared with another one where that is wanted.

    Raises:
        CaseError: there is no such run, or the file cannot be written.
        BaselineError: the file to compare with cannot be read.
    """
    runs = Runs(settings.home)
    kept = runs.run(which)
    compared = _compared(run_of(runs, against), kept, against) if against else None
    try:
        write_html(kept, path, compared)
    except OSError as error:
        raise CaseError(f"{path}: cannot be written ({error.strerror}); check the path") from None
    typer.echo(f"written: {path}")


def hand_on(settings: Settings, what: str, to: Format, path: Path) -> None:
    """Write a run, or a file of cases, as a data set of another tool."""
    export(_asked(settings, what), to, path)


def retry(settings: Settings, where: tuple[str, str], notes: Path, changes: Changes) -> None:
    """Ask a case again, with `changes`, and print both answers side by side.

    `where` is the run and the case in it.

    Raises:
        CaseError: there is no such run or case, or its quote is not in the notes any more.
    """
    which, case = where
    kept = Runs(settings.home).run(which)
    before = outcome_of(kept, case)
    after = asked_again(changed(settings, kept, changes), kept, before, notes)
    Console().print(side_by_side(before, after))


def asked_again(used: Settings, kept: Run, before: Outcome, notes: Path) -> Outcome:
    """What becomes of a case of a run with these settings; see `changed`.

    Raises:
        CaseError: a quote of the run is not in the notes any more.
    """
    store = index_of(used, [outcome.case for outcome in kept.outcomes], notes)
    writers = load_writers(used)
    assistant = build_assistant(used, store, writers, roles=(Role.NOTE,))
    explainer = Explainer(used, store, writers)
    return explainer.explained(ask(assistant, [before.case])).outcomes[0]


def outcome_of(kept: Run, case: str) -> Outcome:
    """The first outcome of the case of that id. Raises CaseError, which names what is near."""
    found = next((one for one in kept.outcomes if one.case.id == case), None)
    if found:
        return found
    near = difflib.get_close_matches(case, [one.case.id for one in kept.outcomes], 3, 0)
    meant = f"did you mean {', '.join(near)}?" if near else "it holds none at all"
    raise CaseError(f"there is no case {case!r} in the run {kept.id}; {meant}")


def _compared(before: Run, after: Run, name: str) -> Compared:
    found = compare(before, after)
    if not found:
        raise CaseError(f"the run {after.id} and {name} have no case in common; name another")
    return Compared(name, tuple(found), flips(before, after))


def changed(settings: Settings, kept: Run, changes: Changes) -> Settings:
    """The settings that the run was made with, as far as it kept them, and the changes."""
    wanted = {name: value for name, value in kept.settings.items() if name in _RESTORED}
    wanted |= {"llm": changes.llm} if changes.llm else {}
    wanted |= {"passages": str(changes.passages)} if changes.passages else {}
    try:
        return Settings.model_validate(settings.model_dump() | wanted)
    except ValidationError as error:
        first = error.errors()[0]
        name, value = first["loc"][0], first["input"]
        raise SettingsError(f"{name} was {value!r} in that run: {first['msg']}") from None


def _asked(settings: Settings, what: str) -> list[Asked]:
    path = Path(what)
    if path.suffix == ".jsonl" or path.is_file():
        return [(case, None) for case in load_cases(path)]
    return asked_in(Runs(settings.home).run(what))
