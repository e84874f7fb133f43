"""What of a sentence must be right to the letter: its numbers, its names, and whether it says no.

Pure, and by rules alone. Nearness of meaning does not see these: "supports" and "does not support"
are near each other, and so are 15 minutes and 42. What this does not know: who does what to whom
("text into speech" holds the words of "speech into text"), numbers above twelve that are spelt, and
negations in languages other than English, French and German.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.text.words import REMEMBERED, STOP_WORDS, stem, stems

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
SPELT = {word: str(value) for value, word in enumerate(_WORDS)}
"""Numbers that are read as words, with their digits."""
_SPELT_WORD = re.compile(rf"\b(?:{'|'.join(SPELT)})\b", re.IGNORECASE)
_COUNTING = re.compile(rf"\b(?:{'|'.join(_WORDS[2:])})\b", re.IGNORECASE)
_WITH_UNIT = re.compile(r"(\d+(?:[.,:]\d+)*)\s*([^\W\d_]+)")
_WORD = re.compile(r"[^\W_](?:[\w.'+#-]*[^\W_])?")
_CLAUSE = re.compile(
    r"[,;:()]|-+>|\b(?:but|however|while|whereas|although|though)\b|(?=\bwithout\b)", re.IGNORECASE
)
_PART = re.compile(r"[,;]|\b(?:and|or|but|if|because|since)\b", re.IGNORECASE)
_NO = re.compile(
    r"\b(?:not|no|never|none|cannot|neither|nor|without|nicht|keine?[nmrs]?|ohne|nie|pas|jamais|sans)\b"
    r"|n['\N{RIGHT SINGLE QUOTATION MARK}]t\b",
    re.IGNORECASE,
)
_UNTRUE = re.compile(
    r"\s*it(?: is|'s) (?:not (?:true|correct|right|the case)|untrue|false|wrong|incorrect) that\b",
    re.IGNORECASE,
)
_SHORT_NO = re.compile(r"(\w+?)n['\N{RIGHT SINGLE QUOTATION MARK}]t\b", re.IGNORECASE)
_DIGITS = re.compile(r"[\d.,:]+")
_YES_OR_NO = re.compile(r"\s*(yes|no)\b[\s,.:;!-]*", re.IGNORECASE)

_SAME = {"permitted": "allowed", "enabled": "on", "raises": "increases", "grows": "increases"}
_OPPOSITE = {
    "forbidden": "allowed",
    "prohibited": "allowed",
    "banned": "allowed",
    "disabled": "on",
    "impossible": "possible",
    "unsupported": "supported",
    "decreases": "increases",
    "reduces": "increases",
    "lowers": "increases",
    "unsupervised": "supervised",
    "unlabeled": "labeled",
    "unlabelled": "labelled",
}
TURNED = {stem(word): (stem(base), True) for word, base in _OPPOSITE.items()} | {
    stem(word): (stem(base), False) for word, base in _SAME.items()
}
"""Stems that another one stands for, and whether it says the opposite."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A clause: the stems of its words, and whether it says no."""

    words: frozenset[str]
    negated: bool


@lru_cache(maxsize=REMEMBERED)
def numbers(text: str, *, spelt: bool = True) -> frozenset[str]:
    """Numbers as they compare: "1,200" as 1200, "0.50" as 0.5; with `spelt`, "nine" as 9."""
    found = {_plain(number) for number in _NUMBER.findall(text)}
    if spelt:
        found |= {SPELT[word.casefold()] for word in _SPELT_WORD.findall(text)}
    return frozenset(found)


@lru_cache(maxsize=REMEMBERED)
def content(text: str, *, spelt: bool = True) -> frozenset[str]:
    """Stems of what `text` is about, and its numbers as they compare."""
    found = (word for word in stems(text) if not _DIGITS.fullmatch(word))
    return frozenset(found) | numbers(text, spelt=spelt)


def counted(text: str) -> frozenset[tuple[str, str]]:
    """Numbers with the stem of the word behind them: what is counted, or the unit.

    Numbers from two on may be spelt; "one" mostly counts nothing.
    """
    pairs = _WITH_UNIT.findall(_COUNTING.sub(lambda word: SPELT[word[0].casefold()], text))
    return frozenset((_plain(n), stem(w.casefold())) for n, w in pairs if w not in STOP_WORDS)


def names(text: str) -> frozenset[str]:
    """Stems of words that a capital marks as names; of the first word only if it has more.

    Whether the first word of a sentence is a name its capital does not say.
    """
    found = []
    for place, word in enumerate(_WORD.findall(text)):
        inner = any(c.isupper() for c in word[1:]) or (word[0].isalpha() and _has_digit(word))
        if inner or (place and word[0].isupper()):
            found.append(word)
    return frozenset(name for word in found for name in stems(word)) - numbers(text)


def statements(text: str) -> Iterator[Statement]:
    """The clauses of `text` that say anything."""
    for clause in _CLAUSE.split(text):
        turned = [TURNED.get(word, (word, False)) for word in stems(clause)]
        words = frozenset(word for word, _ in turned) - {"not", "no", "never", "none", "cannot"}
        if words:
            flips = len(_NO.findall(clause)) + sum(opposite for _, opposite in turned)
            yield Statement(words, flips % 2 == 1)


def says_no(text: str) -> bool:
    """True if it holds a "not", "never", "without" or the like, wherever."""
    return bool(_NO.search(text))


def parts(text: str) -> list[frozenset[str]]:
    """Stems of what `text` says one after the other: "A and B", "A, if B"; of two words or more."""
    found = [content(part, spelt=False) for part in _PART.split(text)]
    return [part for part in found if len(part) > 1]


def spelled_out(claim: str, question: str) -> str:
    """What `claim` says without its "yes" or "no": one that is nothing else says what was asked.

    "It is not true that" says no to each clause that follows it.
    """
    claim = _SHORT_NO.sub(r"\1 not", claim)
    if untrue := _UNTRUE.match(claim):
        return "not" + _CLAUSE.sub(lambda found: f"{found[0]} not ", claim[untrue.end() :])
    said = _YES_OR_NO.match(claim)
    if not said:
        return claim
    rest = claim[said.end() :]
    if stems(rest):
        return rest
    return question if said[1].casefold() == "yes" else f"not {question}"


def _plain(number: str) -> str:
    plain = re.sub(r",(?=\d{3}\b)", "", number)
    return plain.rstrip("0").rstrip(".") if plain.count(".") == 1 else plain


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)
