"""The figures of a run -> HTML. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

from eval.reports.breakdown import NO_NOTE, Group
from eval.reports.rows import Row, rows
from web import words
from web.evals_page import marks
from web.evals_page.kept import Opened
from web.render import answerer

HEADLINES = ("reference_match", "refusal_right", "citation_precision")
_MOST_ROWS = 40


def head_html(opened: Opened) -> str:
    """Which run it is, and what a person asks first."""
    run, info = opened.run, opened.info
    about = words.evals_about(
        marks.shown(answerer(run.model), 120) or marks.model(info.model),
        run.answerable,
        run.unanswerable,
        run.seconds,
    )
    warnings = [words.evals_stopped(len(run.outcomes), run.planned)] if run.partial else []
    warnings += [words.evals_failed(len(run.failed))] if run.failed else []
    warned = marks.joined(Markup('<p class="wrong">{}</p>').format(one) for one in warnings)
    return marks.whole(
        Markup(
            '<h2><bdi>{}</bdi> <small>{}</small></h2><p>{}</p>{}<ul class="heads">{}</ul>'
        ).format(marks.run_name(info), marks.moment(info), about, warned, _headlines(opened))
    )


def _headlines(opened: Opened) -> Markup:
    return marks.joined(
        Markup(
            "<li><b>{:.0f}<small>%</small></b> <span>{}</span> <small>{}, {}</small></li>"
        ).format(
            100 * own.mean,
            marks.metric(name),
            words.evals_interval(own, percent=True),
            words.evals_cases(own.n),
        )
        for name in HEADLINES
        if (own := opened.means.get(name))
    )


def scores_html(opened: Opened) -> str:
    """Every score with its interval, what an answer costs, and what was right by kind and note."""
    shares = rows(opened.means, opened.closed)
    if not shares:
        return marks.hint_html(words.EVALS_NONE_RIGHT)
    legend = Markup()
    if opened.closed:
        legend = Markup(
            '<p class="legend"><i class="own"></i> {} <i class="other"></i> {}</p>'
        ).format(words.EVALS_WITH_NOTES, words.EVALS_WITHOUT_NOTES)
    parts = [legend, _table(words.EVALS_SCORES, shares)]
    parts.append(_groups(words.EVALS_BY_KIND, words.EVALS_KIND, opened.kinds))
    parts.append(_groups(words.EVALS_BY_NOTE, words.EVALS_NOTE, opened.notes))
    if costs := rows(opened.means, opened.closed, costs=True):
        parts.append(_costs(costs))
    return marks.whole(marks.joined(parts))


def _table(caption: str, found: Sequence[Row]) -> Markup:
    headings = [words.EVALS_METRIC, words.EVALS_CHART, words.EVALS_MEAN]
    headings += [words.EVALS_INTERVAL, words.EVALS_COUNT]
    return marks.table(
        caption,
        headings,
        [
            (
                _named(row),
                marks.whisker(row.own, row.closed),
                marks.figure(row.own.mean),
                words.evals_interval(row.own),
                words.number(row.own.n),
            )
            for row in found
        ],
    )


def _named(row: Row) -> Markup:
    less = Markup(" <small>{}</small>").format(words.EVALS_LESS) if row.lower_is_better else ""
    return Markup('<span title="{}">{}</span>{}').format(row.name, marks.metric(row.name), less)


def _costs(found: Sequence[Row]) -> Markup:
    return marks.table(
        words.EVALS_COSTS,
        [words.EVALS_METRIC, words.EVALS_MEAN, words.EVALS_INTERVAL],
        [
            (marks.metric(row.name), marks.figure(row.own.mean), words.evals_interval(row.own))
            for row in found
        ],
    )


def _groups(caption: str, heading: str, found: Sequence[Group]) -> Markup:
    if len(found) < 2:
        return Markup()
    made = marks.table(
        caption,
        [heading, words.EVALS_CHART, words.EVALS_SHARE, words.EVALS_COUNT],
        [
            (
                words.EVALS_NO_NOTE if one.name == NO_NOTE else marks.shown(one.name, 200),
                marks.whisker(one.right),
                marks.figure(one.right.mean, percent=True),
                words.number(one.right.n),
            )
            for one in found[:_MOST_ROWS]
        ],
    )
    left = len(found) - _MOST_ROWS
    return made + (
        Markup('<p class="hint">{}</p>').format(words.evals_more_rows(left)) if left > 0 else ""
    )
