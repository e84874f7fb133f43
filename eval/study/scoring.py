"""What a person answered, scored as the eval scores what a model answers."""

from eval.scorers import SCORERS
from eval.types import Case
from rag.types import Answer, Status, Timings

PERSON = "you"
"""What an answer names in place of a model."""


def score_of(case: Case, text: str) -> float | None:
    """The share of the answer that is right, 0 to 1; None where no scorer can judge it.

    Options are right or wrong. An answer in words that says a reference is right; else the share
    of the facts counts that a whole one has to say, where the case lists these.
    """
    if case.options and case.correct:
        return _scored("choice_accuracy", case, text)
    scores = [_scored(name, case, text) for name in ("reference_match", "facts_said")]
    return max((score for score in scores if score is not None), default=None)


def _scored(name: str, case: Case, text: str) -> float | None:
    answer = Answer(
        question=case.question,
        standalone=case.question,
        text=text,
        status=Status.ANSWERED,
        model=PERSON,
        citations=(),
        hits=(),
        timings=Timings(),
    )
    return SCORERS[name](case, answer)
