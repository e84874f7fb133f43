"""The tabs of a run that is looked at: its scores, cases, comparison, history, and labelling."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block

from eval.labels import to_label
from eval.report.results import Result, RunComparison
from eval.runs import RunInfo
from eval.scorers import SCORERS
from eval.types import Outcome
from rag.errors import CaseError, CribError
from web import words
from web.evals_page import view
from web.evals_page.protocols import MOST_PASSAGES, EvalController
from web.evals_page.view import BROWN, GREEN, Filter, Opened, Plot
from web.parts import Feed, Updates, html, paced, told

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = PRIVATE | {"queue": False}

_SCRIPT = Path(__file__).with_name("evals.js")
_DIGITS = 9  # of the largest number that a click may send
_KEPT = 4  # runs that stay opened
_MOST_RUNS = 200  # of a choice or a history
_FIRST = "reference_match"
_SCROLL = "() => document.getElementById('evals-run').scrollIntoView({block: 'start'})"

Skipped = tuple[tuple[str, str], ...]
"""Answers, by case and text, that a person passes over on this page."""


class Tab(Protocol):
    """A tab of the run that is looked at: its name, and what `fill` may change."""

    label: str
    outputs: list[Block]

    def lay_out(self, chosen: gr.State) -> None:
        """Build its parts and connect its listeners; `chosen` is the number of the run."""

    def fill(self, opened: Opened) -> Updates:
        """Show another run."""


class OpenedRuns:
    """The last few runs that were looked at: read and counted once, not at every click."""

    def __init__(self, controller: EvalController) -> None:
        self._controller = controller
        self._lock = Lock()
        self._opened: OrderedDict[tuple[int, int, bool], Opened] = OrderedDict()

    def get(self, number: int) -> Opened:
        """A run by its number. Raises CribError if it is gone or cannot be read."""
        info = next((one for one in self._controller.listing() if one.id == number), None)
        if info is None:
            raise CaseError(words.EVALS_GONE)
        key = (info.id, info.asked, info.ended)
        with self._lock:
            if key not in self._opened:
                self._opened[key] = Opened(info, Result(self._controller.run(number)))
            self._opened.move_to_end(key)
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
            return self._opened[key]


class ScoresTab:
    """A plot of the means, and tables."""

    def __init__(self) -> None:
        self.label = words.EVALS_SCORES

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
        self.outputs: list[Block] = [self._plot, self._tables]

    def fill(self, opened: Opened) -> Updates:
        """The figures of another run."""
        plot = drawn(view.scores_plot(opened.result))
        return {self._plot: plot, self._tables: view.eval_html("scores", opened.result)}


class CasesTab:
    """Why cases were missed, a list of them, one of them, and the same asked once more."""

    def __init__(self, controller: EvalController, runs: OpenedRuns) -> None:
        self.label = words.EVALS_MISSES
        self._controller = controller
        self._runs = runs

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listeners."""
        self._wanted = gr.State(Filter())
        with gr.Column(elem_id="evals-cases"):
            with gr.Column(elem_id="evals-choosing"):
                self._plot = gr.BarPlot(
                    x="cause",
                    y="count",
                    title=words.EVALS_CAUSES_PLOT,
                    x_title=" ",
                    y_title=words.EVALS_CAUSE_COUNT,
                    color_map={"": BROWN},
                    x_label_angle=-20,
                    sort="-y",
                    height=240,
                    elem_id="evals-causes-plot",
                )
                with gr.Row(elem_id="evals-filters"):
                    which = [
                        (words.EVALS_ALL, view.ALL),
                        (words.EVALS_MISSED, view.MISSED),
                        (words.EVALS_RIGHT, view.RIGHT),
                    ]
                    self._filters = (
                        _choice(words.EVALS_WHICH, which, elem_id="evals-which"),
                        _choice(words.EVALS_CAUSE, [(words.EVALS_ALL, "")]),
                        _choice(words.EVALS_KIND, [(words.EVALS_ALL, "")]),
                        _choice(words.EVALS_NOTE, [(words.EVALS_ALL, "")]),
                        gr.Textbox(label=words.EVALS_SEARCH, max_lines=1, max_length=200),
                    )
                self._list = active("evals-list")
            self._case = active("evals-case")
            with gr.Row(elem_id="evals-again"):
                label = f"{words.EVALS_AGAIN}: {words.EVALS_MODEL}"
                self._llm = _choice(label, [(words.EVALS_SAME_MODEL, "")])
                self._passages = passages_slider()
                self._again = gr.Button(words.EVALS_AGAIN_DO, size="sm", elem_id="evals-again-do")
            self._sides = html("", "evals-sides")
        shown = [self._wanted, self._plot, self._list, self._case, self._sides]
        self.outputs: list[Block] = [*shown, *self._filters]
        self._listen(chosen)

    def _listen(self, chosen: gr.State) -> None:
        listed: dict[str, Any] = {"outputs": [self._wanted, self._list]} | QUICK
        for part in self._filters:
            part.input(self._filter, [chosen, *self._filters], trigger_mode="always_last", **listed)
        self._list.edit(self._turn, [chosen, self._wanted], **listed)
        seen: list[Block] = [self._wanted, self._case, self._sides]
        for clicked in (self._list, self._case):
            clicked.select(self._open, [chosen, self._wanted], seen, **QUICK)
        opened = self._list.select(self._models, None, self._llm, **QUICK)
        opened.then(None, None, None, js=_SCROLL, **QUICK)
        self._again.click(
            self._ask_again,
            [chosen, self._wanted, self._llm, self._passages],
            [self._sides, self._again],
            concurrency_id="evals-again",
            concurrency_limit=2,
            **PRIVATE,
        )

    def fill(self, opened: Opened) -> Updates:
        """The cases of another run."""
        outcomes = opened.result.run.outcomes
        paths = sorted({target.note_path for one in outcomes for target in one.case.targets})
        choices = [
            view.causes_of(opened),
            [(view.cut(one.name, 60), one.name) for one in opened.result.kinds],
            [(path, path) for path in paths],
        ]
        which, *narrowing, query = self._filters
        return {
            self._wanted: Filter(),
            self._plot: drawn(view.causes_plot(opened.result)),
            self._list: view.case_list_html(opened, Filter()),
            self._case: "",
            self._sides: "",
            which: view.ALL,
            query: "",
            **{
                part: gr.update(choices=[(words.EVALS_ALL, ""), *found], value="")
                for part, found in zip(narrowing, choices, strict=True)
            },
        }

    # What a click does.

    def _filter(
        self, chosen: int, which: str, cause: str, kind: str, note: str, query: str | None
    ) -> Updates:
        wanted = Filter(which or view.ALL, cause or "", kind or "", note or "", query or "")
        return self._listed(chosen, wanted)

    def _turn(self, chosen: int, wanted: Filter, event: gr.EventData) -> Updates:
        return self._listed(chosen, wanted.turned(1 if number_of(event) == 1 else -1))

    def _listed(self, chosen: int, wanted: Filter) -> Updates:
        opened = told(lambda: self._runs.get(chosen))
        gone = view.eval_html("hint", words.EVALS_GONE)
        return {
            self._wanted: wanted,
            self._list: view.case_list_html(opened, wanted) if opened else gone,
        }

    def _open(self, chosen: int, wanted: Filter, event: gr.EventData) -> Updates:
        """One case; none where the list is to be seen again."""
        place = number_of(event)
        opened = told(lambda: self._runs.get(chosen))
        outcome = opened.outcome(place) if opened else None
        return {
            self._wanted: replace(wanted, place=place if outcome else -1),
            self._case: view.eval_html("case", outcome) if outcome else "",
            self._sides: "",
        }

    def _models(self) -> Updates:
        return {self._llm: model_choices(self._controller, (words.EVALS_SAME_MODEL, ""))}

    @paced
    def _ask_again(self, chosen: int, wanted: Filter, llm: str | None, passages: float) -> Feed:
        asking = view.eval_html("hint", words.EVALS_ASKING)
        yield {self._sides: asking, self._again: gr.update(interactive=False)}
        try:
            opened = self._runs.get(chosen)
            before = opened.outcome(wanted.place)
            if before is None:
                raise CribError(words.EVALS_GONE)
            run = opened.result.run
            after = self._controller.ask_again(run, before, llm or "", int(passages or 0))
            sides = view.eval_html("two_answers", before, after)
        except CribError as error:
            sides = view.eval_html("error", words.failure(error))
        yield {self._sides: sides, self._again: gr.update(interactive=True)}

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._sides: gr.skip()}


