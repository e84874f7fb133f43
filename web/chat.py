"""The chat page: what happens on which click. What is shown then, web/view.py knows."""

import logging
import time
from typing import Any

import gradio as gr

from ingest.types import Report
from rag.chat_rows import Place
from rag.errors import CribError, LockedError
from rag.types import AskOptions
from web import banner, render, words
from web.asking import Desk
from web.conversation import Conversation, Stage
from web.layout import lay_out
from web.options import chosen
from web.pacing import Feed, Updates, paced
from web.protocols import Library
from web.refresh import Halt, News, Refresh, Run
from web.shelf import Shelf, exporting, session_of
from web.view import EXAMPLES, View, header_html

_CHATS = 4  # answers at a time
_LOADING_SECONDS = 0.3  # between looks whether the model is there
_WATCHERS = 16  # pages that watch an ingest; that there is only one of these, Refresh sees to
_log = logging.getLogger(__name__)


class ChatPage:
    """The page over one library. `blocks` is what Gradio launches."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._desk = Desk(library)
        self.refresh = Refresh(library)
        self._shown: dict[str, int] = {}  # the ingest that each page showed last, or shows
        with gr.Blocks(title=words.NAME, analytics_enabled=False) as self.blocks:
            self._on = lay_out(header_html(library), EXAMPLES, exporting(library))
            self._view = View(library, self._on)
            self._shelf = Shelf(library, self._desk, self._view, self._on)
            self._listen()
            self._shelf.listen()

    def _listen(self) -> None:
        on = self._on
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        chat = private | {
            "outputs": on.changed_by_chat,
            "concurrency_id": "chat",
            "concurrency_limit": _CHATS,
        }
        # Once is Gradio's default, and drops a question that is asked before the last answer's end
        # has reached the browser; that there is one answer at a time, the desk sees to.
        given: list[Any] = [on.past, on.options.where, on.options.style]
        asked = on.question.submit(
            self._ask, [on.question, *given], trigger_mode="multiple", **chat
        )
        clicked = [button.click(self._ask, [button, *given], **chat) for button in on.examples]
        again = on.retry.click(self._ask_again, given, **chat)
        anew = on.new.click(self._start_anew, None, **chat)
        for event in (asked, *clicked, again, anew):
            self._shelf.show_after(event)
        on.question.stop(self._stop, None, None, queue=False, **private)
        ingest = private | {
            "outputs": on.changed_by_ingest,
            "concurrency_id": "ingest",
            "concurrency_limit": _WATCHERS,
        }
        self.blocks.load(self._open, None, **ingest)
        on.refresh.click(self._bring_up_to_date, None, **ingest)
        on.again.click(self._bring_up_to_date, None, **ingest)
        on.halt.click(self._halt, None, None, queue=False, **private)
        on.clock.tick(self._count, on.ingests, on.ingests, queue=False, **private)
        on.ingests.change(self._catch_up, None, **ingest)

    # What a click does. Each returns or yields updates by component.

    def _ask(
        self,
        question: str,
        past: Conversation,
        where: list[str] | None,
        style: str | None,
        request: gr.Request,
    ) -> Feed:
        if question.strip():
            options = chosen(where, style)
            yield from self._answer(session_of(request), question.strip(), past, options)

    def _ask_again(
        self,
        past: Conversation,
        where: list[str] | None,
        style: str | None,
        request: gr.Request,
    ) -> Feed:
        *before, last = past
        asked = session_of(request), last.question, tuple(before), chosen(where, style)
        yield from self._answer(*asked, last.place)

    @paced
    def _answer(
        self,
        session: str,
        question: str,
        past: Conversation,
        options: AskOptions,
        instead_of: Place | None = None,
    ) -> Feed:
        earlier = [message for exchange in past for message in render.messages(exchange)]
        stage: Stage | None = None
        for exchange in self._desk.ask(session, question, past, options, instead_of):
            updates = self._view.conversation(past, exchange, earlier)
            if exchange.stage is not stage:
                updates |= self._view.stage(exchange)
            if self.refresh.is_running:  # then the banner is not the answer's to clear
                updates.pop(self._on.news, None)
            stage = exchange.stage
            yield updates

    def _stop(self, request: gr.Request) -> None:
        self._desk.stop(session_of(request))

    def _count(self, known: int) -> int | Updates:
        """How many ingests there were; nothing as long as that is known."""
        return gr.skip() if known == self.refresh.number else self.refresh.number

    def _halt(self) -> None:
        self.refresh.stop()

    def _start_anew(self, request: gr.Request) -> Updates:
        self._desk.forget(session_of(request))
        return self._view.anew()

    @paced
    def _open(self, request: gr.Request) -> Feed:
        session = session_of(request)
        self._shown[session] = self.refresh.number
        was_stopped = self.refresh.was_stopped
        reads_first = self.refresh.is_running or (self._library.is_empty() and not was_stopped)
        waiting = words.NOT_YET if reads_first else words.NO_NOTES
        first = self._view.library(was_asked=False, waiting=waiting)
        first[self._on.status] = render.status_html(None, self._library.notice())
        first[self._on.history.chats] = self._shelf.show("", 1, ())
        if was_stopped:
            first[self._on.news] = banner.news_html(Halt.STOPPED)
        yield first
        if reads_first:
            yield from self._show(self.refresh.join(), session)
        yield from self._once_loaded(session)

    def _once_loaded(self, session: str) -> Feed:
        """Say so when the model is there; the status is the answer's once a question was asked."""
        if not self._library.is_loading():
            return
        while self._library.is_loading():
            time.sleep(_LOADING_SECONDS)
            yield self.unchanged()  # so that a closed tab ends this
        news: Updates = {self._on.header: header_html(self._library)}
        if not self._desk.was_asked(session):
            news[self._on.status] = render.status_html(None, self._library.notice())
        yield news

    @paced
    def _bring_up_to_date(self, request: gr.Request) -> Feed:
        yield from self._show(self.refresh.join(), session_of(request))

    @paced
    def _catch_up(self, request: gr.Request) -> Feed:
        """Show an ingest that this page did not begin, unless it came to nothing."""
        session, run = session_of(request), self.refresh.latest
        if run is None or self._shown.get(session) == run.number:
            return
        if _came_to_nothing(run.news):
            self._shown[session] = run.number
            return
        yield from self._show(run, session)

    def _show(self, run: Run, session: str) -> Feed:
        self._shown[session] = run.number
        try:
            for news in run:
                yield {self._on.news: banner.news_html(news)}
        except CribError as error:
            yield {self._on.news: banner.ingest_error_html(str(error))}
        except Exception:
            _log.exception("the notes could not be read")
            yield {self._on.news: banner.ingest_error_html(words.UNEXPECTED)}
        yield self._view.library(was_asked=self._desk.was_asked(session))

    def unchanged(self) -> Updates:
        """An update that changes nothing, for any listener."""
        return {self._on.status: gr.skip()}


def _came_to_nothing(news: News | Exception) -> bool:
    """True for the end of an ingest that nobody who did not ask for it wants to hear of."""
    if isinstance(news, Report):
        return not (news.new or news.changed or news.moved or news.deleted)
    return isinstance(news, LockedError)
