"""Does an answer say what a reference says? By words and numbers in a row, and by no model.

What is taken for the same is in tokens.py; words may also be written apart or together
("fine-tuning", "finetuning"), and short forms that the texts explain, such as "Recurrent Neural
Network (RNN)", are spelt out. A short form is taken for explained only where its letters are the
initials of the words beside it, one each ("of" and its like may be skipped): what is guessed here
would pass for right. One that stands for two things in the same texts stands for none.

A row does not count where the answer denies it ("does not support GPUs", "rather than Canvas",
"non-linear") unless the question itself says no, where a number is one end of a range, or where it
is the wrong one of "yes" and "no". Limitations: other words for the same thing, who does what to
whom, and an answer that names the right thing among wrong ones.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from eval.texts.tokens import cut_to_show, is_number, parts, tokens
from rag.text.language import STOP_WORDS
from rag.text.words import stem

_SHORT = r"[A-Z][A-Z0-9]{1,7}"
_BEFORE = re.compile(rf"((?:[^\W_][\w'-]*[ \t]+){{1,10}})\(({_SHORT})s?\)")
_AFTER = re.compile(
    rf"\b({_SHORT})s?(?:\s*[(:=]|\s+[-\u2013\u2014]|\s+(?:stands for|means|is short for))\s*"
    r"((?:[^\W_][\w'-]*[ \t]*){1,10})"
)
_WORD = re.compile(r"[^\W_]+")
_MEANINGLESS = re.compile(r"\W+")


def aliases(texts: Iterable[str]) -> dict[str, str]:
    """What the short forms explained in `texts` stand for, by the short form in capitals."""
    found: dict[str, str] = {}
    unclear = set()
    for text in texts:
        for short, long in _explained(text):
            known = found.setdefault(short, long)
            if _bare(known) != _bare(long):
                unclear.add(short)
    return {short: long for short, long in found.items() if short not in unclear}


def spelt_out(text: str, known: Mapping[str, str]) -> str:
    """`text` with its short forms spelt out; those that are also words only where in capitals."""
    for short, long in known.items():
        is_word = short.casefold() in STOP_WORDS or len(short) < 3
        flags = re.NOFLAG if is_word else re.IGNORECASE
        name = rf"{re.escape(long)}s?"
        # What is explained where it stands must not be said twice.
        both = rf"{name}\s*\({short}s?\)|\b{short}s?\s*\({name}\)"
        text = re.sub(both, long, text, flags=re.IGNORECASE)
        text = re.sub(rf"\b{short}(?:s|'s)?\b", long, text, flags=flags)
    return text


@lru_cache(maxsize=4096)
def _explained(text: str) -> tuple[tuple[str, str], ...]:
    before = ((short, _ending(words.split(), short)) for words, short in _BEFORE.findall(text))
    after = ((short, _beginning(words.split(), short)) for short, words in _AFTER.findall(text))
    return tuple((short, long) for short, long in (*before, *after) if long)


def _ending(words: Sequence[str], short: str) -> str:
    """The last of `words` whose initials are `short`; empty if there are none."""
    for start in range(len(words) - 1, -1, -1):
        if _spells(words[start:], short):
            return " ".join(words[start:])
    return ""


def _beginning(words: Sequence[str], short: str) -> str:
    for end in range(1, len(words) + 1):
        if _spells(words[:end], short):
            return " ".join(words[:end])
    return ""


def _spells(words: Sequence[str], short: str) -> bool:
    """True if `short` is made of the initials of `words`, in order, the first and last included."""
    parts = [part.casefold() for word in words for part in _WORD.findall(word)]
    letters = list(short.casefold())
    if len(letters) < 2 or not parts or parts[0][0] != letters[0]:
        return False
    for part in parts:
        if letters and part[0] == letters[0]:
            letters.pop(0)
        elif part not in STOP_WORDS:
            return False
    return not letters and parts[-1] not in STOP_WORDS


def _bare(text: str) -> str:
    return _MEANINGLESS.sub("", text.casefold()).removesuffix("s")


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
class TokenizedAnswer:
    """The tokens of an answer, and whether the answer denies what begins there."""

    tokens: tuple[str, ...]
    denied: tuple[bool, ...]


def tokenize_answer(text: str, question: str, known: Mapping[str, str]) -> TokenizedAnswer:
    """The words of an answer to `question`, with short forms spelt out as in `known`."""
    found: list[str] = []
    denied: list[bool] = []
    text = spelt_out(cut_to_show(text), known)
    for clause in _CLAUSE.split(text):
        row = tokens(clause)
        found += row
        denied += _denied(row)
    if _says_no(tokens(question)):
        denied = [False] * len(found)
    return TokenizedAnswer(tuple(found), tuple(denied))


def says(said: TokenizedAnswer, reference: str, known: Mapping[str, str]) -> bool:
    """True if the answer says each part of the reference."""
    asked = [tokens(spelt_out(part, known)) for part in parts(reference)]
    every = frozenset(token for row in asked for token in row)
    return all(_holds(said, row, every) for row in asked)


def _holds(said: TokenizedAnswer, asked: Sequence[str], every: Collection[str]) -> bool:
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


def _is_taken_back(said: TokenizedAnswer, at: int, asked: Sequence[str]) -> bool:
    """True if the row at `at` is denied, or made another by a prefix."""
    if said.denied[at] and not _says_no(asked):
        return True
    return said.tokens[max(at - 1, 0) : at] in {(prefix,) for prefix in _PREFIXES}


def _is_end(
    said: TokenizedAnswer, at: int, length: int, asked: Sequence[str], every: Collection[str]
) -> bool:
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
