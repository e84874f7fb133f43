"""The tab of the figures of a run."""

import gradio as gr
from gradio.blocks import Block

from web import words
from web.evals_page import plots, scores
from web.evals_page.kept import Opened
from web.evals_page.parts import drawn
from web.evals_page.plots import BROWN, GREEN
from web.parts import Updates, html


class ScoresPanel:
    """A plot of the means, and tables. Implements `web.evals_page.parts.Panel`."""

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.EVALS_SCORES

    @property
    def outputs(self) -> list[Block]:
        """The plot and the tables."""
        return [self._plot, self._tables]

    def lay_out(self, _chosen: gr.State) -> None:
        """Build the parts."""
        self._plot = gr.BarPlot(
            x="score",
            y="mean",
            color="who",
            title=words.EVALS_SCORES_PLOT,
            x_title=" ",
            y_title=words.EVALS_MEAN,
            y_lim=[0, 1],
            x_label_angle=-40,
            tooltip="all",
            color_title=" ",
            color_map={words.EVALS_WITH_NOTES: GREEN, words.EVALS_WITHOUT_NOTES: BROWN},
            sort=None,
            height=360,
            elem_id="evals-scores-plot",
        )
        self._tables = html("", "evals-scores")

    def fill(self, opened: Opened) -> Updates:
        """The figures of another run."""
        return {
            self._plot: drawn(plots.scores(opened)),
            self._tables: scores.scores_html(opened),
        }
