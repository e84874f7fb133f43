"""The tab of the cases of a run: why they were missed, a list, one of them, the same once more."""

from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.blocks import Block

from rag.errors import CribError
from web import words
from web.evals_page import cases, marks, plots, reading
from web.evals_page.cases import Look
from web.evals_page.kept import Kept, Opened
from web.evals_page.parts import PRIVATE, QUICK, active, drawn, number_of
from web.evals_page.plots import BROWN
from web.evals_page.protocols import EvalDesk
from web.parts import Feed, Updates, html, paced, told

_MOST_PASSAGES = 20


class CasesPanel:
    """Implements `web.evals_page.parts.Panel`."""

    def __init__(self, desk: EvalDesk, kept: Kept) -> None:
        self._desk = desk
        self._kept = kept

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.EVALS_MISSES

    @property
    def outputs(self) -> list[Block]:
        """All that another run changes."""
        return [self._look, self._plot, self._list, self._case, self._sides, *self._filters]

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listeners."""
        self._look = gr.State(Look())
        with gr.Column(elem_id="evals-cases"):
            with gr.Column(elem_id="evals-choosing"):
                self._plot = gr.BarPlot(
                    x="cause",
                    y="count",
                    title=words.EVALS_CAUSES_PLOT,
                    x_title=" ",
                    y_title=words.EVALS_CAUSE_COUNT,
                    color_map={"": BROWN},
                    x_label_angle=-20,
                    sort="-y",
                    height=240,
                    elem_id="evals-causes-plot",
                )
                with gr.Row(elem_id="evals-filters"):
                    self._filters = self._lay_out_filters()
                self._list = active("evals-list")
            self._case = active("evals-case")
            with gr.Row(elem_id="evals-again"):
                self._llm = gr.Dropdown(
                    [(words.EVALS_SAME_MODEL, "")],
                    value="",
                    label=f"{words.EVALS_AGAIN}: {words.EVALS_MODEL}",
                )
                self._passages = gr.Slider(
                    0,
                    _MOST_PASSAGES,
                    value=0,
                    step=1,
                    label=words.EVALS_PASSAGES,
                    info=words.EVALS_PASSAGES_MORE,
                )
                self._again = gr.Button(words.EVALS_AGAIN_DO, size="sm", elem_id="evals-again-do")
            self._sides = html("", "evals-sides")
        self._listen(chosen)

    def _lay_out_filters(
        self,
    ) -> tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Textbox]:
        which = [
            (words.EVALS_ALL, cases.ALL),
            (words.EVALS_MISSED, cases.MISSED),
            (words.EVALS_RIGHT, cases.RIGHT),
        ]
        return (
            gr.Dropdown(which, value=cases.ALL, label=words.EVALS_WHICH, elem_id="evals-which"),
            _choice(words.EVALS_CAUSE),
            _choice(words.EVALS_KIND),
            _choice(words.EVALS_NOTE),
            gr.Textbox(label=words.EVALS_SEARCH, max_lines=1, max_length=200),
        )

    def _listen(self, chosen: gr.State) -> None:
        listed: dict[str, Any] = {"outputs": [self._look, self._list]} | QUICK
        for part in self._filters:
            part.input(self._filter, [chosen, *self._filters], trigger_mode="always_last", **listed)
        self._list.edit(self._turn, [chosen, self._look], **listed)
        seen: list[Block] = [self._look, self._case, self._sides]
        for clicked in (self._list, self._case):
            clicked.select(self._open, [chosen, self._look], seen, **QUICK)
        opened = self._list.select(self._models, None, self._llm, **QUICK)
        opened.then(
            None,
            None,
            None,
            js="() => document.getElementById('evals-run').scrollIntoView({block: 'start'})",
            **QUICK,
        )
        self._again.click(
            self._ask_again,
            [chosen, self._look, self._llm, self._passages],
            [self._sides, self._again],
            concurrency_id="evals-again",
            concurrency_limit=2,
            **PRIVATE,
        )

    def fill(self, opened: Opened) -> Updates:
        """The cases of another run."""
        _, cause, kind, note, query = self._filters
        everything = [(words.EVALS_ALL, "")]
        kinds = [(marks.shown(one.name, 60), one.name) for one in opened.kinds]
        paths = sorted({t.note_path for o in opened.run.outcomes for t in o.case.targets})
        causes = [*everything, *cases.causes_of(opened)]
        return {
            self._look: Look(),
            self._plot: drawn(plots.causes(opened)),
            self._list: cases.list_html(opened, Look()),
            self._case: "",
            self._sides: "",
            self._filters[0]: cases.ALL,
            cause: gr.update(choices=causes, value=""),
            kind: gr.update(choices=[*everything, *kinds], value=""),
            note: gr.update(choices=[*everything, *((p, p) for p in paths)], value=""),
            query: "",
        }

    # What a click does.

    def _filter(
        self, chosen: int, which: str, cause: str, kind: str, note: str, query: str | None
    ) -> Updates:
        look = Look(which or cases.ALL, cause or "", kind or "", note or "", query or "")
        return self._listed(chosen, look)

    def _turn(self, chosen: int, look: Look, event: gr.EventData) -> Updates:
        return self._listed(chosen, look.turned(1 if number_of(event) == 1 else -1))

    def _listed(self, chosen: int, look: Look) -> Updates:
        opened = told(lambda: self._kept.opened(chosen))
        found = cases.list_html(opened, look) if opened else marks.hint_html(words.EVALS_GONE)
        return {self._look: look, self._list: found}

    def _open(self, chosen: int, look: Look, event: gr.EventData) -> Updates:
        """One case; none where the list is to be seen again."""
        place = number_of(event)
        opened = told(lambda: self._kept.opened(chosen))
        outcome = opened.outcome(place) if opened else None
        shown = reading.case_html(outcome) if outcome else ""
        place = place if outcome else -1
        return {self._look: replace(look, place=place), self._case: shown, self._sides: ""}

    def _models(self) -> Updates:
        offers = told(self._desk.models) or ()
        named = [(words.model(one.llm, one.host), one.llm) for one in offers]
        return {self._llm: gr.update(choices=[(words.EVALS_SAME_MODEL, ""), *named])}

    @paced
    def _ask_again(self, chosen: int, look: Look, llm: str | None, passages: float) -> Feed:
        yield {
            self._sides: marks.hint_html(words.EVALS_ASKING),
            self._again: gr.update(interactive=False),
        }
        updates: Updates = {self._again: gr.update(interactive=True)}
        try:
            opened = self._kept.opened(chosen)
            before = opened.outcome(look.place)
            if before is None:
                raise CribError(words.EVALS_GONE)
            after = self._desk.again(opened.run, before, llm or "", int(passages or 0))
            updates[self._sides] = reading.side_by_side_html(before, after)
        except CribError as error:
            updates[self._sides] = marks.error_html(words.failure(error))
        yield updates

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._sides: gr.skip()}


def _choice(label: str) -> gr.Dropdown:
    return gr.Dropdown([(words.EVALS_ALL, "")], value="", label=label)
