"""Does an answer say what a reference says? By words and numbers in a row, and by no model.

What is taken for the same is in tokens.py and aliases.py; words may also be written
apart or together ("fine-tuning", "finetuning"). A row does not count where the answer denies it
("does not support GPUs", "rather than Canvas", "non-linear") unless the question itself says no,
where a number is one end of a range, or where it is the wrong one of "yes" and "no". What this
does not know: other words for the same thing, who does what to whom, and an answer that names the
right thing among wrong ones.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from eval.texts.aliases import spelt_out
from eval.texts.numerals import is_number
from eval.texts.text import parts, shown
from eval.texts.tokens import tokens
from rag.text.language import STOP_WORDS
from rag.text.words import stem

_CLAUSE = re.compile(
    r"[.;:!?,](?=\s|$)|[()\n]|\s[-\u2013\u2014]\s|\u2014"
    r"|\b(?:but|however|while|whereas|although|though|because|since|so)\b",
    re.IGNORECASE,
)


def _stems(words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


_REACH = MappingProxyType(
    dict.fromkeys(_stems("not never neither nor none nicht nie pas jamais"), 8)
    | dict.fromkeys(_stems("no kein keine keinen"), 3)
    | dict.fromkeys(_stems("without unlike except excluding ohne sans"), 2)
)
"""Words that deny, and how many of the words behind them: "does not ...", "no support for GPUs",
"without code"."""

_CONTRAST = _stems("instead rather other opposed")
_CONTRAST_REACH = 3
"""Words that deny with an "of", "than" or "to", and how many words, that one included."""

_NO_DENIAL = _stems("only just more less fewer later longer earlier sooner")
"""Words behind "not" or "no" that deny nothing: "not only", "no more than"."""

_PREFIXES = frozenset("non semi anti un self quasi pseudo".split())
_YES_NO = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class Said:
    """The tokens of an answer, and whether the answer denies what begins there."""

    tokens: tuple[str, ...]
    denied: tuple[bool, ...]


def read(text: str, question: str, known: Mapping[str, str]) -> Said:
    """The words of an answer to `question`, with short forms spelt out as in `known`."""
    found: list[str] = []
    denied: list[bool] = []
    text = spelt_out(shown(text), known)
    for clause in _CLAUSE.split(text):
        row = tokens(clause)
        found += row
        denied += _denied(row)
    if _says_no(tokens(question)):
        denied = [False] * len(found)
    return Said(tuple(found), tuple(denied))


def says(said: Said, reference: str, known: Mapping[str, str]) -> bool:
    """True if the answer says each part of the reference."""
    asked = [tokens(spelt_out(part, known)) for part in parts(reference)]
    every = frozenset(token for row in asked for token in row)
    return all(_holds(said, row, every) for row in asked)


def _holds(said: Said, asked: Sequence[str], every: Collection[str]) -> bool:
    if not asked:
        return False
    if len(asked) == 1 and asked[0] in _YES_NO:
        return _agrees(said.tokens, asked[0])
    return any(
        (length := _length(said.tokens, at, asked))
        and not _is_taken_back(said, at, asked)
        and not _is_end(said, at, length, asked, every)
        for at, token in enumerate(said.tokens)
        if token[0] == asked[0][0]
    )


def _agrees(said: Sequence[str], wanted: str) -> bool:
    """True if the answer begins with the wanted one of "yes" and "no", or ends with it."""
    own = [word for word in (*said[:1], *said[-1:]) if word in _YES_NO]
    return own[:1] == [wanted]


def _is_taken_back(said: Said, at: int, asked: Sequence[str]) -> bool:
    """True if the row at `at` is denied, or made another by a prefix."""
    if said.denied[at] and not _says_no(asked):
        return True
    return said.tokens[max(at - 1, 0) : at] in {(prefix,) for prefix in _PREFIXES}


def _is_end(said: Said, at: int, length: int, asked: Sequence[str], every: Collection[str]) -> bool:
    """True if the row at `at` is an end of a range whose other end is not in `every` part asked."""
    before, after = said.tokens[max(at - 2, 0) : at], said.tokens[at + length :][:2]
    return (is_number(asked[0]) and _is_range(before, every)) or (
        is_number(asked[-1]) and _is_range(after[::-1], every)
    )


def _is_range(around: Sequence[str], every: Collection[str]) -> bool:
    """True for a number and the "to" or "or" between it and the next, read towards that."""
    if len(around) != 2 or around[0] in every:
        return False
    return is_number(around[0]) and around[1] in ("to", "or")


def _length(said: Sequence[str], at: int, asked: Sequence[str]) -> int:
    """How many tokens from `at` on make up `asked`, apart or written together; 0 if none do."""
    if list(said[at : at + len(asked)]) == list(asked):
        return len(asked)
    whole, made = "".join(asked), ""
    if is_number(whole):
        return 0
    for end, token in enumerate(said[at:], start=at + 1):
        made += token
        if len(made) > len(whole) + 1 or is_number(token):
            return 0
        # The stem of "fine" and "tuning", written together, is longer than that of "finetuning".
        if end - at != len(asked) and stem(made) == stem(whole):
            pieces = {*said[at:end]} ^ {*asked}
            # "In active use" is not "inactive use".
            return 0 if pieces & STOP_WORDS else end - at
    return 0


def _denied(row: Sequence[str]) -> list[bool]:
    """For each token of a clause, whether a denial before it reaches it."""
    denied = [False] * len(row)
    for at, word in enumerate(row):
        reach = _reach(row, at, word)
        for place in range(at + 1, min(at + 1 + reach, len(row))):
            denied[place] = True
    return denied


def _reach(row: Sequence[str], at: int, word: str) -> int:
    after = "".join(row[at + 1 : at + 2])
    if word in _CONTRAST and after in ("of", "than", "to"):
        return _CONTRAST_REACH
    return 0 if after in _NO_DENIAL else _REACH.get(word, 0)


def _says_no(row: Sequence[str]) -> bool:
    return any(word in _REACH for word in row)
