"""Words as retrieval and grading see them: folded, without stop words, stemmed.

Chinese, Japanese, Korean and Thai put no blanks between words, or endings behind them that no
stemmer here knows: there a word is every two (Thai, Lao, Burmese, Khmer: three) characters in a
row, as in Lucene's CJKAnalyzer.

Numbers and negations are what of a sentence must be right to the letter: "supports" and "does not
support" are near each other in meaning, and so are 15 minutes and 42. Limitations: numbers above
twelve that are spelt, and negations in other languages than English, German, French and Spanish.

A misspelt word is told by two measures. `spelling_key` is the same for spellings that differ by a
doubled letter, a syllable written twice, or z for s (tunning and tuning, vizualise and visualise);
few other words share one. Edits are counted (rag/store/lexical.py) for a word that stands
nowhere.
"""

import re
import unicodedata
from functools import cache, lru_cache

import snowballstemmer

from rag.text.language import LANGUAGES, STOP_WORDS, listed

_BY_TWO = (
    "\u2e80-\u2fdf\u3005-\u3007\u3041-\u3096\u309d-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3\U00020000-\U0003ffff"
)
_BY_THREE = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
_LETTER = rf"[^\W{_BY_TWO}{_BY_THREE}]"
_WORD = re.compile(
    rf"(?P<two>[{_BY_TWO}]+)|(?P<three>[{_BY_THREE}]+)|{_LETTER}+(?:[.'+#-]{_LETTER}+)*[+#]*"
)
_RUN = re.compile(rf"[{_BY_TWO}]+|[{_BY_THREE}]+")
_CAMEL = re.compile(r"\b[A-Za-z][a-z]*[a-z0-9][A-Z]\w*|\b[A-Z]{2,}[a-z]\w*")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_JOINTS = re.compile(r"[.'+#-]")

_SAY_SOMETHING = frozenset(
    "after before between made make makes more most same use used uses using".split()
)
"""Those of them that say what is asked where hardly another word does: "What is it made for?"."""

_MAKES_A_WORD = ("'ll", "'d")
"""Of people who leave the apostrophe out, "whats" is no word, but "shell" and "wed" are."""

_FEW = 2

REMEMBERED = 2048
"""Texts of which is remembered what they hold: an answer's claims are each compared with every
sentence of its passages, and people ask about the same passages again."""

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

SHORTEST = 5
"""Letters of a word that may be misspelt: one edit makes most shorter words into others."""

_LONG = 8

_TWICE = re.compile(r"(.{1,3})\1+")

_ALIKE = (("ph", "f"), ("z", "s"), ("our", "or"))


def fold(text: str) -> str:
    """`text` in lower case, without accents, ligatures and wide forms, and with one apostrophe."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", bare).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def words(text: str) -> list[str]:
    """Words of `text` in order, folded."""
    return [word for match in _WORD.finditer(fold(text)) for word in _grams(match) or [match[0]]]


def _grams(match: "re.Match[str]", shortest: int | None = None) -> list[str]:
    """The words of a run without blanks, in order, at its end down to the `shortest`.

    Nothing for a word of a script that has blanks. A run that is short is a word.
    """
    run, size = (match["two"], 2) if match["two"] else (match["three"] or "", 3)
    last = len(run) - min(shortest or size, len(run))
    return [run[at : at + size] for at in range(last + 1)] if run else []


def is_gram(word: str) -> bool:
    """True for a word of a script that has no blanks."""
    return bool(_RUN.fullmatch(word))


def unseen(text: str) -> list[str]:
    """Words of `text` that a search for runs of letters and digits does not see, folded.

    Those of scripts without blanks, names that end in a sign (C++, F#), and the parts of those
    that are told by their capitals (trainTestSplit, XMLParser).
    """
    matches = list(_WORD.finditer(fold(text)))
    found = [word for match in matches for word in _grams(match, shortest=1)]
    found += [match[0] for match in matches if match[0].endswith(("+", "#"))]
    for name in _CAMEL.findall(text):
        found += [part.casefold() for part in _HUMPS.findall(name)]
    return found


@cache
def stop_words(language: str = "English") -> frozenset[str]:
    """Words of the language that say nothing alone, folded."""
    if language == "English":
        short = {word for word in listed(language) if "'" in word}  # what's, don't
        bare = {word.replace("'", "") for word in short if not word.endswith(_MAKES_A_WORD)}
        return STOP_WORDS | short | bare
    return frozenset(map(fold, listed(language))) if language in LANGUAGES else frozenset()


def content_words(text: str, language: str = "English") -> list[str]:
    """Distinct words of `text` that say what it is about, in order; l'ADN is ADN."""
    stop = stop_words(language)
    bare = (_bare(word, stop) for word in words(text) if word not in stop)
    return list(dict.fromkeys(word for word in bare if not stop.issuperset(word.split("-"))))


def _bare(word: str, stop: frozenset[str]) -> str:
    """The word without an elided article before it and the English 's behind it."""
    head, apostrophe, tail = word.partition("'")
    return (tail if apostrophe and head in stop else word).removesuffix("'s")


def asked_words(question: str, language: str = "English") -> list[str]:
    """Distinct words that say what is asked, in order; less telling ones too if there are few.

    Other languages' lists hold nouns, as Zeit: there all words of such a question count.
    """
    found = content_words(question, language)
    if len(found) >= _FEW:
        return found
    silent = stop_words() - _SAY_SOMETHING if language == "English" else frozenset()
    return list(dict.fromkeys([*found, *(w for w in words(question) if w not in silent)]))


@lru_cache(maxsize=REMEMBERED)
def stems(text: str, language: str = "English") -> frozenset[str]:
    """Stems of the content words of `text`; of the parts of hyphenated ones too."""
    whole = content_words(text, language)
    parts = [part for word in whole for part in _JOINTS.split(word) if part]
    return frozenset(stem(word, language) for word in {*whole, *parts} - stop_words(language))


@lru_cache(maxsize=100_000)
def stem(word: str, language: str = "English") -> str:
    """The stem of a folded word, by the Snowball stemmer of the language (Porter, 2001)."""
    if language not in LANGUAGES:
        return word
    return str(snowballstemmer.stemmer(language.lower()).stemWord(word))  # it holds a state


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


def may_be_misspelt(word: str) -> bool:
    """True for words of letters alone; codes and numbers are what they are."""
    return len(word) >= SHORTEST and word.isalpha()


def spelling_key(word: str) -> str:
    """What common misspellings of a word, and British and American ones, have in common."""
    for written, same in _ALIKE:
        word = word.replace(written, same)
    return _TWICE.sub(r"\1", word)


def most_edits(word: str) -> int:
    """So many edits may lie between a word and what was meant."""
    return 2 if len(word) >= _LONG else 1
