"""The parts of the page beside the chat: the list of conversations, and the row of options."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from rag.types import Style
from web import history, render, talk, words
from web.options import styles

_SCRIPT = Path(__file__).with_name("history.js")
_TALK = Path(__file__).with_name("talk.js")

Copied = Callable[[list[int]], dict[str, object]]
"""Gives, by its place, the text of an answer with its sources, and what each number cites."""


@dataclass(frozen=True, slots=True)
class HistoryParts:
    """The list of conversations. `pages` says how many pages of it are shown.

    `version` is that of the conversations when they were listed last.
    """

    search: gr.Textbox
    pages: gr.State
    version: gr.State
    chats: gr.HTML


@dataclass(frozen=True, slots=True)
class OptionParts:
    """What can be chosen beside the question."""

    where: gr.Dropdown
    style: gr.Dropdown
    model: gr.Dropdown
    strict: gr.Checkbox

    @property
    def chosen(self) -> list[Component]:
        """What goes with a question, in the order of `web.options.chosen`."""
        return [self.where, self.style, self.strict]

    @property
    def entailed(self) -> list[Block]:
        """What changes with the model that answers."""
        return [self.model, self.style, self.strict]


def lay_out_history(export: Callable[[int], dict[str, str]]) -> HistoryParts:
    """The list, in a column of its own. `export` gives name and text of a conversation's file."""
    pages, version = gr.State(1), gr.State(())
    with gr.Column(elem_id="history"):
        html(render.switch_html("history", words.CLOSE, "✕"), "history-close")
        search = gr.Textbox(
            elem_id="search",
            label=words.SEARCH_CHATS,
            show_label=False,
            container=False,
            placeholder=words.SEARCH_CHATS,
            max_lines=1,
        )
        chats = gr.HTML(
            "",
            elem_id="chats",
            js_on_load=_SCRIPT.read_text(encoding="utf-8"),
            apply_default_css=False,
            server_functions=[export],
        )
        html(history.dialogs_html(), "dialogs")
    return HistoryParts(search, pages, version, chats)


def lay_out_deeds(copied: Copied) -> gr.HTML:
    """What is done with the answers: its script puts buttons to them, its dialogs ask.

    `copied` gives the text of an answer, and what it cites.
    """
    return gr.HTML(
        talk.dialogs_html(),
        elem_id="deeds",
        js_on_load=_TALK.read_text(encoding="utf-8"),
        apply_default_css=False,
        server_functions=[copied],
    )


def lay_out_options() -> OptionParts:
    """Where to look, how to answer, and which model answers."""
    with gr.Row(elem_id="options"):
        where = _choice(words.WHERE, "where", multiselect=True, allow_custom_value=True)
        style = _choice(
            words.STYLE,
            "style",
            choices=styles(),
            value=Style.SHORT.value,
            visible=True,
            filterable=False,
        )
        strict = gr.Checkbox(
            label=words.TALK_STRICT,
            info=None,
            elem_id="strict",
            container=True,
            min_width=0,
            interactive=True,
        )
        model = _choice(words.MODEL, "model", filterable=False)
    return OptionParts(where, style, model, strict)


def html(value: str, elem_id: str) -> gr.HTML:
    """HTML from web/render.py and its like, with the page's own style and no script."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=None, apply_default_css=False)


def _choice(label: str, elem_id: str, **more: Any) -> gr.Dropdown:
    return gr.Dropdown(
        **{
            "label": label,
            "elem_id": elem_id,
            "container": True,
            "min_width": 0,
            "interactive": True,
            "visible": False,
            **more,
        }
    )
