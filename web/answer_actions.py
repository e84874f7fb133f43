"""What is done with an answer: rated, copied, made a question of the quiz, asked in other words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from rag.chats.conversations import Place
from rag.chats.kept import FEEDBACK_CHARS, Feedback
from rag.errors import CribError
from rag.types import Answer
from web.asking import AnswerController
from web.conversation import Conversation, Exchange
from web.layout import MOST_QUESTION_CHARS, Copied, Layout
from web.parts import Updates, sent_value, session_of, told
from web.protocols import Library
from web.translation import gettext as _
from web.view import View

Edit = tuple[Conversation, str, Place | None]  # what was before, the question, where it was kept


class AnswerActions:
    """Listeners that keep what is thought of an answer, and make a question of one."""

    def __init__(
        self, library: Library, answering: AnswerController, view: View, on: Layout
    ) -> None:
        self._library = library
        self._answering = answering
        self._view = view
        self._on = on

    def listen(self) -> None:
        """Connect the listeners, within `gr.Blocks`."""
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        changed = quiet | {"outputs": [self._on.past, self._on.chatbot]}
        self._on.answer_tools.like(self.rate, self._on.past, **changed)
        self._on.answer_tools.select(self.draft, self._on.past, **changed)
        self._on.answer_tools.expand(self.show, self._on.past, self._on.sources, **quiet)
        self._on.answer_tools.load(self.show_all, self._on.past, **changed)
        self._on.answer_tools.copy(self.show_copy_error, None, None, **quiet)

    def rate(self, past: Conversation, event: gr.EventData, request: gr.Request) -> Updates:
        """Keep what is thought of an answer, or forget it."""
        thought = feedback_of(
            sent_value(event, "good"),
            str(sent_value(event, "reason")),
            str(sent_value(event, "correction")),
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
        if at is None or self._answering.is_asking(
            session_of(request)
        ):  # whose own are about to come
            return {self._on.sources: gr.skip()}
        return self._view.sources(past, at)

    def show_all(self, past: Conversation, request: gr.Request) -> Updates:
        """Show all of a long talk."""
        if not past or self._is_busy(session_of(request)):
            return {self._on.past: gr.skip()}
        return self._view.talk(past, 0)

    def edited(self, past: Conversation, event: gr.EventData, session: str) -> Edit | None:
        """What is to be asked in the place of an earlier question; those after that one go."""
        at, question = _at(past, event), question_of(sent_value(event, "question"))
        if at is None or not question or self._is_busy(session):
            return None
        place = past[at].place
        if place:
            told(lambda: self._library.answers.drop_after(place))
        return past[:at], question, place

    def show_copy_error(self) -> None:
        """Say that nothing was copied."""
        gr.Warning(_("It could not be copied: the browser does not allow it."))

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
        if busy := self._answering.is_asking(session):  # it would undo what is changed meanwhile
            gr.Info(_("An answer is being written; stop it first."))
        return busy


def copy_function(library: Library) -> Copied:
    """What gives the page the text of an answer, and what it cites, by its place; else none."""

    def copied(place: list[int]) -> dict[str, object]:
        try:
            chat, exchange = map(int, place)
            answer = library.answers.at(Place(chat, exchange)).answer
            return {
                "text": answer_text(answer),
                "quotes": answer_quotes(answer),
            }
        except (CribError, ValueError, TypeError, OverflowError):  # a browser may send anything
            return {"text": ""}  # what is on the screen will do

    return copied


def _at(past: Conversation, event: gr.EventData) -> int | None:
    """Which exchange was clicked. A browser sends it, so it may be anything."""
    at = sent_value(event, "at")
    is_one = isinstance(at, int) and not isinstance(at, bool) and 0 <= at < len(past)
    return at if is_one and isinstance(at, int) else None


def feedback_of(good: object, reason: str, correction: str) -> Feedback | None:
    """What a browser sent; None takes back what was thought."""
    if not isinstance(good, bool):
        return None
    return Feedback(good, reason[:FEEDBACK_CHARS].strip(), correction[:FEEDBACK_CHARS].strip())


def answer_text(answer: Answer) -> str:
    """An answer to be pasted elsewhere: its text with `[1]` as it is, then what that cites."""
    if not answer.citations:
        return answer.text.strip()
    lines = [answer.text.strip(), "", _("Sources:")]
    for one in dict.fromkeys(answer.citations):
        quote = " ".join(one.quote.split())
        lines.append(f"[{one.number}] {one.location}" + (f": “{quote}”" if quote else ""))
    return "\n".join(lines)


def answer_quotes(answer: Answer) -> dict[str, dict[str, str]]:
    """What each number of an answer cites: its `text`, and `where` that stands."""
    quotes: dict[str, dict[str, str]] = {}
    for one in dict.fromkeys(answer.citations):
        said = quotes.get(str(one.number))
        text = f"{said['text']} … {one.quote}" if said else one.quote
        quotes[str(one.number)] = {"text": text, "where": said["where"] if said else one.location}
    return quotes


def question_of(text: object) -> str:
    """A question that a browser sent, without blanks around it."""
    return str(text).strip()[:MOST_QUESTION_CHARS] if isinstance(text, str) else ""
