"""`crib eval --vary`: the same cases with other settings, each against the first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import product

import typer
from pydantic import ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from commands.evals.evaluation import Wanted, evaluate
from eval.comparison import compare_all, flips
from eval.gate import GATED
from eval.reports.comparison_report import bounds, flip_lines, short
from eval.types import Comparison, Run
from rag.config import Settings
from rag.errors import SettingsError

VARIED = (
    *("llm", "embedding_model", "reranker", "rerank_ms", "passages", "prompt_tokens"),
    *("wrong_answers", "strict", "llm_context", "threads"),
)
"""Settings that decide what is answered, or how fast."""

DOTTED = {
    "retrieval.k": "passages",
    "retrieval.passages": "passages",
    "retrieval.reranker": "reranker",
    "prompt.tokens": "prompt_tokens",
}
"""What others call them."""

MOST = 64
"""Points of a grid: more would take days, and no correction leaves anything to be told."""

METRICS = (*GATED, "seconds_total")
"""What the points are judged by: the more metrics, the larger a difference has to be."""

Point = tuple[tuple[str, str], ...]
"""Settings of a point of the grid, by name."""


def require_alone(*outputs: object) -> None:
    """Raise SettingsError if something is wanted that is of one run."""
    if any(outputs):
        raise SettingsError(
            "--vary makes several runs, and files and gates are of one: leave them out; "
            "crib eval show RUN --json FILE writes one"
        )


def grid(words: Sequence[str]) -> list[Point]:
    """Every combination of `NAME=VALUE,VALUE`s, the first values first.

    Raises:
        SettingsError: a name is none that can be varied, or there is nothing to compare.
    """
    axes = [[(name, value) for value in values] for name, values in map(_axis, words)]
    points = list(product(*axes))
    names = [axis[0][0] for axis in axes]
    if len(set(names)) < len(names):
        raise SettingsError(f"--vary names {', '.join(names)}; put all values of one in one")
    if not 1 < len(points) <= MOST:
        few = "one value leaves nothing to compare; write --vary passages=3,5"
        many = f"{len(points)} runs are more than the {MOST} that can be told apart; vary less"
        raise SettingsError(many if len(points) > 1 else few)
    return points


def _axis(word: str) -> tuple[str, list[str]]:
    name, equals, values = word.partition("=")
    own = DOTTED.get(name.strip(), name.strip().lower().removeprefix("crib_"))
    found = list(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
    if own not in VARIED:
        close = get_close_matches(own, [*VARIED, *DOTTED], 1)
        hint = f"did you mean {close[0]}? " if close else ""
        known = ", ".join([*VARIED, *DOTTED])
        raise SettingsError(f"--vary {word!r}: {hint}what can be varied: {known}")
    if not equals or not found:
        raise SettingsError(f"--vary {word!r}: write it as --vary passages=3,5")
    return own, found


def settings_at(settings: Settings, point: Point) -> Settings:
    """The settings of a point.

    Raises:
        SettingsError: a value is not allowed.
    """
    try:
        return Settings(
            **(settings.model_dump() | {name: _value(name, value) for name, value in point})
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"--vary {first['loc'][0]}={first['input']}: {first['msg']}") from None


def _value(name: str, value: str) -> str | None:
    """What is off by default can be named too."""
    return None if value == "none" and Settings.model_fields[name].default is None else value


def vary(settings: Settings, wanted: Wanted, points: Sequence[Point]) -> list[Run]:
    """A run for each point, kept under the settings that make it. Ends with one that was stopped.

    Raises:
        SettingsError: a value is not allowed; nothing was asked yet then.
    """
    every = [settings_at(settings, point) for point in points]
    done: list[Run] = []
    for point, own, title in zip(points, every, _titles(points), strict=True):
        typer.echo(f"{len(done) + 1} of {len(points)}: {title}", err=True)
        llm = wanted.how.llm or "llm" in dict(point)
        name = f"{wanted.how.name} {title}".strip()
        done.append(evaluate(own, replace(wanted, how=replace(wanted.how, llm=llm, name=name))))
        if done[-1].partial:
            break
    return done


def titled(point: Point) -> str:
    """The point as a person wrote it."""
    return " ".join(f"{name}={value}" for name, value in point)


def _titles(points: Sequence[Point]) -> list[str]:
    """The points by what they differ in."""
    fixed = set.intersection(*map(set, points))
    return [titled(tuple(one for one in point if one not in fixed)) for point in points]


def carry_out(settings: Settings, wanted: Wanted, words: Sequence[str], margin: float) -> None:
    """Run every point, and print each against the first.

    Raises:
        SettingsError: a name or a value is not allowed; nothing is asked then.
    """
    points = grid(words)
    done = vary(settings, wanted, points)
    if len(done) > 1:
        named = list(zip(_titles(points), done, strict=False))
        Console().print(Group(*_shown(named, margin)))


def _shown(done: Sequence[tuple[str, Run]], margin: float) -> Iterator[RenderableType]:
    (title, first), *others = done
    compared = compare_all(first, [run for _, run in others], margin, METRICS)
    yield Text(f"Each against {title}, over the cases that both could be judged on:")
    yield _table(title, [(name, one) for (name, _), one in zip(others, compared, strict=True)])
    tests = sum(map(len, compared))
    yield Text(f"p: adjusted over all {tests} comparisons of the table (Holm)")
    questions = {outcome.case.id: outcome.case.question for outcome in first.outcomes}
    for name, run in others:
        turned = flips(first, run)
        yield Text(f"{name}: {len(turned)} cases flipped" + (":" if turned else ""))
        yield from flip_lines(turned, questions)


def _table(title: str, found: Sequence[tuple[str, Sequence[Comparison]]]) -> Table:
    """Under each metric a line for every point."""
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    drawn.add_column("", overflow="ellipsis", no_wrap=True)
    for heading in ("mean", "95%", "95% of difference", "p"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("verdict", no_wrap=True)
    for metric in METRICS:
        rows = [(name, one) for name, every in found for one in every if one.metric == metric]
        if rows:
            drawn.add_row(Text(metric, "bold"))
            before = rows[0][1].before
            drawn.add_row(Text(f"  {title}"), f"{before.mean:.3f}", Text(bounds(before)))
        for name, one in rows:
            difference = Text(bounds(one.difference, "+"))
            figures = (f"{one.after.mean:.3f}", Text(bounds(one.after)), difference)
            drawn.add_row(Text(f"  {name}"), *figures, f"{one.adjusted:.3f}", short(one))
    return drawn
