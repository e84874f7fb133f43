"""The pages beside the chat, put together."""

from collections.abc import Sequence

from commands.library import NotesLibrary
from commands.notes_shelf import NotesShelf
from rag.config import Settings
from web.notes_page.page import NotesPage
from web.tabs import Page


def pages(settings: Settings, library: NotesLibrary) -> Sequence[Page]:
    """Every page beside the chat, in the order of their tabs. Imports Gradio."""
    return [NotesPage(NotesShelf(settings, library))]
