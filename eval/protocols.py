"""The seams of the eval."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from eval.types import Case, Miss, Outcome
from rag.types import Answer, Turn

Scorer = Callable[[Case, Answer], float | None]
"""Higher is better unless eval/scorers.py says otherwise; None if it cannot judge the case."""

Likeness = Callable[[Sequence[str], Sequence[str]], list[list[float]]]
"""Cosines of each of the first texts to each of the others, as `EvidenceReader.likeness`."""

OnProgress = Callable[[Outcome, int, int], None]
"""Called after each case with its outcome, the number done and the number of all."""


class Answered(NamedTuple):
    """An answer of before, the seconds that it took, and why it was missed, as it was seen then."""

    answer: Answer
    seconds: float
    miss: Miss | None = None


class Answerer(Protocol):
    """Answers questions from notes."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The whole answer. Raises ModelError or QuestionError; the latter blames the question."""


class Memory(Protocol):
    """Keeps outcomes as they come, by their place in the run, and knows those of before."""

    def known(self, place: int, case: Case) -> Answered | None:
        """What was answered there before, where nothing that decides it has changed since."""

    def keep(self, place: int, outcome: Outcome) -> None:
        """Keep an outcome: a kill that comes later does not take it back."""
