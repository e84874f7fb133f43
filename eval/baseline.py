"""The scores of a run kept as a file that is small enough to check in, to judge later runs by.

One line a case, so that a change reads as one, with the scores that are gated and no others. The
report that `crib eval --json` writes can be read in its place.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from eval.reports.report import SCHEMA_VERSION
from eval.reports.writing import write_text
from eval.types import Case, Outcome, Run
from rag.errors import BaselineError

VERSION = 1
"""Of the file; one more when its keys change their meaning."""

GATED = ("recall@5", "reference_match", "citation_recall", "refusal_right", "refusal_wrong")
"""What a gate watches unless the baseline says otherwise: one metric a subject, since each further
one makes a fall harder to tell from chance."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A run to judge others by, and the metrics that must not fall."""

    run: Run
    gated: tuple[str, ...] = GATED


class _CaseLine(BaseModel):
    """A case as it is kept."""

    id: str
    question: str
    references: list[str] = []
    before: list[str] = []
    answerable: bool = True
    scores: dict[str, Annotated[float, Field(allow_inf_nan=False)] | None]


class _File(BaseModel):
    """A baseline as it is kept; a report has other keys beside these."""

    baseline_version: int | None = None
    schema_version: int | None = None
    gated: list[str] = list(GATED)
    settings: dict[str, str] = {}
    cases: Annotated[list[_CaseLine], Field(min_length=1)]


def write_baseline(run: Run, path: Path) -> None:
    """Keep the scores of a run at `path`, making its folder.

    Raises:
        BaselineError: a case was not asked or could not be scored, or it cannot be written there.
    """
    if run.partial or run.failed:
        scored = len(run.outcomes) - len(run.failed)
        raise BaselineError(
            f"only {scored} of {run.planned} cases were scored, too few for a baseline; "
            "run it again to its end"
        )
    kept = [name for name in GATED if any(o.scores.get(name) is not None for o in run.outcomes)]
    head = {"baseline_version": VERSION, "gated": kept, "settings": dict(run.settings)}
    lines = ",\n".join(json.dumps(_line(o, kept), ensure_ascii=False) for o in run.outcomes)
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    try:
        write_text(f'{opening},\n "cases": [\n{lines}\n]}}\n', path)
    except OSError as error:
        raise BaselineError(f"{path} cannot be written ({error.strerror}); name another") from None


def read_baseline(path: Path) -> Baseline:
    """What `write_baseline` or a report of `crib eval --json` kept.

    Raises:
        BaselineError: it cannot be read, is damaged, or of another version; the message says how
            to make it anew.
    """
    try:
        found = _File.model_validate(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise BaselineError(f"{path} cannot be read ({error.strerror}); {_anew(path)}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise BaselineError(f"{path} is damaged: {place}: {first['msg']}; {_anew(path)}") from None
    except ValueError as error:  # not JSON, or not UTF-8
        raise BaselineError(f"{path} is damaged: {error}; {_anew(path)}") from None
    _check_version(found, path)
    outcomes = tuple(_outcome(line) for line in found.cases)
    when = datetime.fromtimestamp(0, UTC)
    return Baseline(Run(outcomes, len(outcomes), when, 0.0, found.settings), tuple(found.gated))


def _check_version(found: _File, path: Path) -> None:
    kept, known = found.baseline_version, VERSION
    if kept is None:
        kept, known = found.schema_version, SCHEMA_VERSION
    if kept != known:
        raise BaselineError(f"{path} is of version {kept}, and this reads {known}; {_anew(path)}")


def _anew(path: Path) -> str:
    return f"make it with: crib eval --baseline {path}"


def _line(outcome: Outcome, gated: Sequence[str]) -> dict[str, object]:
    case = outcome.case
    line: dict[str, object] = {"id": case.id, "question": case.question}
    if case.references:
        line["references"] = list(case.references)
    if case.before:
        line["before"] = list(case.before)
    if not case.answerable:
        line["answerable"] = False
    scores = ((name, outcome.scores.get(name)) for name in gated)
    line["scores"] = {name: round(score, 6) for name, score in scores if score is not None}
    return line


def _outcome(line: _CaseLine) -> Outcome:
    case = Case(
        line.id,
        line.question,
        tuple(line.references),
        (),
        line.answerable,
        before=tuple(line.before),
    )
    return Outcome(case, None, line.scores, 0.0)
