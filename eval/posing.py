"""How a case is put to an assistant, or to a model alone. Kept answers hang on what stands here.

A case is asked after the questions before it, and with its options. Closed-book, the same questions
are put to the same model without any passage: what it knows is not the notes' doing. Only questions
that the notes answer are asked so, and only what the answer says is scored: there is nothing to be
found, cited or refused.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter

from eval.protocols import Assistant
from eval.types import Case, Run
from rag.rewriting import turn_after
from rag.types import Answer, Message, Status, Timings, Turn

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


SYSTEM = "Answer the student's question in one short sentence."
EXAM = "Answer the multiple choice question with the letter of the right option only."
"""Of the second kind are questions with options."""

TOKENS = 200
"""Of an answer at most: as many as one from the notes may have."""

SCORES = frozenset({"reference_match", "token_f1", "facts_said", "choice_accuracy", "similarity"})
"""Metrics that look at nothing but what is said."""

Say = Callable[[Sequence[Message], int], Iterator[str]]
"""Messages, and the most tokens -> the pieces that a model writes to them."""


class ClosedBook:
    """An assistant that has read no notes.

    Args:
        say: its model.
        model: that one's name.
        exams: the questions, as they are put to it, that have options.
    """

    def __init__(self, say: Say, model: str, exams: Collection[str] = ()) -> None:
        self._say = say
        self._model = model
        self._exams = frozenset(exams)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """What the model says by itself. Raises ModelError as the model fails."""
        started = perf_counter()
        text, first = "", None
        system = EXAM if question in self._exams else SYSTEM
        pieces = self._say(messages(system, question, history), TOKENS)
        for piece in pieces:
            first = first or perf_counter() - started
            text += piece
        draft = Answer(question, question, "", Status.ANSWERED, self._model)
        draft = replace(draft, usage=getattr(pieces, "usage", None))
        timings = Timings(first_token=first, total=perf_counter() - started)
        return replace(draft, text=text.strip(), status=Status.ANSWERED, timings=timings)


def messages(system: str, question: str, history: Sequence[Turn]) -> list[Message]:
    """The instruction, what was said before, and the question."""
    before = [
        message
        for turn in history
        for message in (Message("user", turn.question), Message("assistant", turn.answer))
    ]
    return [Message("system", system), *before, Message("user", question)]


def exams(cases: Iterable[Case]) -> frozenset[str]:
    """The questions with options among the cases, as they are put to an assistant."""
    return frozenset(posed(case) for case in cases if case.options)


def askable(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases that an answer without notes can be scored on."""
    return tuple(case for case in cases if case.answerable)


def scored(run: Run) -> Run:
    """The run with those scores alone that look at what was said."""
    return replace(
        run,
        outcomes=tuple(
            replace(one, scores={name: one.scores[name] for name in one.scores if name in SCORES})
            for one in run.outcomes
        ),
    )
