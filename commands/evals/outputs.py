"""What becomes of a run: the report on the screen, files, and whether a gate is passed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.console import Console

from eval.comparison import MARGIN, compare, flips
from eval.gate import Baseline, check_gate, read_baseline, write_baseline
from eval.reports import closed_report
from eval.reports.comparison_report import render as render_comparison
from eval.reports.junit import junit
from eval.reports.markdown import summary
from eval.reports.report import render, write_json
from eval.reports.writing import write_text
from eval.types import Run
from ingest.readers import all_readers
from rag.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run has to pass: limits of metrics by name, and a baseline not to fall below."""

    limits: Mapping[str, float] = field(default_factory=dict)
    baseline: Baseline | None = None
    margin: float = MARGIN


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files to write, each left out if it is None."""

    json: Path | None = None
    html: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    baseline: Path | None = None

    def outside(self, notes: Path) -> "Outputs":
        """The same files, none of which the next eval would read as a note.

        Raises:
            SettingsError: one lies in the folder of notes, and would give the answers away.
        """
        suffixes, folder = all_readers().suffixes, notes.resolve()
        for path in filter(None, (self.html, self.markdown, self.junit, self.json)):
            if path.suffix.lower() in suffixes and path.resolve().is_relative_to(folder):
                raise SettingsError(
                    f"{path} would be read as a note, with the answers in it; write it outside "
                    f"of {notes}"
                )
        return self


def gate_of(words: Sequence[str], margin: float = MARGIN) -> Gate:
    """A gate as it is written on the command line: `NAME=LIMIT`s, and a baseline's file.

    Raises:
        SettingsError: a word is neither, or a second baseline.
        BaselineError: the baseline cannot be used.
    """
    limits, baseline = {}, None
    for word in words:
        name, equals, limit = word.rpartition("=")
        if Path(word).is_file():
            if baseline:
                raise SettingsError(f"--gate {word!r}: one baseline is enough; leave one out")
            baseline = read_baseline(Path(word))
        else:
            limits[name if equals else word] = _limit(word, limit)
    return Gate(limits, baseline, margin)


def told(finished: Run, gate: Gate, outputs: Outputs) -> bool:
    """Print the report, write what is wanted of it; False if the gate is broken.

    Raises:
        BaselineError: the baseline is of other cases.
        SettingsError: a file cannot be written.
    """
    Console().print(render(finished), *closed_report.parts(finished, gate.margin))
    if outputs.json:
        _written(outputs.json, lambda path: write_json(finished, path))
    if outputs.html:
        from eval.reports.document import write_html

        _written(outputs.html, lambda path: write_html(finished, path))
    wanted = gate.limits or gate.baseline
    checks = check_gate(finished, gate.limits, gate.baseline, gate.margin) if wanted else []
    if gate.baseline:
        _show_baseline(finished, gate.baseline, gate.margin)
    for check in checks:
        typer.echo(
            f"gate: {'BROKEN' if check.broken else 'passed'}: {check.says}", err=check.broken
        )
    if outputs.junit:
        _written(outputs.junit, lambda path: write_text(junit(finished, checks), path))
    if outputs.markdown:
        text = summary(finished, checks, gate.baseline, gate.margin)
        _written(outputs.markdown, lambda path: write_text(text, path))
    if outputs.baseline:
        _written(outputs.baseline, lambda path: write_baseline(finished, path))
    return not any(check.broken for check in checks)


def _show_baseline(finished: Run, baseline: Baseline, margin: float) -> None:
    found = compare(baseline.run, finished, margin, baseline.gated)
    questions = {outcome.case.id: outcome.case.question for outcome in finished.outcomes}
    Console().print(render_comparison(found, flips(baseline.run, finished), questions))


def _written(path: Path, write: Callable[[Path], None]) -> None:
    try:
        write(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); name another") from None
    typer.echo(f"written: {path}")


def _limit(word: str, limit: str) -> float:
    try:
        return float(limit)
    except ValueError:
        raise SettingsError(
            f"--gate {word!r}: write it as recall@5=0.95, or name a file that is there; "
            "crib eval --baseline FILE makes one"
        ) from None
