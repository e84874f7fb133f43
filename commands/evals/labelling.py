"""`crib eval label`: answers on the terminal, one at a time, judged with a key; blind.

What the scorers and a judge say of an answer is not shown before a person has said it.
"""

from rich.console import Console
from rich.text import Text

from commands.evals.judging import tell
from commands.terminal import Typed
from eval.labels import FILE, Labels, to_label
from eval.runs import Runs
from eval.texts.text import one_line, parts
from eval.types import Outcome
from rag.config import Settings
from rag.errors import SettingsError

KEYS = "[y] right  [p] partly  [n] wrong  [s]kip  [q]uit"
_LABELS = {"y": "correct", "p": "partly", "n": "wrong"}
_ENDS = {"q", ""}


def label(settings: Settings, which: str, typed: Typed) -> None:
    """Show answer after answer of a kept run until all have a label, or `q`.

    Raises:
        CaseError: there is no such run.
        SettingsError: labels cannot be written.
    """
    run = Runs(settings.home).run(which)
    path = settings.home / "eval" / FILE
    labels, console = Labels(path), Console()
    left = to_label(run, labels)
    done = 0
    for number, outcome in enumerate(left, start=1):
        _show(console, outcome, f"{number} of {len(left)}")
        key = _key(typed)
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
    tell(settings, run)


def _key(typed: Typed) -> str:
    while (key := typed.key(KEYS)) not in {*_LABELS, *_ENDS, "s"}:
        pass
    return key


def _show(console: Console, outcome: Outcome, place: str) -> None:
    case, answer = outcome.case, outcome.answer
    console.print()
    console.print(Text(f"{place}  {one_line(case.question)}", style="bold"))
    for name, option in zip("ABCDEFGHIJKLMNOP", case.options, strict=False):
        console.print(Text(f"  {name}. {one_line(option)}"))
    right = "; or: ".join(" and ".join(parts(one)) for one in case.references)
    console.print(Text(f"  right:  {right}"))
    for target in case.targets:
        console.print(Text(f"  note:   {one_line(target.quote)}"))
    said = answer.text if answer else ""
    # What a model writes must not steer the terminal.
    shown = "".join(one if one.isprintable() or one == "\n" else " " for one in said)
    console.print(Text(f"  answer: {shown}"))
