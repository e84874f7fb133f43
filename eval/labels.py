"""What people say of answers: right, partly or wrong; and how far scorers agree with them.

A label is of the case and the very words of the answer, so that the same answer need not be looked
at again, whichever run it comes from. Labels lie in the home, a line of JSON each, and are only
ever added to. Of two labels of one answer the later counts.

Agreement is told by the share and by Cohen's kappa (1960): the agreement beyond what chance would
give two who deal out their marks as often as these two do. 0 is chance, 1 is perfect. Its interval
is of the percentile bootstrap over answers. Who always says the same has no kappa.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.stats import percentile_bounds, wilson_interval
from eval.types import Case, Interval, Method, Outcome, Run
from rag.types import Answer, Status


def append_json(path: Path, written: Mapping[str, object]) -> None:
    """Add a line of JSON in pure ASCII, and see it onto the disk. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        # What a kill left of a line must not swallow this one.
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        is_torn = size > 0 and file.read(1) != b"\n"
        file.write(b"\n" * is_torn + json.dumps(written).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def json_lines(path: Path) -> Iterator[object]:
    """What the lines hold, in order, without those that are no JSON; none if there is no file."""
    if not path.is_file():
        return
    for line in path.read_bytes().split(b"\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue


LABELS_FILE = "labels.jsonl"
WORTHS = {"correct": 1.0, "partly": 0.5, "wrong": 0.0}


class Labels:
    """The labels in `path`; each is written at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = dict(filter(None, map(_read, json_lines(path))))

    def of(self, case: Case, answer: Answer) -> float | None:
        """What a person said: 1, 0.5 or 0; None if nobody did."""
        return self._known.get(_key(case, answer))

    def put(self, case: Case, answer: Answer, label: str) -> None:
        """Label an answer with one of `WORTHS`. Raises OSError if it cannot be written."""
        key = _key(case, answer)
        self._known[key] = WORTHS[label]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"question": case.question, "said": answer.text}
        line = {"case": key[0], "answer": key[1], "label": label, **about, "at": now}
        append_json(self._path, line)


def labelled(run: Run, labels: Labels) -> Iterator[tuple[Outcome, float]]:
    """The outcomes that a person has judged, with what was said."""
    for outcome in run.outcomes:
        if outcome.answer and (label := labels.of(outcome.case, outcome.answer)) is not None:
            yield outcome, label


def to_label(run: Run, labels: Labels) -> list[Outcome]:
    """Answers that a person can judge and none has, each once, in an order that tells nothing.

    Refusals are not among them: whether one is right is known without looking.
    """
    found: dict[tuple[str, str], Outcome] = {}
    for outcome in run.outcomes:
        answer = outcome.answer
        if outcome.error or not outcome.case.answerable or not answer:
            continue
        if answer.status is not Status.REFUSED and labels.of(outcome.case, answer) is None:
            found.setdefault(_key(outcome.case, answer), outcome)
    return [found[key] for key in sorted(found, key=lambda key: key[1])]


def _key(case: Case, answer: Answer) -> tuple[str, str]:
    said = "\n".join([case.question, " ".join(answer.text.split())])
    return case.id, hashlib.sha256(said.encode(errors="replace")).hexdigest()[:16]


def _read(line: object) -> tuple[tuple[str, str], float] | None:
    match line:
        case {"case": str(case), "answer": str(answer), "label": str(label)} if label in WORTHS:
            return (case, answer), WORTHS[label]
    return None


ENOUGH = 30
"""Labels from which a kappa is worth looking at: below, its interval spans most of the scale."""

LEAST_LABELS = 10
"""Labels from which there is a kappa at all: of fewer, a bootstrap may claim to be certain."""

COMPARED: Mapping[str, bool] = {"judged": True, "reference_match": False, "facts_said": False}
"""Metrics that are compared with labels, and whether they know "partly". Those that do not are
compared with "correct" or not, and so is one that knows it and never says it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the answers that a metric and people have marked. `kappa` is None if it has no sense."""

    metric: str
    share: Interval
    kappa: Interval | None


def agreements(run: Run, labels: Labels) -> list[Agreement]:
    """How far each metric agrees with people."""
    found = []
    marked = list(labelled(run, labels))
    for metric, knows_partly in COMPARED.items():
        pairs = [(o.scores.get(metric), label) for o, label in marked]
        both = [(score, label) for score, label in pairs if score is not None]
        if both:
            scores, said = zip(*both, strict=True)
            says_partly = knows_partly and WORTHS["partly"] in scores
            found.append(agreement(metric, scores, said, whole=not says_partly))
    return found


def agreement(
    metric: str, scores: Sequence[float], labels: Sequence[float], *, whole: bool, seed: int = 0
) -> Agreement:
    """Of marks of the same answers, at least one; with `whole`, of which are fully right."""
    one, other = np.asarray(scores), np.asarray(labels)
    if whole:
        one, other = one == 1, other == 1
    kinds = np.unique(np.concatenate([one, other]))
    first, second = np.searchsorted(kinds, one), np.searchsorted(kinds, other)
    n = len(first)
    share = wilson_interval(int((first == second).sum()), n)
    if n < LEAST_LABELS or len(np.unique(first)) < 2 or len(np.unique(second)) < 2:
        return Agreement(metric, share, None)
    value = kappa(first, second)
    low, high = percentile_bounds(lambda rows: kappa(first[rows], second[rows]), n, seed)
    beyond = Interval(value, min(low, value), max(high, value), n, Method.PERCENTILE)
    return Agreement(metric, share, beyond)


def kappa(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Cohen's kappa of the marks of two, whole numbers from 0; NaN if it is not defined.

    That of scikit-learn, fast enough to be resampled.
    """
    size = int(max(first.max(), second.max())) + 1
    counts = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    table = counts / len(first)
    chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return float("nan") if chance >= 1 else (float(np.trace(table)) - chance) / (1 - chance)
