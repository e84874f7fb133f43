"""Texts as a grader compares them: words by their stems, numbers by value, quotes by their letters.

"5", "five" and "5.0" are one token, and so are "1,000", "1 000" and "a thousand", "50%" and "50
percent", "6MB" and "6 MB", "minus six" and "-6". What is not the same stays apart: "5" and "-5",
"3.1" and "3.10" (of versions), "15 minutes" and "15 hours". A range is its ends with "to" between
them, however it is written. No unit is turned into another.

Words are those of SQuAD (Rajpurkar et al. 2016: lower case, no punctuation, no articles), with two
differences that study notes ask for: punctuation parts words instead of joining them, so that
"real-time" equals "real time", and accents do not count. A quote is found whatever the blanks in
between. Limitations: languages that write no spaces between words.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from types import MappingProxyType

from rag.text.words import stem
from rag.types import Span

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = MappingProxyType(
    {word: _value for _value, word in enumerate(_ONES)}
    | {word: 10 * _value for _value, word in enumerate(_TENS, start=2)}
    | {"single": 1}
)
_LARGE = MappingProxyType(
    {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000}
)
"""Words that multiply the number before them; "k" stands right behind its digits."""

_BEFORE_NO_NUMBER = frozenset("no any every each some that which another other this".split())
_AFTER_NO_NUMBER = frozenset("of another that which who whose is can".split())
"""Words around a "one" that counts nothing."""

LIGHT = frozenset("a an the your its our their my his her this these those".split())
"""Words that only point at what comes after them."""

_SHORT = {
    "percent": "% percent pct",
    "second": "s sec",
    "minute": "min",
    "hour": "h hr",
    "millisecond": "ms msec",
    "kilobyte": "kb",
    "megabyte": "mb",
    "gigabyte": "gb",
    "terabyte": "tb",
    "gram": "g",
    "kilogram": "kg",
    "millimetre": "mm millimeter",
    "centimetre": "cm centimeter",
    "metre": "meter",
    "kilometre": "km kilometer",
    "dollar": "$ usd",
    "euro": "\N{EURO SIGN} eur",
    "pound": "\N{POUND SIGN} gbp",
}

_UNITS = MappingProxyType(
    {short: stem(unit) for unit, shorts in _SHORT.items() for short in shorts.split()}
)
"""Units as they may be written behind a number, without the "s" of the plural."""

_DATE = re.compile(r"(?<![\d-])(\d{4})-(\d\d)(?:-(\d\d))?(?![\d-])")

_RANGE = re.compile(r"(?<=[\d%])\s?[-\N{EN DASH}]\s?(?=\d)")

_BETWEEN = re.compile(r"\bbetween (\S+(?: \S+)?) and (?=\S)")

_DIGIT_OR_RANGE = re.compile(r"\d|\bbetween ")

_NOT = re.compile(r"(?<=\bca)n't\b|(?<=\bcan)not\b|(?<=\w)n't\b")

_IS = re.compile(r"\b(it|that|there|what|who|he|she)'s\b")

_TOKEN = re.compile(
    r"(?P<money>[$\N{EURO SIGN}\N{POUND SIGN}])?\s?(?P<sign>(?<![\w.])-)?"
    r"(?P<number>\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)+|(?<!,)\d+,\d\d?(?![\d,])|\d+)"
    r"(?P<tail>[^\W\d_]\w*|\s?%)?"
    r"|(?P<word>[^\W_]+)"
)

_PART = " & "

_CITATION = re.compile(r"\[\d{1,2}(?:\s*,\s*\d{1,2})*\](?:\([^)\s]*\))?")

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")

_APOSTROPHE = re.compile(r"['’]")  # noqa: RUF001 (the typographic one joins words too)

_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")

_ARTICLES = frozenset({"a", "an", "the"})


def is_number(token: str) -> bool:
    """True for a number as `value` writes it."""
    return token.startswith("#")


def _value(digits: str, *, is_decimal: bool) -> str:
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
        elif word in _LARGE and (at > start or word != "k"):
            part = (part or Decimal(1)) * _LARGE[word]
            if _LARGE[word] > 100:
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
        words[at] == "and" and words[at - 1] in _LARGE and "".join(words[at + 1 : at + 2]) in _SMALL
    )


def _counts_nothing(words: Sequence[str], at: int) -> bool:
    """True for the "one" of "no one" and of "the one that"."""
    around = {*words[max(at - 1, 0) : at]} & _BEFORE_NO_NUMBER
    return words[at] == "one" and bool(around or {*words[at + 1 : at + 2]} & _AFTER_NO_NUMBER)


def tokens(text: str) -> list[str]:
    """Stems and numbers of `text`, in order; a number is written `#5`, so that none is a word."""
    raw = list(_raw(_plain(text)))
    return [token for token in _tokens(raw) if token not in LIGHT]


def _plain(text: str) -> str:
    """Lower case, without accents, with one kind of apostrophe and minus, and "to" in ranges."""
    bare = cut_to_show(text).casefold()
    if not bare.isascii():
        folded = unicodedata.normalize("NFKD", bare)
        bare = "".join(one for one in folded if not unicodedata.combining(one))
        bare = bare.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("\N{MINUS SIGN}", "-")
    bare = _IS.sub(r"\1 is", _NOT.sub(_not, bare)).replace("'", "").replace("per cent", "percent")
    if not _DIGIT_OR_RANGE.search(bare):
        return bare
    bare = _DATE.sub(lambda date: " ".join(filter(None, date.groups())), bare)
    return _BETWEEN.sub(r"\1 to ", _RANGE.sub(" to ", bare))


def _not(match: "re.Match[str]") -> str:
    return "n not" if match.string[: match.start()].endswith("ca") else " not"


def _raw(text: str) -> Iterator[str]:
    """Words as they stand, numbers by value, and their units."""
    for match in _TOKEN.finditer(text):
        if match["word"]:
            yield match["word"]
            continue
        tail, money = (match["tail"] or "").strip(), _UNITS.get(match["money"] or "")
        unit = money or _unit(tail)
        if tail and not unit and tail not in _LARGE:
            yield match["number"] + tail  # a name, such as 4xlarge
            continue
        number = _value(match["number"], is_decimal=bool(unit))
        yield number.replace("#", "#-") if match["sign"] else number
        yield from (word for word in (tail if tail in _LARGE else "", unit) if word)


def _tokens(raw: Sequence[str]) -> Iterator[str]:
    """The same with spelt numbers by value, and words by their stems."""
    at = 0
    while at < len(raw):
        is_negative = raw[at] in ("minus", "negative")
        number, after = numeral(raw, at + is_negative)
        if number:
            yield number.replace("#", "#-") if is_negative else number
        else:
            after = at + 1
            behind_number = at > 0 and is_number(raw[at - 1])
            yield (_unit(raw[at]) if behind_number else "") or stem(raw[at])
        at = after


def _unit(word: str) -> str:
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s")) or ""


def cut_to_show(text: str) -> str:
    """`text` without citations such as [1] and the addresses of links."""
    return _LINK.sub(r"\1", _CITATION.sub(" ", text))


def grader_words(text: str) -> list[str]:
    """The words of `text` that count, in order; citations such as [1] and link addresses do not."""
    folded = unicodedata.normalize("NFKD", cut_to_show(text).casefold())
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return [word for word in _WORD.findall(_APOSTROPHE.sub("", bare)) if word not in _ARTICLES]


def token_stems(text: str) -> list[str]:
    """The words of `text` without their English endings, so that biases equal bias."""
    return [stem(word) for word in grader_words(text)]


def parts(reference: str) -> list[str]:
    """What a reference asks for: `a & b` asks for both."""
    return reference.split(_PART)


def find_quote(quote: str, text: str) -> list[Span]:
    """Every place of `quote` in `text`, where any run of blanks equals any other."""
    pattern = r"\s+".join(map(re.escape, quote.split()))
    return [Span(*match.span()) for match in re.finditer(pattern, text)] if pattern else []


def overlap(one: Span, other: Span) -> bool:
    """True if the two have a character in common."""
    return max(one.start, other.start) < min(one.end, other.end)


def on_one_line(text: str, most: int = 160) -> str:
    """`text` fit for a terminal line: no line breaks, no escape sequences, not too long."""
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"
