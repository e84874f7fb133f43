"""Notes are added, brought up to date and taken out: what happens on which click.

What is to be read is only said to the library here. The chat's own ingest then reads it, and its
line at the top of every page says how far it is, and stops it.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from rag.errors import CribError
from web import words
from web.layout import Layout
from web.markup import alert_html
from web.notes_page import asking
from web.notes_page.types import Keeper, Notes
from web.pacing import Updates

_BEGIN = "() => { document.querySelector('#refresh').click(); }"


class Keeping:
    """Parts and listeners that add, update and remove. `header` gives the chat's header anew."""

    def __init__(
        self,
        keeper: Keeper,
        notes: Notes,
        header: Callable[[], str],
        script: str,
    ) -> None:
        self._keeper = keeper
        self._notes = notes
        self._header = header
        self._script = script

    def lay_out(self, chat: Layout) -> None:
        """Build the parts, folded away, and connect their listeners."""
        self._chat = chat
        self._begun = gr.Number(0, precision=0, visible="hidden")
        with gr.Accordion(words.NOTES_ADD, open=False, elem_id="notes-add"):
            files = gr.File(
                file_count="multiple",
                label=words.NOTES_DROP,
                height=132,
                show_label=False,
                elem_id="notes-files",
            )
            folder = gr.UploadButton(
                words.NOTES_FOLDER, file_count="directory", size="sm", elem_id="notes-folder"
            )
            target = gr.Textbox(
                label=words.NOTES_TARGET,
                placeholder=words.NOTES_TARGET_MORE,
                max_lines=1,
                elem_id="notes-target",
            )
            add = gr.Button(words.NOTES_ADD_IT, size="sm", elem_id="notes-target-add")
        with gr.Accordion(words.NOTES_KEEP, open=False, elem_id="notes-keep"):
            update = gr.Button(words.NOTES_UPDATE, size="sm", elem_id="notes-update")
            undo = gr.Button(words.NOTES_UNDO, size="sm", elem_id="notes-undo")
            twice = gr.Button(words.NOTES_FIND_DUPLICATES, size="sm", elem_id="notes-twice")
            self.watch = gr.Checkbox(
                label=words.NOTES_WATCH, value=True, visible=False, elem_id="notes-watch"
            )
            self.sources = self._active("notes-sources")
        self.news = self._active("notes-news")
        self._listen(files, folder, target, add, update, undo, twice)

    def shown(self, sources: tuple[str, ...]) -> Updates:
        """The parts as the library is now."""
        watches = self._keeper.watches()
        return {
            self.sources: asking.sources_html(sources),
            self.watch: gr.update(value=bool(watches), visible=watches is not None),
        }

    def _listen(
        self,
        files: gr.File,
        folder: gr.UploadButton,
        target: gr.Textbox,
        *buttons: gr.Button,
    ) -> None:
        quick: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
        }
        add, update, undo, twice = buttons
        done = [self.news, self._begun]
        files.upload(self.take_in, [files, self._begun], [*done, files], **quick)
        folder.upload(self.take_in_folder, [folder, self._begun], done, **quick)
        named = [target, self._begun]
        add.click(self.add, named, [*done, target], **quick)
        target.submit(self.add, named, [*done, target], **quick)
        update.click(self.update, [self._begun], done, **quick)
        undo.click(self.undo, None, [self.news, self._chat.header], **quick)
        twice.click(self.find_duplicates, None, self.news, **quick)
        self.watch.input(self.set_watch, [self.watch], None, **quick)
        for source in (self.sources, self.news):
            source.select(self.decide, [self._begun], [*done, self._chat.header], **quick)
        self._begun.change(None, None, None, js=_BEGIN, api_visibility="private")

    # What a click does. `begun` counts what this page began; when it changes, the ingest starts.

    def take_in(self, files: list[str] | None, begun: int) -> tuple[Any, ...]:
        """Files were dropped."""
        return (*self._take_in(files, begun), None)

    def take_in_folder(self, files: list[str] | None, begun: int) -> tuple[Any, ...]:
        """A folder was chosen."""
        return self._take_in(files, begun)

    def _take_in(self, files: list[str] | None, begun: int) -> tuple[Any, ...]:
        if not files:
            return gr.skip(), gr.skip()
        try:
            left = self._keeper.take_in(files)
        except CribError as error:
            return alert_html(words.failure(error)), gr.skip()
        return asking.said_html(words.NOTES_BEGUN, asking.left_out(left)), begun + 1

    def add(self, target: str, begun: int) -> tuple[Any, ...]:
        """A folder, a file or an address was typed."""
        try:
            self._keeper.want(target)
        except CribError as error:
            return alert_html(words.failure(error)), gr.skip(), gr.skip()
        return asking.said_html(words.NOTES_BEGUN), begun + 1, ""

    def update(self, begun: int) -> tuple[Any, ...]:
        """Bring all up to date; where notes would be forgotten, ask first."""
        try:
            plan = self._keeper.plan()
        except CribError as error:
            return alert_html(words.failure(error)), gr.skip()
        if any(todo.deleted for todo in plan):
            return asking.plan_html(plan), gr.skip()
        return asking.said_html(words.NOTES_BEGUN), begun + 1

    def decide(self, begun: int, event: gr.EventData) -> tuple[Any, ...]:
        """What was clicked beside a source, or below a question."""
        sent = event._data if isinstance(event._data, dict) else {}
        value = str(sent.get("value", ""))
        match sent.get("do"):
            case "forget":
                return asking.forget_html(value), gr.skip(), gr.skip()
            case "forgetting":
                return self._changed(lambda: words.notes_forgotten(self._keeper.forget(value)))
            case "update":
                self._keeper.allow_deletions()
                return asking.said_html(words.NOTES_BEGUN), begun + 1, gr.skip()
            case "leave":
                return "", gr.skip(), gr.skip()
        return gr.skip(), gr.skip(), gr.skip()

    def undo(self) -> tuple[Any, ...]:
        """Take the last ingest back."""
        news, _, header = self._changed(lambda: words.notes_undone(*self._keeper.undo()))
        return news, header

    def find_duplicates(self) -> str:
        """List notes that say the same, and lines of two that cannot both be right."""
        try:
            found = asking.duplicates_html(self._notes.duplicates())
            return found + asking.conflicts_html(self._notes.conflicts())
        except CribError as error:
            return alert_html(words.failure(error))

    def set_watch(self, wanted: bool) -> None:
        """Read changes by themselves, or not."""
        self._keeper.watch(wanted)

    def _changed(self, change: Callable[[], str]) -> tuple[Any, ...]:
        try:
            said = change()
        except CribError as error:
            return alert_html(words.failure(error)), gr.skip(), gr.skip()
        return asking.said_html(said), gr.skip(), self._header()

    def _active(self, elem_id: str) -> gr.HTML:
        return gr.HTML("", elem_id=elem_id, js_on_load=self._script, apply_default_css=False)
