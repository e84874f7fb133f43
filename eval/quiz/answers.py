"""What a person wrote as an answer -> references of a Case, without markup.

What this does not know: which of the words of a long answer matter. A person cuts it in review.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from eval.texts.text import words

_BOTH = " & "
_MARKUP = (
    (re.compile(r"!\[[^\[\]]*\]\([^()]*\)|!\[\[[^\[\]]*\]\]"), ""),  # pictures
    (re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]"), r"\1"),  # links of wikis
    (re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), " "),
    (re.compile(r"(?<!\S)\^[\w-]+$"), ""),  # names that Obsidian gives to blocks
    (re.compile(r"(?<!\S)#(?:flash-?cards?|anki|card)(?:/\S*)?(?!\w)", re.I), ""),
    (re.compile(r"\{\{c\d{1,3}::((?:(?!\{\{|\}\}|::).)*)(?:::(?:(?!\{\{|\}\}).)*)?\}\}"), r"\1"),
    (re.compile(r"(?<![\w`])`+([^`]*)`+"), r"\1"),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*|__(?=\S)(.+?)(?<=\S)__"), r"\1\2"),
    (re.compile(r"(?<![\w*])[*_](?=[^\s*_])([^*_]+?)(?<=\S)[*_](?![\w*])"), r"\1"),
    (re.compile(r"==(?=\S)(.+?)(?<=\S)=="), r"\1"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), r"\1"),
    (re.compile(r"\\([|\\*_`=#\[\]()~$])"), r"\1"),
)
_ANY_MARKUP = re.compile(r"[\[<^#{`*_=~\\]")
_BRACKET = re.compile(r"\s*\((?P<inside>[^()]*)\)$")
_SHORT_NAME = re.compile(r"[A-Z0-9][A-Z0-9/&.+-]{1,7}s?")
_SUM = re.compile(r"\s+\+\s+")
_END = " \t.!,;:"


def plain(text: str) -> str:
    """`text` as it is read: without markup, pictures and symbols (emoji) around it."""
    for pattern, shown in _MARKUP if _ANY_MARKUP.search(text) else ():
        text = pattern.sub(shown, text)
    text = " ".join(text.split())
    while text and _is_symbol(text[0]):
        text = text[1:].lstrip()
    while text and _is_symbol(text[-1]):
        text = text[:-1].rstrip()
    return text


def references(written: str | Sequence[str]) -> tuple[str, ...]:
    """Any one of these is right. Of several answers all have to be given.

    Brackets at the end are left out: they explain. A short name in them, or before them, is right
    as well. Empty if no word of the answer counts.
    """
    several = [written] if isinstance(written, str) else list(written)
    asked = [part for one in several for part in _SUM.split(plain(one))]
    parts = [short for part in asked if words(short := _without_end(part))]
    if len(parts) != 1:
        return (_BOTH.join(map(without_bracket, parts)),) if parts else ()
    return tuple(dict.fromkeys(_alternatives(parts[0])))


def _alternatives(answer: str) -> Iterable[str]:
    short = without_bracket(answer)
    yield short
    bracket = _BRACKET.search(answer)
    if bracket and (_SHORT_NAME.fullmatch(bracket["inside"]) or _SHORT_NAME.fullmatch(short)):
        yield from filter(words, [bracket["inside"]])


def without_bracket(answer: str) -> str:
    """`answer` without what it says in brackets at its end, unless that is all."""
    short = _without_end(_BRACKET.sub("", answer))
    return short if words(short) else answer


def _without_end(text: str) -> str:
    # "etc." and "U.S." keep theirs: a dot between words is not at an end.
    return text.strip(_END) if not re.search(r"\b(?:\w\.){2,}$", text) else text.strip()


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Sk", "Cf", "Mn"} or character == "\ufe0f"
