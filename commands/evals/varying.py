"""`crib eval --vary`: the same cases with other settings, each run against the first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import product

import typer
from pydantic import ValidationError
from rich.console import Console

from commands.evals.run import EvalRequest, evaluate
from eval.comparison import compare_all
from eval.gate import GATED
from eval.report import terminal
from eval.report.results import RunComparison
from eval.types import Run
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

_MOST = 64
"""Points of a grid: more would take days, and no correction would leave a difference to be seen."""

_METRICS = (*GATED, "seconds_total")
"""What the points are judged by: the more metrics, the larger a difference has to be."""

_Point = tuple[tuple[str, str], ...]
"""Settings of a point of the grid, by name."""


def require_no_outputs(*outputs: object) -> None:
    """Raise SettingsError if a file or a gate is asked for: these are of one run."""
    if any(outputs):
        raise SettingsError(
            "--vary makes several runs, and files and gates are of one: leave them out; "
            "crib eval show RUN --json FILE writes one"
        )


def settings_grid(words: Sequence[str]) -> list[_Point]:
    """Every combination of `NAME=VALUE,VALUE`s, the first values first.

    Raises:
        SettingsError: a name is none that can be varied, or there is nothing to compare.
    """
    axes = [[(name, value) for value in values] for name, values in map(_axis, words)]
    points = list(product(*axes))
    names = [axis[0][0] for axis in axes]
    if len(set(names)) < len(names):
        raise SettingsError(f"--vary names {', '.join(names)}; put all values of one in one")
    if len(points) < 2:
        raise SettingsError("one value leaves nothing to compare; write --vary passages=3,5")
    if len(points) > _MOST:
        raise SettingsError(
            f"{len(points)} runs are more than the {_MOST} that can be told apart; vary less"
        )
    return points


def _axis(word: str) -> tuple[str, list[str]]:
    name, equals, values = word.partition("=")
    own = DOTTED.get(name.strip(), name.strip().lower().removeprefix("crib_"))
    found = list(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
    if own not in VARIED:
        known = [*VARIED, *DOTTED]
        close = get_close_matches(own, known, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise SettingsError(f"--vary {word!r}: {hint}what can be varied: {', '.join(known)}")
    if not equals or not found:
        raise SettingsError(f"--vary {word!r}: write it as --vary passages=3,5")
    return own, found


def settings_with(settings: Settings, changes: Mapping[str, str], problem: str) -> Settings:
    """The settings with some of them changed; "none" switches off what is off by default.

    Raises:
        SettingsError: a value is not allowed; the message begins with `problem`, in which {name}
            and {value} are filled in.
    """
    fields = Settings.model_fields
    wanted = {
        name: None if value == "none" and fields[name].default is None else value
        for name, value in changes.items()
    }
    try:
        return Settings.model_validate(settings.model_dump() | wanted)
    except ValidationError as error:
        first = error.errors()[0]
        which = problem.format(name=first["loc"][0], value=first["input"])
        raise SettingsError(f"{which}: {first['msg']}") from None


def vary(settings: Settings, request: EvalRequest, points: Sequence[_Point]) -> list[Run]:
    """A run for each point, kept under the settings that make it. Ends with one that was stopped.

    Raises:
        SettingsError: a value is not allowed; nothing was asked yet then.
    """
    every = [settings_with(settings, dict(point), "--vary {name}={value}") for point in points]
    done: list[Run] = []
    for point, own, title in zip(points, every, titles(points), strict=True):
        typer.echo(f"{len(done) + 1} of {len(points)}: {title}", err=True)
        llm = request.llm or "llm" in dict(point)
        name = f"{request.name} {title}".strip()
        done.append(evaluate(own, replace(request, llm=llm, name=name)))
        if done[-1].partial:
            break
    return done


def titles(points: Sequence[_Point]) -> list[str]:
    """The points, as a person writes them, by what they differ in."""
    fixed = set.intersection(*map(set, points))
    return [" ".join(f"{n}={v}" for n, v in point if (n, v) not in fixed) for point in points]


def run_grid(settings: Settings, request: EvalRequest, words: Sequence[str], margin: float) -> None:
    """Run every point of `words`, and print each against the first.

    Raises:
        SettingsError: a name or a value is not allowed; nothing is asked then.
    """
    points = settings_grid(words)
    first, *others = vary(settings, request, points)
    if others:
        title, *names = titles(points)
        rows = compare_all(first, others, margin, _METRICS)
        compared = [RunComparison(first, other, title, margin, _METRICS) for other in others]
        Console().print(terminal.grid_table(title, list(zip(names, compared, rows, strict=False))))
