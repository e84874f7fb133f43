"""Who is asked in an eval, and how: by turns or together, with the notes and without."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.protocols import Assistant, OnProgress
from eval.runs import LATEST
from rag.answers.writing import Writing
from rag.chat_models.providers import all_named
from rag.config import Settings
from rag.errors import ModelError, SettingsError
from rag.protocols import Writers
from rag.types import Answer, Message, Turn

NO_MODEL = "none"
FAR_AT_ONCE = 4
"""Questions put to a hosted model together: what most providers let anybody ask."""


@dataclass(frozen=True, slots=True)
class How:
    """How cases are asked: by the model of the settings or without one, and what is kept of it.

    `parallel` is how many at once, 0 for what suits whoever answers; `fresh` asks anew what was
    answered before. `judge` names the model that judges the answers, in so many `votes` each.
    `on_progress` is told of each case.
    """

    llm: bool = False
    closed_book: bool = False
    name: str = ""
    fresh: bool = False
    parallel: int = 0
    repeats: int = 1
    judge: str = ""
    votes: int = 3
    on_progress: OnProgress | None = None

    def __post_init__(self) -> None:
        """Raise SettingsError for a name by which the run could not be found again."""
        if self.name.isdigit() or self.name == LATEST or self.name.endswith(".json"):
            raise SettingsError(
                f"--name {self.name}: a number, {LATEST} and a file mean other runs; choose another"
            )


def at_once(settings: Settings, how: How) -> int:
    """How many questions are under way together.

    Raises:
        SettingsError: more are wanted than whoever answers takes.
    """
    models = [one for one in all_named(settings) if one.provider != NO_MODEL]
    if how.parallel > 1 and any(one.is_in_process for one in models):
        raise SettingsError(
            f"--parallel {how.parallel}: the model in this process answers one question after "
            "another; leave it out"
        )
    if how.parallel:
        return how.parallel
    is_far = bool(models) and not any(one.stays_here for one in models)
    return FAR_AT_ONCE if is_far else 1


class StartsOver:
    """An assistant whose answers do not hang on what was asked before, nor so on the order."""

    def __init__(self, assistant: Assistant, writers: Writers) -> None:
        self._assistant = assistant
        self._writers = writers

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """What the assistant answers."""
        self._writers()[0].start_over()
        return self._assistant.ask(question, history)


def require_one_model(settings: Settings, how: How) -> None:
    """A run without passages needs one model: another's knowledge is another's."""
    if not how.closed_book:
        return
    models = all_named(settings)
    if not any(one.provider != NO_MODEL for one in models):
        raise SettingsError(
            "--closed-book asks a model without the notes, and no model is asked here; add --llm "
            "(and let CRIB_LLM name one, such as local)"
        )
    if len(models) > 1:
        raise SettingsError(f"--closed-book needs one model, CRIB_LLM={settings.llm} names several")


def alone(writers: Writers) -> Callable[[Sequence[Message], int], Writing]:
    """The model without any passages."""

    def say(messages: Sequence[Message], tokens: int) -> Writing:
        asked = writers()[0]
        if asked.prompts is None:
            raise ModelError(f"{asked.name} cannot be asked without passages")
        asked.start_over(messages[:1])
        return asked.generate(messages, tokens)

    return say