class CompareTab:
    """The run beside another one."""

    def __init__(self, controller: EvalController, runs: OpenedRuns) -> None:
        self.label = words.EVALS_COMPARE
        self._controller = controller
        self._runs = runs

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listener."""
        self._other = gr.Dropdown([], label=words.EVALS_AGAINST, elem_id="evals-other")
        self._found = html("", "evals-compared")
        self.outputs: list[Block] = [self._other, self._found]
        self._other.input(
            self._compare,
            [chosen, self._other],
            self._found,
            concurrency_id="evals-compare",
            concurrency_limit=2,
            **PRIVATE,
        )

    def fill(self, opened: Opened) -> Updates:
        """What another run can be compared with: runs of the same cases first."""
        listing = told(self._controller.listing) or ()
        infos = [one for one in listing if one.id != opened.info.id]
        infos.sort(key=lambda one: one.cases != opened.info.cases)
        choices = [(f"{view.run_name(o)}, {view.moment(o)}", o.id) for o in infos[:_MOST_RUNS]]
        hint = words.EVALS_CHOOSE if choices else words.EVALS_NO_OTHER
        return {
            self._other: gr.update(choices=choices, value=None),
            self._found: view.eval_html("hint", hint),
        }

    def _compare(self, chosen: int, other: int | None) -> str:
        """Takes a second or so."""
        try:
            before, after = self._runs.get(int(other or 0)), self._runs.get(chosen)
            compared = RunComparison(before.result.run, after.result.run)
            return view.eval_html("comparison", compared)
        except CribError as error:
            return view.eval_html("error", words.failure(error))


class HistoryTab:
    """A score over the runs of the same cases."""

    def __init__(self, controller: EvalController) -> None:
        self.label = words.EVALS_HISTORY
        self._controller = controller

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listener."""
        html(view.eval_html("hint", words.EVALS_HISTORY_MORE), "evals-history-about")
        choices = [(view.metric(name), name) for name in SCORERS]
        self._metric = _choice(words.EVALS_METRIC, choices, _FIRST, elem_id="evals-metric")
        self._plot = gr.LinePlot(
            x="begun",
            y="mean",
            x_title=words.EVALS_WHEN,
            y_title=words.EVALS_MEAN,
            tooltip="all",
            height=280,
            elem_id="evals-history-plot",
        )
        self._table = html("", "evals-history")
        self.outputs: list[Block] = [self._metric, self._plot, self._table]
        self._metric.input(self._show, [chosen, self._metric], self.outputs[1:], **QUICK)

    def fill(self, opened: Opened) -> Updates:
        """The first score over the runs of these cases."""
        return {self._metric: _FIRST, **self._drawn(opened.info.cases, _FIRST)}

    def _show(self, chosen: int, metric: str) -> Updates:
        infos = told(self._controller.listing) or ()
        cases = next((one.cases for one in infos if one.id == chosen), "")
        return self._drawn(cases, metric if metric in SCORERS else _FIRST)

    def _drawn(self, cases: str, metric: str) -> Updates:
        points = told(lambda: self.points(cases, metric)) or []
        return {
            self._plot: drawn(view.history_plot(points)),
            self._table: view.eval_html("history", points, metric),
        }

    def points(self, cases: str, metric: str) -> list[tuple[RunInfo, float]]:
        """The mean of `metric` in whole runs of these cases, the oldest first."""
        means = self._controller.means([metric])
        found = [o for o in reversed(self._controller.listing()) if o.ended and o.cases == cases]
        known = [(one, means[one.id][0]) for one in found if one.id in means]
        return [(one, mean) for one, mean in known if mean is not None][-_MOST_RUNS:]


