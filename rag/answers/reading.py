"""Does a language model find the answer in the passages? Read off its first token.

A model that is told to reply `Not in the notes.` where no note states the answer weighs that
reply against all others with its very first token, and the weight says more than what it then
writes: it knows "perhaps". What this does not know: a model that is sure and wrong.
"""

import math
from collections.abc import Mapping, Sequence

from rag.prompts import REFUSAL

UNLIKELY = -25.0
"""The logarithm for a label that is not among the likeliest tokens."""


def refusal_chance(tokens: Mapping[str, float]) -> float:
    """The probability of a refusal, by the log-probabilities of the likeliest first tokens."""
    begun = (chance for token, chance in tokens.items() if _begins(token.strip()))
    return min(1.0, sum(map(math.exp, begun)))


def label_chances(labels: Sequence[str], tokens: Mapping[str, float]) -> list[float]:
    """The log-probability of each label as the first token, by those of the likeliest."""
    likely: dict[str, float] = {}
    for token, chance in sorted(tokens.items(), key=lambda one: one[1]):
        likely[token.strip()] = chance  # the best of "A" and " A" last
    return [likely.get(label, UNLIKELY) for label in labels]


def yes_over_no(tokens: Mapping[str, float]) -> float | None:
    """By how many nats "Yes" is likelier than "No", by the log-probabilities of first tokens.

    None where another token is the likeliest, which then says more.
    """
    yes, no = label_chances(("Yes", "No"), tokens)
    return yes - no if max(yes, no) >= max(tokens.values(), default=0.0) else None


def _begins(token: str) -> bool:
    """True of "Not" and its like. "No" is what yes-or-no questions are answered with."""
    return len(token) > 2 and REFUSAL.casefold().startswith(token.casefold())
