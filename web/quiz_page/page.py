"""The quiz page: its three parts, and what opens which."""

from typing import Any

import gradio as gr

from web.layout import Layout
from web.parts import Updates, html
from web.quiz_page import drafts, progress
from web.quiz_page.protocols import Quiz
from web.quiz_page.session import Session
from web.quiz_page.study import StudyController, StudyParts
from web.translation import gettext as _


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
                    self._on = StudyParts()
                with gr.Tab(_("Drafts"), id="quiz-review") as second:
                    judged = drafts.DraftParts()
                with gr.Tab(_("Progress"), id="quiz-stands") as third:
                    figures = progress.ProgressParts()
        self._study = StudyController(self._quiz, self._on, news)
        self._drafts = drafts.DraftController(self._quiz, judged, news, stop)
        self._progress = progress.ProgressController(self._quiz, figures)
        quick: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
        }
        studied = [*self._on.changed, news]
        for opened in (tab, first):
            opened.select(self._study.opened, self._on.session, studied, **quick)
        second.select(self._drafts.shown, None, [*judged.changed, news], **quick)
        third.select(self._progress.shown, None, figures.changed, **quick)
        self._study.listen()
        self._drafts.listen(
            self._on.look,
            lambda made: made.then(self._after, self._on.session, self._on.changed, **quick),
        )

    def _after(self, session: Session) -> Updates:
        """There are more cards; the news stays."""
        updates = self._study.opened(session)
        return {part: update for part, update in updates.items() if part in self._on.changed}
