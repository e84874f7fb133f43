"""Keeps an answer while it is being written, so that whatever ends it, a kill too, loses little."""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from rag.chats.conversations import Conversations, Place
from rag.chats.kept import unfinished
from rag.errors import CribError, StoreError
from rag.types import Answer, Event, Evidence, Finished, Found, Token

EVERY_SECONDS = 1.0
"""An answer that is being written is put down no more often than this."""


class Recording:
    """`events` of an answer, kept as they pass: with the passages, while it is written, at its end.

    One that is closed, or fails, or whose process dies, is kept as interrupted, with what there was
    of it. `place`, `conversation` and `notice` (why it could not be kept, in one line) are up to
    date after each event. What is not kept is answered all the same.
    """

    def __init__(
        self,
        events: Iterator[Event],
        question: str,
        chats: Conversations,
        conversation: int | None,
        place: Place | None = None,
    ) -> None:
        """Take events, to be kept at the end of `conversation`, or in the `place` of others."""
        self.conversation = place.chat if place else conversation
        self.notice = ""
        self._question = question
        self._chats = chats
        self.place = place
        self._events = self._recorded(events)

    def __iter__(self) -> "Recording":
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Stop the model, and keep what it wrote."""
        self._events.close()

    def _recorded(self, events: Iterator[Event]) -> Generator[Event, None, None]:
        found: Evidence | None = None
        written, ending, last = "", "", time.monotonic()
        try:
            for event in events:
                match event:
                    case Found(evidence):
                        found = evidence
                        self._put(unfinished(self._question, evidence, ""))
                    case Token(text):
                        written += text
                        if found and time.monotonic() - last > EVERY_SECONDS:
                            self._put(unfinished(self._question, found, written))
                            last = time.monotonic()
                    case Finished(answer):
                        found = None
                        self._put(answer)
                yield event
        except CribError as error:
            ending = str(error)
            raise
        finally:
            if found:
                self._put(replace(unfinished(self._question, found, written), notice=ending))
            getattr(events, "close", lambda: None)()

    def _put(self, answer: Answer) -> None:
        try:
            if self.place:
                self._chats.amend(self.place, answer)
            else:
                self.place = self._chats.keep(answer, self.conversation)
                self.conversation = self.place.chat
        except StoreError as error:
            self.notice = f"This conversation is not kept: {error}"
