"""How well a confidence tells right from wrong, and how it is fitted to a person's own notes.

Features and labels in, figures out. A label is 1 where the notes hold the answer. Both kinds of
question count the same, however many there are of each.

The search is fitted on answerable cases against questions out of the notes. What a model's reading
says is fitted on answerable cases against those that the notes do not answer; where there are few,
against the answerable ones once more, with the passages that hold the answer taken away.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.scorers import holds_target
from eval.stats import LEVEL, wilson_interval
from eval.types import Case, Interval, Method, Outcome, Run
from rag.errors import CaseError
from rag.protocols import Retriever
from rag.search.confidence import (
    Calibration,
    Judge,
    Logistic,
    Point,
    reading_features,
    search_features,
)
from rag.search.evidence import EvidenceReader
from rag.types import Answer, Evidence, Status, Support

PARTS = 5
"""Parts of the cases, each judged by what was fitted on the others."""

MOST_POINTS = 100
"""Points of a curve for each kind of case."""

_Floats = NDArray[np.float64]

_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def fit(features: Sequence[Mapping[str, float]], labels: Sequence[int]) -> Logistic:
    """Logistic regression with scikit-learn's L2 penalty; both kinds weigh the same.

    Args:
        features: the same names in every case; standardised here, and the scale folded back.
        labels: 0 or 1 a case; both must occur.
    """
    from sklearn.linear_model import LogisticRegression  # a second to import, seldom needed

    names = list(features[0])
    table = np.array([[case[name] for name in names] for case in features], dtype=float)
    middle, scale = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-6)
    found = LogisticRegression(class_weight="balanced").fit((table - middle) / scale, labels)
    weights = found.coef_[0] / scale
    by_name = {name: float(weight) for name, weight in zip(names, weights, strict=True)}
    return Logistic(float(found.intercept_[0] - weights @ middle), by_name)


def curve(chances: Sequence[float], labels: Sequence[int]) -> tuple[Point, ...]:
    """Shares of both kinds that are answered from a probability on, by falling probability.

    One unanswerable case more is counted as answered, as conformal risk control does (Angelopoulos
    et al. 2022): few cases then promise little. Probabilities lie halfway between those of cases
    of either kind, evenly picked where there are many.
    """
    values, known = np.asarray(chances, dtype=float), np.asarray(labels)
    held, missing = values[known == 1], values[known == 0]
    levels = np.unique(np.concatenate([[0.0], _picked(held), _picked(missing)]))[::-1]
    return tuple(
        Point(
            float(least),
            float((held >= least).mean()),
            float(((missing >= least).sum() + 1) / (len(missing) + 1)),
        )
        for least in (levels[:-1] + levels[1:]) / 2
    )


def _picked(values: _Floats) -> _Floats:
    places = np.linspace(0, len(values) - 1, min(MOST_POINTS, len(values)))
    picked: _Floats = np.sort(values)[places.round().astype(int)]
    return picked


def auroc(chances: Sequence[float], labels: Sequence[int]) -> Interval | None:
    """The chance that an answerable case is rated above one that is not; a tie counts half.

    The interval is of the score kind (Newcombe 2006): each bound is so far off that the spread
    expected there (Hanley and McNeil 1982) reaches the area. So it has a width at 1 too.

    Returns:
        None where one of the kinds is missing.
    """
    values, known = np.asarray(chances, dtype=float), np.asarray(labels)
    held, missing = values[known == 1], values[known == 0]
    if not (len(held) and len(missing)):
        return None
    area = area_of(held, missing)
    low, high = (_bound(area, end, len(held), len(missing)) for end in (0.0, 1.0))
    return Interval(area, low, high, len(values), Method.NEWCOMBE)


def area_of(held: _Floats, missing: _Floats) -> float:
    """The share of pairs in which `held` is above `missing`, of which neither is empty."""
    return float((held[:, None] > missing).mean() + (held[:, None] == missing).mean() / 2)


def _bound(area: float, end: float, held: int, missing: int) -> float:
    """Between `area` and `end`, where the distance is as wide as the interval there."""
    near, far = area, end
    for _ in range(50):
        middle = (near + far) / 2
        inside = abs(area - middle) < _Z * _spread(middle, held, missing)
        near, far = (middle, far) if inside else (near, middle)
    return near


def _spread(area: float, held: int, missing: int) -> float:
    """Standard error of an AUROC (Hanley and McNeil 1982)."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    both = (held - 1) * (one - area**2) + (missing - 1) * (two - area**2)
    return math.sqrt(max(0.0, (area * (1 - area) + both) / (held * missing)))


def risk_coverage(chances: Sequence[float], right: Sequence[float]) -> list[tuple[float, float]]:
    """Coverage and risk as the least sure answers are left out, the fewest answers first.

    Coverage is the share of cases answered, risk the share of those that are not right (El-Yaniv
    and Wiener 2010). Cases of one probability come and go together.
    """
    order = sorted(zip(chances, right, strict=True), key=lambda pair: -pair[0])
    points, wrong = [], 0.0
    for number, (chance, one) in enumerate(order, start=1):
        wrong += 1 - one
        if number == len(order) or order[number][0] != chance:
            points.append((number / len(order), wrong / number))
    return points


def calibrate(features: Sequence[Mapping[str, float]], labels: Sequence[int]) -> Judge:
    """A model fitted on all cases; its curve is of models that had not seen the case.

    Cases are dealt out to five parts in turn, each kind apart, and each part is judged by a model
    that was fitted on the other four.
    """
    parts = _dealt(labels)
    chances = [0.0] * len(labels)
    for part in range(PARTS):
        others = [place for place, own in enumerate(parts) if own != part]
        model = fit([features[place] for place in others], [labels[place] for place in others])
        for place in (place for place, own in enumerate(parts) if own == part):
            chances[place] = model.probability(features[place])
    return Judge(fit(features, labels), curve(chances, labels))


