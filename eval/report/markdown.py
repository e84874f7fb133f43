"""A run and its gate as a few lines of Markdown, for a pull request."""

import re
from collections.abc import Iterator, Sequence

from eval.gate import GATED
from eval.report.results import Result, RunComparison, bounds, comparison_verdict
from eval.texts.tokens import on_one_line

_MOST = 10
"""Cases listed under each heading."""

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#!@])")


def render_markdown(result: Result) -> str:
    """Whether the gate is passed, the gated metrics, what flipped, and what was missed."""
    run, compared = result.run, result.against_baseline
    broken = [check for check in result.checks if check.broken]
    gate = f": gate {'broken' if broken else 'passed'}" if result.checks else ""
    lines = [
        f"### crib eval{gate}",
        "",
        f"{_plain(run.model or 'no model')}: {len(run.outcomes)} cases, "
        f"{len(result.misses)} missed, {len(run.failed)} not scored, {run.seconds:.0f} s",
        "",
        *(f"- {_plain(check.says)}" for check in broken[:_MOST]),
        *([""] if broken else []),
        *(_comparison(compared) if compared else _means(result)),
        *_misses(result),
    ]
    return "\n".join(lines) + "\n"


def _means(result: Result) -> Iterator[str]:
    yield "| metric | mean | 95% interval | n |"
    yield "|---|--:|--:|--:|"
    names = {*GATED, *(check.name for check in result.checks)}
    for name, own in result.means.items():
        if own and name in names:
            yield f"| {name} | {own.mean:.3f} | {_plain(bounds(own))} | {own.n} |"


def _comparison(compared: RunComparison) -> Iterator[str]:
    yield "| metric | baseline | now | difference | 95% interval | n | verdict |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    for one in compared.rows:
        figures = f"{one.before.mean:.3f} | {one.after.mean:.3f} | {one.difference.mean:+.3f}"
        interval = _plain(bounds(one.difference, "+"))
        count, verdict = one.difference.n, comparison_verdict(one)
        yield f"| {one.metric} | {figures} | {interval} | {count} | {verdict} |"
    for way, flips in compared.flips_by_way.items():
        yield from ("", f"{way} ({len(flips)}):")
        yield from _listed([(one.case_id, compared.questions[one.case_id]) for one in flips])


def _misses(result: Result) -> Iterator[str]:
    cases = [
        (one.case.id, one.case.question + (f" ({one.miss.cause})" if one.miss else ""))
        for _, one in result.misses
    ]
    if cases:
        yield from ("", f"<details><summary>Missed: {len(cases)}</summary>")
        yield from _listed(cases)
        yield from ("", "</details>")


def _listed(cases: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield ""
    for name, asked in cases[:_MOST]:
        yield f"- {_plain(name)}: {_plain(asked)}"
    if len(cases) > _MOST:
        yield f"- and {len(cases) - _MOST} more"


def _plain(text: str) -> str:
    """`text` on one line, without what would turn into Markdown, a tag or a mention."""
    return _SPECIAL.sub(r"\\\1", on_one_line(text))
