"""Begins a run, shows how far it is, stops it."""

import logging
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from rag.errors import CribError
from web import words
from web.evals_page import listing, marks
from web.evals_page.parts import PRIVATE, QUICK
from web.evals_page.protocols import NO_MODEL, EvalDesk, Order
from web.evals_page.running import Run, Running
from web.layout import Layout
from web.parts import Feed, Updates, html, paced, remember, session_of, told

_WATCHERS = 16
_MOST_PASSAGES = 20
_log = logging.getLogger(__name__)


class Starting:
    """The choices, the button, and what became of it."""

    def __init__(self, desk: EvalDesk, finished: Callable[[int], Updates]) -> None:
        """Take what shows a run, once it is finished, by its number."""
        self._desk = desk
        self._finished = finished
        self._running = Running(desk)
        self._shown: dict[str, int] = {}  # the run that each page showed last, or shows

    def lay_out(self) -> None:
        """Build the parts."""
        self._known = gr.Number(0, precision=0, visible="hidden")
        with gr.Row(elem_id="evals-start"):
            self._start = gr.Button(words.EVALS_START, variant="primary", elem_id="evals-go")
            with gr.Accordion(words.EVALS_HOW, open=False, elem_id="evals-how"):
                self._choices = self._lay_out_choices()
        with gr.Row(elem_id="evals-banner"):
            self._news = html("", "evals-news")
            self._stop = gr.Button(words.EVALS_STOP, size="sm", elem_id="evals-stop")

    def _lay_out_choices(
        self,
    ) -> tuple[gr.Dropdown, gr.Dropdown, gr.Checkbox, gr.Slider, gr.Textbox]:
        return (
            gr.Dropdown(label=words.EVALS_CASES, choices=[], elem_id="evals-cases-of"),
            gr.Dropdown(
                [(words.EVALS_NO_MODEL, NO_MODEL)],
                value=NO_MODEL,
                label=words.EVALS_MODEL,
                elem_id="evals-model",
            ),
            gr.Checkbox(label=words.EVALS_CLOSED_BOOK, elem_id="evals-closed"),
            gr.Slider(
                0,
                _MOST_PASSAGES,
                value=0,
                step=1,
                label=words.EVALS_PASSAGES,
                info=words.EVALS_PASSAGES_MORE,
                elem_id="evals-passages",
            ),
            gr.Textbox(
                label=words.EVALS_NAME, info=words.EVALS_NAME_MORE, max_lines=1, max_length=80
            ),
        )

    @property
    def offers(self) -> list[Block]:
        """What `sets` and `models` change."""
        return [*self._choices[:2]]

    def listen(self, chat: Layout, finished: list[Block]) -> None:
        """Connect the listeners; `finished` is what showing a finished run changes."""
        watching: dict[str, Any] = PRIVATE | {
            "outputs": [self._news, self._start, *finished],
            "concurrency_id": "evals",
            "concurrency_limit": _WATCHERS,
        }
        self._start.click(self._begin, [*self._choices], **watching)
        self._known.change(self._catch_up, None, **watching)
        self._stop.click(self._running.stop, None, None, **QUICK)
        chat.clock.tick(self._count, self._known, self._known, **QUICK)

    def sets(self) -> Updates:
        """The cases that can be asked."""
        sets = self._desk.sets()
        good = [one for one in sets if not one.problem]
        choices = [(words.evals_set(o.notes, o.count, shipped=o.is_shipped), o.key) for o in good]
        return {
            self._choices[0]: gr.update(
                choices=choices,
                value=good[0].key if good else None,
                info="\n".join(one.problem for one in sets if one.problem) or None,
            )
        }

    def models(self) -> Updates:
        """The models that can be asked; to find them may take seconds."""
        offers = told(self._desk.models) or ()
        named = [(words.model(one.llm, one.host), one.llm) for one in offers]
        return {self._choices[1]: gr.update(choices=[(words.EVALS_NO_MODEL, NO_MODEL), *named])}

    def _count(self, known: int) -> int | Updates:
        """How many runs were begun; nothing as long as that is known."""
        return gr.skip() if known == self._running.number else self._running.number

    @paced
    def _begin(
        self,
        cases: str | None,
        llm: str | None,
        closed: bool,
        passages: float,
        name: str | None,
        request: gr.Request,
    ) -> Feed:
        first = next((one.key for one in self._desk.sets() if not one.problem), "")
        order = Order(
            cases or first,  # a click may come before the choices do
            llm or NO_MODEL,
            closed_book=bool(closed),
            passages=int(passages or 0),
            name=" ".join((name or "").split()),
        )
        yield from self._show(self._running.join(order), session_of(request))

    @paced
    def _catch_up(self, request: gr.Request) -> Feed:
        """Show a run that this page did not begin."""
        session, run = session_of(request), self._running.latest
        if run and self._shown.get(session) != run.number and not run.is_over:
            yield from self._show(run, session)

    def _show(self, run: Run, session: str) -> Feed:
        remember(self._shown, session, run.number)
        yield {self._start: gr.update(interactive=False)}
        updates: Updates = {self._start: gr.update(interactive=True)}
        try:
            for news in run:
                if isinstance(news, int):
                    updates |= self._finished(news)
                    updates[self._news] = listing.progress_html(news)
                else:
                    yield {self._news: listing.progress_html(news)}
        except CribError as error:
            updates[self._news] = marks.error_html(words.failure(error))
        except Exception:
            _log.exception("the eval broke off")
            updates[self._news] = marks.error_html(words.UNEXPECTED)
        yield updates

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._news: gr.skip()}
