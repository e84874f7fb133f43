"""A run as one HTML file that needs nothing else: no script, no network, and it reads on paper.

What is shown comes from notes and models and is not trusted. The template escapes all of it, and
the file forbids itself everything but its own styles.
"""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from eval.calibration import area, confidence_curve
from eval.causes import bears, given, missed
from eval.comparison import summarise
from eval.measures import measured
from eval.reports import breakdown, charts, marking
from eval.reports.breakdown import Group
from eval.reports.rows import headlines, is_cost, rows, spreads
from eval.reports.writing import write_text
from eval.types import Case, Comparison, Flip, Outcome, Run
from rag.types import Answer, Chunk, Hit

_TEMPLATES = Path(__file__).parent / "templates"
_CRUMB = " \u203a "  # what `Chunk.breadcrumb` puts between headings
_PROMPT_ENDS = (1500, 2500)
"""Characters of a long prompt that are shown of its beginning and of its end, the question."""

_MOST_ROWS = 20
"""Of a table of notes or sections, the largest first."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What another run is to this one, `name` being the other's; see the types."""

    name: str
    comparisons: tuple[Comparison, ...]
    flips: tuple[Flip, ...]


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage found. One that is spare was not given, and would not have helped."""

    number: int
    hit: Hit
    is_given: bool
    is_spare: bool


def to_html(run: Run, compared: Compared | None = None) -> str:
    """The whole file."""
    metrics, closed = summarise(run), summarise(run.closed_book) if run.closed_book else {}
    template = _environment().get_template("report.html")
    return template.render(
        run=run,
        css=Markup((_TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704 (our own)
        rows=rows(metrics, closed),
        whole=rows(measured(run), {}),
        methods=sorted({one.method for one in metrics.values() if one}),
        costs=[row for row in rows(metrics, closed, costs=True) if "seconds" not in row.name],
        spreads=spreads(run),
        headlines=headlines(metrics, closed),
        overall=breakdown.overall(run.outcomes),
        kinds=breakdown.by_kind(run),
        notes=breakdown.by_note(run),
        sections=_shortened(breakdown.by_section(run)),
        folder=_folder(run),
        misses=[(n, o) for n, o in enumerate(run.outcomes) if missed(o)],
        curve=confidence_curve(run),
        area=area(run),
        compared=compared,
        reach=_reach(compared),
    )


def write_html(run: Run, path: Path, compared: Compared | None = None) -> None:
    """Write `to_html(run)` to `path`: all of it, or nothing. Raises OSError."""
    write_text(to_html(run, compared), path)


def _reach(compared: Compared | None) -> float:
    """How far the track of differences reaches on both sides of 0."""
    found = (
        [c.difference for c in compared.comparisons if not is_cost(c.metric)] if compared else []
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


def _passages(case: Case, answer: Answer) -> list[_Passage]:
    read = len(given(answer))
    return [
        _Passage(n, hit, is_given=n <= read, is_spare=n > read and not bears(case, hit.chunk))
        for n, hit in enumerate(answer.hits, 1)
    ]


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
        is_cost=is_cost,
        place=_place,
        most=_MOST_ROWS,
    )
    made.filters.update(cut=_cut, words=lambda name: name.replace("_", " "))
    made.tests["missed"] = _is_missed
    return made


def _is_missed(outcome: Outcome) -> bool:
    return missed(outcome)
