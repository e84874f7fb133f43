"""What is done with an answer: what happens on which click."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from rag.chats.conversations import Place
from rag.errors import CribError
from web import talk, words
from web.asking import Desk
from web.conversation import Conversation, Exchange
from web.layout import Layout
from web.pacing import Updates
from web.parts import Copied
from web.protocols import Library
from web.shelf import said, session_of
from web.telling import told
from web.view import View

Edit = tuple[Conversation, str, Place | None]  # what was before, the question, where it was kept


class Deeds:
    """Listeners that keep what is thought of an answer, and make a question of one."""

    def __init__(self, library: Library, desk: Desk, view: View, on: Layout) -> None:
        self._library = library
        self._desk = desk
        self._view = view
        self._on = on

    def listen(self) -> None:
        """Connect the listeners, within `gr.Blocks`."""
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        changed = quiet | {"outputs": [self._on.past, self._on.chatbot]}
        self._on.deeds.like(self.rate, self._on.past, **changed)
        self._on.deeds.select(self.draft, self._on.past, **changed)
        self._on.deeds.expand(self.show, self._on.past, self._on.sources, **quiet)
        self._on.deeds.load(self.unfold, self._on.past, **changed)
        self._on.deeds.copy(self.complain, None, None, **quiet)

    def rate(self, past: Conversation, event: gr.EventData, request: gr.Request) -> Updates:
        """Keep what is thought of an answer, or forget it."""
        thought = talk.feedback_of(
            said(event, "good"), str(said(event, "reason")), str(said(event, "correction"))
        )

        def change(exchange: Exchange, place: Place) -> Exchange:
            self._library.answers.rate(place, thought)
            return replace(exchange, feedback=thought, is_drafted=False)

        return self._changed(past, event, request, change)

    def draft(self, past: Conversation, event: gr.EventData, request: gr.Request) -> Updates:
        """Make a question of the quiz of an answer."""

        def change(exchange: Exchange, place: Place) -> Exchange:
            self._library.answers.draft(place)
            return replace(exchange, is_drafted=True)

        return self._changed(past, event, request, change)

    def show(self, past: Conversation, event: gr.EventData, request: gr.Request) -> Updates:
        """Bring the sources of an answer, of which one was clicked, to its side."""
        at = _at(past, event)
        if at is None or self._desk.is_asking(session_of(request)):  # whose own are about to come
            return {self._on.sources: gr.skip()}
        return self._view.sources(past, at)

    def unfold(self, past: Conversation, request: gr.Request) -> Updates:
        """Show all of a long talk."""
        if not past or self._is_busy(session_of(request)):
            return {self._on.past: gr.skip()}
        return self._view.talk(past, 0)

    def edited(self, past: Conversation, event: gr.EventData, session: str) -> Edit | None:
        """What is to be asked in the place of an earlier question; those after that one go."""
        at, question = _at(past, event), talk.question_of(said(event, "question"))
        if at is None or not question or self._is_busy(session):
            return None
        place = past[at].place
        if place:
            told(lambda: self._library.answers.drop_after(place))
        return past[:at], question, place

    def complain(self) -> None:
        """Say that nothing was copied."""
        gr.Warning(words.TALK_NOT_COPIED)

    def _changed(
        self,
        past: Conversation,
        event: gr.EventData,
        request: gr.Request,
        change: Callable[[Exchange, Place], Exchange],
    ) -> Updates:
        """The conversation with one exchange of it changed, as far as that could be kept."""
        at = _at(past, event)
        place = past[at].place if at is not None else None
        if at is None or place is None or self._is_busy(session_of(request)):
            return {self._on.past: gr.skip()}
        exchange = told(lambda: change(past[at], place)) or past[at]
        return self._view.talk((*past[:at], exchange, *past[at + 1 :]), at)

    def _is_busy(self, session: str) -> bool:
        if busy := self._desk.is_asking(session):  # it would undo what is changed meanwhile
            gr.Info(words.BUSY)
        return busy


def copying(library: Library) -> Copied:
    """What gives the page the text of an answer, and what it cites, by its place; else none."""

    def copied(place: list[int]) -> dict[str, object]:
        try:
            chat, exchange = map(int, place)
            answer = library.answers.at(Place(chat, exchange)).answer
            return {"text": talk.answer_text(answer), "quotes": talk.answer_quotes(answer)}
        except (CribError, ValueError, TypeError, OverflowError):  # a browser may send anything
            return {"text": ""}  # what is on the screen will do

    return copied


def _at(past: Conversation, event: gr.EventData) -> int | None:
    """Which exchange was clicked. A browser sends it, so it may be anything."""
    at = said(event, "at")
    is_one = isinstance(at, int) and not isinstance(at, bool) and 0 <= at < len(past)
    return at if is_one and isinstance(at, int) else None
