"""The list of conversations at the side of the page: its HTML, and what happens on which click.

web/history.js tells the server what was clicked.
"""

import html
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import gradio as gr
from gradio.events import Dependency

from rag.chats.kept import ChatListing
from rag.errors import CribError
from web.asking import AnswerController
from web.conversation import Conversation, chat_of, reopened
from web.layout import Layout
from web.parts import Updates, sent_value, session_of, told
from web.protocols import Library
from web.templates import Macros
from web.translation import day, failure
from web.translation import gettext as _
from web.view import View

_CHAT = Macros("chat")


def chats_html(
    listing: ChatListing, current: int | None = None, query: str = "", now: float | None = None
) -> str:
    """The conversations, the one that is open (`current`) marked as such."""
    now = time.time() if now is None else now
    chats = [(chat, _day(chat.changed, now)) for chat in listing.chats]
    has_more = len(chats) < listing.total
    return _CHAT.conversations(chats, current, has_more, listing.notice, query)


def _day(moment: float, now: float) -> str:
    """When that was, as short as is clear."""
    then, today = (datetime.fromtimestamp(at).astimezone() for at in (moment, now))
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if (today.date() - then.date()).days == 1:
        return _("yesterday")
    return day(then, with_year=then.year != today.year)


_TITLE_CHARS = 200
_DIGITS = 18  # of the largest number that SQLite takes


class ConversationList:
    """Listeners that show, open, rename and delete conversations. `on` are the page's parts."""

    def __init__(
        self, library: Library, answering: AnswerController, view: View, on: Layout
    ) -> None:
        self._library = library
        self._answering = answering
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
        listed.chats.download(self.show_export_error, None, None, **quiet)
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
        query = query or ""  # a page that is not there yet sends none
        try:
            found = [self._library.conversations(query, page) for page in range(max(1, pages))]
        except CribError as error:
            return _CHAT.no_conversations(failure(error))
        chats = tuple(chat for listing in found for chat in listing.chats)
        whole = ChatListing(chats, found[-1].total, found[-1].notice)
        return chats_html(whole, chat_of(past), query)

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
        is_asking = self._answering.is_asking(session_of(request))
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
        if title := " ".join(str(sent_value(event, "title")).split())[:_TITLE_CHARS]:
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
        self._answering.remember(session_of(request))
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
            self._answering.forget(session_of(request))
            updates = self._view.new_chat()
        return updates | {self._on.history.chats: self.show(query, pages, past)}

    def show_export_error(self, event: gr.EventData) -> None:
        """Say why there is no export."""
        gr.Warning(html.escape(str(sent_value(event, "error"))))

    def _is_busy(self, request: gr.Request) -> bool:
        if busy := self._answering.is_asking(session_of(request)):
            gr.Info(_("An answer is being written; stop it first."))
        return busy


def export_function(library: Library) -> Callable[[int], dict[str, str]]:
    """What gives the page the name and the text of an export; where there is none, no name."""

    def export_chat(chat: int) -> dict[str, str]:
        try:
            name, text = library.export(_number_of(chat))
        except CribError as error:
            return {"name": "", "text": failure(error)}
        return {"name": name, "text": text}

    return export_chat


def _number(event: gr.EventData) -> int:
    """The conversation that was clicked."""
    return _number_of(sent_value(event, "id"))


def _number_of(sent: object) -> int:
    """A conversation's number; one that there is never, for what is none."""
    text = str(sent)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else 0
