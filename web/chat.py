"""The chat page: what happens on which click. What is shown then, web/view.py knows."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from rag.chats.conversations import Place
from rag.types import AskOptions
from web import ingests, render
from web.answer_actions import AnswerActions, copy_function
from web.api import Api
from web.asking import AnswerController
from web.conversation import Conversation, Stage
from web.history import ConversationList, export_function
from web.ingests import IngestBanner
from web.layout import Layout, Page, ServerFunctions, asked_for, lay_out_pages
from web.options import ModelPicker, ask_options_of
from web.parts import Feed, Updates, paced, session_of
from web.protocols import Library
from web.refresh import Refresh
from web.render import library_header_html
from web.translation import gettext as _
from web.view import View
from web.work import Halt

_CHATS = 4  # answers at a time
_LOADING_SECONDS = 0.3  # between looks whether the model is there


class ChatPage:
    """The page over one library, with others beside it. `blocks` is what Gradio launches."""

    def __init__(
        self, library: Library, pages: Sequence[Page] = (), *, has_login: bool = False
    ) -> None:
        self._pages = pages
        self._library = library
        self._answering = AnswerController(library)
        self.refresh = Refresh(library)
        with gr.Blocks(title=_("Cribsheet"), analytics_enabled=False) as self.blocks:
            Api(library, self.refresh).lay_out()  # first: a listener would take a name before it
            given = ServerFunctions(export_function(library), copy_function(library), has_login)
            self._on = Layout(library_header_html(library), given)
            self._view = View(library, self._on)
            self._shelf = ConversationList(library, self._answering, self._view, self._on)
            self._switch = ModelPicker(library, self._on)
            self._actions = AnswerActions(library, self._answering, self._view, self._on)
            self._notes = IngestBanner(self.refresh, self._answering, self._view, self._on)
            self._listen()
            self._shelf.listen()
            self._actions.listen()
            self._switch.listen()
            with self._on.tabs:
                lay_out_pages(pages, self._on)

    def _listen(self) -> None:
        on = self._on
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        chat = private | {
            "outputs": on.changed_by_chat,
            "concurrency_id": "chat",
            "concurrency_limit": _CHATS,
        }
        # Once is Gradio's default, and drops a question that is asked before the last answer's end
        # has reached the browser; that there is one answer at a time, the controller sees to.
        given: list[Any] = [on.past, *on.options.chosen]
        asked = on.question.submit(
            self._ask, [on.question, *given], trigger_mode="multiple", **chat
        )
        again = on.retry.click(self._ask_again, given, **chat)
        edited = on.answer_tools.edit(self._ask_instead, given, **chat)
        anew = on.new.click(self._start_anew, None, **chat)
        for event in (asked, again, edited, anew):
            self._shelf.show_after(event)
        on.question.stop(self._stop, None, None, queue=False, **private)
        ingest = self._notes.listen()
        self.blocks.load(self._open, None, **ingest)
        if self._pages:
            self.blocks.load(self._turn_to, None, on.tabs, queue=False, **private)

    # What a click does. Each returns or yields updates by component.

    def _ask(
        self,
        question: str,
        past: Conversation,
        where: list[str] | None,
        style: str | None,
        strict: bool | None,
        request: gr.Request,
    ) -> Feed:
        if not question.strip():
            yield self.unchanged()
            return
        options = ask_options_of(where, style, strict)
        yield from self._answer(session_of(request), question.strip(), past, options)

    def _ask_again(
        self,
        past: Conversation,
        where: list[str] | None,
        style: str | None,
        strict: bool | None,
        request: gr.Request,
    ) -> Feed:
        *before, last = past
        options = replace(ask_options_of(where, style, strict), fresh=True)
        asked = session_of(request), last.question, tuple(before), options
        yield from self._answer(*asked, last.place)

    def _ask_instead(
        self,
        past: Conversation,
        where: list[str] | None,
        style: str | None,
        strict: bool | None,
        event: gr.EventData,
        request: gr.Request,
    ) -> Feed:
        """Ask what was typed in the place of an earlier question."""
        session = session_of(request)
        edit = self._actions.edited(past, event, session)
        if edit is None:
            yield self.unchanged()
            return
        before, question, place = edit
        yield from self._answer(
            session, question, before, ask_options_of(where, style, strict), place
        )

    @paced
    def _answer(
        self,
        session: str,
        question: str,
        past: Conversation,
        options: AskOptions,
        instead_of: Place | None = None,
    ) -> Feed:
        earlier = self._view.earlier(past)
        shown: tuple[Stage, int | None] | None = None
        beside: object = None
        for exchange in self._answering.ask(session, question, past, options, instead_of):
            updates = self._view.conversation(past, exchange, earlier)
            if (exchange.stage, exchange.read) != shown:
                updates |= self._view.stage(exchange)
            if exchange.sources not in (None, beside):
                updates |= self._view.evidence(exchange)
            if self.refresh.is_running:  # then the banner is not the answer's to clear
                updates.pop(self._on.news, None)
            shown, beside = (exchange.stage, exchange.read), exchange.sources
            yield updates

    def _turn_to(self, request: gr.Request) -> Updates:
        selected = asked_for(self._pages, dict(request.query_params))
        return {self._on.tabs: gr.update(selected=selected)}

    def _stop(self, request: gr.Request) -> None:
        self._answering.stop(session_of(request))

    def _start_anew(self, request: gr.Request) -> Updates:
        self._answering.forget(session_of(request))
        return self._view.new_chat()

    @paced
    def _open(self, request: gr.Request) -> Feed:
        session = session_of(request)
        self._notes.mark_all_seen(session)
        was_stopped = self.refresh.was_stopped
        reads_first = self.refresh.is_running or (self._library.is_empty() and not was_stopped)
        waiting = _("Reading your notes") if reads_first else _("There are no notes to ask yet")
        loads = self._library.is_loading()  # before it is said, or its end could be missed
        was_asked = self._answering.was_asked(session)  # a quick person is ahead of the page
        first = self._view.library(was_asked=was_asked, waiting=waiting) | self._switch.entailed()
        first[self._on.status] = render.status_html(None, self._library.notice())
        listed = self._on.history
        first[listed.version], first[listed.chats] = self._shelf.shown("", 1, ())
        if was_stopped:
            first[self._on.news] = ingests.news_html(Halt.STOPPED)
        yield first
        yield self._switch.offered()
        if reads_first:
            yield from self._notes.show(self.refresh.join(), session)
        if loads:
            yield from self._once_loaded(session)

    def _once_loaded(self, session: str) -> Feed:
        """Say so when the model is there; the status is the answer's once a question was asked."""
        while self._library.is_loading():
            time.sleep(_LOADING_SECONDS)
            yield self.unchanged()  # so that a closed tab ends this
        news: Updates = {self._on.header: library_header_html(self._library)}
        if not self._answering.was_asked(session):
            news[self._on.status] = render.status_html(None, self._library.notice())
        yield news

    def unchanged(self) -> Updates:
        """An update that changes nothing, for any listener."""
        return {self._on.status: gr.skip()}
