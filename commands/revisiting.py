"""What becomes of a run that is kept: shown case by case, tried again, reported, handed on."""

import difflib
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from commands.evaluation import index_of
from commands.exchanging import export
from commands.explaining import Explainer
from eval.exchange import Asked, asked_in
from eval.loading import load_cases
from eval.report import render, write_json
from eval.runner import run as ask
from eval.runs import Runs
from eval.showing import details, side_by_side
from eval.types import Format, Outcome, Run
from rag.config import Settings
from rag.errors import CaseError
from rag.types import Role
from rag.wiring import build_assistant, load_answerer


@dataclass(frozen=True, slots=True)
class Changes:
    """What is other than in the run, where it is given: the model, and how many passages."""

    llm: str = ""
    passages: int = 0


def show(settings: Settings, which: str, case: str, *, prompt: bool) -> None:
    """Print a run, or one case of it. Raises CaseError if there is none."""
    kept = Runs(settings.home).run(which)
    shown = details(outcome_of(kept, case), prompt=prompt) if case else render(kept)
    Console().print(shown)


def report(settings: Settings, which: str, html: Path | None, json: Path | None) -> None:
    """Print the report of a run again, and write it where that is wanted."""
    kept = Runs(settings.home).run(which)
    Console().print(render(kept))
    if json:
        write_json(kept, json)
        typer.echo(f"written: {json}")
    if html:
        from eval.document import write_html

        write_html(kept, html)
        typer.echo(f"written: {html}")


def hand_on(settings: Settings, what: str, to: Format, path: Path) -> None:
    """Write a run, or a file of cases, as a data set of another tool."""
    export(_asked(settings, what), to, path)


def retry(settings: Settings, which: str, case: str, notes: Path, changes: Changes) -> None:
    """Ask one case of a run again, with `changes`, and print both answers side by side.

    Raises:
        CaseError: there is no such run or case, or its quote is not in the notes any more.
    """
    kept = Runs(settings.home).run(which)
    before = outcome_of(kept, case)
    used = _changed(settings, kept, changes)
    store = index_of(used, [outcome.case for outcome in kept.outcomes], notes)
    answerer = load_answerer(used, store)
    assistant = build_assistant(used, store, lambda: answerer, roles=(Role.NOTE,))
    explainer = Explainer(used, store, lambda: answerer)
    after = explainer.explained(ask(assistant, [before.case])).outcomes[0]
    Console().print(side_by_side(before, after))


def outcome_of(kept: Run, case: str) -> Outcome:
    """The first outcome of the case of that id. Raises CaseError, which names what is near."""
    found = next((one for one in kept.outcomes if one.case.id == case), None)
    if found:
        return found
    near = difflib.get_close_matches(case, [one.case.id for one in kept.outcomes], 3, 0)
    meant = f"; did you mean {', '.join(near)}?" if near else ", it holds none at all"
    raise CaseError(f"there is no case {case!r} in the run {kept.id}{meant}")


def _changed(settings: Settings, kept: Run, changes: Changes) -> Settings:
    """The settings that the run was made with, as far as it kept them, and the changes."""
    wanted = {name: value for name, value in kept.settings.items() if name in _RESTORED}
    if changes.llm:
        wanted["llm"] = changes.llm
    if changes.passages:
        wanted["passages"] = str(changes.passages)
    known = settings.model_dump(exclude=set(wanted))
    return type(settings)(**known, **wanted)


_RESTORED = frozenset({"llm", "passages", "prompt_tokens", "wrong_answers"})


def _asked(settings: Settings, what: str) -> list[Asked]:
    path = Path(what)
    if path.suffix == ".jsonl" or path.is_file():
        return [(case, None) for case in load_cases(path)]
    return asked_in(Runs(settings.home).run(what))
