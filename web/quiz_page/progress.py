"""How the studying stands, as plots, and the cards as files for other programs."""

import tempfile
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd
from gradio.blocks import Block

from eval.study.decks import to_csv
from rag.errors import CribError
from web import words
from web.pacing import Updates
from web.parts import html
from web.quiz_page import figures, sheets
from web.quiz_page.protocols import Desk

DAYS = 14
_CSV = "cribsheet.csv"


@dataclass(frozen=True, slots=True)
class ProgressParts:
    """The parts that change."""

    forecast: gr.BarPlot
    days: gr.HTML
    sureness: gr.BarPlot
    bands: gr.HTML
    anki: gr.DownloadButton
    csv: gr.DownloadButton
    note: gr.HTML

    @property
    def changed(self) -> list[Block]:
        """All of them."""
        both: list[Block] = [self.forecast, self.days, self.sureness, self.bands]
        return [*both, self.anki, self.csv, self.note]


def lay_out() -> ProgressParts:
    """Build them within the current tab."""
    with gr.Row(elem_id="quiz-progress"):
        with gr.Column(elem_classes="quiz-figure"):
            html(f"<h3>{words.QUIZ_FORECAST}</h3>", "quiz-forecast-title")
            forecast = _plot(words.QUIZ_DAY, words.QUIZ_CARDS, "quiz-forecast", x_label_angle=-45)
            days = html("", "quiz-days")
        with gr.Column(elem_classes="quiz-figure"):
            html(f"<h3>{words.QUIZ_SURENESS}</h3>", "quiz-sureness-title")
            sureness = _plot(
                words.QUIZ_HOW_SURE, words.QUIZ_HOW_RIGHT, "quiz-sureness", y_lim=[0, 100]
            )
            bands = html("", "quiz-bands")
        with gr.Column(elem_classes="quiz-figure"):
            html(f"<h3>{words.QUIZ_TAKE}</h3><p>{words.QUIZ_TAKE_MORE}</p>", "quiz-take")
            with gr.Row(elem_id="quiz-files"):
                anki = gr.DownloadButton(words.QUIZ_ANKI, elem_id="quiz-anki", interactive=False)
                csv = gr.DownloadButton(words.QUIZ_CSV, elem_id="quiz-csv", interactive=False)
            note = html("", "quiz-take-note")
    return ProgressParts(forecast, days, sureness, bands, anki, csv, note)


class Progress:
    """What the parts show."""

    def __init__(self, desk: Desk, on: ProgressParts) -> None:
        self._desk = desk
        self._on = on
        self._folder = tempfile.TemporaryDirectory(prefix="cribsheet-")

    def shown(self) -> Updates:
        """All of it, as it is now."""
        on, study = self._on, self._desk.study
        try:
            cases = self._desk.cases()
            days, found = study.forecast(cases, DAYS), study.sureness()
        except CribError as error:
            return {on.note: sheets.news_html(words.failure(error), "failed")}
        labels = [words.day(datetime.combine(one.day, time()), with_year=False) for one in days]
        coming = pd.DataFrame({words.QUIZ_DAY: labels, words.QUIZ_CARDS: [d.cards for d in days]})
        right = pd.DataFrame(
            {
                words.QUIZ_HOW_SURE: [figures.band(one) for one in found],
                words.QUIZ_HOW_RIGHT: [round(one.right * 100) for one in found],
            }
        )
        is_known = any(one.cards for one in days)
        return self._files() | {
            on.forecast: gr.update(value=coming, sort=labels, visible=is_known),
            on.days: figures.forecast_html(days if is_known else ()),
            on.sureness: gr.update(value=right, sort=list(right.iloc[:, 0]), visible=bool(found)),
            on.bands: figures.sureness_html(found),
        }

    def _files(self) -> Updates:
        on, folder = self._on, Path(self._folder.name)
        csv = folder / _CSV
        cases = self._desk.cases()
        csv.write_text(to_csv(cases), encoding="utf-8")
        can = bool(cases)
        updates: Updates = {on.csv: gr.update(value=str(csv), interactive=can), on.note: ""}
        try:
            anki = gr.update(value=str(self._desk.anki(folder)), interactive=can)
        except CribError as error:
            anki = gr.update(value=None, interactive=False)
            updates[on.note] = sheets.news_html(words.failure(error))
        return updates | {on.anki: anki}


def _plot(x: str, y: str, elem_id: str, **more: Any) -> gr.BarPlot:
    return gr.BarPlot(
        x=x, y=y, sort=None, height=240, buttons=[], elem_id=elem_id, show_label=False, **more
    )
