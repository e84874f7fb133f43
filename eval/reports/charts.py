"""Charts as inline SVG: no script, no style of its own, colours by class.

Those of one line take their width from where they stand, so that they are read on a phone too;
each says in a title what it shows, for those who do not see it. Shares lie between 0 and 1.
"""

from collections.abc import Sequence
from math import ceil

from markupsafe import Markup, escape

from eval.types import Interval

_WIDTH, _HEIGHT, _LEFT, _BELOW = 360, 220, 44, 34
"""Of a chart with axes, in its own units, and what is left for the words beside and below it."""

_LINE = Markup(
    '<svg class="line {kind}" role="img" width="100%" height="20"><title>{title}</title>'
    "{drawn}</svg>"
)


def whisker(
    interval: Interval, other: Interval | None = None, most: float = 1.0, title: str = ""
) -> Markup:
    """A dot with its interval on a track from 0 to `most`, over the hollow one of another run.

    `title` says it in words; by default in English.
    """
    drawn = [_track(), *([_dot(other, (0, most), "other", 15)] if other else [])]
    drawn.append(_dot(interval, (0, most), "own", 6 if other else 10))
    title = title or _said(interval) + (f"; the other {_said(other)}" if other else "")
    return _line("whisker", title, drawn)


def difference(interval: Interval, most: float, title: str = "") -> Markup:
    """A difference with its interval, on a track from `-most` to `most` with a mark at 0."""
    low, mean, high = (
        _between(x, -most, most) for x in (interval.low, interval.mean, interval.high)
    )
    drawn = [_track(), _upright(50, "zero"), _span(low, high, "own", 10), _circle(mean, "own", 10)]
    return _line("difference", title or _said(interval), drawn)


def bar(share: float, title: str) -> Markup:
    """A bar of so much of the width."""
    width = f"{100 * share:.1f}%"
    drawn = [Markup('<rect class="bar" x="0" y="4" height="12" width="{}" rx="2"/>').format(width)]
    return _line("bars", title, drawn)


def strip(values: Sequence[float], middle: float, most: float) -> Markup:
    """A stroke for each value on a track from 0 to `most`, and a dot in the middle of them."""
    strokes = [_upright(_between(value, 0, most), "stroke") for value in values]
    drawn = [_track(), *strokes, _circle(_between(middle, 0, most), "own", 10)]
    return _line("strip", f"{len(values)} values, half of them below {middle:.3g}", drawn)


def risk_curve(points: Sequence[tuple[float, float]]) -> Markup:
    """Risk over coverage: the share that is wrong of the surest answers, at least one of them."""
    highest = max(risk for _, risk in points)
    step = 0.1 if highest <= 0.5 else 0.25
    levels = max(1, ceil(highest / step - 1e-9))
    drawn = [
        *(_level(place / levels, f"{step * place:.0%}") for place in range(levels + 1)),
        *(_foot(place / 4) for place in range(5)),
        Markup('<path class="curve" d="M{}"/>').format(
            "L".join(f"{_x(at):.1f},{_y(risk / (step * levels)):.1f}" for at, risk in points)
        ),
    ]
    coverage, risk = points[-1]
    title = f"{coverage:.0%} of all were answered; of these {risk:.0%} are wrong"
    return Markup(
        '<svg class="axes" role="img" viewBox="0 0 {} {}"><title>{}</title>'
        "<desc>Share wrong, upwards, over share answered, the surest first</desc>{}</svg>"
    ).format(_WIDTH, _HEIGHT, title, Markup().join(drawn))


def _line(kind: str, title: str, drawn: Sequence[Markup]) -> Markup:
    return _LINE.format(kind=kind, title=title, drawn=Markup().join(drawn))


def _said(interval: Interval) -> str:
    return f"{interval.mean:.3g}, between {interval.low:.3g} and {interval.high:.3g}"


def _between(value: float, low: float, high: float) -> float:
    """The place of `value` in percent of the width, a little within the edges."""
    share = (min(max(value, low), high) - low) / (high - low) if high > low else 0.0
    return 2 + 96 * share


def _dot(interval: Interval, ends: tuple[float, float], kind: str, y: int) -> Markup:
    bounds = (interval.low, interval.mean, interval.high)
    low, mean, high = (_between(value, *ends) for value in bounds)
    return _span(low, high, kind, y) + _circle(mean, kind, y)


def _track() -> Markup:
    return Markup('<line class="track" x1="2%" x2="98%" y1="10" y2="10"/>')


def _span(low: float, high: float, kind: str, y: int) -> Markup:
    return Markup('<line class="span {}" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"/>').format(
        kind, low, high, y, y
    )


def _circle(at: float, kind: str, y: int) -> Markup:
    return Markup('<circle class="dot {}" cx="{:.2f}%" cy="{}" r="4"/>').format(kind, at, y)


def _upright(at: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="3" y2="17"/>').format(
        kind, at, at
    )


def _x(share: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - 8) * share


def _y(share: float) -> float:
    return 10 + (_HEIGHT - _BELOW - 10) * (1 - share)


def _level(share: float, label: str) -> Markup:
    y = _y(share)
    return Markup(
        '<line class="grid" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>'
        '<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>'
    ).format(_LEFT, _WIDTH - 8, y, y, _LEFT - 6, y + 4, escape(label))


def _foot(share: float) -> Markup:
    end = "end" if share == 1 else "middle"
    return Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
        _x(share), _HEIGHT - 14, end, f"{share:.0%}"
    )
