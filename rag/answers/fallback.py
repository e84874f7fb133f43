"""Several answerers, in the order in which a person wants to be answered by them."""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TypeVar

from rag.answers.options import Choices
from rag.answers.rephrasing import Rephraser
from rag.answers.writing import Outcome, Writing
from rag.errors import ModelError, ModelServerError
from rag.protocols import Answerer, Choosing, Doubting, Leaning
from rag.types import Evidence, Hit, Status, Style, Turn

T = TypeVar("T")

REST = 60.0
"""Seconds for which one that failed is asked only after the others."""


class Choice:
    """An answerer that is loaded once it is needed; `load` raises ModelError if it cannot be."""

    def __init__(self, name: str, load: Callable[[], Answerer]) -> None:
        self.name = name
        self.failure = ""
        self._load = load
        self.loaded: Answerer | None = None
        self._lock = threading.Lock()
        self._failed_at = float("-inf")

    def answerer(self) -> Answerer:
        """The answerer, loaded by the first who asks. Raises ModelError."""
        with self._lock:
            if self.loaded is None:
                self.loaded = self._load()
            return self.loaded

    def fail(self, error: ModelError) -> None:
        """Let it rest, and remember why."""
        self.failure, self._failed_at = str(error), time.monotonic()

    @property
    def is_resting(self) -> bool:
        """True for a while after it failed."""
        return time.monotonic() - self._failed_at < REST


class Fallback:
    """Asks the first; where it fails before its first word, the next, and says so.

    Which one answers just now, `model`, `status` and `notice` say; of a single answer its Writing.
    """

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._choices = tuple(choices)

    def settle(self) -> None:
        """Load the first that can be had.

        Raises:
            ModelError: none can.
        """
        for choice in self._choices:
            try:
                choice.answerer()
                return
            except ModelError as error:
                choice.fail(error)
        raise ModelError("; ".join(choice.failure for choice in self._choices))

    @property
    def model(self) -> str:
        """What reads the notes just now."""
        return self._now().model

    @property
    def status(self) -> Status:
        """What an answer of just now is."""
        return self._now().status

    @property
    def notice(self) -> str:
        """Why it is not the first who answers just now."""
        return self._now().notice

    def _now(self) -> Outcome:
        choice = self._in_order()[0]
        if choice.loaded is None:
            return Outcome(choice.name, Status.ANSWERED)
        return self._outcome(choice, choice.loaded)

    def given(self, evidence: Evidence) -> Sequence[Hit]:
        """What the one that reads most of them reads: it is not known yet who will answer."""
        loaded = [choice.loaded for choice in self._choices if choice.loaded]
        return max((one.given(evidence) for one in loaded), key=len, default=evidence.passages)

    def doubt(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> float | None:
        """As the first has it who can be asked; None where that one cannot tell, or nobody can.

        Whoever fails at that is asked last by `stream` too, which tells why where all fail.
        """

        def ask(one: Answerer) -> float | None:
            return one.doubt(evidence, history, style) if isinstance(one, Doubting) else None

        return self._told(ask)

    def leaning(self, evidence: Evidence, style: Style = Style.SHORT) -> float | None:
        """As `doubt`."""
        return self._told(
            lambda one: one.leaning(evidence, style) if isinstance(one, Leaning) else None
        )

    def letters(self, choices: Choices) -> Sequence[float] | None:
        """As `doubt`."""
        return self._told(lambda one: one.letters(choices) if isinstance(one, Choosing) else None)

    def _told(self, ask: Callable[[Answerer], T | None]) -> T | None:
        """What the first says of itself who can be asked."""
        for choice in self._in_order():
            try:
                return ask(choice.answerer())
            except ModelError as error:
                choice.fail(error)
        return None

    def rephrase(self, question: str, history: Sequence[Turn]) -> str:
        """As the one has it who answers just now; empty if it cannot."""
        now = self._in_order()[0].loaded
        if now and isinstance(now, Rephraser):
            return now.rephrase(question, history)
        return ""

    def stream(
        self, evidence: Evidence, history: Sequence[Turn], style: Style = Style.SHORT
    ) -> Iterator[str]:
        """Pieces of the answer of the first who begins to answer.

        Raises:
            ModelError: the one that had begun failed; or all did.
        """

        def pieces(writing: Writing) -> Generator[str, None, None]:
            for choice in self._in_order():
                begun = False
                try:
                    answerer = choice.answerer()
                    theirs = answerer.stream(evidence, history, style)
                    outcome = self._outcome(choice, answerer)
                    with closing(_passed_on(theirs, writing, outcome)) as passed:
                        for piece in passed:
                            begun = True
                            yield piece
                    return
                except ModelError as error:
                    choice.fail(error)
                    if begun:
                        raise
            raise ModelServerError("; ".join(choice.failure for choice in self._choices))

        first = self._in_order()[0]
        return Writing(Outcome(first.name, Status.ANSWERED), pieces)

    def _in_order(self) -> list[Choice]:
        return sorted(self._choices, key=lambda choice: choice.is_resting)

    def _outcome(self, choice: Choice, answerer: Answerer) -> Outcome:
        before = self._choices[: self._choices.index(choice)]
        failed = [one.failure for one in before if one.is_resting]
        notice = f"{'; '.join(failed)}; instead: {choice.name}" if failed else ""
        return Outcome(answerer.model, answerer.status, notice or answerer.notice)


def _passed_on(
    pieces: Iterator[str], writing: Writing, outcome: Outcome
) -> Generator[str, None, None]:
    """Pieces of an answerer, with its outcome told as that of `writing`."""
    writing.outcome = outcome
    try:
        yield from pieces
    finally:
        writing.outcome = _with_usage(outcome, pieces)
        getattr(pieces, "close", lambda: None)()


def _with_usage(outcome: Outcome, pieces: Iterator[str]) -> Outcome:
    theirs = getattr(pieces, "outcome", None)
    return replace(outcome, usage=theirs.usage) if isinstance(theirs, Outcome) else outcome
