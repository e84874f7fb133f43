"""The chat page: what stands where, and what happens on which click."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ingest.types import Progress
from rag.errors import CribError
from rag.types import Chunk
from web import render, words
from web.asking import Desk
from web.cards import answer_cards, found_cards
from web.conversation import Conversation, Exchange, Stage
from web.examples import example_questions
from web.protocols import Library
from web.refresh import Refresh

Updates = dict[Any, Any]  # by component, as Gradio's listeners may return them
_EXAMPLES = 4
_CONTEXT_LINES = 6
_CHATS = 4  # answers at a time
_WATCHERS = 16  # pages that watch an ingest; that there is only one of these, Refresh sees to
_log = logging.getLogger(__name__)


class ChatPage:
    """The page over one library. `blocks` is what Gradio launches."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._desk = Desk(library)
        self._refresh = Refresh(library)
        self._cwd = Path.cwd().as_posix()
        with gr.Blocks(title=words.NAME, analytics_enabled=False) as self.blocks:
            self._lay_out()
            self._listen()

    def _lay_out(self) -> None:
        self._past = gr.State(())
        with gr.Row(elem_id="top"):
            self._header = gr.HTML(self._header_html(), js_on_load=None, elem_id="header")
            self._refresh_button = gr.Button(words.REFRESH, size="sm", elem_id="refresh")
        with gr.Row(elem_id="banner", visible=False) as self._banner:
            self._news = gr.HTML(js_on_load=None)
            self._again = gr.Button(words.REFRESH_RETRY, size="sm", visible=False)
        with gr.Row(elem_id="body"):
            with gr.Column(elem_id="chat"):
                self._lay_out_chat()
            with gr.Column(elem_id="sources"):
                self._sources = gr.HTML(render.no_sources_html(), js_on_load=None)

    def _lay_out_chat(self) -> None:
        self._chatbot = gr.Chatbot(
            elem_id="log",
            label="Chat",
            show_label=False,
            container=False,
            height="100%",
            buttons=[],
            feedback_options=None,
            latex_delimiters=[],
            placeholder=render.empty_chat_html(),
        )
        with gr.Row(elem_id="examples", visible=False) as self._examples_row:
            self._examples = [gr.Button(size="sm", visible=False) for _ in range(_EXAMPLES)]
        self._status = gr.HTML(render.status_html(None), js_on_load=None, elem_id="status")
        self._question = gr.Textbox(
            elem_id="question",
            label=words.ASK_LABEL,
            show_label=False,
            container=False,
            placeholder=words.ASK,
            submit_btn=True,
            max_lines=6,
            autofocus=True,
        )
        with gr.Row(elem_id="actions"):
            self._retry = gr.Button(words.RETRY, size="sm", interactive=False)
            self._new = gr.Button(words.NEW_CHAT, size="sm", interactive=False)

    def _listen(self) -> None:
        shared: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        chat = shared | {
            "outputs": [
                *(self._past, self._chatbot, self._sources, self._status, self._question),
                *(self._retry, self._new, self._examples_row, self._banner),
            ],
            "concurrency_id": "chat",
            "concurrency_limit": _CHATS,
        }
        for start, source in (
            (self._question.submit, self._question),
            *((button.click, button) for button in self._examples),
        ):
            start(self._ask, [source, self._past], **chat)
        self._retry.click(self._ask_again, [self._past], **chat)
        self._new.click(self._start_anew, None, **chat)
        self._question.stop(self._stop, None, None, queue=False, **shared)
        ingest = shared | {
            "outputs": [
                *(self._header, self._banner, self._news, self._again, self._question),
                *(self._status, self._examples_row, *self._examples),
            ],
            "concurrency_id": "ingest",
            "concurrency_limit": _WATCHERS,
        }
        self.blocks.load(self._open, [self._past], **ingest)
        for button in (self._refresh_button, self._again):
            button.click(self._bring_up_to_date, [self._past], **ingest)

    # What a click does. Each returns or yields updates by component.

    def _ask(self, question: str, past: Conversation, request: gr.Request) -> Iterator[Updates]:
        session = request.session_hash or ""
        if not question.strip() or self._desk.is_busy(session):
            yield {self._past: gr.skip()}
            return
        earlier = [message for exchange in past for message in render.messages(exchange)]
        stage: Stage | None = None
        for exchange in self._desk.ask(session, question.strip(), past):
            updates = self._conversation_updates(past, exchange, earlier)
            if exchange.stage is not stage:
                updates |= self._stage_updates(exchange)
            stage = exchange.stage
            yield updates

    def _ask_again(self, past: Conversation, request: gr.Request) -> Iterator[Updates]:
        yield from self._ask(past[-1].question, past[:-1], request)

    def _stop(self, request: gr.Request) -> None:
        self._desk.stop(request.session_hash or "")

    def _start_anew(self) -> Updates:
        return {
            self._past: (),
            self._chatbot: [],
            self._sources: render.no_sources_html(),
            self._status: render.status_html(None, self._library.notice()),
            self._retry: gr.update(interactive=False),
            self._new: gr.update(interactive=False),
            self._examples_row: gr.update(visible=not self._library.is_empty()),
        }

    def _open(self, past: Conversation) -> Iterator[Updates]:
        yield self._library_updates(past)
        if self._library.is_empty() or self._refresh.is_running:
            yield from self._bring_up_to_date(past)

    def _bring_up_to_date(self, past: Conversation) -> Iterator[Updates]:
        try:
            for news in self._refresh.watch():
                is_progress = isinstance(news, Progress)
                show = render.progress_html if isinstance(news, Progress) else render.report_html
                yield self._banner_updates(show(news))
        except CribError as error:
            yield self._banner_updates(render.ingest_error_html(str(error)), again=True)
        except Exception:
            _log.exception("the notes could not be read")
            yield self._banner_updates(render.ingest_error_html(words.UNEXPECTED), again=True)
        yield self._library_updates(past)
