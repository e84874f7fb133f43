"""How the studying stands, as plots, and the cards as files for other programs."""

import tempfile
from datetime import datetime, time
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd
from gradio.blocks import Block

from eval.study.decks import to_csv
from eval.study.store import Sureness
from rag.errors import CribError
from web.parts import Updates, html
from web.quiz_page.protocols import Quiz
from web.templates import Macros
from web.translation import day, failure
from web.translation import gettext as _

DAYS = 14
_QUIZ = Macros("quiz")
_CSV = "cribsheet.csv"


class ProgressParts:
    """The parts of the progress that change, in the current tab."""

    def __init__(self) -> None:
        with gr.Row(elem_id="quiz-progress"):
            with gr.Column(elem_classes="quiz-figure"):
                html(_QUIZ.title(_("Cards that come back")), "quiz-forecast-title")
                self.forecast = _plot(_("day"), _("cards"), "quiz-forecast", x_label_angle=-45)
                self.days = html("", "quiz-days")
            with gr.Column(elem_classes="quiz-figure"):
                html(_QUIZ.title(_("How sure against how right")), "quiz-sureness-title")
                self.sureness = _plot(
                    _("how sure"), _("right, in %"), "quiz-sureness", y_lim=[0, 100]
                )
                self.bands = html("", "quiz-bands")
            with gr.Column(elem_classes="quiz-figure"):
                more = _("Every card says where in your notes it comes from.")
                html(_QUIZ.title(_("Take the cards with you"), more), "quiz-take")
                with gr.Row(elem_id="quiz-files"):
                    self.anki = gr.DownloadButton(
                        _("Anki package"), elem_id="quiz-anki", interactive=False
                    )
                    self.csv = gr.DownloadButton(
                        _("CSV table"), elem_id="quiz-csv", interactive=False
                    )
                self.note = html("", "quiz-take-note")

    @property
    def changed(self) -> list[Block]:
        """All of them."""
        both: list[Block] = [self.forecast, self.days, self.sureness, self.bands]
        return [*both, self.anki, self.csv, self.note]


class ProgressController:
    """What the parts show."""

    def __init__(self, quiz: Quiz, on: ProgressParts) -> None:
        self._quiz = quiz
        self._on = on
        self._folder = tempfile.TemporaryDirectory(prefix="cribsheet-")

    def shown(self) -> Updates:
        """All of it, as it is now."""
        on, study = self._on, self._quiz.study
        try:
            cases = self._quiz.cases()
            days, found = study.forecast(cases, DAYS), study.sureness()
        except CribError as error:
            return {on.note: _QUIZ.news(failure(error), "failed")}
        labels = [day(datetime.combine(one.day, time()), with_year=False) for one in days]
        coming = pd.DataFrame({_("day"): labels, _("cards"): [d.cards for d in days]})
        right = pd.DataFrame(
            {
                _("how sure"): [_band(one) for one in found],
                _("right, in %"): [round(one.right * 100) for one in found],
                _("answers"): [one.answers for one in found],
            }
        )
        is_known = any(one.cards for one in days)
        return self._files() | {
            on.forecast: gr.update(value=coming, sort=labels, visible=is_known),
            on.days: _QUIZ.table(list(coming), coming.values.tolist() if is_known else ()),
            on.sureness: gr.update(value=right, sort=list(right.iloc[:, 0]), visible=bool(found)),
            on.bands: _QUIZ.sureness(list(right), right.values.tolist()),
        }

    def _files(self) -> Updates:
        on, folder = self._on, Path(self._folder.name)
        csv = folder / _CSV
        cases = self._quiz.cases()
        csv.write_text(to_csv(cases), encoding="utf-8")
        can = bool(cases)
        updates: Updates = {on.csv: gr.update(value=str(csv), interactive=can), on.note: ""}
        try:
            anki = gr.update(value=str(self._quiz.anki(folder)), interactive=can)
        except CribError as error:
            anki = gr.update(value=None, interactive=False)
            updates[on.note] = _QUIZ.news(failure(error))
        return updates | {on.anki: anki}


def _plot(x: str, y: str, elem_id: str, **more: Any) -> gr.BarPlot:
    return gr.BarPlot(
        x=x, y=y, sort=None, height=240, buttons=[], elem_id=elem_id, show_label=False, **more
    )


def _band(one: Sureness) -> str:
    """`25-50 %`."""
    return f"{one.low * 100:.0f}\u2013{one.high * 100:.0f} %"
