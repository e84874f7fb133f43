"""A run and its gate as a few lines of Markdown, for a pull request."""

import re
from collections.abc import Iterator, Sequence

from eval.causes import missed
from eval.comparison import MARGIN, compare, flips, summarise
from eval.gate import GATED, Baseline, Check
from eval.reports.comparison_report import bounds, by_way, in_words
from eval.texts.text import one_line
from eval.types import Interval, Run

_MOST = 10
"""Cases listed under each heading."""

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#!@])")


def summary(
    run: Run,
    checks: Sequence[Check] = (),
    baseline: Baseline | None = None,
    margin: float = MARGIN,
) -> str:
    """Whether the gate is passed, the gated metrics with intervals, what flipped, what was missed.

    Args:
        run: of the cases.
        checks: what its gate found; none if there is no gate.
        baseline: what its metrics are set against.
        margin: see `eval.comparison.MARGIN`.
    """
    broken = [check for check in checks if check.broken]
    verdict = f": gate {'broken' if broken else 'passed'}" if checks else ""
    wrong = sum(map(missed, run.outcomes))
    lines = [
        f"### crib eval{verdict}",
        "",
        f"{_plain(run.model or 'no model')}: {len(run.outcomes)} cases, {wrong} missed, "
        f"{len(run.failed)} not scored, {run.seconds:.0f} s",
        "",
        *(f"- {_plain(check.says)}" for check in broken[:_MOST]),
        *([""] if broken else []),
        *(_against(run, baseline, margin) if baseline else _alone(run, checks)),
        *_missed(run),
    ]
    return "\n".join(lines) + "\n"


def _alone(run: Run, checks: Sequence[Check]) -> Iterator[str]:
    yield "| metric | mean | 95% interval | n |"
    yield "|---|--:|--:|--:|"
    names = dict.fromkeys([*GATED, *(check.name for check in checks)])
    for name, interval in summarise(run).items():
        if interval and name in names:
            yield f"| {name} | {interval.mean:.3f} | {_bounds(interval)} | {interval.n} |"


def _against(run: Run, baseline: Baseline, margin: float) -> Iterator[str]:
    yield "| metric | baseline | now | difference | 95% interval | n | verdict |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    for one in compare(baseline.run, run, margin, baseline.gated):
        figures = f"{one.before.mean:.3f} | {one.after.mean:.3f} | {one.difference.mean:+.3f}"
        interval = _bounds(one.difference, "+")
        yield f"| {one.metric} | {figures} | {interval} | {one.difference.n} | {in_words(one)} |"
    questions = {outcome.case.id: outcome.case.question for outcome in run.outcomes}
    for way, ours in by_way(flips(baseline.run, run)).items():
        yield from _listed(way, [(one.case_id, questions[one.case_id]) for one in ours])


def _missed(run: Run) -> Iterator[str]:
    wrong = [outcome for outcome in run.outcomes if missed(outcome)]
    rows = [(o.case.id, o.case.question + _why(o.miss.cause if o.miss else "")) for o in wrong]
    if rows:
        yield from ("", f"<details><summary>Missed: {len(rows)}</summary>")
        yield from _listed("", rows)
        yield from ("", "</details>")


def _why(cause: str) -> str:
    return f" ({cause})" if cause else ""


def _listed(heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield from ("", f"{heading} ({len(rows)}):", "") if heading else ("",)
    for name, asked in rows[:_MOST]:
        yield f"- {_plain(name)}: {_plain(asked)}"
    if len(rows) > _MOST:
        yield f"- and {len(rows) - _MOST} more"


def _bounds(interval: Interval, sign: str = "") -> str:
    return bounds(interval, sign).replace("[", "\\[").replace("]", "\\]")


def _plain(text: str) -> str:
    """`text` on one line, without what would turn into Markdown, a tag or a mention."""
    return _SPECIAL.sub(r"\\\1", one_line(text))
