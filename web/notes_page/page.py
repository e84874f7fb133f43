"""The page of the notes: what happens on which click."""

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ingest.lines import Lines
from rag.errors import CribError
from web import words
from web.layout import Layout
from web.markup import alert_html
from web.notes_page import listing, reader
from web.notes_page.keeping import Keeping
from web.notes_page.lines import located
from web.notes_page.reader import Look
from web.notes_page.tree import Shown, turned
from web.notes_page.types import Keeper, Notes, Overview, State, Wanted
from web.pacing import Updates
from web.parts import html as part

_SCRIPT = Path(__file__).with_name("notes.js")
_FOUND = 12  # passages that are listed under the names
_DIGITS = 9  # of the largest number that a click may send
_QUOTE = 4_000  # characters of a citation, by which it is found again


class NotesPage:
    """Implements `web.tabs.Page` over `notes`, which `keeper` adds to and takes from.

    `header` gives the chat's header as it is once that has been done.
    """

    id = "notes"

    def __init__(self, notes: Notes, keeper: Keeper, header: Callable[[], str]) -> None:
        self._notes = notes
        self._script = _SCRIPT.read_text(encoding="utf-8")
        self._keeping = Keeping(keeper, notes, header, self._script)

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.NOTES

    def lay_out(self, tab: gr.Tab, chat: Layout) -> None:
        """Build the parts and connect the listeners, within `tab`."""
        self._chat = chat
        chat.sources.elem_classes = ["opens-notes"]
        self._shown = gr.State(Shown())
        with gr.Row(elem_id="notes"):
            with gr.Column(elem_id="notes-list"):
                self._summary = part("", "notes-summary")
                self._keeping.lay_out(chat)
                self._search = gr.Textbox(
                    elem_id="notes-search",
                    label=words.NOTES_SEARCH,
                    show_label=False,
                    container=False,
                    placeholder=words.NOTES_SEARCH,
                    max_lines=1,
                )
                self._list = _active("notes-tree", self._script)
            with gr.Column(elem_id="notes-reading"):
                self._reading = _active("note", self._script, reader.nothing_html())
        self._listen(tab)

    def _listen(self, tab: gr.Tab) -> None:
        quick: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
        }
        kept = [self._keeping.sources, self._keeping.watch]
        listed = [self._list, self._summary, self._shown, *kept]
        tab.select(self.show_anew, [self._shown], listed, **quick)
        self._chat.header.change(self.show_anew, [self._shown], listed, **quick)
        self._search.change(
            self.search, [self._search, self._shown], listed, trigger_mode="always_last", **quick
        )
        every = [*listed, self._reading, self._chat.options.where, self._chat.tabs]
        for source in (self._list, self._reading, self._chat.sources, self._keeping.news):
            source.select(self.act, [self._shown], every, **quick)

    # What a click does.

    def show_anew(self, shown: Shown) -> Updates:
        """The list as it is now."""
        return self.show(shown, fresh=True)

    def show(self, shown: Shown, *, fresh: bool = False) -> Updates:
        """The list as it is, or was a moment ago."""
        try:
            overview = self._notes.overview(fresh=fresh)
            found = self._notes.find(shown.query, _FOUND) if shown.query.strip() else []
        except CribError as error:
            return {self._list: listing.error_html(words.failure(error)), self._shown: shown}
        return {
            self._list: listing.list_html(overview, shown, found),
            self._summary: listing.summary_html(overview),
            self._shown: shown,
            **self._keeping.shown(overview.sources),
        }

    def search(self, query: str, shown: Shown) -> Updates:
        """Only notes that are called so, and passages that say so."""
        return self.show(replace(shown, query=query, page=0))

    def act(self, shown: Shown, event: gr.EventData) -> Updates:
        """What was clicked in the list, in the note, or beside an answer."""
        value = _said(event, "value")
        match _said(event, "do"):
            case "turn":
                return self.show(turned(shown, value))
            case "state":
                state = State(value) if value in set(State) else None
                return self.show(replace(shown, state=state, page=0))
            case "page":
                return self.show(replace(shown, page=_number(value)))
            case "open":
                return self._open(shown, _wanted(event))
            case "part":
                return self._look(shown.path, Look(_number(value)))
            case "go":
                return self._go(shown.path, _number(value))
            case "ask":
                return self._ask_about(shown.path)
        return {self._shown: gr.skip()}

    def _open(self, shown: Shown, wanted: Wanted) -> Updates:
        shown = replace(shown, path=wanted.path)
        updates: Updates = {self._shown: shown, self._chat.tabs: gr.update(selected=self.id)}
        try:
            reading = self._notes.read(wanted.path)
        except CribError as error:
            return updates | {self._reading: alert_html(words.failure(error))}
        look = Look()
        if wanted.end:
            mark = located(wanted, reading)
            look = Look(mark.start, mark) if mark else Look(notice=words.NOTES_LOST)
        return updates | self.show(shown) | self._look(wanted.path, look)

    def _go(self, path: str, line: int) -> Updates:
        try:
            text = self._notes.read(path).text
        except CribError as error:
            return {self._reading: alert_html(words.failure(error))}
        return self._look(path, Look(Lines(text).offset(max(0, line - 1))))

    def _look(self, path: str, look: Look) -> Updates:
        try:
            reading, item = self._notes.read(path), self._overview().item(path)
        except CribError as error:
            return {self._reading: alert_html(words.failure(error))}
        return {self._reading: reader.reading_html(reading, item, look)}

    def _ask_about(self, path: str) -> Updates:
        item = self._overview().item(path)
        if item is None:
            gr.Warning(html.escape(words.NOTES_LOST))
            return {self._shown: gr.skip()}
        return {
            self._chat.options.where: gr.update(value=[f"in:{item.place}"], visible=True),
            self._chat.tabs: gr.update(selected="chat"),
        }

    def _overview(self) -> Overview:
        return self._notes.overview()


def _active(elem_id: str, script: str, value: str = "") -> gr.HTML:
    """A part that says what was clicked in it."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=script, apply_default_css=False)


def _said(event: gr.EventData, name: str) -> str:
    """What came with a click. A browser sends it, so it may be anything."""
    sent = event._data if isinstance(event._data, dict) else {}
    return str(sent.get(name, ""))


def _number(text: str) -> int:
    """A number from 0; 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0


def _wanted(event: gr.EventData) -> Wanted:
    return Wanted(
        path=_said(event, "value"),
        digest=_said(event, "digest"),
        start=_number(_said(event, "start")),
        end=_number(_said(event, "end")),
        quote=_said(event, "quote")[:_QUOTE],
    )
