"""Is what an answer says in the passages it was given?

Two checks that need no model. A number that stands in no passage and not in the question was made
up. So was an answer of which no word that it adds to the question stands in a passage. A small
model that finds no figure or name likes to invent one, and such an answer is withheld. What this
does not know: a made-up word among right ones, and a number that is right but for something else.
"""

import re
from collections.abc import Sequence

from rag.types import Hit
from rag.words import stems

_CITATION = re.compile(r"\[\d[\d\s,;]*\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_WORD_NUMBERS = {word: str(value) for value, word in enumerate(_WORDS)}
_WORD = re.compile(rf"\b(?:{'|'.join(_WORD_NUMBERS)})\b", re.IGNORECASE)
_YES_OR_NO = stems("yes no not cannot")


def is_invented(answer: str, question: str, passages: Sequence[Hit]) -> bool:
    """True if `answer` holds a number, or nothing but words, that it was not given."""
    said = _CITATION.sub("", answer)
    given = "\n".join(f"{hit.chunk.breadcrumb}\n{hit.chunk.text}" for hit in passages)
    if _digits(said) - _digits(question) - _digits(given) - _spelt(question) - _spelt(given):
        return True
    added = stems(said) - stems(question) - _YES_OR_NO
    return bool(added) and not added & (stems(given) | _spelt(given))


def _digits(text: str) -> frozenset[str]:
    return frozenset(number.replace(",", "") for number in _NUMBER.findall(text))


def _spelt(text: str) -> frozenset[str]:
    """Numbers that are written as words, in digits.

    They count for the passages but not against an answer, where "one" is often no number.
    """
    return frozenset(_WORD_NUMBERS[word.casefold()] for word in _WORD.findall(text))
