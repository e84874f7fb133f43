"""What was asked and answered so far, as the page remembers it. Knows nothing of how it looks."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from rag.chats.conversations import Place
from rag.chats.kept import Chat, Feedback
from rag.chats.staleness import CitedNow
from rag.rewriting import turn_after
from rag.types import (
    Answer,
    Event,
    Evidence,
    Finished,
    Found,
    Reading,
    StandIn,
    Status,
    Token,
    Turn,
)


class Stage(StrEnum):
    """How far the answer to a question is."""

    SEARCHING = "searching"
    READING = "reading"
    WRITING = "writing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what has come of it. `error` is one line, set when the stage is FAILED.

    `standin` is what the notes' own sentences say, to be shown until the model's first word,
    `read` how many of the passages, from the first on, the model is given (None: all of them).
    `place` is where it is kept, `unkept` says why it is not. `cited` is what has become of the
    citations of an exchange that was opened again. `feedback` is what the person thinks of it, and
    `is_drafted` says that a question of their quiz was made of it.
    """

    question: str
    stage: Stage = Stage.SEARCHING
    text: str = ""
    evidence: Evidence | None = None
    answer: Answer | None = None
    error: str = ""
    standin: str = ""
    read: int | None = None
    place: Place | None = None
    unkept: str = ""
    cited: tuple[CitedNow, ...] = ()
    feedback: Feedback | None = None
    is_drafted: bool = False

    @property
    def is_running(self) -> bool:
        """True as long as more may come."""
        return self.stage in (Stage.SEARCHING, Stage.READING, Stage.WRITING)

    @property
    def status(self) -> Status | None:
        """How the answer ended; None where it has not."""
        return self.answer.status if self.answer else None

    @property
    def notice(self) -> str:
        """One line on why the answer is not what was asked for; empty if it is."""
        return self.answer.notice if self.answer else ""

    @property
    def searched(self) -> str:
        """The question that was searched for, where that is not the one that was asked."""
        found = self.evidence.question if self.evidence else ""
        found = self.answer.standalone if self.answer else found
        return "" if found == " ".join(self.question.split()) else found

    @property
    def numbers(self) -> frozenset[int]:
        """Sources that `[n]` in the text can stand for: any passage, until it is known which."""
        if self.answer:
            return frozenset(citation.number for citation in self.answer.citations)
        return frozenset(range(1, self.given + 1))

    @property
    def sources(self) -> object:
        """Something that is another once the sources are: what was found, read, and cited."""
        return (self.given, self.answer) if self.evidence or self.answer else None

    @property
    def given(self) -> int:
        """How many passages whoever answers is given."""
        found = len(self.evidence.passages) if self.evidence else 0
        return found if self.read is None else min(self.read, found)

    def after(self, event: Event) -> "Exchange":
        """This exchange once `event` has happened."""
        match event:
            case Found(evidence):
                return replace(self, evidence=evidence, stage=Stage.READING)
            case StandIn(text):
                return replace(self, standin=text)
            case Reading(passages):
                return replace(self, read=passages)
            case Token(text):
                return replace(self, stage=Stage.WRITING, text=self.text + text)
            case Finished(answer):
                return replace(self, stage=Stage.DONE, text=answer.text, answer=answer)
            case _:
                assert_never(event)

    def kept(self, place: Place | None, unkept: str) -> "Exchange":
        """This exchange, as it is kept so far."""
        return replace(self, place=place, unkept=unkept)

    def stopped(self) -> "Exchange":
        """This exchange, ended by the person; what was written so far stays."""
        return replace(self, stage=Stage.STOPPED)

    def failed(self, error: str) -> "Exchange":
        """This exchange, ended by an error; what was written so far stays."""
        return replace(self, stage=Stage.FAILED, error=error)


Conversation = tuple[Exchange, ...]


def turns(conversation: Conversation) -> list[Turn]:
    """The exchanges that a follow-up can refer to: those in which something was answered."""
    return [
        turn_after(past.answer) if past.answer else Turn(past.question, past.text)
        for past in conversation
        if past.text
    ]


def chat_of(conversation: Conversation) -> int | None:
    """The number that it is kept under; None as long as it is not."""
    return next((past.place.chat for past in reversed(conversation) if past.place), None)


def reopened(chat: Chat, drafted: Collection[int] = ()) -> Conversation:
    """A conversation that was kept, as it was, with what has become of its citations.

    Of the answers whose numbers are among `drafted` a question was made.
    """
    return tuple(
        Exchange(
            kept.answer.question,
            Stage.DONE,
            kept.answer.text,
            answer=kept.answer,
            place=Place(chat.info.id, kept.id),
            cited=kept.cited,
            feedback=kept.feedback,
            is_drafted=kept.id in drafted,
        )
        for kept in chat.exchanges
    )
