"""The page of evals: what stands where, and what happens on which click."""

from collections.abc import Sequence

import gradio as gr
from gradio.blocks import Block

from eval.runs import RunInfo
from rag.errors import CribError
from web import words
from web.evals_page import listing, marks, scores
from web.evals_page.cases_panel import CasesPanel
from web.evals_page.comparing_panel import ComparePanel, HistoryPanel
from web.evals_page.deleting import Deleting
from web.evals_page.downloads import Downloads
from web.evals_page.kept import Kept, Opened
from web.evals_page.labelling import LabelPanel
from web.evals_page.parts import QUICK, Panel, active, number_of
from web.evals_page.protocols import EvalDesk
from web.evals_page.scores_panel import ScoresPanel
from web.evals_page.starting import Starting
from web.layout import Layout
from web.parts import Updates, html

_PAGE = 12  # runs of the list that are shown at once


class EvalsPage:
    """Implements `web.tabs.Page` over the desk."""

    id = "evals"

    def __init__(self, desk: EvalDesk) -> None:
        self._desk = desk
        self._kept = Kept(desk)
        self._starting = Starting(desk, self._show)
        self._deleting = Deleting(desk, self._latest)
        self._downloads = Downloads(desk, self._kept)
        self._panels: Sequence[Panel] = [
            ScoresPanel(),
            CasesPanel(desk, self._kept),
            ComparePanel(desk, self._kept),
            HistoryPanel(desk),
            LabelPanel(desk, self._kept),
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
            self._intro = html(listing.intro_html(empty=False), "evals-intro")
            self._starting.lay_out()
            with gr.Row(elem_id="evals-body"):
                self._list = active("evals-runs")
                with gr.Column(elem_id="evals-run"):
                    self._lay_out_run()
        self._listen(tab, chat)

    def _lay_out_run(self) -> None:
        self._head = html("", "evals-head")
        with gr.Row(elem_id="evals-actions"):
            self._downloads.lay_out()
            self._deleting.lay_out()
        self._deleting.lay_out_question()
        with gr.Tabs(elem_id="evals-tabs"):
            for panel in self._panels:
                with gr.Tab(panel.label, render_children=True):
                    panel.lay_out(self._chosen)

    @property
    def _shown(self) -> list[Block]:
        """All that depends on the run that is looked at."""
        own: list[Block] = [self._chosen, self._intro, self._list, self._head]
        return own + [self._deleting.sure] + [out for one in self._panels for out in one.outputs]

    def _listen(self, tab: gr.Tab, chat: Layout) -> None:
        shown = self._shown
        first = tab.select(
            self._enter, [self._chosen, self._most], [*shown, *self._starting.offers], **QUICK
        )
        first.then(self._starting.models, None, self._starting.offers, **QUICK)
        self._list.select(self._open, [self._chosen, self._most], shown, **QUICK)
        self._list.expand(self._more, [self._chosen, self._most], [self._list, self._most], **QUICK)
        self._starting.listen(chat, shown)
        self._deleting.listen(self._chosen, shown)
        self._downloads.listen(self._chosen)

    # What a click does.

    def _enter(self, chosen: int, most: int) -> Updates:
        """The page is looked at: runs may have come from elsewhere."""
        return self._starting.sets() | self._show(chosen, most)

    def _open(self, chosen: int, most: int, event: gr.EventData) -> Updates:
        number = number_of(event)
        return self._show(number if number > 0 else chosen, most)

    def _more(self, chosen: int, most: int) -> Updates:
        return {self._list: self._listed(chosen, most + _PAGE), self._most: most + _PAGE}

    def _latest(self) -> Updates:
        return self._show(0)

    def _show(self, number: int, most: int = _PAGE) -> Updates:
        """A run by its number, or the latest where that is 0 or gone; the list with it."""
        try:
            infos = self._desk.listing()
            if not any(one.id == number for one in infos):
                number = infos[0].id if infos else 0
            updates = self._run(self._kept.opened(number)) if number else {}
        except CribError as error:
            infos, updates = (), {self._head: marks.error_html(words.failure(error))}
        return updates | {
            self._chosen: number,
            self._deleting.sure: "",
            self._intro: listing.intro_html(empty=not infos and not updates),
            self._list: self._listed(number, most, infos),
        }

    def _run(self, opened: Opened) -> Updates:
        updates: Updates = {self._head: scores.head_html(opened)}
        for panel in self._panels:
            updates |= panel.fill(opened)
        return updates

    def _listed(self, chosen: int, most: int, infos: Sequence[RunInfo] | None = None) -> str:
        try:
            found = self._desk.listing() if infos is None else infos
            return listing.list_html(found, self._desk.means(listing.MAIN), chosen, most)
        except CribError as error:
            return marks.error_html(words.failure(error))
