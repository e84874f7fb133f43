"""What the page of evals shows: HTML from templates/evals.html, and data for Gradio's plots. Pure.

Text of notes, models and people is escaped by the template, and bounded by its filter `cut`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import DictLoader, Environment
from markupsafe import Markup

from eval.causes import missed
from eval.metrics import METRICS
from eval.report.html import (
    TEMPLATES,
    clean_html,
    doubts,
    finalize,
    marked_passage,
    passages_html,
    position,
    shortened,
    with_marks_html,
)
from eval.report.results import NO_NOTE, Result
from eval.runs import RunInfo
from eval.types import Cause, Outcome
from rag.types import Answer, Chunk
from web import words
from web.evals_page.protocols import RunProgress
from web.markup import markup_line
from web.render import answerer
from web.work import Halt

MAIN = ("reference_match", "citation_recall", "refusal_right")
"""The scores that the list of runs shows."""

CASES_A_PAGE = 25
"""Cases of a list that are shown at once."""

ALL, MISSED, RIGHT = "all", "missed", "right"

GREEN, BROWN = "#4a8a74", "#b9742f"
"""Seen on light paper and on dark."""

_TEMPLATE = Path(__file__).parent / "templates" / "evals.html"
_LONGEST = 4_000
"""Characters of any one text of a note or a model."""

_ANSWER = 20_000
_PROMPT_ENDS = (10_000, 10_000)

Plot = dict[str, object]
"""What `PlotData` of gradio/components/native_plot.py holds: columns, data, datatypes, mark."""

Kind = Literal["nominal", "quantitative", "temporal"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that is looked at."""

    info: RunInfo
    result: Result

    def outcome(self, place: int) -> Outcome | None:
        """The one at this place; None if there is none."""
        outcomes = self.result.run.outcomes
        return outcomes[place] if 0 <= place < len(outcomes) else None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases are looked for; `place` is the one that is open, -1 if none is."""

    which: str = ALL
    cause: str = ""
    kind: str = ""
    note: str = ""
    query: str = ""
    page: int = 0
    place: int = -1

    def turned(self, by: int) -> "Filter":
        """Another page of the list."""
        return replace(self, page=max(0, self.page + by))

    def places(self, opened: Opened) -> list[int]:
        """The places of the cases that are looked for."""
        outcomes, is_missed = opened.result.run.outcomes, opened.result.missed
        return [n for n, one in enumerate(outcomes) if self._fits(one, is_missed=is_missed[n])]

    def _fits(self, outcome: Outcome, *, is_missed: bool) -> bool:
        case = outcome.case
        return (
            (self.which == ALL or is_missed == (self.which == MISSED))
            and (not self.cause or (outcome.miss is not None and outcome.miss.cause == self.cause))
            and (not self.kind or case.kind == self.kind)
            and (not self.note or self.note in {target.note_path for target in case.targets})
            and self.query.casefold() in f"{case.question}\n{case.id}".casefold()
        )


def eval_html(part: str, *values: object) -> str:
    """A part of the page, by the name of its macro in the template, on one line.

    On one, since Gradio looks for blank lines.
    """
    return markup_line(
        str(getattr(_environment().get_template("evals.html").module, part)(*values))
    )


def case_list_html(opened: Opened, wanted: Filter) -> str:
    """A page of the cases that are looked for."""
    places = wanted.places(opened)
    first = min(wanted.page, max(0, len(places) - 1) // CASES_A_PAGE) * CASES_A_PAGE
    shown = places[first : first + CASES_A_PAGE]
    return eval_html("case_list", opened, first, shown, len(places), CASES_A_PAGE)


def progress_html(news: RunProgress | Halt | int) -> str:
    """How far a run is, or how it ended."""
    if isinstance(news, RunProgress):
        what, known = words.EVALS_PHASES[news.phase.value], ""
        if news.total:
            known = words.evals_part(news.done, news.total)
        left = "" if news.seconds_left is None else words.left(news.seconds_left)
        return eval_html("running", what, known, news.done, news.total, left)
    if news is Halt.STOPPING:
        return eval_html("running", words.EVALS_STOPPING)
    return eval_html("done", words.EVALS_STOPPED if news is Halt.STOPPED else words.EVALS_DONE)


def causes_of(opened: Opened) -> Sequence[tuple[str, str]]:
    """The causes there are in a run, as choices."""
    there = {cause for cause, _ in opened.result.causes}
    return [(words.EVALS_CAUSES[one], one.value) for one in Cause if one in there]


def metric(name: str) -> str:
    """A score in words."""
    return str(words.EVALS_METRICS.get(name) or METRICS[name].label)


def run_name(info: RunInfo) -> str:
    """A run, by its name where it has one."""
    return cut(info.name, 120) if info.name else f"{words.EVALS_RUN} {info.id}"


def moment(info: RunInfo) -> str:
    """When it was begun."""
    then = info.started.astimezone()
    return f"{words.day(then, with_year=True)}, {then:%H:%M}"


def cut(text: str, longest: int = _LONGEST) -> str:
    """`text` without what steers, cut where it is very long."""
    return clean_html(text[:longest]) + ("…" if len(text) > longest else "")


def scores_plot(result: Result) -> Plot:
    """The means of all shares, with the bounds for whoever points at a bar."""
    points = [
        [metric(name), *_rounded(one.mean, one.low, one.high), one.n, who]
        for who, means in (
            (words.EVALS_WITH_NOTES, result.means),
            (words.EVALS_WITHOUT_NOTES, result.closed_means),
        )
        for name, one in means.items()
        if one and not METRICS[name].is_cost
    ]
    kinds: dict[str, Kind] = {"score": "nominal"}
    kinds |= dict.fromkeys(("mean", "low", "high", "n"), "quantitative")
    return _plot("bar", {**kinds, "who": "nominal"}, points)


def causes_plot(result: Result) -> Plot:
    """How many cases were missed for what."""
    points = [[words.EVALS_CAUSES[cause], count] for cause, count in result.causes]
    return _plot("bar", {"cause": "nominal", "count": "quantitative"}, points)


def history_plot(points: Sequence[tuple[RunInfo, float]]) -> Plot:
    """A score over the time of its runs."""
    data = [[1000 * info.started.timestamp(), *_rounded(mean), info.id] for info, mean in points]
    kinds: dict[str, Kind] = {"begun": "temporal", "mean": "quantitative", "run": "quantitative"}
    return _plot("line", kinds, data)


def _plot(mark: str, kinds: Mapping[str, Kind], data: Sequence[Sequence[object]]) -> Plot:
    """The data as Gradio takes it without pandas."""
    rows = [list(row) for row in data]
    return {"columns": list(kinds), "data": rows, "datatypes": dict(kinds), "mark": mark}


def _rounded(*values: float) -> tuple[float, ...]:
    return tuple(round(value, 4) for value in values)


# What the template calls.


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _model(llm: str) -> str:
    return str(words.EVALS_NO_MODEL) if llm == "none" else cut(llm, 80)


def _main_scores(means: Sequence[float | None]) -> list[tuple[str, float]]:
    return [(name, mean) for name, mean in zip(MAIN, means, strict=False) if mean is not None]


def _result_of(outcome: Outcome) -> str:
    if not missed(outcome):
        return str(words.EVALS_RIGHT)
    return str(
        words.EVALS_CAUSES[outcome.miss.cause] if outcome.miss else words.EVALS_NOT_EXPLAINED
    )


def _scores_of(outcome: Outcome, before: Outcome | None = None) -> list[tuple[str, float | None]]:
    """The scores of a case; beside those of another time, the ones that changed but for seconds."""
    if not before:
        return [(name, score) for name, score in outcome.scores.items() if score is not None]
    changed = (one for one in outcome.scores.items() if one[1] != before.scores.get(one[0]))
    return [(name, score) for name, score in changed if not name.startswith("seconds")]


def _said(answer: Answer) -> Markup:
    """The answer, with what the passages do not support marked."""
    return with_marks_html(answer.text[:_ANSWER], doubts(answer))


def _place(chunk: Chunk, offset: int) -> str:
    return chunk.place_at(offset, chunk.name)


def _middle_cut(text: str) -> str:
    left = max(0, len(text) - sum(_PROMPT_ENDS))
    return shortened(text, *_PROMPT_ENDS, words.evals_characters_left(left))


@cache
def _environment() -> Environment:
    sources = {
        path.name: "".join(line.strip() for line in path.read_text("utf-8").splitlines())
        for path in (_TEMPLATE, TEMPLATES / "charts.html")
    }
    made = Environment(loader=DictLoader(sources), autoescape=True, finalize=finalize)
    made.filters["cut"] = cut
    made.globals.update(
        words=words,
        metric=metric,
        metrics=METRICS,
        run_name=run_name,
        moment=moment,
        answerer=answerer,
        model=_model,
        figure=_figure,
        percent=_percent,
        position=position,
        main_scores=_main_scores,
        is_missed=missed,
        result_of=_result_of,
        scores_of=_scores_of,
        said=_said,
        place=_place,
        found=passages_html,
        marked_passage=marked_passage,
        middle_cut=_middle_cut,
        no_note=NO_NOTE,
    )
    return made
