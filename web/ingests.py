"""An ingest as the page shows it: the banner, and what happens on which click."""

import logging
from typing import Any

import gradio as gr

from ingest.types import Phase, Progress, Report
from rag.errors import CribError, LockedError
from web import words
from web.asking import AnswerController
from web.layout import Layout
from web.parts import Feed, Updates, paced, remember, session_of
from web.refresh import IngestRun, News, Refresh
from web.templates import Macros
from web.translation import N_, failure, number
from web.translation import gettext as _
from web.view import View
from web.work import Halt

_PHASES = {
    Phase.SCANNING: N_("Looking for notes"),
    Phase.READING: N_("Reading"),
    Phase.EMBEDDING: N_("Embedding"),
    Phase.INDEXING: N_("Writing the index"),
}

_CHAT = Macros("chat")


def news_html(news: News) -> str:
    """How far an ingest is or, at its end, what it did."""
    if isinstance(news, Report):
        concerns = [f"{path}: {reason}" for path, reason in news.skipped.items()]
        concerns += [f"{path}: {line}" for path, lines in news.warnings.items() for line in lines]
        return _CHAT.report(news, concerns)
    if isinstance(news, Progress):
        return _CHAT.progress(_(_PHASES[news.phase]), news, _pace(news))
    return _CHAT.stopping() if news is Halt.STOPPING else _CHAT.stopped()


def _pace(progress: Progress) -> str:
    """How fast an ingest is, and how long it takes yet, as far as that is known."""
    known = []
    if progress.rate is not None:
        known.append(_("{count} passages/s", count=number(round(progress.rate))))
    if progress.seconds_left is not None:
        known.append(words.left(progress.seconds_left))
    return ", ".join(known)


_WATCHERS = 16  # pages that watch an ingest; that there is only one of these, Refresh sees to
_log = logging.getLogger(__name__)


class IngestBanner:
    """Listeners that begin, show and stop ingests. `on` are the page's parts."""

    def __init__(
        self, refresh: Refresh, answering: AnswerController, view: View, on: Layout
    ) -> None:
        self._refresh = refresh
        self._answering = answering
        self._view = view
        self._on = on
        self._shown: dict[str, int] = {}  # the ingest that each page showed last, or shows

    def listen(self) -> dict[str, Any]:
        """Connect the listeners, within `gr.Blocks`; what they have in common with the first."""
        on = self._on
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        ingest = private | {
            "outputs": on.changed_by_ingest,
            "concurrency_id": "ingest",
            "concurrency_limit": _WATCHERS,
        }
        on.refresh.click(self.bring_up_to_date, None, **ingest)
        on.again.click(self.bring_up_to_date, None, **ingest)
        on.halt.click(self.halt, None, None, queue=False, **private)
        on.clock.tick(self.count, on.ingests, on.ingests, queue=False, **private)
        on.ingests.change(self.catch_up, None, **ingest)
        return ingest

    def mark_all_seen(self, session: str) -> None:
        """This page is told of the ingests that are yet to come."""
        remember(self._shown, session, self._refresh.number)

    def count(self, known: int) -> int | Updates:
        """How many ingests there were; nothing as long as that is known."""
        return gr.skip() if known == self._refresh.number else self._refresh.number

    def halt(self) -> None:
        """Stop the ingest that is going on, for all who watch it."""
        self._refresh.stop()

    @paced
    def bring_up_to_date(self, request: gr.Request) -> Feed:
        """Begin an ingest, or watch the one that is going on."""
        yield from self.show(self._refresh.join(), session_of(request))

    @paced
    def catch_up(self, request: gr.Request) -> Feed:
        """Show an ingest that this page did not begin, unless it came to nothing."""
        session, run = session_of(request), self._refresh.latest
        if run is None or self._shown.get(session) == run.number:
            return
        if _came_to_nothing(run.news):
            remember(self._shown, session, run.number)
            return
        yield from self.show(run, session)

    def show(self, run: IngestRun, session: str) -> Feed:
        """How far an ingest is, what it did, and the library as it is then."""
        remember(self._shown, session, run.number)
        try:
            for news in run:
                yield {self._on.news: news_html(news)}
        except CribError as error:
            yield {self._on.news: _CHAT.ingest_failed(failure(error))}
        except Exception:
            _log.exception("the notes could not be read")
            yield {
                self._on.news: _CHAT.ingest_failed(
                    _("Something went wrong on our side; the log of the program says what.")
                )
            }
        yield self._view.library(was_asked=self._answering.was_asked(session))

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._on.status: gr.skip()}


def _came_to_nothing(news: News | Exception) -> bool:
    """True for the end of an ingest that nobody who did not ask for it wants to hear of."""
    if isinstance(news, Report):
        return not (news.new or news.changed or news.moved or news.deleted)
    return isinstance(news, LockedError)
