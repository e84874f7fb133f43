"""How sure an answer is, fitted to a person's own notes.

A label is 1 where the notes hold the answer. Both kinds of question count the same, however many
there are of each.

The search is fitted on answerable cases against questions out of the notes. What a model's reading
says is fitted on answerable cases against those that the notes do not answer; where there are few,
against the answerable ones once more, with the passages that hold the answer taken away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.scorers import holds_target
from eval.stats import auroc
from eval.types import Case, Interval
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
from rag.types import Evidence, Support

PARTS = 5
"""Parts of the cases, each judged by what was fitted on the others."""

MOST_POINTS = 100
"""Points of a curve for each kind of case."""

_Floats = NDArray[np.float64]


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
