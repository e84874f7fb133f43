"""What the page of evals is written with: figures, tables, buttons -> HTML. Pure.

Text of notes, models and people goes through `Markup.format`, which escapes it.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from eval.reports import charts
from eval.reports.marking import clean
from eval.runs import RunInfo
from eval.types import Interval
from web import words
from web.markup import one_line

_LONGEST = 4_000
"""Characters of any one text of a note or a model."""


def shown(text: str, longest: int = _LONGEST) -> str:
    """`text` without what steers, cut where it is very long."""
    return clean(text[:longest]) + ("…" if len(text) > longest else "")


def joined(parts: Iterable[Markup | str]) -> Markup:
    """The parts one after the other; those that are no Markup are escaped."""
    return Markup().join(parts)


def whole(markup: Markup) -> str:
    """As a part of the page takes it: on one line, since Gradio looks for blank lines."""
    return one_line(str(markup))


def button(what: str, value: object, label: Markup | str, kind: str = "") -> Markup:
    """A button that tells the server `what` to do, with what."""
    return Markup('<button type="button" class="{}" data-do="{}" data-id="{}">{}</button>').format(
        kind, what, value, label
    )


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[Markup | str]]) -> Markup:
    """A table whose first column names the row. A row is as long as `headings`."""
    head = joined(Markup('<th scope="col">{}</th>').format(one) for one in headings)
    body = joined(map(_row, rows))
    return Markup(
        '<div class="table"><table><caption>{}</caption><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(caption, head, body)


def _row(cells: Sequence[Markup | str]) -> Markup:
    first, *others = cells
    rest = joined(Markup("<td>{}</td>").format(one) for one in others)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(first, rest)


def figure(value: float | None, *, percent: bool = False) -> str:
    """A mean as a table shows it."""
    if value is None:
        return "-"
    return f"{100 * value:.0f}%" if percent else f"{value:.3g}"


def whisker(own: Interval, other: Interval | None = None, most: float = 1.0) -> Markup:
    """A mean with its interval, said in the language of the page."""
    title = f"{own.mean:.3g}, {words.evals_interval(own)}"
    if other:
        title += f"; {words.EVALS_WITHOUT_NOTES}: {other.mean:.3g}, {words.evals_interval(other)}"
    return charts.whisker(own, other, most, title)


def metric(name: str) -> str:
    """A score as a person calls it."""
    return words.EVALS_METRICS.get(name, name.replace("_", " "))


def run_name(info: RunInfo) -> str:
    """A run as a person calls it."""
    return shown(info.name, 120) if info.name else f"{words.EVALS_RUN} {info.id}"


def moment(info: RunInfo) -> str:
    """When it was begun."""
    then = info.started.astimezone()
    return f"{words.day(then, with_year=True)}, {then:%H:%M}"


def model(llm: str) -> str:
    """Who answers."""
    return words.EVALS_NO_MODEL if llm == "none" else shown(llm, 80)


def error_html(text: str) -> str:
    """What went wrong, in one line."""
    return whole(Markup('<p class="wrong" role="alert">{}</p>').format(shown(text)))


def hint_html(text: str) -> str:
    """What is to be done, or why there is nothing."""
    return whole(Markup('<p class="hint">{}</p>').format(text))
