"""How well an answer's confidence tells right answers from wrong ones, of a run."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.statistics.calibration import auroc, risk_coverage
from eval.statistics.refitting import Sample
from eval.statistics.stats import wilson_interval
from eval.types import Interval, Outcome, Run
from rag.search.confidence import Judge
from rag.types import Answer, Status

_SHARES = (0.25, 0.5, 0.75, 1.0)


def area(run: Run) -> Interval | None:
    """AUROC of the confidence: answerable cases against the others; a refusal comes last."""
    judged = [(o, o.answer) for o in _judged(run) if o.answer]
    return auroc([_sure(answer) for _, answer in judged], [o.case.answerable for o, _ in judged])


def curve(run: Run) -> list[tuple[float, float]]:
    """Coverage and risk of the answers given, the surest first; see `risk_coverage`.

    Coverage counts against all cases, so it ends at the share of them that was answered.
    """
    judged = list(_judged(run))
    given = [(o, o.answer) for o in judged if o.answer and o.answer.status is not Status.REFUSED]
    right = [o.scores.get("reference_match") or 0.0 for o, _ in given]
    points = risk_coverage([_sure(answer) for _, answer in given], right)
    share = len(given) / len(judged) if judged else 0.0
    return [(coverage * share, risk) for coverage, risk in points]


def to_json(run: Run) -> dict[str, object]:
    """Both, ready for `json.dumps`."""
    found = area(run)
    interval = {"mean": found.mean, "low": found.low, "high": found.high} if found else None
    return {"auroc": interval, "risk_coverage": [list(point) for point in curve(run)]}


def render(run: Run) -> RenderableType:
    """What share is wrong of the surest quarter, half and so on of the answers."""
    points = curve(run)
    if not points:
        return Text("")
    table = Table("answered", box=SIMPLE)
    for heading in ("of all cases", "wrong"):
        table.add_column(heading, justify="right")
    for share in _SHARES:
        most = share * points[-1][0]
        coverage, risk = next(point for point in points if point[0] >= most - 1e-9)
        table.add_row(f"surest {share:.0%}", f"{coverage:.1%}", f"{risk:.1%}")
    return table


def compared(rows: Sequence[tuple[str, Sample, Judge, Judge]], wrong_answers: float) -> Group:
    """What a calibration changes, by what it looks at, the old one before the new one."""
    title = f"at most {wrong_answers:g} in 100 answers wrong"
    table = Table("", title=title, title_justify="left")
    for heading in ("AUROC", "answerable answered", "others answered"):
        table.add_column(heading, justify="right")
    for name, sample, old, new in rows:
        for when, judge in (("before", old), ("after", new)):
            table.add_row(f"{name}, {when}", *_cells(sample, judge, wrong_answers))
    return Group(table, Text("After: of the very cases it was fitted on; the intervals are 95%."))


def _cells(sample: Sample, judge: Judge, wrong_answers: float) -> list[Text]:
    found = sample.area(judge)
    held, missing = sample.answered(judge, wrong_answers)
    answerable = sum(sample.labels)
    shares = (
        wilson_interval(held, answerable),
        wilson_interval(missing, len(sample.labels) - answerable),
    )
    return [
        Text(f"{one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]") for one in (found, *shares) if one
    ]


def _judged(run: Run) -> "list[Outcome]":
    return [o for o in run.outcomes if o.answer and o.scores and o.answer.confidence is not None]


def _sure(answer: Answer) -> float:
    confidence = answer.confidence or 0.0
    return confidence - 1 if answer.status is Status.REFUSED else confidence
