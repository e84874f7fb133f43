"""What stands where on the chat page, and the tabs of the pages beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from rag.chats.kept import FEEDBACK_CHARS
from rag.types import Style
from web import render
from web.markup import DELIMITERS
from web.parts import html
from web.templates import Macros
from web.translation import N_
from web.translation import gettext as _

_STYLES = {
    Style.SHORT: N_("short"),
    Style.DETAILED: N_("in detail"),
    Style.STEPS: N_("step by step"),
    Style.LIST: N_("as a list"),
    Style.COMPARE: N_("as a comparison"),
}

MOST_QUESTION_CHARS = 20_000
"""Of a question that is asked in other words; the settings bound it further."""

_CHAT = Macros("chat")
_TICK_SECONDS = 2.0
_SCRIPT = Path(__file__).with_name("history.js")
_TALK = Path(__file__).with_name("talk.js")
_CARDS = """element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) trigger("select", { ...button.dataset });
});"""


Copied = Callable[[list[int]], dict[str, object]]
"""Gives, by its place, the text of an answer with its sources, and what each number cites."""


class HistoryParts:
    """The list of conversations, in a column of its own.

    `pages` says how many pages of it are shown, `version` is that of the conversations when they
    were listed last. `export` gives name and text of a conversation's file.
    """

    def __init__(self, export: Callable[[int], dict[str, str]]) -> None:
        self.pages, self.version = gr.State(1), gr.State(())
        with gr.Column(elem_id="history"):
            html(_CHAT.switch("history", _("Close"), "✕"), "history-close")
            self.search = gr.Textbox(
                elem_id="search",
                label=_("Search conversations"),
                show_label=False,
                container=False,
                placeholder=_("Search conversations"),
                max_lines=1,
            )
            self.chats = gr.HTML(
                "",
                elem_id="chats",
                js_on_load=_SCRIPT.read_text(encoding="utf-8"),
                apply_default_css=False,
                server_functions=[export],
            )
            html(_CHAT.conversation_dialogs(), "dialogs")


class OptionParts:
    """What can be chosen beside the question: where to look, how to answer, and which model."""

    def __init__(self) -> None:
        with gr.Row(elem_id="options"):
            self.where = _choice(_("Look in"), "where", multiselect=True, allow_custom_value=True)
            self.style = _choice(
                _("Style"),
                "style",
                choices=styles(),
                value=Style.SHORT.value,
                visible=True,
                filterable=False,
            )
            self.strict = gr.Checkbox(
                label=_("Only what is in the notes"),
                info=None,
                elem_id="strict",
                container=True,
                min_width=0,
                interactive=True,
            )
            self.model = _choice(_("Model"), "model", filterable=False)

    @property
    def chosen(self) -> list[Component]:
        """What goes with a question, in the order of `web.options.chosen`."""
        return [self.where, self.style, self.strict]

    @property
    def entailed(self) -> list[Block]:
        """What changes with the model that answers."""
        return [self.model, self.style, self.strict]


@dataclass(frozen=True, slots=True)
class ServerFunctions:
    """What the server gives the page's scripts: a file's name and text, an answer's text.

    `has_login` says whether whoever is there can log out.
    """

    export: Callable[[int], dict[str, str]]
    copied: Copied
    has_login: bool = False


class Layout:
    """The page, built inside the current `gr.Blocks`, and its parts that change.

    `past` is the conversation, kept on the server. `clock` ticks, so that the page hears of what it
    did not begin itself: `ingests`, which nobody sees, says how many it knows of.
    """

    def __init__(self, header: str, functions: ServerFunctions) -> None:
        self.past, self.clock = gr.State(()), gr.Timer(_TICK_SECONDS)
        self.ingests = gr.Number(0, precision=0, visible="hidden")
        self._lay_out_top(header, has_login=functions.has_login)
        with (
            gr.Tabs(elem_id="tabs") as self.tabs,
            gr.Tab(_("Chat"), id="chat", elem_id="tab-chat"),
            gr.Row(elem_id="body"),
        ):
            self.history = HistoryParts(functions.export)
            self._lay_out_talk()
            # Its script puts buttons to the answers, its dialogs ask.
            self.answer_tools = gr.HTML(
                _CHAT.answer_dialogs(FEEDBACK_CHARS, MOST_QUESTION_CHARS),
                elem_id="answer-tools",
                js_on_load=_TALK.read_text(encoding="utf-8"),
                apply_default_css=False,
                server_functions=[functions.copied],
            )
            with gr.Column(elem_id="sources"):
                self.sources = gr.HTML(
                    _CHAT.no_sources(),
                    elem_id="cards",
                    js_on_load=_CARDS,
                    apply_default_css=False,
                )

    def _lay_out_top(self, header: str, *, has_login: bool) -> None:
        with gr.Row(elem_id="top"):
            html(_CHAT.switch("history", _("Conversations"), "☰"), "history-switch")
            self.header = html(header, "header")
            self.refresh = gr.Button(_("Refresh notes"), size="sm", elem_id="refresh")
            if has_login:
                html(_CHAT.logout(), "logout")
        # Always there, and hidden by the style sheet while it has nothing to say: what is sent to a
        # part that is just becoming visible can be lost on its way.
        with gr.Row(elem_id="banner"):
            self.news = html("", "news")
            self.halt = gr.Button(_("Stop"), size="sm", elem_id="halt")
            self.again = gr.Button(_("Try again"), size="sm", elem_id="again")

    def _lay_out_talk(self) -> None:
        """The column in which is asked and answered."""
        with gr.Column(elem_id="chat"):
            self.chatbot = gr.Chatbot(
                elem_id="log",
                label=_("Chat"),
                show_label=False,
                container=False,
                height="100%",
                buttons=[],
                feedback_options=None,
                latex_delimiters=[dict(one) for one in DELIMITERS],
                placeholder=_CHAT.welcome(),
            )
            self.examples = html("", "examples")  # always there, as the banner is
            self.status = html(render.status_html(None), "status")
            self.remark = html("", "remark")
            self.question = gr.Textbox(
                elem_id="question",
                label=_("Question"),
                show_label=False,
                container=False,
                placeholder=_("Ask your notes a question"),
                submit_btn=True,
                max_lines=6,
                autofocus=True,
            )
            self.options = OptionParts()
            with gr.Row(elem_id="actions"):
                html(_CHAT.switch("options", _("Options"), "⚙"), "options-switch")
                self.retry = gr.Button(_("Ask again"), size="sm", interactive=False)
                self.new = gr.Button(_("New chat"), size="sm", interactive=False)

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


def _choice(label: str, elem_id: str, **more: Any) -> gr.Dropdown:
    defaults = {"container": True, "min_width": 0, "interactive": True, "visible": False}
    return gr.Dropdown(label=label, elem_id=elem_id, **(defaults | more))


CHAT = "chat"


class Page(Protocol):
    """A page beside the chat. `?tab=ID` opens it (`page` is a name of Gradio's own)."""

    @property
    def id(self) -> str:
        """Its name in an address; its tab is `tab-ID`."""

    @property
    def label(self) -> str:
        """Its name on the tab."""

    def lay_out(self, tab: gr.Tab, chat: Layout) -> None:
        """Build its parts and connect its listeners. Called once, within `tab`.

        `tab.select` tells that it is looked at; `chat` are the parts of the chat, where a page may
        put something (a question, where to look), and `chat.tabs` is what shows another page.
        """


def lay_out_pages(pages: Sequence[Page], chat: Layout) -> None:
    """A tab for each page, within `chat.tabs`."""
    for page in pages:
        with gr.Tab(page.label, id=page.id, elem_id=f"tab-{page.id}") as tab:
            page.lay_out(tab, chat)


def asked_for(pages: Sequence[Page], query: Mapping[str, str]) -> str:
    """The page that an address asks for; the chat if it is none of these."""
    asked = query.get("tab", CHAT)
    return asked if asked in {page.id for page in pages} else CHAT


def styles() -> list[tuple[str, str]]:
    """The ways to answer, as a label and a value."""
    return [(_(_STYLES[style]), style.value) for style in Style]
