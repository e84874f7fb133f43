"""Questions that the page suggests, from the notes' headings, at first and after an answer."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rag.types import Answer
from web.translation import gettext as _

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
        return _("What is {name}?", name=topic)
    return _("What do my notes say about {topic}?", topic=topic)


def _is_a_name(said: Sequence[str]) -> bool:
    """True for words that name one thing, such as `Data Wrangler` or `Mitosis`."""
    is_plural = said[-1].endswith("s") and not said[-1].endswith(("ss", "is", "us"))
    return all(word[0].isupper() for word in said) and not is_plural


Trail = tuple[str, ...]


def follow_ups(
    answer: Answer, headings: Iterable[Sequence[str]], asked: Iterable[str] = (), limit: int = 3
) -> list[str]:
    """At most `limit` questions: what stands below a cited heading, then what beside it.

    `headings` are the breadcrumbs of the notes' sections in order, outermost first; `asked` the
    questions of this conversation, which are not suggested, nor is what the answer cites itself.
    """
    trails = [tuple(trail) for trail in headings]
    cited = [tuple(one.chunk.headings) for one in answer.citations if one.chunk.headings]
    said = {_bare(question) for question in (*asked, answer.question, answer.standalone)}
    known = {topic_of(trail).casefold() for trail in cited}
    found: dict[str, str] = {}
    for trail in _around(cited, trails):
        topic = topic_of(trail)
        question = question_about(topic) if topic else ""
        if topic.casefold() not in known and _is_new(topic, question, said):
            found.setdefault(_bare(question), question)
    return [question for question in found.values() if question][:limit]


def _around(cited: Sequence[Trail], trails: Sequence[Trail]) -> Iterator[Trail]:
    for one in dict.fromkeys(cited):  # children
        yield from (t for t in trails if t[: len(one)] == one and len(t) == len(one) + 1)
    for one in dict.fromkeys(cited):  # siblings: those after it come first, then from the beginning
        beside = [t for t in trails if len(one) > 1 and t[:-1] == one[:-1]]
        at = beside.index(one) if one in beside else 0
        yield from (*beside[at + 1 :], *beside[:at])


def _is_new(topic: str, question: str, said: Iterable[str]) -> bool:
    """False for a topic that a question named already."""
    words = set(_bare(topic).split())
    return bool(question) and not any(words <= set(one.split()) for one in said)


def _bare(question: str) -> str:
    kept = (c if c.isalnum() else " " for c in question.casefold())
    return " ".join("".join(kept).split())
