"""Pages beside the chat: each has a tab, and an address opens it."""

from collections.abc import Sequence

import gradio as gr
import pytest
from page_fakes import (
    GRADIO_WARNINGS,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
)

from web.chat import ChatPage
from web.layout import CHAT, Layout, asked_for

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]


class OnePage:
    """A page that says its name."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.label = name.title()
        self.chat: Layout | None = None

    def lay_out(self, _tab: gr.Tab, chat: Layout) -> None:
        """A line of text."""
        self.chat = chat
        gr.Markdown(self.label, elem_id=f"text-{self.id}")


PAGES: Sequence[OnePage] = (OnePage("notes"), OnePage("quiz"))


def test_each_page_has_a_tab_after_the_chats() -> None:
    page = ChatPage(ScriptedLibrary(), PAGES)
    labels = [tab.label for tab in PAGES[0].chat.tabs.children]
    assert labels == ["Chat", "Notes", "Quiz"]
    page.blocks.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [({}, CHAT), ({"tab": "quiz"}, "quiz"), ({"tab": "chat"}, CHAT), ({"tab": "<x>"}, CHAT)],
)
def test_an_address_opens_the_page_that_it_names(query: dict[str, str], found: str) -> None:
    assert asked_for(PAGES, query) == found
