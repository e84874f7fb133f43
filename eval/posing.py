"""How a case is put to an assistant: after the questions before it, and with its options."""

from collections.abc import Sequence

from eval.protocols import Assistant
from eval.types import Case
from rag.rewriting import turn_after
from rag.types import Answer, Turn

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def posed(case: Case) -> str:
    """The question; of an exam question with its options behind it, each under its letter."""
    if not case.options:
        return case.question
    named = (f"{letter}. {one}" for letter, one in zip(LETTERS, case.options, strict=False))
    return "\n".join([case.question, *named])


def history_of(assistant: Assistant, case: Case) -> Sequence[Turn]:
    """The questions that the case follows up on, asked, each with those before as its history.

    Raises what the assistant raises.
    """
    history: list[Turn] = []
    for question in case.before:
        history.append(turn_after(assistant.ask(question, tuple(history))))
    return tuple(history)


def asked(assistant: Assistant, case: Case, history: Sequence[Turn]) -> Answer:
    """The answer to the case itself. Raises what the assistant raises."""
    return assistant.ask(posed(case), history)
