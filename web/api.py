"""The endpoints for programs: `ask`, `search`, `ingest`, `status`. All others are the page's own.

Gradio documents them at `?view=api`; `gradio_client` calls them, and curl, as Gradio's guide says.
What they take may be anything, so it is checked; what goes wrong is one line.
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import gradio as gr
from gradio.events import api

from ingest.types import Report
from rag.errors import CribError
from rag.query import scope_of
from rag.types import Answer, AskOptions, Chunk, Finished, Found, Hit, Scope, Style
from web.protocols import Library
from web.refresh import Refresh
from web.work import Halt

_ANSWERS = 4  # at a time, with those of the page
_MOST_PASSAGES = 20

_Result = TypeVar("_Result")


class Api:
    """The endpoints over a library. An `ingest` is the same one that the page shows."""

    def __init__(self, library: Library, refresh: Refresh) -> None:
        self._library = library
        self._refresh = refresh

    def lay_out(self) -> None:
        """Add the endpoints, within `gr.Blocks`."""
        limited: dict[str, Any] = {"concurrency_id": "chat", "concurrency_limit": _ANSWERS}
        api(self.ask, api_name="ask", **limited)
        api(self.search, api_name="search", **limited)
        api(self.ingest, api_name="ingest", concurrency_limit=_ANSWERS)
        api(self.status, api_name="status")

    def ask(
        self,
        question: str,
        within: list[str] | None = None,
        style: str = "short",
        strict: bool = False,
    ) -> dict[str, Any]:
        """Answer a question from the notes.

        `within` names notes or folders to look in; `style` is short, detailed, steps, list or
        compare; `strict` leaves out what no passage carries. Returns the answer's `text`, its
        `status` (answered, extractive, refused, interrupted), `citations` with the exact words and
        where they stand, the `model`, the `confidence` that the notes hold it, and `seconds`.
        Nothing of it is kept as a conversation.
        """
        options = _with_gradio_errors(
            lambda: AskOptions(_scope(within), _style(style), bool(strict))
        )
        return _with_gradio_errors(lambda: _answer_json(self._answer(str(question), options)))

    def search(
        self, question: str, within: list[str] | None = None, count: int = 5
    ) -> list[dict[str, Any]]:
        """Find the passages of the notes that are nearest to a question; no model is asked.

        Returns at most `count` of them, the best first, each with its `text`, `headings`, `place`
        (path:line) and `score`.
        """
        options = _with_gradio_errors(lambda: AskOptions(_scope(within)))
        most = min(max(int(count), 0), _MOST_PASSAGES)
        return [
            _hit_json(hit)
            for hit in _with_gradio_errors(lambda: self._find(str(question), options))[:most]
        ]

    def ingest(self) -> dict[str, Any]:
        """Bring the index up to date with the notes, and say what was done once it is.

        Returns the numbers of `notes`, `chunks` and of what was `new`, `changed`, `moved`,
        `deleted`, `embedded` and `reused`, what was `skipped` and why, and `seconds`.
        """
        return _with_gradio_errors(lambda: _report_json(self._brought_up_to_date()))

    def status(self) -> dict[str, Any]:
        """Say how the library stands.

        Returns how many `notes` and `chunks` there are, the `folder` they are in, which `model`
        reads them, and whether they `stay` on this machine, are being read (`ingesting`), or the
        model is `loading`.
        """
        notes, chunks = self._library.counts()
        return {
            "notes": notes,
            "chunks": chunks,
            "folder": self._library.folder(),
            "model": self._library.model(),
            "stay": self._library.is_local(),
            "ingesting": self._refresh.is_running,
            "loading": self._library.is_loading(),
        }

    def _answer(self, question: str, options: AskOptions) -> Answer:
        for event in self._library.stream(question, (), options):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def _find(self, question: str, options: AskOptions) -> tuple[Hit, ...]:
        with closing(self._library.stream(question, (), options)) as events:
            found = next(events)
            assert isinstance(found, Found)  # noqa: S101 (what a stream begins with)
            return found.evidence.passages

    def _brought_up_to_date(self) -> Report:
        for news in self._refresh.join():
            if isinstance(news, Report):
                return news
            if news is Halt.STOPPED:
                raise gr.Error("stopped; what was read is kept", print_exception=False)
        raise AssertionError("an ingest ends with a Report")


def _with_gradio_errors(work: Callable[[], _Result]) -> _Result:
    """What `work` gives; what it raises on purpose is told as Gradio tells errors."""
    try:
        return work()
    except CribError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _scope(within: list[str] | None) -> Scope:
    return scope_of({"in": [str(name) for name in within or ()]})


def _style(style: str) -> Style:
    if style in set(Style):
        return Style(style)
    raise gr.Error(f"style {style!r} is none of {', '.join(Style)}", print_exception=False)


def _answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "standalone": answer.standalone,
        "text": answer.text,
        "status": answer.status.value,
        "notice": answer.notice,
        "model": answer.model,
        "confidence": answer.confidence,
        "citations": [
            {"number": one.number, "quote": one.quote, "place": one.location}
            for one in answer.citations
        ],
        "seconds": answer.timings.total,
    }


def _hit_json(hit: Hit) -> dict[str, Any]:
    chunk: Chunk = hit.chunk
    return {
        "text": chunk.text,
        "headings": list(chunk.headings),
        "place": chunk.place_at(0),
        "score": hit.score,
    }


def _report_json(report: Report) -> dict[str, Any]:
    names = "notes chunks new changed moved deleted embedded reused seconds".split()
    return {name: getattr(report, name) for name in names} | {"skipped": dict(report.skipped)}
