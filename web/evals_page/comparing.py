"""Two runs side by side, and a score over time -> HTML. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

from eval.comparison import compare, flips, other_cases
from eval.reports import charts
from eval.reports.rows import is_cost
from eval.runs import RunInfo
from eval.types import Comparison, Flip, Run
from web import words
from web.evals_page import marks

_MOST_FLIPS = 100


def comparison_html(before: Run, after: Run) -> str:
    """What can be said of each score, and the cases that turned. Takes a second or so."""
    found = compare(before, after)
    if not found:
        return marks.hint_html(words.EVALS_NOTHING_SHARED)
    others = other_cases(before, after)
    note = Markup()
    if others:
        note = Markup('<p class="wrong">{}: {}</p>').format(
            words.EVALS_OTHER_CASES, marks.shown(str(others), 600)
        )
    return marks.whole(note + _table(found) + _flips(flips(before, after), after))


def _table(found: Sequence[Comparison]) -> Markup:
    shares = [one.difference for one in found if not is_cost(one.metric)]
    reach = max((max(abs(one.low), abs(one.high)) for one in shares), default=0.0) or 1.0
    headings = [words.EVALS_METRIC, words.EVALS_DIFFERENCE, words.EVALS_BEFORE]
    headings += [words.EVALS_NOW, words.EVALS_P, words.EVALS_VERDICT]
    return marks.table(
        words.EVALS_COMPARE,
        headings,
        [
            (
                marks.metric(one.metric),
                _difference(one, reach),
                marks.figure(one.before.mean),
                marks.figure(one.after.mean),
                f"{one.adjusted:.3f}",
                _verdict(one),
            )
            for one in found
        ],
    )


def _difference(one: Comparison, reach: float) -> Markup:
    if is_cost(one.metric):
        return Markup()
    title = f"{one.difference.mean:+.3g}, {words.evals_interval(one.difference)}"
    return charts.difference(one.difference, reach, title)


def _verdict(one: Comparison) -> Markup:
    needed = words.evals_needed(one.needed) if one.needed else ""
    return Markup('<span class="verdict {}">{}</span> <small>{}</small>').format(
        one.verdict.name.lower(), words.EVALS_VERDICTS[one.verdict], needed
    )


def _flips(found: Sequence[Flip], after: Run) -> Markup:
    if not found:
        return Markup('<p class="hint">{}</p>').format(words.EVALS_NO_FLIPS)
    questions = {outcome.case.id: outcome.case.question for outcome in after.outcomes}
    items = marks.joined(
        Markup('<li class="{}"><span dir="auto">{}</span><small>{} · {}</small></li>').format(
            "right" if flip.after > flip.before else "missed",
            marks.shown(questions.get(flip.case_id, flip.case_id), 300),
            words.EVALS_WON if flip.after > flip.before else words.EVALS_LOST,
            marks.metric(flip.metric),
        )
        for flip in found[:_MOST_FLIPS]
    )
    left = len(found) - _MOST_FLIPS
    more = Markup('<p class="hint">{}</p>').format(words.evals_more_rows(left)) if left > 0 else ""
    return Markup('<h3>{}</h3><ul class="cases flips">{}</ul>{}').format(
        words.EVALS_FLIPS, items, more
    )


def history_html(points: Sequence[tuple[RunInfo, float]], metric: str) -> str:
    """A score of each run, the newest first; what is said where there is none."""
    if not points:
        return marks.hint_html(words.EVALS_SELDOM)
    headings = [words.EVALS_RUN, words.EVALS_WHEN, words.EVALS_MODEL, words.EVALS_COMMIT]
    rows = [
        (
            marks.run_name(info),
            marks.moment(info),
            marks.model(info.model),
            marks.shown(info.commit, 16),
            marks.figure(mean),
        )
        for info, mean in reversed(points)
    ]
    made = marks.table(marks.metric(metric), [*headings, words.EVALS_MEAN], rows)
    return marks.whole(made)
