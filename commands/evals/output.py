"""What becomes of a finished run: the report on the screen, files, and whether a gate is passed."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rapidfuzz import process
from rich.console import Console

from eval.comparison import MARGIN
from eval.gate import Baseline, check_gate, read_baseline, write_baseline
from eval.metrics import METRICS
from eval.report import as_json, html, junit, markdown, terminal
from eval.report.results import Result
from eval.types import Run
from ingest.readers import all_readers
from rag.errors import SettingsError
from rag.files import write_text


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run has to pass: limits of metrics by name, and a baseline not to fall below."""

    limits: Mapping[str, float] = field(default_factory=dict)
    baseline: Baseline | None = None
    margin: float = MARGIN


@dataclass(frozen=True, slots=True)
class Files:
    """Files to write, each left out if it is None."""

    json: Path | None = None
    html: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    baseline: Path | None = None


def require_outside(files: Files, notes: Path) -> None:
    """Raise SettingsError if the next eval would read one of the files as a note.

    It would give the answers away.
    """
    suffixes, folder = all_readers().suffixes, notes.resolve()
    for path in filter(None, (files.html, files.markdown, files.junit, files.json)):
        if path.suffix.lower() in suffixes and path.resolve().is_relative_to(folder):
            raise SettingsError(
                f"{path} would be read as a note, with the answers in it; write it outside "
                f"of {notes}"
            )


def gate_of(words: Sequence[str], margin: float = MARGIN) -> Gate:
    """A gate as it is written on the command line: `NAME=LIMIT`s, and a baseline's file.

    Raises:
        SettingsError: a word is neither, or a second baseline.
        BaselineError: the baseline cannot be used.
    """
    limits, baseline = {}, None
    for word in words:
        if Path(word).is_file():
            if baseline:
                raise SettingsError(f"--gate {word!r}: one baseline is enough; leave one out")
            baseline = read_baseline(Path(word))
            continue
        name, limit = _limit(word)
        limits[name] = limit
    return Gate(limits, baseline, margin)


def _limit(word: str) -> tuple[str, float]:
    """A metric and its limit, as `recall@5=0.95` says them. Raises SettingsError."""
    name, _, written = word.rpartition("=")
    try:
        limit = float(written)
    except ValueError:
        raise SettingsError(
            f"--gate {word!r}: write it as recall@5=0.95, or name a file that is there; "
            "crib eval --baseline FILE makes one"
        ) from None
    if name not in METRICS:
        near, *_ = process.extractOne(name, list(METRICS))
        raise SettingsError(f"--gate {word!r}: there is no metric {name!r}; did you mean {near}?")
    most = math.inf if METRICS[name].is_cost else 1.0
    if not (math.isfinite(limit) and 0 <= limit <= most):
        room = "0 or more" if METRICS[name].is_cost else "between 0 and 1"
        raise SettingsError(f"--gate {word!r}: its limit has to be a number, {room}")
    return name, limit


def show_and_write(run: Run, gate: Gate, files: Files) -> bool:
    """Print the report, write the files; False if the gate is broken.

    Raises:
        BaselineError: the baseline is of other cases.
        SettingsError: a file cannot be written.
    """
    result = Result(run, margin=gate.margin)
    console = Console()
    console.print(terminal.run_report(result), *terminal.closed_book(result))
    _write_if_asked(
        (files.json, as_json.render_json), (files.html, html.render_html), result=result
    )
    if gate.limits or gate.baseline:
        checks = check_gate(run, gate.limits, gate.baseline, gate.margin)
        result = Result(run, checks, gate.baseline, margin=gate.margin)
    if result.against_baseline:
        console.print(terminal.comparison_table(result.against_baseline))
    for check in result.checks:
        verdict = "BROKEN" if check.broken else "passed"
        typer.echo(f"gate: {verdict}: {check.says}", err=check.broken)
    _write_if_asked(
        (files.junit, junit.render_junit), (files.markdown, markdown.render_markdown), result=result
    )
    if files.baseline:
        write_baseline(run, files.baseline)
        typer.echo(f"written: {files.baseline}")
    return not any(check.broken for check in result.checks)


def _write_if_asked(*files: tuple[Path | None, Callable[[Result], str]], result: Result) -> None:
    for path, render in files:
        if path:
            write_report(path, render(result))


def write_report(path: Path, text: str) -> None:
    """Write a file and say so. Raises SettingsError if it cannot be written."""
    try:
        write_text(path, text)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); name another") from None
    typer.echo(f"written: {path}")
