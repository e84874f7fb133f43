"""The words of a quiz: what a person wrote as an answer, without markup, and what is asked.

What is noted down without asking becomes a question by templates, in the language of the note.
Limitations: no grammar. "What does X do?" is asked of a verb in a short list, a language without
templates is asked in English, and nobody knows which words of a long answer matter. A model, or a
person in review, does better.
"""

import re
import unicodedata
from collections.abc import Sequence

from eval.texts.tokens import grader_words

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
_DOTTED = re.compile(r"\b(?:\w\.){2,}$")


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
    several = [written] if isinstance(written, str) else written
    asked = [_without_end(part) for one in several for part in _SUM.split(plain(one))]
    parts = [part for part in asked if grader_words(part)]
    if len(parts) != 1:
        return (" & ".join(map(_without_bracket, parts)),) if parts else ()
    short, bracket = _without_bracket(parts[0]), _BRACKET.search(parts[0])
    inside = bracket["inside"] if bracket else ""
    is_name = _SHORT_NAME.fullmatch(inside) or _SHORT_NAME.fullmatch(short)
    return tuple(dict.fromkeys([short, inside] if is_name and grader_words(inside) else [short]))


def _without_bracket(answer: str) -> str:
    """`answer` without what it says in brackets at its end, unless that is all."""
    short = _without_end(_BRACKET.sub("", answer))
    return short if grader_words(short) else answer


def _without_end(text: str) -> str:
    """Without punctuation at its ends; "etc." and "U.S." keep theirs."""
    return text.strip() if _DOTTED.search(text) else text.strip(" \t.!,;:")


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


def of_pair(left: str, right: str) -> str:
    """The question on the left of a pair whose right is the answer: of a term, or a description."""
    asked = plain(left).strip(" \t:.")
    if not is_description(left, right):
        return of_term(left)
    return asked if is_question(asked) else f"Which term fits this: {asked}?"


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
        return "definition" if len(grader_words(question)) <= 8 else "fact"
    return "scenario" if question.startswith("Which term fits") else "fact"


_DOES = (
    "accelerate access add adjust allow analyse analyze answer apply assess automate avoid belong "
    "build calculate change collect combine compare compute connect consist contain control "
    "convert cost cover create debug define deliver depend deploy describe detect determine "
    "discover enable encrypt ensure evaluate examine execute expand explain extract find focus "
    "forecast generate give group guarantee handle help hold host identify improve include "
    "increase integrate label learn let limit list make manage match mean measure minimise "
    "minimize monitor move need offer optimise optimize orchestrate organise organize perform "
    "predict prepare prevent process produce protect provide put rank read recognise recognize "
    "record reduce refer remove replace represent require restrict return run scale score search "
    "secure send separate serve show simplify sit solve speed split standardise standardize start "
    "stop store support take tell test track train transcribe transform translate turn understand "
    "use validate verify visualise visualize work write"
).split()
_VERBS = {form: verb for verb in _DOES for form in (f"{verb}s", f"{verb}es")} | {
    **{f"{stem}ies": f"{stem}y" for stem in "appl classif identif simplif specif modif".split()},
    **{"verifies": "verify", "has": "have", "does": "do"},
}
_GENERAL = frozenset({"help", "allow", "let", "enable", "make"})
"""Verbs that say little: what comes with them is asked for as a whole."""

_BE = frozenset({"is", "are", "was", "were"})
_MODALS = frozenset({"can", "could", "will", "should", "must", "may", "might"})
_NO_SUBJECT = re.compile(
    r"(?:i|you|we|he|she|it|they|this|that|these|those|there|here|if|when|while|as|so|but|and|or|"
    r"because|true|false|use|remember|note|see|my|not|what|which|who|how|why|where|let|do|don't)\b",
    re.I,
)
_ARTICLE = re.compile(r"^(?:The|An?)\b")
_FOR = re.compile(r"(?:only |mainly |mostly |often |also )?(?:used )?for (?P<rest>.+)", re.I | re.S)
_CLAUSE = re.compile(
    r",?\s+(?:and|but)\s+(?:is|are|can|cannot|has|have|does|it|they|you)\b|"
    r"[,;.]\s+(?:it|they|which|this|you|we)\b",
    re.I,
)
"""Where a statement goes on to say something else."""

_HELP = re.compile(
    r"(?:(?P<modal>can|could|will) help|helps?) (?P<whom>(?:you|us|me|people) )?with (?P<rest>.+)",
    re.S,
)
_WORD = re.compile(r"\S+")
_MAX_SUBJECT = 8
"""Words of a subject at most."""


def as_question(said: str) -> tuple[str, tuple[str, ...]] | None:
    """The question that `said` answers, and the answer; None where it is no such statement."""
    text = plain(said)
    if text.endswith(("?", ":")) or _NO_SUBJECT.match(text) or not text[:1].isalnum():
        return None
    for place, match in enumerate(_WORD.finditer(text)):
        if place > _MAX_SUBJECT:
            break
        subject, verb = text[: match.start()].strip(), match[0]
        rest = text[match.end() :].strip()
        if subject and rest and (asked := _asked(subject, verb, rest)):
            answers = references(_CLAUSE.split(asked[1])[0])
            return (asked[0], answers) if answers else None
    return None


def _asked(subject: str, verb: str, rest: str) -> tuple[str, str] | None:
    """The question about `subject`, and what answers it."""
    subject = _ARTICLE.sub(lambda article: article[0].lower(), subject)
    if verb in _BE:
        purpose = _FOR.fullmatch(rest)
        return f"What {verb} {subject}{' for' * bool(purpose)}?", purpose[
            "rest"
        ] if purpose else rest
    if helps := _HELP.fullmatch(f"{verb} {rest}"):
        asked = f"What {helps['modal'] or 'does'} {subject}"
        return f"{asked} help {helps['whom'] or ''}with?", helps["rest"]
    if verb in _MODALS:
        return f"What {verb} {subject} do?", rest
    base = _VERBS.get(verb)
    if base in _GENERAL:
        return f"What does {subject} do?", f"{verb} {rest}"
    return (f"What does {subject} {base}?", rest) if base else None
