"""What the page of settings says -> HTML. Pure; all that is not ours is escaped here."""

import html
from collections.abc import Mapping, Sequence

from web import words
from web.render import answerer
from web.settings_page.protocols import Finding


def running_html(runs_where: Mapping[str, str]) -> str:
    """What is at work, and where."""
    rows = "".join(
        f"<div><dt>{words.SETTINGS_RUNS[name]}</dt><dd>{html.escape(answerer(value))}</dd></div>"
        for name, value in runs_where.items()
    )
    return f'<section class="sheet"><h2>{words.SETTINGS_RUNNING}</h2><dl>{rows}</dl></section>'


def health_html(findings: Sequence[Finding] | None, *, is_looking: bool = False) -> str:
    """What was found; nothing looked at yet where there is none."""
    items = "".join(_finding(one) for one in findings or ())
    body = f"<ul>{items}</ul>" if items else ""
    if is_looking:
        body += f'<p class="hint" role="status">{words.SETTINGS_LOOKING}</p>'
    elif findings is None:
        body += f'<p class="hint">{words.SETTINGS_UNSEEN}</p>'
    else:
        bad = sum(not one.ok for one in findings)
        body += f'<p class="hint" role="status">{words.settings_seen(bad)}</p>'
    return f'<section class="sheet health"><h2>{words.SETTINGS_HEALTH}</h2>{body}</section>'


def _finding(finding: Finding) -> str:
    kind, said = ("ok", words.SETTINGS_OK) if finding.ok else ("bad", words.SETTINGS_BAD)
    return (
        f'<li class="{kind}"><b>{html.escape(finding.name)}</b> <span>{said}</span>'
        f"<small>{html.escape(finding.detail)}</small></li>"
    )


def heading_html(title: str, more: str = "") -> str:
    """The head of a group of controls."""
    return f"<h2>{title}</h2>" + (f'<p class="hint">{more}</p>' if more else "")