class LabelTab:
    """A person says of one answer after the other whether it is right, blind."""

    def __init__(self, controller: EvalController, runs: OpenedRuns) -> None:
        self.label = words.EVALS_LABEL
        self._controller = controller
        self._runs = runs

    def lay_out(self, chosen: gr.State) -> None:
        """Build the parts and connect the listeners."""
        self._skipped, self._shown = gr.State(()), gr.State(None)
        html(view.eval_html("hint", words.EVALS_LABEL_MORE), "evals-label-about")
        self._answer = html("", "evals-label")
        self.outputs: list[Block] = [self._answer, self._skipped, self._shown]
        with gr.Row(elem_id="evals-labels"):
            for label, text in {**words.EVALS_LABELS, "": words.EVALS_SKIP}.items():
                gr.Button(text, size="sm").click(
                    partial(self._put, label),
                    [chosen, self._shown, self._skipped],
                    self.outputs,
                    **QUICK,
                )

    def fill(self, opened: Opened) -> Updates:
        """The first answer of another run that has no label."""
        return self._next(opened, ())

    def _put(
        self, label: str, chosen: int, shown: tuple[str, str] | None, skipped: Skipped
    ) -> Updates:
        """Keep a label of the answer that was shown, or with none pass it over."""
        try:
            opened, labels = self._runs.get(chosen), self._controller.labels()
            # By what was shown, not by its place: another page may have labelled it meanwhile.
            left = to_label(opened.result.run, labels)
            one = next((one for one in left if _key(one) == shown), None)
            if one and one.answer and label:
                labels.put(one.case, one.answer, label)
            elif shown and not label:
                skipped = (*skipped, shown)
        except (CribError, OSError) as error:
            return {self._answer: view.eval_html("error", words.failure(error))}
        return self._next(opened, skipped)

    def _next(self, opened: Opened, skipped: Skipped) -> Updates:
        try:
            left = to_label(opened.result.run, self._controller.labels())
        except (CribError, OSError) as error:
            return {self._answer: view.eval_html("error", words.failure(error))}
        left = [one for one in left if _key(one) not in skipped]
        return {
            self._answer: view.eval_html("answer_to_label", left),
            self._skipped: skipped,
            self._shown: _key(left[0]) if left else None,
        }


