"""The list of runs, and how far the one is that is being made -> HTML. Pure."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from eval.runs import RunInfo
from web import words
from web.evals_page import marks
from web.evals_page.protocols import Asking
from web.work import Halt

MAIN = ("reference_match", "citation_recall", "refusal_right")
"""The scores that the list shows."""


def intro_html(*, empty: bool) -> str:
    """What an eval is; what to do where there is none yet."""
    if empty:
        return marks.whole(
            Markup(
                '<div class="evals-empty"><h2>{}</h2><p>{}</p><p><strong>{}</strong></p></div>'
            ).format(words.EVALS, words.EVALS_WHAT, words.EVALS_FIRST)
        )
    return marks.whole(Markup("<h2>{}</h2><p>{}</p>").format(words.EVALS, words.EVALS_WHAT))


def list_html(
    infos: Sequence[RunInfo],
    means: Mapping[int, Sequence[float | None]],
    chosen: int,
    most: int,
) -> str:
    """The newest runs, at most so many; `means` are of MAIN, by run."""
    if not infos:
        return marks.hint_html(words.EVALS_NO_RUNS)
    items = marks.joined(_item(one, means.get(one.id, ()), chosen) for one in infos[:most])
    more = marks.button("expand", "", words.EVALS_MORE, "more") if len(infos) > most else Markup()
    return marks.whole(
        Markup('<nav aria-label="{}"><h3>{}</h3><ul class="runs">{}</ul>{}</nav>').format(
            words.EVALS_RUNS, words.EVALS_RUNS, items, more
        )
    )


def _item(one: RunInfo, means: Sequence[float | None], chosen: int) -> Markup:
    figures = marks.joined(
        Markup("<span><small>{}</small> <b>{}</b></span>").format(
            marks.metric(name), marks.figure(mean, percent=True)
        )
        for name, mean in zip(MAIN, means, strict=False)
        if mean is not None
    )
    cases = words.evals_cases(one.asked)
    if not one.ended:
        cases = f"{words.evals_part(one.asked, one.planned)}, {words.EVALS_UNFINISHED}"
    about = [marks.moment(one), marks.model(one.model), cases]
    about += [words.EVALS_PART_CLOSED] if one.closed else []
    current = Markup(' aria-current="true"') if one.id == chosen else Markup()
    return Markup(
        '<li><button type="button" data-do="select" data-id="{}"{}><strong>{}</strong>'
        '<small>{}</small><span class="figures">{}</span></button></li>'
    ).format(one.id, current, marks.run_name(one), " · ".join(about), figures)


def progress_html(news: Asking | Halt | int) -> str:
    """How far a run is, or how it ended."""
    if isinstance(news, Asking):
        return _running(news)
    if news is Halt.STOPPING:
        return _bar(words.EVALS_STOPPING, "", Markup(), "")
    text = words.EVALS_STOPPED if news is Halt.STOPPED else words.EVALS_DONE
    return marks.whole(Markup('<p class="done" role="status">{}</p>').format(text))


def _running(step: Asking) -> str:
    known, value = "", Markup()
    if step.total:
        known = words.evals_part(step.done, step.total)
        value = Markup(' value="{}" max="{}"').format(step.done, step.total)
    left = "" if step.seconds_left is None else words.left(step.seconds_left)
    return _bar(words.EVALS_PHASES[step.phase.value], known, value, left)


def _bar(what: str, known: str, value: Markup, left: str) -> str:
    return marks.whole(
        Markup(
            '<div class="ingest running"><div><strong role="status">{}</strong>'
            '<span>{}</span></div><progress aria-label="{}"{}></progress>'
            "<div><small>{}</small></div></div>"
        ).format(what, known, what, value, left or "\u00a0")
    )
