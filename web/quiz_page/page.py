"""The quiz page: its three parts, and what opens which."""

from typing import Any

import gradio as gr

from web import words
from web.layout import Layout
from web.pacing import Updates
from web.parts import html
from web.quiz_page import drafts, parts, progress
from web.quiz_page.protocols import Desk
from web.quiz_page.session import Session
from web.quiz_page.study import Studying


class QuizPage:
    """Implements `web.tabs.Page` over a desk."""

    id = "quiz"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return words.QUIZ

    def lay_out(self, tab: gr.Tab, _chat: Layout) -> None:
        """Build the parts and connect the listeners, within `tab`."""
        with gr.Column(elem_id="quiz-page"):
            with gr.Row(elem_id="quiz-banner"):
                news = html("", "quiz-news")
                stop = gr.Button(words.QUIZ_STOP, size="sm", elem_id="quiz-stop")
            with gr.Tabs(elem_id="quiz-tabs"):
                with gr.Tab(words.QUIZ_STUDY, id="quiz-study") as first:
                    self._on = parts.lay_out()
                with gr.Tab(words.QUIZ_DRAFTS, id="quiz-review") as second:
                    judged = drafts.lay_out()
                with gr.Tab(words.QUIZ_PROGRESS, id="quiz-stands") as third:
                    figures = progress.lay_out()
        self._study = Studying(self._desk, self._on, news)
        self._drafts = drafts.Drafts(self._desk, judged, news, stop)
        self._progress = progress.Progress(self._desk, figures)
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
