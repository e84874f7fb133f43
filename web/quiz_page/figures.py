"""How the studying stands -> HTML. Pure."""

from collections.abc import Sequence
from datetime import datetime, time

from eval.study.store import Day, Standing, Sureness
from web import words


def standing_html(standing: Standing) -> str:
    """The numbers of one's studying."""
    numbers = (
        (words.number(standing.due), words.QUIZ_DUE),
        (words.number(standing.new), words.QUIZ_NEW),
        (words.number(standing.known), words.QUIZ_KNOWN),
        (words.quiz_days(standing.streak), words.QUIZ_STREAK),
        (words.number(standing.today), words.QUIZ_TODAY),
    )
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for value, name in numbers)
    return f'<dl class="quiz-standing">{rows}</dl>'


def forecast_html(days: Sequence[Day]) -> str:
    """The forecast as a table, for who cannot see the plot."""
    rows = [
        (words.day(datetime.combine(one.day, time()), with_year=False), str(one.cards))
        for one in days
    ]
    return _table((words.QUIZ_DAY, words.QUIZ_CARDS), rows)


def sureness_html(found: Sequence[Sureness]) -> str:
    """How sure against how right, as a table."""
    if not found:
        return f'<p class="hint">{words.QUIZ_SURENESS_NONE}</p>'
    rows = [(band(one), f"{one.right:.0%}", str(one.answers)) for one in found]
    heads = (words.QUIZ_HOW_SURE, words.QUIZ_HOW_RIGHT, words.QUIZ_ANSWERS)
    return f'<p class="hint">{words.QUIZ_SURENESS_MORE}</p>{_table(heads, rows)}'


def band(one: Sureness) -> str:
    """`25-50 %`."""
    return f"{one.low * 100:.0f}\u2013{one.high * 100:.0f} %"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for row in rows)
    return (
        f"<details><summary>{words.QUIZ_TABLE}</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>"
    )
