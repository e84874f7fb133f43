"""What people note down without asking -> a question, by templates, in the language of the note.

What this does not know: grammar. "What does X do?" is asked of a verb in a short list, and a
language without templates here is asked in English. A model, or a person in review, does better.
"""

import re

from eval.quiz.answers import plain, without_bracket
from eval.texts.text import words

_SHORT_NAME = re.compile(r"[A-Z]{2,8}")
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
    return f"What does {asked} mean?" if _SHORT_NAME.fullmatch(asked) else f"What is {asked}?"


def of_description(description: str) -> str:
    """The question whose answer is the term that fits `description`."""
    asked = plain(description).strip(" \t:.")
    return asked if is_question(asked) else f"Which term fits this: {asked}?"


def of_pair(left: str, right: str) -> str:
    """The question on the left of a pair whose right is the answer: of a term, or a description."""
    return of_description(left) if is_description(left, right) else of_term(left)


def is_description(left: str, right: str) -> bool:
    """True if `left` has more words than a term has, and than `right`."""
    return len(words(without_bracket(plain(left)))) > max(3, len(words(right)))


def kind_of(question: str, answers: tuple[str, ...]) -> str:
    """The kind of a case, by its words."""
    first = answers[0].casefold() if answers else ""
    if set(words(first)) <= _YES_NO and words(first):
        return "yes/no"
    if re.fullmatch(r"[-+]?[\d.,\s]*\d\s*%?", first):
        return "numeric"
    if " & " in first:
        return "list"
    if re.match(r"What (?:is|are) [^?]+(?<! for)\?$|What does .* mean\?$", question):
        return "definition" if len(words(question)) <= 2 + _MAX_TERM else "fact"
    return "scenario" if question.startswith("Which term fits") else "fact"