def _dealt(labels: Sequence[int]) -> list[int]:
    seen = {0: 0, 1: 0}
    parts = []
    for label in labels:
        parts.append(seen[label] % PARTS)
        seen[label] += 1
    return parts


LEAST = 20
"""Cases of each kind that a calibration needs."""

Doubt = Callable[[Evidence], float | None]


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds what stands in the notes for a question. `retriever` gives more than `passages`.

    `usual` is what questions find that the notes do not answer.
    """

    retriever: Retriever
    reader: EvidenceReader
    passages: int
    usual: Support

    def evidence(self, question: str, without: Case | None = None) -> Evidence:
        """What is found; `without` leaves out the passages that hold the case's answer."""
        hits = self.retriever.retrieve(question)
        kept = [hit for hit in hits if not (without and holds_target(without, hit.chunk))]
        return self.reader.read(question, kept[: self.passages])

    def features(self, evidence: Evidence) -> dict[str, float]:
        """What the search is judged by."""
        return search_features(evidence.support, self.usual)


@dataclass(frozen=True, slots=True)
class Sample:
    """Features of cases, and 1 for each that the notes answer."""

    features: Sequence[Mapping[str, float]]
    labels: Sequence[int]

    def area(self, judge: Judge) -> Interval | None:
        """How well the judge tells the two kinds apart."""
        return auroc([judge.model.probability(one) for one in self.features], self.labels)

    def answered(self, judge: Judge, wrong_answers: float) -> tuple[int, int]:
        """How many of each kind are answered: those that the notes answer, and the others."""
        point = judge.at_most(wrong_answers)
        floor = point.probability if point else 0.0
        chances = [judge.model.probability(one) for one in self.features]
        kept = [label for c, label in zip(chances, self.labels, strict=True) if c >= floor]
        return sum(kept), len(kept) - sum(kept)


def by_search(finder: Finder, cases: Sequence[Case], out: Sequence[Case]) -> Sample:
    """Answerable cases against those out of the notes.

    Raises:
        CaseError: there are too few.
    """
    held = _answerable(cases)
    found = [finder.evidence(case.question) for case in (*held, *out)]
    features = [finder.features(one) for one in found]
    return Sample(features, [1] * len(held) + [0] * len(out))


def by_reading(finder: Finder, cases: Sequence[Case], search: Judge, doubt: Doubt) -> Sample:
    """Answerable cases against near misses, as a model reads them.

    Raises:
        CaseError: there are too few, or the model cannot tell its doubts.
    """
    held = _answerable(cases)
    missing = [finder.evidence(case.question) for case in cases if not case.answerable]
    if len(missing) < LEAST:
        missing += [finder.evidence(case.question, case) for case in held if case.targets]
    found = [finder.evidence(case.question) for case in held] + missing
    features = [_read(one, finder, search, doubt) for one in found]
    return Sample(features, [1] * len(held) + [0] * len(missing))


def calibration(embedding: str, search: Sample, reading: Sample | None, old: Judge) -> Calibration:
    """Fitted on both; where no model read, what was known of reading is kept."""
    read = calibrate(reading.features, reading.labels) if reading else old
    return Calibration(embedding, calibrate(search.features, search.labels), read)


def _answerable(cases: Sequence[Case]) -> list[Case]:
    held = [case for case in cases if case.answerable]
    if len(held) < LEAST:
        raise CaseError(
            f"the notes answer {len(held)} of the cases, too few to calibrate on; "
            f"the least is {LEAST}: add some, or keep what is there"
        )
    return held


def _read(evidence: Evidence, finder: Finder, search: Judge, doubt: Doubt) -> dict[str, float]:
    found = doubt(evidence)
    if found is None:
        raise CaseError(
            "this model does not tell its doubts; use CRIB_LLM=local, or leave out --llm"
        )
    return reading_features(search.model.log_odds(finder.features(evidence)), found)


_SHARES = (0.25, 0.5, 0.75, 1.0)


def area(run: Run) -> Interval | None:
    """AUROC of the confidence: answerable cases against the others; a refusal comes last."""
    judged = [(o, o.answer) for o in _judged(run) if o.answer]
    return auroc([_sure(answer) for _, answer in judged], [o.case.answerable for o, _ in judged])


def confidence_curve(run: Run) -> list[tuple[float, float]]:
    """Coverage and risk of the answers given, the surest first; see `risk_coverage`.

    Coverage counts against all cases, so it ends at the share of them that was answered.
    """
    judged = list(_judged(run))
    given = [(o, o.answer) for o in judged if o.answer and o.answer.status is not Status.REFUSED]
    right = [o.scores.get("reference_match") or 0.0 for o, _ in given]
    points = risk_coverage([_sure(answer) for _, answer in given], right)
    share = len(given) / len(judged) if judged else 0.0
    return [(coverage * share, risk) for coverage, risk in points]


def calibration_json(run: Run) -> dict[str, object]:
    """Both, ready for `json.dumps`."""
    found = area(run)
    interval = {"mean": found.mean, "low": found.low, "high": found.high} if found else None
    return {"auroc": interval, "risk_coverage": [list(point) for point in confidence_curve(run)]}


def calibration_report(run: Run) -> RenderableType:
    """What share is wrong of the surest quarter, half and so on of the answers."""
    points = confidence_curve(run)
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


def compare_calibrations(
    rows: Sequence[tuple[str, Sample, Judge, Judge]], wrong_answers: float
) -> Group:
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
