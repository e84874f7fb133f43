"""A run as figures, as JSON and as a table in the terminal."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import rich.console
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from eval import calibration
from eval.causes import missed
from eval.comparison import summarise
from eval.measures import measured
from eval.reports import breakdown, closed_report
from eval.reports.breakdown import Group
from eval.reports.writing import write_text
from eval.stats import LEVEL
from eval.texts.text import one_line
from eval.types import Interval, Outcome, Run

SCHEMA_VERSION = 1
SEED = 0
_MOST_GROUPS = 12


def to_json(run: Run) -> dict[str, object]:
    """The run with all that its figures rest on, ready for `json.dumps`; see docs/eval-json.md."""
    return {
        "schema_version": SCHEMA_VERSION,
        "model": run.model,
        "settings": dict(run.settings),
        "provenance": dict(run.provenance),
        "run": run.id or None,
        "started_at": run.started_at.isoformat(),
        "seconds": run.seconds,
        "partial": run.partial,
        "counts": _counts(run),
        "level": LEVEL,
        "seed": SEED,
        "metrics": {
            name: _interval_json(interval) if interval else None
            for name, interval in summarise(run, SEED).items()
        },
        "whole_run": {
            name: _interval_json(interval) if interval else None
            for name, interval in measured(run, SEED).items()
        },
        "confidence": calibration.to_json(run),
        "causes": {str(cause): count for cause, count in breakdown.by_cause(run)},
        "kinds": _groups_json(breakdown.by_kind(run)),
        "notes": _groups_json(breakdown.by_note(run)),
        "sections": _groups_json(breakdown.by_section(run)),
        "closed_book": closed_report.to_json(run),
        "cases": [_outcome_json(outcome) for outcome in run.outcomes],
    }


def write_json(run: Run, path: Path) -> None:
    """Write `to_json(run)` to `path`, making its folder: all of it, or nothing.

    Raises:
        OSError: it cannot be written there; what was there before is left as it was.
    """
    text = json.dumps(to_json(run), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(text, path)


def render(run: Run, misses: int = 20) -> rich.console.RenderableType:
    """A table of the metrics with their intervals, and the first `misses` cases that went wrong."""
    counts = _counts(run)
    heading = (
        f"{run.model or 'no answers'}: {counts['answerable']} answerable and "
        f"{counts['unanswerable']} unanswerable questions, {counts['failed']} failed, "
        f"{run.seconds:.1f} s"
    )
    if run.partial:
        heading += f"; stopped after {counts['asked']} of {counts['planned']}"
    parts = [Text(heading), *_tables(run), calibration.render(run)]
    groups = {"kind": breakdown.by_kind(run), "note": breakdown.by_note(run)}
    parts += [_groups(name, found) for name, found in groups.items() if len(found) > 1]
    return rich.console.Group(*parts, *_misses(run, misses))


def _counts(run: Run) -> dict[str, int]:
    return {
        "planned": run.planned,
        "asked": len(run.outcomes),
        "answerable": run.answerable,
        "unanswerable": run.unanswerable,
        "quiz_only": sum(outcome.case.quiz_only for outcome in run.outcomes),
        "failed": len(run.failed),
    }


def _interval_json(interval: Interval) -> dict[str, object]:
    return {
        "mean": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "n": interval.n,
        "method": interval.method,
    }


def _groups_json(groups: Sequence[Group]) -> dict[str, object]:
    return {group.name: _interval_json(group.right) for group in groups}


def _outcome_json(outcome: Outcome) -> dict[str, object]:
    case, answer = outcome.case, outcome.answer
    citations, hits = (answer.citations, answer.hits) if answer else ((), ())
    return {
        "id": case.id,
        "question": case.question,
        "kind": case.kind,
        "answerable": case.answerable,
        "quiz_only": case.quiz_only,
        "references": list(case.references),
        "status": answer.status if answer else None,
        "model": answer.model if answer else None,
        "answer": answer.text if answer else None,
        "notice": answer.notice if answer else None,
        "confidence": answer.confidence if answer else None,
        "scores": dict(outcome.scores),
        "citations": [{"location": c.location, "quote": c.quote} for c in citations],
        "retrieved": [hit.chunk.place_at(0) for hit in hits],
        "seconds": outcome.seconds,
        "error": outcome.error or None,
        "repeat": outcome.repeat,
        "missed": missed(outcome),
        "cause": outcome.miss.cause if outcome.miss else None,
        "why": outcome.miss.detail if outcome.miss else None,
        "rank": outcome.miss.rank if outcome.miss else None,
    }


def _tables(run: Run) -> Iterator[rich.console.RenderableType]:
    """What was measured, and in one line what was not."""
    by_title = {"metric": summarise(run, SEED), "whole run": measured(run, SEED)}
    for title, intervals in by_title.items():
        known = {name: interval for name, interval in intervals.items() if interval}
        if known:
            yield _table(title, known)
    missing = [name for one in by_title.values() for name, interval in one.items() if not interval]
    if missing:
        yield Text(f"not measured: {', '.join(missing)}")


def _table(title: str, intervals: Mapping[str, Interval]) -> Table:
    table = Table(box=SIMPLE)
    table.add_column(title, no_wrap=True)
    for heading in ("mean", f"{LEVEL:.0%} interval", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("method")
    for name, interval in intervals.items():
        bounds = Text(f"[{interval.low:.3f}, {interval.high:.3f}]")
        table.add_row(name, f"{interval.mean:.3f}", bounds, str(interval.n), interval.method)
    return table


def _groups(title: str, groups: Sequence[Group]) -> Table:
    """The share of each group that was right; the largest groups only."""
    table = Table(title, box=SIMPLE)
    for heading in ("right", f"{LEVEL:.0%} interval", "n"):
        table.add_column(heading, justify="right")
    for group in groups[:_MOST_GROUPS]:
        right = group.right
        bounds = Text(f"[{right.low:.3f}, {right.high:.3f}]")
        table.add_row(Text(one_line(group.name)), f"{right.mean:.3f}", bounds, str(right.n))
    return table


def _misses(run: Run, limit: int) -> Iterator[rich.console.RenderableType]:
    wrong = [outcome for outcome in run.outcomes if missed(outcome)]
    if not wrong:
        return
    yield Text(f"Missed: {len(wrong)}" + (f", of them {limit}:" if len(wrong) > limit else ":"))
    causes = breakdown.by_cause(run)
    if causes:
        yield Text(f"  {', '.join(f'{count} {cause}' for cause, count in causes)}")
    for outcome in wrong[:limit]:
        # Text, not markup: what a model says in brackets must not turn into a style.
        yield Text(f"  {outcome.case.id}  {one_line(outcome.case.question)}")
        yield Text(f"    {_said(outcome)}")
        if outcome.miss:
            yield Text(f"    {outcome.miss.cause}: {outcome.miss.detail}")


def _said(outcome: Outcome) -> str:
    if outcome.error:
        return f"failed: {one_line(outcome.error)}"
    answer = outcome.answer
    return f"{answer.status}: {one_line(answer.text)}" if answer else ""
