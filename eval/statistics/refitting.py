"""A calibration for a person's own notes, from their cases.

The search is fitted on answerable cases against questions out of the notes. What a model's reading
says is fitted on answerable cases against those that the notes do not answer; where there are few,
against the answerable ones once more, with the passages that hold the answer taken away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.scorers.targets import holds_target
from eval.statistics.calibration import auroc, calibrate
from eval.types import Case, Interval
from rag.errors import CaseError
from rag.protocols import Retriever
from rag.search.confidence import Calibration, Judge, reading_features, search_features
from rag.search.evidence import EvidenceReader
from rag.types import Evidence, Support

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
