"""What the page says of an ingest -> HTML. Pure; all that comes from notes is escaped here.

See web/render.py for why.
"""

import html

from ingest.types import Progress, Report
from web import words
from web.refresh import News
from web.work import Halt


def news_html(news: News) -> str:
    """How far an ingest is or, at its end, what it did."""
    if isinstance(news, Report):
        return _report(news)
    if isinstance(news, Progress):
        return _progress(news)
    if news is Halt.STOPPING:
        return _running("running stopping", words.HALTING, note=words.HALTING_MORE)
    return f'<div class="ingest stopped" role="status">{words.HALTED}</div>'


def _progress(progress: Progress) -> str:
    known = words.progress(progress.done, progress.total) if progress.total else ""
    value = f' value="{progress.done}" max="{progress.total}"' if progress.total else ""
    phase = words.PHASES[progress.phase]
    return _running("running", phase, known, value, note=progress.current, speed=_pace(progress))


def _running(
    kind: str, what: str, known: str = "", value: str = "", *, note: str, speed: str = ""
) -> str:
    """`value` are the attributes of a bar that is known to be somewhere."""
    what = html.escape(what)
    return (
        f'<div class="ingest {kind}" role="status"><div><strong>{what}</strong>'
        f'<span>{known}</span></div><progress aria-label="{what}"{value}></progress>'
        f"<div><small>{html.escape(note) or '&nbsp;'}</small><span>{speed}</span></div></div>"
    )


def _pace(progress: Progress) -> str:
    known = [words.rate(progress.rate)] if progress.rate is not None else []
    known += [words.left(progress.seconds_left)] if progress.seconds_left is not None else []
    return ", ".join(known)


def _report(report: Report) -> str:
    text = f"{words.notes(report.notes)}, {words.passages(report.chunks)}: " + words.ingested(
        report.moved, report.embedded, report.reused, report.seconds
    )
    concerns = [f"{path}: {reason}" for path, reason in report.skipped.items()]
    concerns += [f"{path}: {line}" for path, lines in report.warnings.items() for line in lines]
    if not concerns:
        return f'<div class="ingest done" role="status">{text}</div>'
    items = "".join(f"<li>{html.escape(concern)}</li>" for concern in concerns)
    remarks = words.remarks(len(concerns))
    return (
        f'<div class="ingest done" role="status">{text}'
        f"<details><summary>{remarks}</summary><ul>{items}</ul></details></div>"
    )


def ingest_error_html(error: str) -> str:
    """Why an ingest ended early."""
    return f'<div class="ingest failed" role="alert">{html.escape(error)}</div>'
