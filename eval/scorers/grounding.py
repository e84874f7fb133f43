"""How far what an answer says is carried by what it was given; by the marks the answer came with.

The marks are those of rag/grounding.py, a sentence each, with neither model nor case looked at.
"""

from eval.scorers.targets import refused
from eval.types import Case
from rag.types import Answer, Grounding


def grounded(_case: Case, answer: Answer) -> float | None:
    """The share of the answer's sentences that the passages carry; a refusal says nothing."""
    return _share(answer, Grounding.GROUNDED)


def not_found(_case: Case, answer: Answer) -> float | None:
    """The share of the answer's sentences that are in no passage. Lower is better."""
    return _share(answer, Grounding.NOT_FOUND)


def _share(answer: Answer, mark: Grounding) -> float | None:
    if refused(answer) or not answer.claims:
        return None
    return sum(claim.grounding is mark for claim in answer.claims) / len(answer.claims)