def active(elem_id: str) -> gr.HTML:
    """HTML whose buttons with `data-do` tell the server what was clicked."""
    script = _SCRIPT.read_text(encoding="utf-8")
    return gr.HTML("", elem_id=elem_id, js_on_load=script, apply_default_css=False)


def drawn(plot: Plot) -> Updates:
    """What shows a plot.

    Gradio's page changes the value that it was sent last into the next one, in place, under the
    hands of a plot that is drawn later, on another tab; what an update holds it leaves whole.
    """
    return {**gr.update(value=plot)}


def number_of(event: gr.EventData) -> int:
    """What was clicked, by its number; -1 for what is none. A browser sends it: it is anything."""
    sent = event._data if isinstance(event._data, dict) else {}
    text = str(sent.get("id", ""))
    is_one = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if is_one else -1


def passages_slider(elem_id: str | None = None) -> gr.Slider:
    """How many passages the model is given; 0 is as in the settings."""
    return gr.Slider(
        0,
        MOST_PASSAGES,
        value=0,
        step=1,
        label=words.EVALS_PASSAGES,
        info=words.EVALS_PASSAGES_MORE,
        elem_id=elem_id,
    )


def model_choices(controller: EvalController, first: tuple[str, str]) -> Updates:
    """The models that can be asked, after a `first` choice; to find them may take seconds."""
    offers = told(controller.models) or ()
    named = [(words.model(one.llm, one.host), one.llm) for one in offers]
    return {**gr.update(choices=[first, *named])}


def _choice(
    label: str, choices: Sequence[tuple[str, str]], value: str | None = None, **more: Any
) -> gr.Dropdown:
    """A choice, by default of the first."""
    first = choices[0][1] if value is None else value
    return gr.Dropdown([*choices], value=first, label=label, **more)


def _key(outcome: Outcome) -> tuple[str, str]:
    return outcome.case.id, outcome.answer.text if outcome.answer else ""
