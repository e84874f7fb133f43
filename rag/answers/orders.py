"""How likely a model holds each option, whatever order the options stand in.

A small model leans towards a letter or a place, so that the same options in another order get
another answer. Each option is put in each place in turn, and what the model says is averaged:
Zheng and others 2024, "Large Language Models Are Not Robust Multiple Choice Selectors", who average
probabilities; logarithms are averaged here, as they are added to what the notes say.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from rag.answers.options import Choices

MOST_DOUBT = 4.0
"""Nats by which a model can be against an option: notes may say what it does not believe."""

Letters = Callable[[Choices], Sequence[float] | None]
"""The logarithm of each label's probability; None if that is not known."""


def leanings(likely: Sequence[float]) -> list[float]:
    """What a model thinks of each option beside its favourite, in nats: 0 or less."""
    best = max(likely)
    return [max(one - best, -MOST_DOUBT) for one in likely]


def in_every_place(letters: Letters, choices: Choices, first: Sequence[float]) -> list[float]:
    """The mean of `leanings` over the turns of the options, `first` being that of none.

    Only as many turns as are told; raises what `letters` raises.
    """
    told = [leanings(first), *_turned(letters, choices)]
    return [fmean(of_one) for of_one in zip(*told, strict=True)]


def _turned(letters: Letters, choices: Choices) -> Iterator[list[float]]:
    """Leanings, in the order of `choices`, with its options moved on by one place, two, ..."""
    count = len(choices.options)
    for by in range(1, count):
        options = (*choices.options[by:], *choices.options[:by])
        likely = letters(replace(choices, options=options))
        if likely is None:
            return
        yield leanings([likely[(place - by) % count] for place in range(count)])
