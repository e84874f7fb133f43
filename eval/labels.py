"""What people say of answers: right, partly or wrong, by the case and the very words of the answer.

The same answer to the same case need not be looked at again, whichever run it comes from. Labels
lie in the home, a line of JSON each, and are only ever added to: a kill costs the line being
written, if any. Of two labels of one answer the later counts.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from eval.types import Case, Outcome, Run
from rag.types import Answer, Status


def append(path: Path, written: Mapping[str, object]) -> None:
    """Add a line, in pure ASCII, and see it onto the disk. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        # What a kill left of a line must not swallow this one.
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        is_torn = size > 0 and file.read(1) != b"\n"
        file.write(b"\n" * is_torn + json.dumps(written).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def label_lines(path: Path) -> Iterator[object]:
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
        self._known = dict(filter(None, map(_read, label_lines(path))))

    def of(self, case: Case, answer: Answer) -> float | None:
        """What a person said: 1, 0.5 or 0; None if nobody did."""
        return self._known.get(_key(case, answer))

    def put(self, case: Case, answer: Answer, label: str) -> None:
        """Label an answer with one of `WORTHS`. Raises OSError if it cannot be written."""
        key = _key(case, answer)
        self._known[key] = WORTHS[label]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"question": case.question, "said": answer.text}
        append(self._path, {"case": key[0], "answer": key[1], "label": label, **about, "at": now})


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
