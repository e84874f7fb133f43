"""Whether what should be refused was, and nothing else."""

from eval.scorers.targets import refused
from eval.types import Case
from rag.types import Answer


def refusal_right(case: Case, answer: Answer) -> float | None:
    """1 if a question that the notes do not answer was refused."""
    return None if case.answerable else float(refused(answer))


def refusal_right_quiz_only(case: Case, answer: Answer) -> float | None:
    """The same, of the questions that only an answer key in the notes answers."""
    return refusal_right(case, answer) if case.quiz_only else None


def refusal_wrong(case: Case, answer: Answer) -> float | None:
    """1 if a question that the notes do answer was refused. Lower is better."""
    return float(refused(answer)) if case.answerable else None
