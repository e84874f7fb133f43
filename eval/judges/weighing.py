"""A judge's yes or no, read off how it weighs its first token: for small models in the process.

A model of 1.5 billion parameters that is asked for a quote and one of three words says "partly" to
most answers and quotes what is not there. Asked for yes or no it says yes too soon, but how surely
tells right from wrong: so the verdict is its probability of yes, against a limit.
"""

import math
from collections.abc import Callable, Sequence

from eval.judges.rubrics import Vote
from eval.texts.text import parts, shown
from eval.types import Case
from rag.types import Answer, Message

SURE = 0.75
"""Probability of yes from which an answer is right; see docs/eval-metrics.md for how it was set."""

LEAST = 0.5
"""Probability of yes and no together below which the model has said neither."""

Weigh = Callable[[Sequence[Message]], Sequence[float]]
"""Messages -> how likely the reply begins with yes, and with no: log-probabilities, in nats.

Raises ModelError as the model fails."""

_SYSTEM = """\
You mark the answers of students. Does the student's answer say what a right answer says, in \
whatever words? Reply yes or no."""

_TIDES = ("What causes the tides?", "the moon", "Tides: the moon pulls at the sea")
_RINGS = ("Which planet has rings?", "Saturn or Uranus", "Saturn and Uranus have rings")
_PLANTS = (
    "What do plants take up?",
    "water and carbon dioxide",
    "Plants take up water and carbon dioxide",
)
_EXAMPLES = (
    (*_TIDES, "It is mostly the moon.", "yes"),
    (*_TIDES, "The wind makes them.", "no"),
    (*_RINGS, "Uranus.", "yes"),
    (*_PLANTS, "They take up nutrients from the soil.", "no"),
)


def weighed(case: Case, answer: Answer, turn: int) -> list[Message]:
    """What the judge is sent for its vote number `turn`, from 0: the examples in another order."""
    start = turn % len(_EXAMPLES)
    examples = [
        message
        for question, right, note, said, verdict in _EXAMPLES[start:] + _EXAMPLES[:start]
        for message in (
            Message("user", _material(question, right, note, said)),
            Message("assistant", verdict),
        )
    ]
    right = "; or: ".join(" and ".join(parts(reference)) for reference in case.references)
    note = " / ".join(target.quote for target in case.targets) or "-"
    said = shown(answer.text).strip()
    return [
        Message("system", _SYSTEM),
        *examples,
        Message("user", _material(case.question, right, note, said)),
    ]


def verdict(likely: Sequence[float]) -> Vote | None:
    """The vote by how likely yes and no are, 1 for yes and 0 for no; None if it is neither."""
    yes, no = map(math.exp, likely)
    if yes + no < LEAST:
        return None
    is_yes = yes >= SURE * (yes + no)
    return Vote("yes" if is_yes else "no", float(is_yes), "")


def _material(question: str, right: str, note: str, said: str) -> str:
    return (
        f"Question: {question}\nRight answers: {right}\nNote: {note}\n"
        f"Student's answer: {said}\n\nYes or no?"
    )
