"""The page of evals: what stands where, and what happens on which click."""

from collections.abc import Sequence
from functools import partial

import gradio as gr
from gradio.blocks import Block

from eval.runs import RunInfo
from rag.errors import CribError
from web import words
from web.evals_page import view
from web.evals_page.protocols import EvalController
from web.evals_page.start import Start
from web.evals_page.tabs import (
    QUICK,
    CasesTab,
    CompareTab,
    HistoryTab,
    LabelTab,
    OpenedRuns,
    ScoresTab,
    Tab,
    active,
    number_of,
)
from web.evals_page.view import Opened
from web.layout import Layout
from web.parts import Updates, html, told

_PAGE = 12  # runs of the list that are shown at once
_CLICK_FILE = "() => document.querySelector('#evals-file')?.click()"


class EvalsPage:
    """Implements `web.tabs.Page`: runs are begun, watched, read, compared, labelled, deleted."""

    id = "evals"

    def __init__(self, controller: EvalController) -> None:
        self._controller = controller
        self._runs = OpenedRuns(controller)
        self._start = Start(controller, self._show)
        self._tabs: Sequence[Tab] = [
            ScoresTab(),
            CasesTab(controller, self._runs),
            CompareTab(controller, self._runs),
            HistoryTab(controller),
            LabelTab(controller, self._runs),
        ]

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.EVALS

    def lay_out(self, tab: gr.Tab, chat: Layout) -> None:
        """Build the parts and connect the listeners, within `tab`."""
        tab.render_children = True
        self._chosen, self._most = gr.State(0), gr.State(_PAGE)
        with gr.Column(elem_id="evals"):
            self._intro = html(view.eval_html("intro", False), "evals-intro")
            self._start.lay_out()
            with gr.Row(elem_id="evals-body"):
                self._list = active("evals-runs")
                with gr.Column(elem_id="evals-run"):
                    self._lay_out_run()
        self._listen(tab, chat)

    def _lay_out_run(self) -> None:
        self._head = html("", "evals-head")
        with gr.Row(elem_id="evals-actions"):
            self._reports = {
                suffix: gr.Button(text, size="sm")
                for suffix, text in (("html", words.EVALS_REPORT), ("json", words.EVALS_JSON))
            }
            self._file = gr.DownloadButton(
                "", visible="hidden", elem_id="evals-file", interactive=True
            )
            self._delete = gr.Button(words.EVALS_DELETE, size="sm")
        with gr.Row(elem_id="evals-sure"):  # shown while its text is not empty
            self._sure = html("", "evals-sure-text")
            self._yes = gr.Button(words.EVALS_DELETE_YES, size="sm", variant="stop")
            self._no = gr.Button(words.EVALS_DELETE_NO, size="sm")
        with gr.Tabs(elem_id="evals-tabs"):
            for one in self._tabs:
                with gr.Tab(one.label, render_children=True):
                    one.lay_out(self._chosen)

    def _listen(self, tab: gr.Tab, chat: Layout) -> None:
        shown: list[Block] = [self._chosen, self._intro, self._list, self._head, self._sure]
        shown += [part for one in self._tabs for part in one.outputs]
        which = [self._chosen, self._most]
        first = tab.select(self._enter, which, [*shown, *self._start.choices], **QUICK)
        first.then(self._start.models, None, self._start.choices, **QUICK)
        self._list.select(self._open, which, shown, **QUICK)
        self._list.expand(self._more, which, [self._list, self._most], **QUICK)
        self._start.listen(chat, shown)
        self._delete.click(self._ask_whether, self._chosen, self._sure, **QUICK)
        self._no.click(lambda: "", None, self._sure, **QUICK)
        self._yes.click(self._forget, self._chosen, shown, **QUICK)
        for suffix, button in self._reports.items():
            made = button.click(partial(self._report, suffix), self._chosen, self._file, **QUICK)
            made.success(None, None, None, js=_CLICK_FILE, **QUICK)

    # What a click does.

    def _enter(self, chosen: int, most: int) -> Updates:
        """The page is looked at: runs may have come from elsewhere."""
        return self._start.case_sets() | self._show(chosen, most)

    def _open(self, chosen: int, most: int, event: gr.EventData) -> Updates:
        number = number_of(event)
        return self._show(number if number > 0 else chosen, most)

    def _more(self, chosen: int, most: int) -> Updates:
        return {self._list: self._listed(chosen, most + _PAGE), self._most: most + _PAGE}

    def _ask_whether(self, chosen: int) -> str:
        infos = told(self._controller.listing) or ()
        info = next((one for one in infos if one.id == chosen), None)
        if info is None:
            return ""
        return view.eval_html("question", words.evals_delete_sure(view.run_name(info)))

    def _forget(self, chosen: int) -> Updates:
        told(lambda: self._controller.forget(chosen))
        return self._show(0)

    def _report(self, suffix: str, chosen: int) -> str | None:
        """A file, made once it is asked for, and then handed over at once."""
        path = told(lambda: self._controller.report(self._runs.get(chosen).result, suffix))
        return str(path) if path else None

    def _show(self, number: int, most: int = _PAGE) -> Updates:
        """A run by its number, or the latest where that is 0 or gone; the list with it."""
        try:
            infos = self._controller.listing()
            if not any(one.id == number for one in infos):
                number = infos[0].id if infos else 0
            updates = self._run(self._runs.get(number)) if number else {}
        except CribError as error:
            infos, updates = (), {self._head: view.eval_html("error", words.failure(error))}
        return updates | {
            self._chosen: number,
            self._sure: "",
            self._intro: view.eval_html("intro", not infos and not updates),
            self._list: self._listed(number, most, infos),
        }

    def _run(self, opened: Opened) -> Updates:
        updates: Updates = {self._head: view.eval_html("head", opened)}
        for one in self._tabs:
            updates |= one.fill(opened)
        return updates

    def _listed(self, chosen: int, most: int, infos: Sequence[RunInfo] | None = None) -> str:
        try:
            found = self._controller.listing() if infos is None else infos
            return view.eval_html(
                "run_list", found, self._controller.means(view.MAIN), chosen, most
            )
        except CribError as error:
            return view.eval_html("error", words.failure(error))
