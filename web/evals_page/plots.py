"""The figures of runs as Gradio's plots take them, without pandas. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

from eval.reports.breakdown import by_cause
from eval.reports.rows import rows
from eval.runs import RunInfo
from web import words
from web.evals_page import marks
from web.evals_page.kept import Opened

Plot = dict[str, object]
"""What `PlotData` of gradio/components/native_plot.py holds: columns, data, datatypes, mark."""

GREEN, BROWN = "#4a8a74", "#b9742f"
"""Seen on light paper and on dark."""

Kind = Literal["nominal", "quantitative", "temporal"]


def _plot(mark: str, kinds: Mapping[str, Kind], data: Sequence[Sequence[object]]) -> Plot:
    return {
        "columns": list(kinds),
        "data": [list(row) for row in data],
        "datatypes": dict(kinds),
        "mark": mark,
    }


def scores(opened: Opened) -> Plot:
    """The means of all shares, with the bounds for whoever points at a bar."""
    own = [(words.EVALS_WITH_NOTES, opened.means)]
    own += [(words.EVALS_WITHOUT_NOTES, opened.closed)] if opened.closed else []
    points = [
        [marks.metric(row.name), *_rounded(row.own.mean, row.own.low, row.own.high), row.own.n, who]
        for who, means in own
        for row in rows(means, {})
    ]
    kinds: dict[str, Kind] = {"score": "nominal"}
    kinds |= dict.fromkeys(("mean", "low", "high", "n"), "quantitative")
    return _plot("bar", {**kinds, "who": "nominal"}, points)


def causes(opened: Opened) -> Plot:
    """How many cases were missed for what."""
    points = [[words.EVALS_CAUSES[cause], count] for cause, count in by_cause(opened.run)]
    return _plot("bar", {"cause": "nominal", "count": "quantitative"}, points)


def history(points: Sequence[tuple[RunInfo, float]]) -> Plot:
    """A score over the time of its runs."""
    data = [[1000 * info.started.timestamp(), *_rounded(mean), info.id] for info, mean in points]
    kinds: dict[str, Kind] = {"begun": "temporal", "mean": "quantitative", "run": "quantitative"}
    return _plot("line", kinds, data)


def _rounded(*values: float) -> tuple[float, ...]:
    return tuple(round(value, 4) for value in values)
