"""The judge of an eval put together: any model that Cribsheet can load, its verdicts kept."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeRemainingColumn

from commands.evals.examinees import NO_MODEL, How, alone
from commands.evals.provenance import model_digest
from commands.terminal import bar
from eval import judging, labels
from eval.judging import Weigh
from eval.types import Run
from rag.answers.writing import Writing
from rag.chat_models.providers import all_named
from rag.config import Settings
from rag.errors import ModelError, SettingsError
from rag.protocols import Writers
from rag.types import Message
from rag.wiring import load_writers

YES_NO = ("yes", "no")

_CHARS_A_TOKEN = 8
"""Of a reply, at which it is cut off: not every server keeps to a number of tokens."""


def judging_by(settings: Settings, how: How, writers: Writers) -> Callable[[Run], Run]:
    """What adds the scores of the judge that `how` names to a run; its model is loaded here.

    Raises:
        SettingsError: it names no model.
        ModelError: the model cannot be loaded.
    """
    own = settings.model_copy(update={"llm": how.judge})
    if any(one.provider == NO_MODEL for one in all_named(own)) or not how.judge.strip():
        raise SettingsError(f"--judge {how.judge!r} names no model; use local or PROVIDER:NAME")
    try:
        if not (how.llm and settings.llm == how.judge):
            writers = load_writers(own)
        writers()
    except ModelError as error:
        raise ModelError(f"--judge {how.judge}: {error}") from None
    name = f"{how.judge} {model_digest(own)}"
    kept = judging.KeptVerdicts(settings.home / "eval" / judging.FILE, fresh=how.fresh)
    reply, weigh = partial(_reply, alone(writers)), _weighing(writers)
    judge = judging.Judge(reply, name, how.votes, kept, weigh=weigh)
    return partial(_with_bar, judge)


def tell(settings: Settings, finished: Run) -> None:
    """How many answers a judge gave no score, and how far it agrees with people."""
    console = Console()
    for line in judging.no_scores(finished):
        console.print(line, highlight=False, markup=False)
    known = labels.Labels(settings.home / "eval" / labels.FILE)
    console.print(judging.render(judging.agreements(finished, known)))


def _reply(
    say: Callable[[Sequence[Message], int], Writing], messages: Sequence[Message], tokens: int
) -> str:
    reply = ""
    with closing(say(messages, tokens)) as pieces:  # else a model goes on, and the next one waits
        for piece in pieces:
            reply += piece
            if len(reply) > tokens * _CHARS_A_TOKEN:
                break
    return reply


def _weighing(writers: Writers) -> Weigh | None:
    """How likely the model finds yes and no; None where it does not tell."""
    asked = writers()[0]
    if asked.score([Message("user", "Yes or no?")], YES_NO) is None:
        return None

    def weigh(messages: Sequence[Message]) -> Sequence[float]:
        asked.start_over(messages[:-1])
        return asked.score(messages, YES_NO) or ()

    return weigh


def _with_bar(judge: judging.Judge, run: Run) -> Run:
    with bar(MofNCompleteColumn(), TimeRemainingColumn()) as drawn:
        task = drawn.add_task("judging", total=len(run.outcomes))
        return judging.judged(run, judge, lambda done, _total: drawn.update(task, completed=done))
