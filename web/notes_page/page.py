"""The page of the notes: what happens on which click."""

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ingest.text import Lines
from rag.errors import CribError
from web.layout import Layout
from web.notes_page import listing, reader
from web.notes_page.keeping import UpkeepController
from web.notes_page.listing import Shown, turned
from web.notes_page.reader import ReadingPosition, located
from web.notes_page.types import LibraryEditor, Overview, PageNotes, PlaceInNote, State
from web.parts import Updates, sent_value
from web.parts import html as part
from web.templates import Macros
from web.translation import failure
from web.translation import gettext as _

_SCRIPT = Path(__file__).with_name("notes.js")
_FOUND = 12  # passages that are listed under the names
_DIGITS = 9  # of the largest number that a click may send
_QUOTE = 4_000  # characters of a citation, by which it is found again


class NotesPage:
    """Implements `web.layout.Page` over `notes`, which `editor` adds to and takes from.

    `header` gives the chat's header as it is once that has been done.
    """

    id = "notes"

    def __init__(self, notes: PageNotes, editor: LibraryEditor, header: Callable[[], str]) -> None:
        self._notes = notes
        self._script = _SCRIPT.read_text(encoding="utf-8")
        self._keeping = UpkeepController(editor, notes, header, self._script)

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return _("Notes")

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
                    label=_("Search notes by name or by words"),
                    show_label=False,
                    container=False,
                    placeholder=_("Search notes by name or by words"),
                    max_lines=1,
                )
                self._list = _active("notes-tree", self._script)
            with gr.Column(elem_id="notes-reading"):
                self._reading = _active("note", self._script, Macros("notes").nothing())
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
            return {
                self._list: Macros("notes").failed(failure(error)),
                self._shown: shown,
            }
        return {
            self._list: listing.notes_html(overview, shown, found),
            self._summary: Macros("notes").summary(overview),
            self._shown: shown,
            **self._keeping.shown(overview.sources),
        }

    def search(self, query: str, shown: Shown) -> Updates:
        """Only notes that are called so, and passages that say so."""
        return self.show(replace(shown, query=query, page=0))

    def act(self, shown: Shown, event: gr.EventData) -> Updates:
        """What was clicked in the list, in the note, or beside an answer."""
        value = str(sent_value(event, "value"))
        match str(sent_value(event, "do")):
            case "turn":
                return self.show(turned(shown, value))
            case "state":
                state = State(value) if value in set(State) else None
                return self.show(replace(shown, state=state, page=0))
            case "page":
                return self.show(replace(shown, page=_number(value)))
            case "open":
                return self._open(shown, _place_in_note(event))
            case "part":
                return self._look(shown.path, ReadingPosition(_number(value)))
            case "go":
                return self._go(shown.path, _number(value))
            case "ask":
                return self._ask_about(shown.path)
        return {self._shown: gr.skip()}

    def _open(self, shown: Shown, wanted: PlaceInNote) -> Updates:
        shown = replace(shown, path=wanted.path)
        updates: Updates = {self._shown: shown, self._chat.tabs: gr.update(selected=self.id)}
        try:
            reading = self._notes.read(wanted.path)
        except CribError as error:
            return updates | {self._reading: Macros("parts").alert(failure(error))}
        position = ReadingPosition()
        if wanted.end:
            mark = located(wanted, reading)
            position = (
                ReadingPosition(mark.start, mark)
                if mark
                else ReadingPosition(
                    notice=_(
                        "These words are not in the note any more; it is shown from its beginning."
                    )
                )
            )
        return updates | self.show(shown) | self._look(wanted.path, position)

    def _go(self, path: str, line: int) -> Updates:
        try:
            text = self._notes.read(path).text
        except CribError as error:
            return {self._reading: Macros("parts").alert(failure(error))}
        return self._look(path, ReadingPosition(Lines(text).offset(max(0, line - 1))))

    def _look(self, path: str, position: ReadingPosition) -> Updates:
        try:
            reading, item = self._notes.read(path), self._overview().item(path)
        except CribError as error:
            return {self._reading: Macros("parts").alert(failure(error))}
        return {self._reading: reader.reading_html(reading, item, position)}

    def _ask_about(self, path: str) -> Updates:
        item = self._overview().item(path)
        if item is None:
            gr.Warning(
                html.escape(
                    _("These words are not in the note any more; it is shown from its beginning.")
                )
            )
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


def _number(text: str) -> int:
    """A number from 0; 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0


def _place_in_note(event: gr.EventData) -> PlaceInNote:
    return PlaceInNote(
        path=str(sent_value(event, "value")),
        digest=str(sent_value(event, "digest")),
        start=_number(str(sent_value(event, "start"))),
        end=_number(str(sent_value(event, "end"))),
        quote=str(sent_value(event, "quote"))[:_QUOTE],
    )
