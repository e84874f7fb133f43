"""Example questions, made from the notes' own headings. Pure."""

import re
from collections.abc import Iterable, Sequence

from web import words

# Headings that say where in a note one is, not what it is about.
_SIGNPOSTS = frozenset(
    "appendix conclusion contents example examples faq further reading glossary index introduction"
    " links misc miscellaneous note notes outline overview quiz reading recap references resources"
    " see also sources summary table of contents tags tasks to do todo extra features".split()
)
_NUMBERING = re.compile(r"^\s*(?:(?:\d+(?:\.\d+)*|[a-z])[.)]?\s+)", re.IGNORECASE)
_ASIDE = re.compile(r"\s*[(\[{<].*$")
_MARKUP = re.compile(r"[*_`#~|]+")
_QUESTION_WORDS = ("what", "why", "how", "when", "where", "which", "who", "is", "are", "does", "do")
_MIN_CHARS, _MAX_CHARS = 3, 48
_NAME_WORDS = 3


def example_questions(headings: Iterable[Sequence[str]], limit: int = 4) -> list[str]:
    """At most `limit` questions, spread evenly over `headings` (breadcrumbs, outermost first)."""
    topics = dict.fromkeys(filter(None, (topic_of(trail) for trail in headings)))
    by_folded = {topic.casefold(): topic for topic in reversed(topics)}
    distinct = list(reversed(by_folded.values()))
    count = min(limit, len(distinct))
    return [question_about(distinct[place * len(distinct) // count]) for place in range(count)]


def topic_of(trail: Sequence[str]) -> str:
    """What the innermost heading is about; empty if that makes no question."""
    if not trail:
        return ""
    text = _NUMBERING.sub("", _MARKUP.sub("", trail[-1]))
    text = " ".join(_ASIDE.sub("", text).split()).rstrip(" :.,;-")
    if not _MIN_CHARS <= len(text) <= _MAX_CHARS or not any(map(str.isalpha, text)):
        return ""
    return "" if set(text.casefold().split()) <= _SIGNPOSTS else text


def question_about(topic: str) -> str:
    """A question about what `topic_of` gave."""
    said = topic.split()
    if topic.endswith("?"):
        return topic
    if said[0].casefold() in _QUESTION_WORDS:
        return f"{topic}?"
    if len(said) <= _NAME_WORDS and _is_a_name(said):
        return words.what_is(topic)
    return words.about(topic)


def _is_a_name(said: Sequence[str]) -> bool:
    """True for words that name one thing, such as `Data Wrangler` or `Mitosis`."""
    is_plural = said[-1].endswith("s") and not said[-1].endswith(("ss", "is", "us"))
    return all(word[0].isupper() for word in said) and not is_plural
