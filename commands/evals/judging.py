"""The judge of an eval put together: any model that Cribsheet can load, its verdicts kept."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from langchain_core.messages.utils import convert_to_messages
from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeRemainingColumn

from commands.evals.examinees import NO_MODEL, How, alone
from commands.evals.provenance import model_digest
from commands.terminal import bar
from eval.closed_book import Message, Say
from eval.judges import agreement, judging, labels, verdicts
from eval.judges.weighing import Weigh
from eval.types import Run
from rag.answering import ChatAnswerer
from rag.chat_models.providers import all_named
from rag.config import Settings
from rag.errors import ModelError, SettingsError
from rag.protocols import Answerer
from rag.wiring import Store, load_answerer

_CHARS_A_TOKEN = 8
"""Of a reply, at which it is cut off: not every server keeps to a number of tokens."""


def judging_by(
    settings: Settings, store: Store, how: How, answerer: Callable[[], Answerer]
) -> Callable[[Run], Run]:
    """What adds the scores of the judge that `how` names to a run; its model is loaded here.

    Raises:
        SettingsError: it names no model.
        ModelError: the model cannot be loaded.
    """
    own = settings.model_copy(update={"llm": how.judge})
    if any(one.provider == NO_MODEL for one in all_named(own)) or not how.judge.strip():
        raise SettingsError(f"--judge {how.judge!r} names no model; use local or PROVIDER:NAME")
    if not (how.llm and settings.llm == how.judge):
        answerer = cache(partial(load_answerer, own, store))
    try:
        answerer()
    except ModelError as error:
        raise ModelError(f"--judge {how.judge}: {error}") from None
    name = f"{how.judge} {model_digest(own)}"
    kept = verdicts.KeptVerdicts(settings.home / "eval" / verdicts.FILE, fresh=how.fresh)
    reply, weigh = partial(_reply, alone(answerer)), _weighing(answerer)
    judge = judging.Judge(reply, name, how.votes, kept, weigh=weigh)
    return partial(_with_bar, judge)


def tell(settings: Settings, finished: Run) -> None:
    """How many answers a judge gave no score, and how far it agrees with people."""
    console = Console()
    for line in agreement.no_scores(finished):
        console.print(line, highlight=False, markup=False)
    known = labels.Labels(settings.home / "eval" / labels.FILE)
    console.print(agreement.render(agreement.agreements(finished, known)))


def _reply(say: Say, messages: Sequence[Message], tokens: int) -> str:
    reply = ""
    for piece in say(messages, tokens):
        reply += piece
        if len(reply) > tokens * _CHARS_A_TOKEN:
            break
    return reply


def _weighing(answerer: Callable[[], Answerer]) -> Weigh | None:
    """How the model weighs its first tokens; None where it does not tell."""
    asked = answerer()
    if not isinstance(asked, ChatAnswerer) or (tokens := asked.first_tokens) is None:
        return None

    def weigh(messages: Sequence[Message]) -> Mapping[str, float]:
        said = convert_to_messages(list(messages))
        asked.start_over(said[:-1])
        return tokens(said)

    return weigh


def _with_bar(judge: judging.Judge, run: Run) -> Run:
    with bar(MofNCompleteColumn(), TimeRemainingColumn()) as drawn:
        task = drawn.add_task("judging", total=len(run.outcomes))
        return judging.judged(run, judge, lambda done, _total: drawn.update(task, completed=done))
