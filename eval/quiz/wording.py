"""The words of a quiz: what a person wrote as an answer, without markup, and what is asked.

What is noted down without asking becomes a question by templates, in the language of the note.
Limitations: no grammar. "What does X do?" is asked of a verb in a short list, a language without
templates is asked in English, and nobody knows which words of a long answer matter. A model, or a
person in review, does better.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from eval.texts.tokens import grader_words

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
    parts = [short for part in asked if grader_words(short := _without_end(part))]
    if len(parts) != 1:
        return (_BOTH.join(map(_without_bracket, parts)),) if parts else ()
    return tuple(dict.fromkeys(_alternatives(parts[0])))


def _alternatives(answer: str) -> Iterable[str]:
    short = _without_bracket(answer)
    yield short
    bracket = _BRACKET.search(answer)
    if bracket and (_SHORT_NAME.fullmatch(bracket["inside"]) or _SHORT_NAME.fullmatch(short)):
        yield from filter(grader_words, [bracket["inside"]])


def _without_bracket(answer: str) -> str:
    """`answer` without what it says in brackets at its end, unless that is all."""
    short = _without_end(_BRACKET.sub("", answer))
    return short if grader_words(short) else answer


def _without_end(text: str) -> str:
    # "etc." and "U.S." keep theirs: a dot between words is not at an end.
    return text.strip(_END) if not re.search(r"\b(?:\w\.){2,}$", text) else text.strip()


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Sk", "Cf", "Mn"} or character == "\ufe0f"


_CAPITALS = re.compile(r"[A-Z]{2,8}")
_ASKING = re.compile(
    r"(?:wh(?:at|ich|o|om|ose|en|ere|y)|how|is|are|was|were|does|do|did|can|could|should|must|name|"
    r"list|define|explain|describe|quel(?:le)?s?|qui|que|qu'est|quand|où|pourquoi|comment|combien|"
    r"was|welche[rsmn]?|wer|wie|wann|wo|warum|qué|cuál|quién|cómo|cuándo|dónde)\b",
    re.I,
)
_YES_NO = frozenset({"yes", "no", "true", "false", "oui", "non", "ja", "nein", "sí", "si", "vrai"})
_OF = re.compile(r"^([A-Za-z][a-z]+) of (?=[A-Z])")
"""A noun that wants an article: "Capital of France"."""

_MARK = re.compile(r"\s*[?\uff1f]+\s*$")
_MAX_TERM = 6


def is_question(text: str) -> bool:
    """True for what asks, with a question mark or with the word that it begins with."""
    return is_marked(text) or bool(_ASKING.match(plain(text)))


def is_marked(text: str) -> bool:
    """True for what ends with a question mark."""
    return bool(_MARK.search(plain(text)))


def of_term(term: str) -> str:
    """The question whose answer is the definition of `term`; a question stays as it is."""
    asked = plain(term).strip(" \t:")
    if is_question(asked):
        return asked
    asked = _OF.sub(lambda noun: f"the {noun[1].lower()} of ", asked)
    return f"What does {asked} mean?" if _CAPITALS.fullmatch(asked) else f"What is {asked}?"


def _of_description(description: str) -> str:
    """The question whose answer is the term that fits `description`."""
    asked = plain(description).strip(" \t:.")
    return asked if is_question(asked) else f"Which term fits this: {asked}?"


def of_pair(left: str, right: str) -> str:
    """The question on the left of a pair whose right is the answer: of a term, or a description."""
    return _of_description(left) if is_description(left, right) else of_term(left)


def is_description(left: str, right: str) -> bool:
    """True if `left` has more words than a term has, and than `right`."""
    return len(grader_words(_without_bracket(plain(left)))) > max(3, len(grader_words(right)))


def kind_of(question: str, answers: tuple[str, ...]) -> str:
    """The kind of a case, by its words."""
    first = answers[0].casefold() if answers else ""
    if set(grader_words(first)) <= _YES_NO and grader_words(first):
        return "yes/no"
    if re.fullmatch(r"[-+]?[\d.,\s]*\d\s*%?", first):
        return "numeric"
    if " & " in first:
        return "list"
    if re.match(r"What (?:is|are) [^?]+(?<! for)\?$|What does .* mean\?$", question):
        return "definition" if len(grader_words(question)) <= 2 + _MAX_TERM else "fact"
    return "scenario" if question.startswith("Which term fits") else "fact"
