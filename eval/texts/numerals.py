"""Numbers as people write them -> their value: digits, words and both, such as "2 million"."""

import re
from collections.abc import Sequence
from decimal import Decimal
from types import MappingProxyType

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = MappingProxyType(
    {word: value for value, word in enumerate(_ONES)}
    | {word: 10 * value for value, word in enumerate(_TENS, start=2)}
    | {"single": 1}
)
LARGE = MappingProxyType(
    {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000}
)
"""Words that multiply the number before them; "k" stands right behind its digits."""

_BEFORE_NO_NUMBER = frozenset("no any every each some that which another other this".split())
_AFTER_NO_NUMBER = frozenset("of another that which who whose is can".split())
"""Words around a "one" that counts nothing."""


def is_number(token: str) -> bool:
    """True for a number as `value` writes it."""
    return token.startswith("#")


def value(digits: str, *, is_decimal: bool) -> str:
    """`#` and the number, without what does not change it: "1,000" as `#1000`, "5.0" as `#5`.

    3.10 may be a version, which is not 3.1, so its zero is kept unless the number `is_decimal`,
    as one with a unit is. 1.2.3 is kept as it is; a comma before one or two digits is a point.
    """
    plain = re.sub(r"[, ](?=\d{3})", "", digits).replace(",", ".")
    if plain.count(".") > 1:
        return f"#{plain}"
    number = Decimal(plain)
    if is_decimal or number == number.to_integral_value() or plain.startswith("0"):
        plain = f"{number.normalize():f}"
    return f"#{plain}"


def numeral(words: Sequence[str], start: int) -> tuple[str, int]:
    """The number that begins at `start`, and the place behind it; empty, and `start`, if none does.

    "two hundred and fifty", "2 million", "a thousand"; a number in digits alone is kept.
    """
    total, part, at = Decimal(0), Decimal(0), start
    while at < len(words):
        word = words[at]
        if word in _SMALL and _goes_on(part, _SMALL[word]) and not _counts_nothing(words, at):
            part += _SMALL[word]
        elif is_number(word) and at == start and word.count(".") < 2:
            part = Decimal(word[1:])
        elif word in LARGE and (at > start or word != "k"):
            part = (part or Decimal(1)) * LARGE[word]
            if LARGE[word] > 100:
                total, part = total + part, Decimal(0)
        elif not (at > start and _is_and(words, at)):
            break
        at += 1
    if at == start + 1 and is_number(words[start]):
        return words[start], at
    return (f"#{(total + part).normalize():f}" if at > start else ""), at


def _goes_on(part: Decimal, small: int) -> bool:
    """True if "five" may follow what was read: after "twenty" and "hundred", not after "six"."""
    last = part % 100
    return last == 0 or (last >= 20 and last % 10 == 0 and 0 < small < 10)


def _is_and(words: Sequence[str], at: int) -> bool:
    """True for the "and" of "two hundred and fifty"."""
    return (
        words[at] == "and" and words[at - 1] in LARGE and "".join(words[at + 1 : at + 2]) in _SMALL
    )


def _counts_nothing(words: Sequence[str], at: int) -> bool:
    """True for the "one" of "no one" and of "the one that"."""
    around = {*words[max(at - 1, 0) : at]} & _BEFORE_NO_NUMBER
    return words[at] == "one" and bool(around or {*words[at + 1 : at + 2]} & _AFTER_NO_NUMBER)
