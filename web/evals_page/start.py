"""Begins a run, shows how far it is, stops it. One at a time, watched by any number of pages."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block

from rag.errors import CribError
from web import words
from web.evals_page import view
from web.evals_page.protocols import NO_MODEL_CHOICE, EvalController, RunProgress, RunRequest
from web.evals_page.tabs import PRIVATE, QUICK, model_choices, passages_slider
from web.layout import Layout
from web.parts import Feed, Updates, html, paced, remember, session_of
from web.work import OneAtATime, Work

_Run = Work[RunProgress, int]
"""A run being made; the last of its news is its number or, if it has no case yet, STOPPED."""

_WATCHERS = 16
_log = logging.getLogger(__name__)


class Runner(OneAtATime[RunProgress, int]):
    """Begins a run, once for all who ask at the same time."""

    def __init__(self, controller: EvalController) -> None:
        super().__init__()
        self._controller = controller

    def join(self, request: RunRequest) -> _Run:
        """The run that is being made, whatever it asks; else a new one."""
        return self._begun(partial(self._controller.make_run, request), RunProgress())


class Start:
    """The choices, the button, and what became of it."""

    def __init__(self, controller: EvalController, finished: Callable[[int], Updates]) -> None:
        """Take what shows a run, once it is finished, by its number."""
        self._controller = controller
        self._finished = finished
        self._runner = Runner(controller)
        self._shown: dict[str, int] = {}  # the run that each page showed last, or shows

    def lay_out(self) -> None:
        """Build the parts."""
        self._known = gr.Number(0, precision=0, visible="hidden")
        with gr.Row(elem_id="evals-start"):
            self._start = gr.Button(words.EVALS_START, variant="primary", elem_id="evals-go")
            with gr.Accordion(words.EVALS_HOW, open=False, elem_id="evals-how"):
                self._cases = gr.Dropdown(
                    label=words.EVALS_CASES, choices=[], elem_id="evals-cases-of"
                )
                self._model = gr.Dropdown(
                    [(words.EVALS_NO_MODEL, NO_MODEL_CHOICE)],
                    value=NO_MODEL_CHOICE,
                    label=words.EVALS_MODEL,
                    elem_id="evals-model",
                )
                self._more = (
                    gr.Checkbox(label=words.EVALS_CLOSED_BOOK, elem_id="evals-closed"),
                    passages_slider("evals-passages"),
                    gr.Textbox(
                        label=words.EVALS_NAME,
                        info=words.EVALS_NAME_MORE,
                        max_lines=1,
                        max_length=80,
                    ),
                )
        with gr.Row(elem_id="evals-banner"):
            self._news = html("", "evals-news")
            self._stop = gr.Button(words.EVALS_STOP, size="sm", elem_id="evals-stop")

    @property
    def choices(self) -> list[Block]:
        """What `case_sets` and `models` change."""
        return [self._cases, self._model]

    def listen(self, chat: Layout, finished: list[Block]) -> None:
        """Connect the listeners; `finished` is what showing a finished run changes."""
        watching: dict[str, Any] = PRIVATE | {
            "outputs": [self._news, self._start, *finished],
            "concurrency_id": "evals",
            "concurrency_limit": _WATCHERS,
        }
        self._start.click(self._begin, [self._cases, self._model, *self._more], **watching)
        self._known.change(self._catch_up, None, **watching)
        self._stop.click(self._runner.stop, None, None, **QUICK)
        chat.clock.tick(self._count, self._known, self._known, **QUICK)

    def case_sets(self) -> Updates:
        """The cases that can be asked."""
        sets = self._controller.case_sets()
        good = [one for one in sets if not one.problem]
        choices = [(words.evals_set(o.notes, o.count, shipped=o.is_shipped), o.key) for o in good]
        return {
            self._cases: gr.update(
                choices=choices,
                value=good[0].key if good else None,
                info="\n".join(one.problem for one in sets if one.problem) or None,
            )
        }

    def models(self) -> Updates:
        """The models that can be asked; to find them may take seconds."""
        return {
            self._model: model_choices(self._controller, (words.EVALS_NO_MODEL, NO_MODEL_CHOICE))
        }

    def _count(self, known: int) -> int | Updates:
        """How many runs were begun; nothing as long as that is known."""
        return gr.skip() if known == self._runner.number else self._runner.number

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
        first = next((one.key for one in self._controller.case_sets() if not one.problem), "")
        wanted = RunRequest(
            cases or first,  # a click may come before the choices do
            llm or NO_MODEL_CHOICE,
            closed_book=bool(closed),
            passages=int(passages or 0),
            name=" ".join((name or "").split()),
        )
        yield from self._show(self._runner.join(wanted), session_of(request))

    @paced
    def _catch_up(self, request: gr.Request) -> Feed:
        """Show a run that this page did not begin."""
        session, run = session_of(request), self._runner.latest
        if run and self._shown.get(session) != run.number and not run.is_over:
            yield from self._show(run, session)

    def _show(self, run: _Run, session: str) -> Feed:
        remember(self._shown, session, run.number)
        yield {self._start: gr.update(interactive=False)}
        updates: Updates = {self._start: gr.update(interactive=True)}
        try:
            for news in run:
                if isinstance(news, int):
                    updates |= self._finished(news)
                    updates[self._news] = view.progress_html(news)
                else:
                    yield {self._news: view.progress_html(news)}
        except CribError as error:
            updates[self._news] = view.eval_html("error", words.failure(error))
        except Exception:
            _log.exception("the eval broke off")
            updates[self._news] = view.eval_html("error", words.UNEXPECTED)
        yield updates

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._news: gr.skip()}
