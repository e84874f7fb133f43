"""Whether what is cited is what the case quotes."""

from eval.scorers.targets import refused, touches
from eval.types import Case
from rag.types import Answer


def citation_precision(case: Case, answer: Answer) -> float | None:
    """The share of the citations that touch a target's quote."""
    if not (case.targets and answer.citations):
        return None
    right = sum(any(touches(c, target) for target in case.targets) for c in answer.citations)
    return right / len(answer.citations)


def citation_recall(case: Case, answer: Answer) -> float | None:
    """The share of the targets that a citation touches; a refusal owes none."""
    if not case.targets or refused(answer):
        return None
    cited = sum(any(touches(c, target) for c in answer.citations) for target in case.targets)
    return cited / len(case.targets)
