"""The tabs of a run beside another one, and of a score over time."""

import gradio as gr
from gradio.blocks import Block

from eval.runs import RunInfo
from eval.scorers import SCORERS
from rag.errors import CribError
from web import words
from web.evals_page import comparing, marks, plots
from web.evals_page.kept import Kept, Opened
from web.evals_page.parts import PRIVATE, QUICK, drawn
from web.evals_page.protocols import EvalDesk
from web.parts import Feed, Updates, html, paced, told

_MOST_RUNS = 200
_FIRST = "reference_match"


class ComparePanel:
    """The run beside another one. Implements `web.evals_page.parts.Panel`."""

    def __init__(self, desk: EvalDesk, kept: Kept) -> None:
        self._desk = desk
        self._kept = kept

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.EVALS_COMPARE

    @property
    def outputs(self) -> list[Block]:
        """The other run, and what comes of it."""
        return [self._other, self._found]

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listener."""
        self._other = gr.Dropdown([], label=words.EVALS_AGAINST, elem_id="evals-other")
        self._found = html("", "evals-compared")
        self._other.input(
            self._compare,
            [chosen, self._other],
            self._found,
            concurrency_id="evals-compare",
            concurrency_limit=2,
            **PRIVATE,
        )

    def fill(self, opened: Opened) -> Updates:
        """What another run can be compared with: runs of the same cases first."""
        infos = [one for one in told(self._desk.listing) or () if one.id != opened.info.id]
        infos.sort(key=lambda one: one.cases != opened.info.cases)
        choices = [(f"{marks.run_name(o)}, {marks.moment(o)}", o.id) for o in infos[:_MOST_RUNS]]
        hint = words.EVALS_CHOOSE if choices else words.EVALS_NO_OTHER
        return {
            self._other: gr.update(choices=choices, value=None),
            self._found: marks.hint_html(hint),
        }

    @paced
    def _compare(self, chosen: int, other: int | None) -> Feed:
        try:
            before, after = self._kept.opened(int(other or 0)), self._kept.opened(chosen)
            yield {self._found: comparing.comparison_html(before.run, after.run)}
        except CribError as error:
            yield {self._found: marks.error_html(words.failure(error))}

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._found: gr.skip()}


class HistoryPanel:
    """A score over the runs of the same cases. Implements `web.evals_page.parts.Panel`."""

    def __init__(self, desk: EvalDesk) -> None:
        self._desk = desk

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.EVALS_HISTORY

    @property
    def outputs(self) -> list[Block]:
        """The score that is looked at, its plot and its table."""
        return [self._metric, self._plot, self._table]

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listener."""
        html(marks.hint_html(words.EVALS_HISTORY_MORE), "evals-history-about")
        choices = [(marks.metric(name), name) for name in SCORERS]
        self._metric = gr.Dropdown(
            choices, value=_FIRST, label=words.EVALS_METRIC, elem_id="evals-metric"
        )
        self._plot = gr.LinePlot(
            x="begun",
            y="mean",
            x_title=words.EVALS_WHEN,
            y_title=words.EVALS_MEAN,
            tooltip="all",
            height=280,
            elem_id="evals-history-plot",
        )
        self._table = html("", "evals-history")
        self._metric.input(self._show, [chosen, self._metric], [self._plot, self._table], **QUICK)

    def fill(self, opened: Opened) -> Updates:
        """The first score over the runs of these cases."""
        plot, table = self._drawn(opened.info.cases, _FIRST)
        return {self._metric: _FIRST, self._plot: plot, self._table: table}

    def _show(self, chosen: int, metric: str) -> tuple[Updates, str]:
        infos = told(self._desk.listing) or ()
        cases = next((one.cases for one in infos if one.id == chosen), "")
        return self._drawn(cases, metric if metric in SCORERS else _FIRST)

    def _drawn(self, cases: str, metric: str) -> tuple[Updates, str]:
        points = told(lambda: self._points(cases, metric)) or []
        return drawn(plots.history(points)), comparing.history_html(points, metric)

    def _points(self, cases: str, metric: str) -> list[tuple[RunInfo, float]]:
        """Whole runs of these cases, the oldest first."""
        means = self._desk.means([metric])
        found = [o for o in reversed(self._desk.listing()) if o.ended and o.cases == cases]
        known = [(one, means[one.id][0]) for one in found if one.id in means]
        return [(one, mean) for one, mean in known if mean is not None][-_MOST_RUNS:]
