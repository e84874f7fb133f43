"""What a page beside the chat is: a tab, with its own parts and its own listeners."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import gradio as gr

from web.layout import Layout

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
