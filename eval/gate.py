"""Whether a run is good enough to go on: above its floors, and no worse than a baseline.

A metric falls if it is worse than in the baseline by more than the margin, and if a fall as large
as that on the same cases is no chance: the one-sided paired test, corrected over all gated metrics
(Holm), gives less than 0.05. So of runs of one and the same system at most 5 in 100 break the
gate, however many metrics it watches. A gate that passes says how large a fall it would have
found: with few cases only a large one.

A baseline is the scores of a run in a file that is small enough to check in: a line a case, so that
a change reads as one, with the scores that are gated and no others. The report that `crib eval
--json` writes can be read in its place.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from eval.comparison import (
    ALPHA,
    MARGIN,
    Paired,
    allowed,
    case_scores,
    mean_square,
    other_cases,
    paired,
    summarise,
    worse_by,
)
from eval.metrics import COSTS, LOWER_IS_BETTER
from eval.stats import (
    difference_interval,
    holm,
    in_digits,
    least_found,
    paired_test,
)
from eval.types import Case, Interval, Outcome, Run
from rag.errors import BaselineError
from rag.files import write_text

_VERSION = 1
"""Of the file; one more when its keys change their meaning."""

REPORT_VERSION = 1
"""Of the report that `crib eval --json` writes; one more when its keys change their meaning."""

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
    head = {"baseline_version": _VERSION, "gated": kept, "settings": dict(run.settings)}
    lines = ",\n".join(json.dumps(_line(o, kept), ensure_ascii=False) for o in run.outcomes)
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    try:
        write_text(path, f'{opening},\n "cases": [\n{lines}\n]}}\n')
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
    kept, known = found.baseline_version, _VERSION
    if kept is None:
        kept, known = found.schema_version, REPORT_VERSION
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


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a gate looks at, and what it found, in a line.

    `kind` is `whole`, `limit` or `fall`; `name` that of a metric, or of a case that failed.
    """

    kind: str
    name: str
    says: str
    broken: bool


def check_whole(run: Run) -> list[Check]:
    """What was not asked or could not be scored breaks a gate: nothing is known of it."""
    found = [
        Check("whole", o.case.id, f"{o.case.id} could not be scored: {o.error}", broken=True)
        for o in run.failed
    ]
    if run.partial:
        says = f"only {len(run.outcomes)} of {run.planned} cases were asked"
        found.append(Check("whole", "all cases", says, broken=True))
    return found


def check_limits(run: Run, limits: Mapping[str, float]) -> list[Check]:
    """The run's means against limits by metric: floors, or ceilings of what is better low."""
    metrics = summarise(run)
    return [_check_limit(name, metrics.get(name), limit) for name, limit in limits.items()]


def check_falls(run: Run, baseline: Baseline, margin: float = MARGIN) -> list[Check]:
    """The gated metrics against those of the baseline; see the module.

    Raises:
        BaselineError: it is of other cases; the message says which are missing, added or changed.
    """
    others = other_cases(baseline.run, run)
    if others:
        raise BaselineError(
            f"the baseline is of other cases: {others}; "
            "make it anew with: crib eval --baseline FILE"
        )
    measured = [name for name in baseline.gated if case_scores(baseline.run.outcomes, name)]
    pairs = [paired(baseline.run, run, name) for name in measured]
    found = [pair for pair in pairs if pair.after]
    adjusted = holm([_p_of_a_fall(pair) for pair in found])
    by_name = {
        pair.metric: _check_fall(pair, p, margin, len(found))
        for pair, p in zip(found, adjusted, strict=True)
    }
    return [by_name.get(pair.metric) or _unmeasured(pair.metric) for pair in pairs]


def check_gate(
    run: Run,
    limits: Mapping[str, float],
    baseline: Baseline | None = None,
    margin: float = MARGIN,
) -> list[Check]:
    """All that a gate looks at, in order.

    Raises:
        BaselineError: the baseline is of other cases.
    """
    falls = check_falls(run, baseline, margin) if baseline else []
    return [*check_whole(run), *check_limits(run, limits), *falls]


def _check_limit(name: str, interval: Interval | None, limit: float) -> Check:
    if interval is None:
        return Check("limit", name, f"{name} was not measured; its limit is {limit:g}", broken=True)
    below = name not in LOWER_IS_BETTER
    broken = interval.mean < limit if below else interval.mean > limit
    how = ("below" if below else "above") if broken else "within"
    says = f"{name} is {interval.mean:.3f}, {how} {limit:g}"
    if limit <= 0.0 if below else limit >= 1.0 and name not in COSTS:
        says += "; no run could break this limit"
    return Check("limit", name, says, broken)


def _p_of_a_fall(pair: Paired) -> float:
    return paired_test(pair.differences, "greater" if pair.metric in LOWER_IS_BETTER else "less")


def _check_fall(pair: Paired, p: float, margin: float, metrics: int) -> Check:
    difference = difference_interval(pair.differences, amounts=pair.amounts)
    broken = p < ALPHA and worse_by(pair.metric, difference.mean) > allowed(pair, margin)
    return Check("fall", pair.metric, "; ".join(_clauses(pair, difference, p, metrics)), broken)


def _clauses(pair: Paired, difference: Interval, p: float, metrics: int) -> Iterator[str]:
    before, after = (sum(side) / len(side) for side in (pair.before, pair.after))
    bounds = f"[{difference.low:+.3f}, {difference.high:+.3f}]"
    yield f"{pair.metric} went from {before:.3f} to {after:.3f}, by {difference.mean:+.3f} {bounds}"
    if worse_by(pair.metric, difference.mean) > 0:
        yield f"p = {in_digits(p)}".replace("= <", "< ") + (
            f" over {metrics} metrics" if metrics > 1 else ""
        )
    if not pair.amounts and p >= ALPHA:
        # Holm's first step is the hardest, which a fall of one metric alone has to take.
        if _worst_p(pair) >= ALPHA / metrics:
            yield f"with {difference.n} cases no fall could break this"
            return
        found = least_found(difference.n, mean_square(pair), ALPHA / metrics)
        yield f"{difference.n} cases find a fall of about {found:.2f}"


def _worst_p(pair: Paired) -> float:
    """The p that the largest fall there can be would have: every case at its worst."""
    is_low = pair.metric in LOWER_IS_BETTER
    worst = [float(is_low) - before for before in pair.before]
    return paired_test(worst, "greater" if is_low else "less")


def _unmeasured(name: str) -> Check:
    return Check("fall", name, f"{name} was measured in the baseline and not now", broken=True)
