"""Short forms that a text explains, such as "Recurrent Neural Network (RNN)", spelt out.

A short form is taken for explained only where the letters are the initials of the words beside
it, one each ("of" and its like may be skipped): what is guessed here would pass for right. One
that stands for two things in the same texts stands for none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from rag.text.language import STOP_WORDS

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
