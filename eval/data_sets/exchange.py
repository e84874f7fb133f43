"""Cases and runs as data sets of Ragas and of DeepEval, and cases back from these.

Ragas reads its `SingleTurnSample`s from JSONL (0.2 and later), DeepEval its goldens from a JSON
list with the keys that its `save_as` writes. What they have no place for goes along under the key
`cribsheet`, where neither looks, so that what is brought back is the same case. References are
given as one text there; a question to be refused has the refusal itself for its reference.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.case_files.case_lines import dump
from eval.causes import given
from eval.posing import posed
from eval.reports.writing import write_text
from eval.texts.text import parts
from eval.types import Case, Format, Run
from rag.prompts import REFUSAL
from rag.types import Answer, Chunk

OWN = "cribsheet"
"""The key of what only Cribsheet reads."""

Asked = tuple[Case, Answer | None]
Record = dict[str, Any]  # an object of JSON, before it is known to be anything

_MARK = re.compile(r"\s*\[\d{1,3}\]")


def asked_in(run: Run) -> list[Asked]:
    """The cases of a run with what was answered; None where nothing was."""
    return [(outcome.case, outcome.answer) for outcome in run.outcomes]


def records(asked: Iterable[Asked], to: Format) -> list[Record]:
    """A record for each case, with what was answered where it was asked."""
    make = {Format.RAGAS: _ragas, Format.DEEPEVAL: _deepeval}[to]
    return [make(case, answer) for case, answer in asked]


def write_records(found: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write JSON, or JSONL where the name ends so: all of it, or nothing. Raises OSError."""
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found)
    else:
        text = json.dumps(list(found), ensure_ascii=False, indent=2) + "\n"
    write_text(text, path)


def reference_of(case: Case) -> str:
    """The first reference as one text; the refusal for a case that is to be refused."""
    if not case.answerable:
        return REFUSAL
    return " and ".join(parts(case.references[0])) if case.references else ""


def _ragas(case: Case, answer: Answer | None) -> Record:
    record: Record = {
        "user_input": posed(case),
        "reference": reference_of(case),
        "reference_contexts": [target.quote for target in case.targets],
        "reference_context_ids": [target.note_path for target in case.targets],
    }
    if answer:
        read = [hit.chunk for hit in given(answer)]
        record["response"] = _MARK.sub("", answer.text).strip()
        record["retrieved_contexts"] = [chunk.text for chunk in read]
        record["retrieved_context_ids"] = [_place(chunk) for chunk in read]
    return {**record, OWN: _own(case)}


def _deepeval(case: Case, answer: Answer | None) -> Record:
    read = given(answer) if answer else ()
    return {
        "input": posed(case),
        "actual_output": _MARK.sub("", answer.text).strip() if answer else None,
        "expected_output": reference_of(case),
        "retrieval_context": [hit.chunk.text for hit in read] if answer else None,
        "context": [target.quote for target in case.targets],
        "name": case.id,
        "comments": None,
        "source_file": case.targets[0].note_path if case.targets else None,
        "additional_metadata": {OWN: _own(case)},
    }


def _own(case: Case) -> Record:
    own: Record = json.loads(dump(case))
    return own


def _place(chunk: Chunk) -> str:
    return chunk.place_at(0, chunk.name)
