"""Questions that go on from an answer, made from the headings around what it cites. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from rag.types import Answer
from web.examples import question_about, topic_of

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
