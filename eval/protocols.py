"""The seams of the eval."""

from collections.abc import Callable
from typing import Protocol

from eval.types import Case, Outcome
from rag.types import Answer

Scorer = Callable[[Case, Answer], float | None]
"""Higher is better unless eval/scorers/ says otherwise; None if it cannot judge the case."""

OnProgress = Callable[[Outcome, int, int], None]
"""Called after each case with its outcome, the number done and the number of all."""


class Assistant(Protocol):
    """Answers questions from notes."""

    def ask(self, question: str) -> Answer:
        """The whole answer. Raises ModelError or QuestionError; the latter blames the question."""
