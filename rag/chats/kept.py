"""Conversations as they are kept, and an answer as the text that it is kept as.

An answer is JSON, in which each passage stands once: citations and hits share most of theirs.
Fields that a newer version added to an answer are left out by an older one, and those that an
older one did not know are as they are by default.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rag.answers.composing import MARKS
from rag.chats.staleness import CitedNow, is_stale
from rag.types import Answer, Citation, Evidence, Status

TITLE_CHARS = 60

BROKEN = "What this answer rests on cannot be read any more."

_ANSWER = TypeAdapter(Answer)

FEEDBACK_CHARS = 2000
"""Of a reason and of a correction, at most."""


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """What a list says of a conversation. Times are POSIX timestamps.

    `is_stale` is true if an answer in it rests on words that its notes no longer hold.
    """

    id: int
    title: str
    created: float
    changed: float
    exchanges: int
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person thinks of an answer, why, and what would have been right."""

    good: bool
    reason: str = ""
    correction: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A question and its answer as they are kept; `asked` is a POSIX timestamp.

    `cited` says of each citation, in order, what has become of it; empty where nobody looked.
    `feedback` is None as long as nobody has given any.
    """

    id: int
    asked: float
    answer: Answer
    cited: tuple[CitedNow, ...] = ()
    feedback: Feedback | None = None

    @property
    def is_stale(self) -> bool:
        """True if the notes no longer hold what the answer rests on."""
        return is_stale(self.cited)


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation, its exchanges in order."""

    info: ChatInfo
    exchanges: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class ChatListing:
    """A page of a list of conversations, newest first, and how many there are in `total`.

    `notice` is one line on what went wrong with them, if something did.
    """

    chats: tuple[ChatInfo, ...]
    total: int
    notice: str = ""


def title_of(question: str) -> str:
    """The question, as far as a title goes: at most 60 characters, cut at a word."""
    line = title_line(question)
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[:TITLE_CHARS]  # one of these makes room for the ellipsis
    head = cut[:-1].rstrip() if " " not in cut else cut.rpartition(" ")[0]
    return head.rstrip(" ,;:.-") + "…"


def title_line(text: str) -> str:
    """Without line ends, and without what a terminal would obey."""
    return "".join(c for c in " ".join(clean_text(text).split()) if c.isprintable())


def clean_text(text: str) -> str:
    """Without halves of surrogate pairs, which are no text to a database."""
    return text.encode(errors="replace").decode()


def unfinished(question: str, evidence: Evidence, text: str) -> Answer:
    """What there is of an answer that was not finished; whose it was is not known yet."""
    hits = evidence.passages
    numbers = (int(n) for mark in MARKS.findall(text) for n in re.findall(r"\d+", mark))
    citations = tuple(
        Citation(number, hits[number - 1].chunk, 0, len(hits[number - 1].chunk.text))
        for number in dict.fromkeys(numbers)
        if 0 < number <= len(hits)
    )
    return Answer(question, evidence.question, text, Status.INTERRUPTED, "", citations, hits)


def broken(question: str, text: str) -> Answer:
    """What is shown in the place of an answer that cannot be read any more."""
    return Answer(question, question, text, Status.INTERRUPTED, "", notice=BROKEN)


def answer_json(answer: Answer) -> str:
    """The answer as text that `from_json` reads. Pure ASCII."""
    passages: list[Any] = []

    def number(chunk: Any) -> int:
        if chunk not in passages:
            passages.append(chunk)
        return passages.index(chunk)

    found = _each_chunk(_ANSWER.dump_python(answer, mode="json"), number)
    return json.dumps({"answer": found, "passages": passages})


def from_json(text: str) -> Answer:
    """The answer that `answer_json` wrote. Raises ValueError for anything else."""
    try:
        found = json.loads(text)
        return _ANSWER.validate_python(_each_chunk(found["answer"], found["passages"].__getitem__))
    except (LookupError, TypeError) as error:
        raise ValueError(f"not an answer: {error}") from error


def feedback_to_json(feedback: Feedback) -> str:
    """What a person thinks as text that `feedback_from_json` reads. Pure ASCII."""
    reason, correction = (
        clean_text(text).strip()[:FEEDBACK_CHARS] for text in (feedback.reason, feedback.correction)
    )
    return json.dumps(asdict(Feedback(feedback.good, reason, correction)))


def feedback_from_json(text: str) -> Feedback | None:
    """What `feedback_to_json` wrote; None for anything else."""
    try:
        return TypeAdapter(Feedback).validate_json(text)
    except ValidationError:
        return None


def _each_chunk(answer: Any, turn: Callable[[Any], Any]) -> Any:
    """An answer with its passages, as they stand in JSON, turned into something else."""
    holders = ("citations", "hits")
    turned = {
        name: [{**one, "chunk": turn(one["chunk"])} for one in answer[name]] for name in holders
    }
    return {**answer, **turned}
