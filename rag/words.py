"""Words as the lexical half of retrieval sees them: folded, without stop words, stemmed."""

import re
import unicodedata
from functools import cache, lru_cache

import snowballstemmer

_WORD = re.compile(r"\w+(?:[.'+#-]\w+)*[+#]*")

STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be been before being between both but by can
    could did do does doing done each for from get give had has have having he her here him his how
    i if in into is it its itself just like made make makes many me might more most much must my
    no nor not of off on one only or other our out over own same say says shall she should so some
    such tell than that the their them then there these they this those through to too under until
    up us use used uses using very was we were what when where which while who whom whose why will
    with would you your according notes note mean means meaning explain describe name called call
    kind kinds thing things way ways
    """.split()
)
"""English function words, and the words questions about notes are asked with."""


def words(text: str) -> list[str]:
    """Words of `text` in order, case-folded, without accents and with straight apostrophes."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return _WORD.findall(plain.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def content_words(text: str) -> list[str]:
    """Distinct words of `text` that say what it is about, in order."""
    return list(dict.fromkeys(word for word in words(text) if word not in STOP_WORDS))


def stems(text: str) -> frozenset[str]:
    """Stems of the content words of `text`; of the parts of hyphenated ones too."""
    whole = content_words(text)
    parts = [part for word in whole for part in re.split(r"[.'+#-]", word) if part]
    return frozenset(stem(word) for word in {*whole, *parts} - STOP_WORDS)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Stem by the Snowball English stemmer (Porter, 2001)."""
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer("english")
