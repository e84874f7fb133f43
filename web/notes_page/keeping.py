"""Notes are added, brought up to date and taken out: what happens on which click.

What is to be read is only said to the library here. The chat's own ingest then reads it, and its
line at the top of every page says how far it is, and stops it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from rag.errors import CribError
from web.layout import Layout
from web.notes_page.types import LibraryEditor, PageNotes
from web.parts import Updates
from web.templates import Macros
from web.translation import failure, ngettext, notes
from web.translation import gettext as _

_NOTES = Macros("notes")
_BEGIN = "() => { document.querySelector('#refresh').click(); }"


class UpkeepController:
    """Parts and listeners that add, update and remove. `header` gives the chat's header anew."""

    def __init__(
        self,
        editor: LibraryEditor,
        notes: PageNotes,
        header: Callable[[], str],
        script: str,
    ) -> None:
        self._editor = editor
        self._notes = notes
        self._header = header
        self._script = script

    def lay_out(self, chat: Layout) -> None:
        """Build the parts, folded away, and connect their listeners."""
        self._chat = chat
        self._begun = gr.Number(0, precision=0, visible="hidden")
        with gr.Accordion(_("Add notes"), open=False, elem_id="notes-add"):
            files = gr.File(
                file_count="multiple",
                label=_("Drop files here, or click to choose"),
                height=132,
                show_label=False,
                elem_id="notes-files",
            )
            folder = gr.UploadButton(
                _("Choose a folder"), file_count="directory", size="sm", elem_id="notes-folder"
            )
            target = gr.Textbox(
                label=_("Folder, file or address"),
                placeholder=_("/home/me/notes or https://…"),
                max_lines=1,
                elem_id="notes-target",
            )
            add = gr.Button(_("Add"), size="sm", elem_id="notes-target-add")
        with gr.Accordion(_("Keep them up to date"), open=False, elem_id="notes-keep"):
            update = gr.Button(_("Bring up to date"), size="sm", elem_id="notes-update")
            undo = gr.Button(_("Undo the last ingest"), size="sm", elem_id="notes-undo")
            twice = gr.Button(_("Find duplicates and conflicts"), size="sm", elem_id="notes-twice")
            self.watch = gr.Checkbox(
                label=_("Read changes as they happen"),
                value=True,
                visible=False,
                elem_id="notes-watch",
            )
            self.sources = self._active("notes-sources")
        self.news = self._active("notes-news")
        self._listen(files, folder, target, add, update, undo, twice)

    def shown(self, sources: tuple[str, ...]) -> Updates:
        """The parts as the library is now."""
        watches = self._editor.watches()
        return {
            self.sources: _NOTES.sources(sources),
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
            left = self._editor.take_in(files)
        except CribError as error:
            return Macros("parts").alert(failure(error)), gr.skip()
        return _NOTES.done(
            _("It is being read; the line at the top of the page says how far it is."),
            _left_out(left),
        ), begun + 1

    def add(self, target: str, begun: int) -> tuple[Any, ...]:
        """A folder, a file or an address was typed."""
        try:
            self._editor.want(target)
        except CribError as error:
            return Macros("parts").alert(failure(error)), gr.skip(), gr.skip()
        return (
            _NOTES.done(_("It is being read; the line at the top of the page says how far it is.")),
            begun + 1,
            "",
        )

    def update(self, begun: int) -> tuple[Any, ...]:
        """Bring all up to date; where notes would be forgotten, ask first."""
        try:
            plan = self._editor.plan()
        except CribError as error:
            return Macros("parts").alert(failure(error)), gr.skip()
        if any(todo.deleted for todo in plan):
            return _NOTES.plan(plan), gr.skip()
        return _NOTES.done(
            _("It is being read; the line at the top of the page says how far it is.")
        ), begun + 1

    def decide(self, begun: int, event: gr.EventData) -> tuple[Any, ...]:
        """What was clicked beside a source, or below a question."""
        sent = event._data if isinstance(event._data, dict) else {}
        value = str(sent.get("value", ""))
        match sent.get("do"):
            case "forget":
                return _NOTES.forget(value), gr.skip(), gr.skip()
            case "forgetting":
                return self._changed(lambda: _forgotten(self._editor.forget(value)))
            case "update":
                self._editor.allow_deletions()
                return (
                    _NOTES.done(
                        _("It is being read; the line at the top of the page says how far it is.")
                    ),
                    begun + 1,
                    gr.skip(),
                )
            case "leave":
                return "", gr.skip(), gr.skip()
        return gr.skip(), gr.skip(), gr.skip()

    def undo(self) -> tuple[Any, ...]:
        """Take the last ingest back."""
        news, _skipped, header = self._changed(lambda: _undone(*self._editor.undo()))
        return news, header

    def find_duplicates(self) -> str:
        """List notes that say the same, and lines of two that cannot both be right."""
        try:
            found = _NOTES.duplicates(self._notes.duplicates())
            return str(found + _NOTES.conflicts(self._notes.conflicts()))
        except CribError as error:
            return Macros("parts").alert(failure(error))

    def set_watch(self, wanted: bool) -> None:
        """Read changes by themselves, or not."""
        self._editor.watch(wanted)

    def _changed(self, change: Callable[[], str]) -> tuple[Any, ...]:
        try:
            said = change()
        except CribError as error:
            return Macros("parts").alert(failure(error)), gr.skip(), gr.skip()
        return _NOTES.done(said), gr.skip(), self._header()

    def _active(self, elem_id: str) -> gr.HTML:
        return gr.HTML("", elem_id=elem_id, js_on_load=self._script, apply_default_css=False)


def _left_out(left: Mapping[str, str]) -> list[str]:
    """Why files were left out, in lines."""
    reasons = [f"{name}: {why}" for name, why in left.items()]
    if not reasons:
        return []
    said = ngettext("{count} file was left out:", "{count} files were left out:", len(reasons))
    return [said, *reasons]


def _undone(restored: int, gone: int) -> str:
    """What was taken back."""
    return _(
        "Undone: {restored} as before, {gone} removed again.",
        restored=notes(restored),
        gone=notes(gone),
    )


def _forgotten(count: int) -> str:
    """What was taken out."""
    return ngettext(
        "{count} note removed from the library. Undo brings it back.",
        "{count} notes removed from the library. Undo brings them back.",
        count,
    )
