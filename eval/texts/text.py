"""Texts as a grader compares them: by their words, and by quotes whatever the blanks in between.

Words are those of SQuAD (Rajpurkar et al. 2016: lower case, no punctuation, no articles), with two
differences that study notes ask for: punctuation parts words instead of joining them, so that
"real-time" equals "real time", and accents do not count. Limitations: languages that write no
spaces between words.
"""

import re
import unicodedata

from rag.text.words import stem
from rag.types import Span

_PART = " & "
_CITATION = re.compile(r"\[\d{1,2}(?:\s*,\s*\d{1,2})*\](?:\([^)\s]*\))?")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_APOSTROPHE = re.compile(r"['’]")  # noqa: RUF001 (the typographic one joins words too)
_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")
_ARTICLES = frozenset({"a", "an", "the"})


def shown(text: str) -> str:
    """`text` without citations such as [1] and the addresses of links."""
    return _LINK.sub(r"\1", _CITATION.sub(" ", text))


def words(text: str) -> list[str]:
    """The words of `text` that count, in order; citations such as [1] and link addresses do not."""
    folded = unicodedata.normalize("NFKD", shown(text).casefold())
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return [word for word in _WORD.findall(_APOSTROPHE.sub("", bare)) if word not in _ARTICLES]


def stems(text: str) -> list[str]:
    """The words of `text` without their English endings, so that biases equal bias."""
    return [stem(word) for word in words(text)]


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


def one_line(text: str, most: int = 160) -> str:
    """`text` fit for a terminal line: no line breaks, no escape sequences, not too long."""
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"
