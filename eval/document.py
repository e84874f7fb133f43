"""A run as one HTML file that needs nothing else: no script, no network, and it reads on paper.

What is shown comes from notes and models and is not trusted. The template escapes all of it, and
the file forbids itself everything but its own styles.
"""

import inspect
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import median, quantiles

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from eval import breakdown, charts, marking, sureness
from eval.breakdown import Group
from eval.causes import given, missed
from eval.comparison import summarise
from eval.scorers import LOWER_IS_BETTER, SCORERS
from eval.types import Comparison, Flip, Interval, Outcome, Run
from eval.writing import write_text
from rag.types import Answer, Chunk, Hit

_TEMPLATES = Path(__file__).parent / "templates"
_CRUMB = " \u203a "  # what `Chunk.breadcrumb` puts between headings
_PROMPT_ENDS = (1500, 2500)
"""Characters of a long prompt that are shown of its beginning and of its end, the question."""

_MOST_ROWS = 20
"""Of a table of notes or sections, the largest first."""

_HEADLINES = {
    "reference_match": "answered rightly",
    "refusal_right": "refused rightly",
    "citation_precision": "citations on the right lines",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """What another run is to this one, `name` being the other's; see the types."""

    name: str
    comparisons: tuple[Comparison, ...]
    flips: tuple[Flip, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A metric as a table shows it. `closed` is that of the closed-book run, where there is one."""

    name: str
    means: str
    own: Interval
    closed: Interval | None
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of all cases: `median`, the value that 95 of 100 are below, and each of them."""

    name: str
    values: tuple[float, ...]
    median: float
    high: float


def to_html(run: Run, compared: Compared | None = None) -> str:
    """The whole file."""
    metrics, closed = summarise(run), summarise(run.closed_book) if run.closed_book else {}
    template = _environment().get_template("report.html")
    return template.render(
        run=run,
        css=Markup((_TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704 (our own)
        rows=_rows(metrics, closed),
        costs=[row for row in _rows(metrics, closed, costs=True) if "seconds" not in row.name],
        spreads=_spreads(run),
        headlines=_headlines(metrics, closed),
        overall=breakdown.overall(run.outcomes),
        kinds=breakdown.by_kind(run),
        notes=breakdown.by_note(run),
        sections=_shortened(breakdown.by_section(run)),
        folder=_folder(run),
        misses=[(n, o) for n, o in enumerate(run.outcomes) if missed(o)],
        curve=sureness.curve(run),
        area=sureness.area(run),
        compared=compared,
        reach=_reach(compared),
    )


def write_html(run: Run, path: Path, compared: Compared | None = None) -> None:
    """Write `to_html(run)` to `path`: all of it, or nothing. Raises OSError."""
    write_text(to_html(run, compared), path)


def _rows(
    metrics: Mapping[str, Interval | None],
    closed: Mapping[str, Interval | None],
    *,
    costs: bool = False,
) -> list[Row]:
    """Shares, or else costs, as far as they were measured."""
    return [
        Row(name, _means(name), own, closed.get(name), name in LOWER_IS_BETTER)
        for name, own in metrics.items()
        if own and _is_cost(name) == costs
    ]


def _means(name: str) -> str:
    """What the scorer says of itself, in a line."""
    scorer = SCORERS.get(name)
    whole = inspect.getdoc(scorer.func if isinstance(scorer, partial) else scorer) or ""
    return whole.partition("\n\n")[0].replace("\n", " ").replace("`", "")


def _is_cost(name: str) -> bool:
    return getattr(SCORERS.get(name), "__module__", "").endswith(".cost")


def _headlines(
    metrics: Mapping[str, Interval | None], closed: Mapping[str, Interval | None]
) -> list[tuple[str, Interval, Interval | None]]:
    found = [(label, metrics.get(name), closed.get(name)) for name, label in _HEADLINES.items()]
    return [(label, own, other) for label, own, other in found if own]


def _spreads(run: Run) -> list[Spread]:
    found = []
    for name in (name for name in SCORERS if name.startswith("seconds")):
        values = sorted(v for o in run.outcomes if (v := o.scores.get(name)) is not None)
        if values:
            high = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
            found.append(Spread(name, tuple(values), median(values), min(high, values[-1])))
    return found


def _reach(compared: Compared | None) -> float:
    """How far the track of differences reaches on both sides of 0."""
    found = (
        [c.difference for c in compared.comparisons if not _is_cost(c.metric)] if compared else []
    )
    return max((max(abs(one.low), abs(one.high)) for one in found), default=0.0) or 1.0


def _shortened(groups: Sequence[Group]) -> list[Group]:
    """Without the title of the note, where all have the same."""
    parted = [group.name.split(_CRUMB) for group in groups]
    if len({parts[0] for parts in parted}) > 1:
        return list(groups)
    names = [_CRUMB.join(parts[1:] or parts) for parts in parted]
    return [replace(group, name=name) for group, name in zip(groups, names, strict=True)]


def _folder(run: Run) -> str:
    """What all paths of notes begin with: a report says nothing of where on a disk they lie."""
    answers = [outcome.answer for outcome in run.outcomes if outcome.answer]
    paths = {hit.chunk.note_path for answer in answers for hit in answer.hits}
    folders = [posixpath.dirname(path) for path in paths if path.startswith("/")]
    return posixpath.commonpath(folders).rstrip("/") + "/" if folders else "/"


def _place(chunk: Chunk, folder: str, offset: int = 0) -> str:
    return chunk.place_at(offset, chunk.note_path.removeprefix(folder))


def _passages(answer: Answer) -> Sequence[tuple[int, Hit, bool]]:
    """Passages with their numbers, and whether they were given to whoever answered."""
    read = len(given(answer))
    return [(number, hit, number <= read) for number, hit in enumerate(answer.hits, 1)]


def _cut(text: str) -> str:
    first, last = _PROMPT_ENDS
    left = len(text) - first - last
    if left <= 0:
        return text
    return f"{text[:first]}\n… {left:,} characters more …\n{text[-last:]}"


def _clean(value: object) -> object:
    return (
        value if isinstance(value, Markup) or not isinstance(value, str) else marking.clean(value)
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_clean,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        charts=charts,
        by_cause=breakdown.by_cause,
        marking=marking,
        passages=_passages,
        is_cost=_is_cost,
        place=_place,
        most=_MOST_ROWS,
    )
    made.filters.update(cut=_cut, words=lambda name: name.replace("_", " "))
    made.tests["missed"] = _is_missed
    return made


def _is_missed(outcome: Outcome) -> bool:
    return missed(outcome)
