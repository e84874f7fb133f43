"""The conversations at the side of the page: what happens on which click."""

import html
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.events import Dependency

from rag.chats.kept import Listing
from rag.errors import CribError
from web import history, words
from web.asking import Desk
from web.conversation import Conversation, chat_of, reopened
from web.layout import Layout
from web.pacing import Updates
from web.protocols import Library
from web.telling import told
from web.view import View

_TITLE_CHARS = 200
_DIGITS = 18  # of the largest number that SQLite takes


class Shelf:
    """Listeners that show, open, rename and delete conversations. `on` are the page's parts."""

    def __init__(self, library: Library, desk: Desk, view: View, on: Layout) -> None:
        self._library = library
        self._desk = desk
        self._view = view
        self._on = on

    def listen(self) -> None:
        """Connect the listeners, within `gr.Blocks`."""
        on, listed = self._on, self._on.history
        known: list[Any] = [listed.search, listed.pages, on.past]
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        quick = quiet | {"queue": False}
        whole = quiet | {"outputs": [listed.chats, *on.changed_by_chat]}
        # What other windows and programs do is heard of by the clock.
        self._on.clock.tick(
            self.catch_up, [listed.version, *known], [listed.version, listed.chats], **quick
        )
        listed.search.change(self.search, known, [listed.pages, listed.chats], **quick)
        listed.chats.expand(self.more, known, [listed.pages, listed.chats], **quick)
        listed.chats.edit(self.rename, known, listed.chats, **quiet)
        listed.chats.download(self.complain, None, None, **quiet)
        listed.chats.select(self.open, known, **whole)
        listed.chats.delete(self.delete, known, **whole)

    def show_after(self, event: Dependency) -> None:
        """Show the list anew once `event` is over, which may have changed it."""
        listed = self._on.history
        known: list[Any] = [listed.search, listed.pages, self._on.past]
        event.then(
            self.shown,
            known,
            [listed.version, listed.chats],
            api_visibility="private",
            show_progress="hidden",
            queue=False,
        )

    def show(self, query: str, pages: int, past: Conversation) -> str:
        """The list; what is wrong with it, if it cannot be had."""
        try:
            found = [self._library.conversations(query, page) for page in range(max(1, pages))]
        except CribError as error:
            return history.error_html(words.failure(error))
        chats = tuple(chat for listing in found for chat in listing.chats)
        whole = Listing(chats, found[-1].total, found[-1].notice)
        return history.list_html(whole, chat_of(past), query)

    def shown(self, query: str, pages: int, past: Conversation) -> tuple[tuple[int, ...], str]:
        """The list, and the version that it is of."""
        return self._library.answers.version(), self.show(query, pages, past)

    def catch_up(
        self,
        version: tuple[int, ...],
        query: str,
        pages: int,
        past: Conversation,
        request: gr.Request,
    ) -> tuple[Any, Any]:
        """The list, if anything in it may have changed since `version`.

        While an answer is written here it changes all the time, and is shown once that is over: of
        two updates at the same moment, Gradio's page may lose one.
        """
        is_asking = self._desk.is_asking(session_of(request))
        if is_asking or self._library.answers.version() == version:
            return gr.skip(), gr.skip()
        return self.shown(query, pages, past)

    def search(self, query: str, _pages: int, past: Conversation) -> tuple[int, str]:
        """The conversations that hold these words, from the first page on."""
        return 1, self.show(query, 1, past)

    def more(self, query: str, pages: int, past: Conversation) -> tuple[int, str]:
        """One page more than before."""
        return pages + 1, self.show(query, pages + 1, past)

    def rename(self, query: str, pages: int, past: Conversation, event: gr.EventData) -> str:
        """Give a conversation the title that was typed; one of blanks is none."""
        if title := " ".join(str(said(event, "title")).split())[:_TITLE_CHARS]:
            told(lambda: self._library.rename(_number(event), title))
        return self.show(query, pages, past)

    def open(
        self,
        query: str,
        pages: int,
        past: Conversation,
        event: gr.EventData,
        request: gr.Request,
    ) -> Updates:
        """Show a conversation as it was, unless an answer is being written here."""
        if self._is_busy(request):
            return {self._on.history.chats: gr.skip()}
        chat = told(lambda: self._library.conversation(_number(event)))
        if chat is None or not chat.exchanges:
            return {self._on.history.chats: self.show(query, pages, past)}
        opened = reopened(chat, self._library.answers.drafted(chat.exchanges))
        self._desk.remember(session_of(request))
        return self._view.reopened(opened) | {
            self._on.history.chats: self.show(query, pages, opened)
        }

    def delete(
        self,
        query: str,
        pages: int,
        past: Conversation,
        event: gr.EventData,
        request: gr.Request,
    ) -> Updates:
        """Delete a conversation, which was confirmed; begin a new one if it is open here."""
        is_open = _number(event) == chat_of(past)
        if is_open and self._is_busy(request):
            return {self._on.history.chats: gr.skip()}
        told(lambda: self._library.delete(_number(event)))
        updates: Updates = {}
        if is_open:
            past = ()
            self._desk.forget(session_of(request))
            updates = self._view.anew()
        return updates | {self._on.history.chats: self.show(query, pages, past)}

    def complain(self, event: gr.EventData) -> None:
        """Say why there is no export."""
        gr.Warning(html.escape(str(said(event, "error"))))

    def _is_busy(self, request: gr.Request) -> bool:
        if busy := self._desk.is_asking(session_of(request)):
            gr.Info(words.BUSY)
        return busy


def exporting(library: Library) -> Callable[[int], dict[str, str]]:
    """What gives the page the name and the text of an export; where there is none, no name."""

    def export_chat(chat: int) -> dict[str, str]:
        try:
            name, text = library.export(_number_of(chat))
        except CribError as error:
            return {"name": "", "text": words.failure(error)}
        return {"name": name, "text": text}

    return export_chat


def session_of(request: gr.Request) -> str:
    """Which page it is."""
    return request.session_hash or ""


def _number(event: gr.EventData) -> int:
    """The conversation that was clicked."""
    return _number_of(said(event, "id"))


def _number_of(sent: object) -> int:
    """A conversation's number; one that there is never, for what is none."""
    text = str(sent)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else 0


def said(event: gr.EventData, name: str) -> object:
    """What came with a click. A browser sends it, so it may be anything."""
    sent = event._data if isinstance(event._data, dict) else {}
    return sent.get(name, "")
