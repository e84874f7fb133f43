"""The quiz page: studying, judging drafts, and how the studying goes; what opens which."""

import tempfile
from datetime import datetime, time
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd
from gradio.blocks import Block

from eval.decks import to_csv
from eval.study import Session, Sureness
from rag.errors import CribError
from web.layout import Layout
from web.parts import Updates, html
from web.quiz_page.drafts import DraftsTab
from web.quiz_page.protocols import Quiz
from web.quiz_page.study import StudyTab
from web.templates import Macros
from web.translation import day, failure
from web.translation import gettext as _

_QUIZ = Macros("quiz")


class QuizPage:
    """Implements `web.layout.Page` over a person's quiz."""

    id = "quiz"

    def __init__(self, quiz: Quiz) -> None:
        self._quiz = quiz

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return _("Quiz")

    def lay_out(self, tab: gr.Tab, _chat: Layout) -> None:
        """Build the parts and connect the listeners, within `tab`."""
        with gr.Column(elem_id="quiz-page"):
            with gr.Row(elem_id="quiz-banner"):
                news = html("", "quiz-news")
                stop = gr.Button(_("Stop"), size="sm", elem_id="quiz-stop")
            with gr.Tabs(elem_id="quiz-tabs"):
                with gr.Tab(_("Study"), id="quiz-study") as first:
                    study = StudyTab(self._quiz, news)
                with gr.Tab(_("Drafts"), id="quiz-review") as second:
                    drafts = DraftsTab(self._quiz, news, stop)
                with gr.Tab(_("Progress"), id="quiz-stands") as third:
                    progress = ProgressTab(self._quiz)
        quick: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
        }
        for opened in (tab, first):
            opened.select(study.opened, study.session, [*study.changed, news], **quick)
        second.select(drafts.shown, None, [*drafts.changed, news], **quick)
        third.select(progress.shown, None, progress.changed, **quick)

        def after(session: Session) -> Updates:
            """There are more cards; the news stays."""
            updates = study.opened(session)
            return {part: update for part, update in updates.items() if part in study.changed}

        study.listen()
        drafts.listen(
            study.look, lambda made: made.then(after, study.session, study.changed, **quick)
        )


class ProgressTab:
    """How the studying goes, as plots, and the cards as files for other programs."""

    def __init__(self, quiz: Quiz) -> None:
        """Lay it out in the current tab."""
        self._quiz = quiz
        self._folder = tempfile.TemporaryDirectory(prefix="cribsheet-")
        with gr.Row(elem_id="quiz-progress"):
            with gr.Column(elem_classes="quiz-figure"):
                html(_QUIZ.title(_("Cards that come back")), "quiz-forecast-title")
                self._forecast = _plot(_("day"), _("cards"), "quiz-forecast", x_label_angle=-45)
                self._days = html("", "quiz-days")
            with gr.Column(elem_classes="quiz-figure"):
                html(_QUIZ.title(_("How sure against how right")), "quiz-sureness-title")
                self._sureness = _plot(
                    _("how sure"), _("right, in %"), "quiz-sureness", y_lim=[0, 100]
                )
                self._bands = html("", "quiz-bands")
            with gr.Column(elem_classes="quiz-figure"):
                more = _("Every card says where in your notes it comes from.")
                html(_QUIZ.title(_("Take the cards with you"), more), "quiz-take")
                with gr.Row(elem_id="quiz-files"):
                    self._anki = gr.DownloadButton(
                        _("Anki package"), elem_id="quiz-anki", interactive=False
                    )
                    self._csv = gr.DownloadButton(
                        _("CSV table"), elem_id="quiz-csv", interactive=False
                    )
                self._note = html("", "quiz-take-note")
        plots: list[Block] = [self._forecast, self._days, self._sureness, self._bands]
        self.changed = [*plots, self._anki, self._csv, self._note]

    def shown(self) -> Updates:
        """All of it, as it is now."""
        try:
            cases = self._quiz.cases()
            days, found = self._quiz.study.forecast(cases), self._quiz.study.sureness()
        except CribError as error:
            return {self._note: _QUIZ.news(failure(error), "failed")}
        labels = [day(datetime.combine(one, time()), with_year=False) for one in days]
        coming = pd.DataFrame({_("day"): labels, _("cards"): list(days.values())})
        right = pd.DataFrame(
            {
                _("how sure"): [_band(one) for one in found],
                _("right, in %"): [round(one.right * 100) for one in found],
                _("answers"): [one.answers for one in found],
            }
        )
        is_known = any(days.values())
        return self._files() | {
            self._forecast: gr.update(value=coming, sort=labels, visible=is_known),
            self._days: _QUIZ.table(list(coming), coming.values.tolist() if is_known else ()),
            self._sureness: gr.update(
                value=right, sort=list(right.iloc[:, 0]), visible=bool(found)
            ),
            self._bands: _QUIZ.sureness(list(right), right.values.tolist()),
        }

    def _files(self) -> Updates:
        folder, cases = Path(self._folder.name), self._quiz.cases()
        csv, can = folder / "cribsheet.csv", bool(cases)
        csv.write_text(to_csv(cases), encoding="utf-8")
        try:
            anki = gr.update(value=str(self._quiz.anki(folder)), interactive=can)
            note = ""
        except CribError as error:
            anki = gr.update(value=None, interactive=False)
            note = _QUIZ.news(failure(error))
        files = gr.update(value=str(csv), interactive=can)
        return {self._csv: files, self._anki: anki, self._note: note}


def _plot(x: str, y: str, elem_id: str, **more: Any) -> gr.BarPlot:
    return gr.BarPlot(
        x=x, y=y, sort=None, height=240, buttons=[], elem_id=elem_id, show_label=False, **more
    )


def _band(one: Sureness) -> str:
    """`25-50 %`."""
    return f"{one.low * 100:.0f}\u2013{one.high * 100:.0f} %"
