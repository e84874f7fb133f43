"""What stands where on the chat page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from web import render, sources, words
from web.formulas import DELIMITERS
from web.parts import (
    Copied,
    HistoryParts,
    OptionParts,
    html,
    lay_out_deeds,
    lay_out_history,
    lay_out_options,
)

_TICK_SECONDS = 2.0
_CARDS = """element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) trigger("select", { ...button.dataset });
});"""


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of the page that change.

    `past` is the conversation, kept on the server. `clock` ticks, so that the page hears of what it
    did not begin itself: `ingests`, which nobody sees, says how many it knows of.
    """

    past: gr.State
    ingests: gr.Number
    clock: gr.Timer
    header: gr.HTML
    refresh: gr.Button
    news: gr.HTML
    halt: gr.Button
    again: gr.Button
    tabs: gr.Tabs
    chatbot: gr.Chatbot
    deeds: gr.HTML
    examples: gr.HTML
    status: gr.HTML
    remark: gr.HTML
    question: gr.Textbox
    retry: gr.Button
    new: gr.Button
    sources: gr.HTML
    history: HistoryParts
    options: OptionParts

    @property
    def changed_by_chat(self) -> list[Block]:
        """What a question, and a new chat, may change."""
        shown: list[Block] = [self.past, self.chatbot, self.sources, self.status, self.question]
        shown += [self.header, self.retry, self.new, self.examples, self.news]
        return [*shown, self.history.chats]

    @property
    def changed_by_ingest(self) -> list[Block]:
        """What reading the notes, and opening the page, may change."""
        shown: list[Block] = [self.header, self.news, self.question, self.status]
        shown += [self.history.version, self.history.chats]
        shown += [self.remark, self.options.where, *self.options.entailed]
        return [*shown, self.examples]


@dataclass(frozen=True, slots=True)
class Given:
    """What the server gives the page's scripts: a file's name and text, an answer's text.

    `has_login` says whether whoever is there can log out.
    """

    export: Callable[[int], dict[str, str]]
    copied: Copied
    has_login: bool = False


def lay_out(header: str, given: Given) -> Layout:
    """Build the page inside the current `gr.Blocks`."""
    past, clock = gr.State(()), gr.Timer(_TICK_SECONDS)
    ingests = gr.Number(0, precision=0, visible="hidden")
    with gr.Row(elem_id="top"):
        html(render.switch_html("history", words.CHATS, "☰"), "history-switch")
        header_part = html(header, "header")
        refresh = gr.Button(words.REFRESH, size="sm", elem_id="refresh")
        if given.has_login:
            html(render.logout_html(), "logout")
    # Always there, and hidden by the style sheet while it has nothing to say: what is sent to a
    # part that is just becoming visible can be lost on its way.
    with gr.Row(elem_id="banner"):
        news = html("", "news")
        halt = gr.Button(words.HALT, size="sm", elem_id="halt")
        again = gr.Button(words.REFRESH_RETRY, size="sm", elem_id="again")
    with (
        gr.Tabs(elem_id="tabs") as tabs,
        gr.Tab(words.CHAT, id="chat", elem_id="tab-chat"),
        gr.Row(elem_id="body"),
    ):
        history = lay_out_history(given.export)
        talk = _lay_out_talk()
        deeds = lay_out_deeds(given.copied)
        with gr.Column(elem_id="sources"):
            cards = gr.HTML(
                sources.no_sources_html(),
                elem_id="cards",
                js_on_load=_CARDS,
                apply_default_css=False,
            )
    return Layout(
        past=past,
        ingests=ingests,
        clock=clock,
        header=header_part,
        refresh=refresh,
        news=news,
        halt=halt,
        again=again,
        tabs=tabs,
        sources=cards,
        history=history,
        deeds=deeds,
        **talk,
    )


def _lay_out_talk() -> dict[str, Any]:
    """The column in which is asked and answered, by the names of `Layout`."""
    with gr.Column(elem_id="chat"):
        chatbot = _chatbot()
        examples = html("", "examples")  # always there, as the banner is
        status = html(render.status_html(None), "status")
        remark = html("", "remark")
        question = _textbox()
        options = lay_out_options()
        with gr.Row(elem_id="actions"):
            html(render.switch_html("options", words.OPTIONS, "⚙"), "options-switch")
            retry = gr.Button(words.RETRY, size="sm", interactive=False)
            new = gr.Button(words.NEW_CHAT, size="sm", interactive=False)
    return {
        "chatbot": chatbot,
        "examples": examples,
        "status": status,
        "remark": remark,
        "question": question,
        "options": options,
        "retry": retry,
        "new": new,
    }


def _chatbot() -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="log",
        label=words.CHAT,
        show_label=False,
        container=False,
        height="100%",
        buttons=[],
        feedback_options=None,
        latex_delimiters=[dict(one) for one in DELIMITERS],
        placeholder=render.empty_chat_html(),
    )


def _textbox() -> gr.Textbox:
    return gr.Textbox(
        elem_id="question",
        label=words.ASK_LABEL,
        show_label=False,
        container=False,
        placeholder=words.ASK,
        submit_btn=True,
        max_lines=6,
        autofocus=True,
    )
