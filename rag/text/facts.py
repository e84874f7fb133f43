"""What of a sentence must be right to the letter: its numbers, and whether it says no.

Nearness of meaning does not see these: "supports" and "does not support" are near each other, and
so are 15 minutes and 42. Limitations: numbers above twelve that are spelt, and negations in other
languages than English, German, French and Spanish.
"""

import re
from functools import lru_cache

from rag.text.words import REMEMBERED, stems

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_SPELT = {word: str(value) for value, word in enumerate(_WORDS)}
_SPELT_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_DIGITS = re.compile(r"[\d.,:]+")
_NO = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|cannot|neither|nor|without|nicht|nie|keine?[nmrs]?|ohne"
    r"|ne|pas|jamais|sans|aucune?|nunca|sin|ningun[oa]?)\b|n['\N{RIGHT SINGLE QUOTATION MARK}]t\b",
    re.IGNORECASE,
)
_PAIRS = re.compile(r"\bne\b(?=.*\b(?:pas|jamais|aucune?)\b)", re.IGNORECASE)
"""The half of a French negation that its other half repeats."""


@lru_cache(maxsize=REMEMBERED)
def numbers(text: str, *, spelt: bool = True) -> frozenset[str]:
    """Numbers as they compare: "1,200" as 1200, "0.50" as 0.5; with `spelt`, "nine" as 9."""
    found = {_plain(number) for number in _NUMBER.findall(text)}
    if spelt:
        found |= {_SPELT[word.casefold()] for word in _SPELT_WORD.findall(text)}
    return frozenset(found)


@lru_cache(maxsize=REMEMBERED)
def content(text: str) -> frozenset[str]:
    """Stems of what `text` is about, and its numbers in digits as they compare."""
    found = (word for word in stems(text) if not _DIGITS.fullmatch(word))
    return frozenset(found) | numbers(text, spelt=False)


def says_no(text: str) -> bool:
    """True if it holds a "not", "never", "without" or the like an odd number of times."""
    return len(_NO.findall(_PAIRS.sub("", text))) % 2 == 1


def asserted(text: str) -> str:
    """`text` without what says no in it: what it says no to."""
    return _NO.sub(" ", _PAIRS.sub(" ", text))


def _plain(number: str) -> str:
    plain = re.sub(r",(?=\d{3}\b)", "", number)
    return plain.rstrip("0").rstrip(".") if plain.count(".") == 1 else plain
