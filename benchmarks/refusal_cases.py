"""Questions that notes answer and questions that they do not, over up to three sets of notes.

The shipped note, four notes made for the purpose (refusal_notes/), and with a vault its own. A
question is answered by its notes; *out* of them: about something that they never touch, from
eval/cases/out_of_notes.jsonl or asked of other notes; or a *near* miss: the topic is there, the
fact is not.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.exam import CASES, NOTES, exam
from eval.case_files.loading import load_cases
from eval.types import Case

FURTHER = Path("benchmarks/refusal_notes")
OUT = CASES.with_name("out_of_notes.jsonl")
NEAR = CASES.with_name("near_misses.jsonl")
NEAR_EXAM = Path("benchmarks/near_misses_exam.jsonl")
KINDS = Path("benchmarks/kinds.jsonl")
"""Yes or no, comparisons, lists, numbers, scenarios, follow-ups over the further notes, and near
misses of these kinds: `crib eval --llm --cases benchmarks/kinds.jsonl --notes
benchmarks/refusal_notes` asks them. The prompts' examples were chosen on them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to notes; `kind` is answerable, out or near."""

    notes: Path
    question: str
    kind: str

    @property
    def label(self) -> int:
        """1 if the notes hold the answer."""
        return int(self.kind == "answerable")

    @property
    def held_out(self) -> bool:
        """True for the half that nothing is fitted on; a question is in one half, always."""
        return bool(hashlib.sha256(self.question.encode()).digest()[-1] % 2)


def asked(vault: Path | None) -> list[Asked]:
    """All questions, put to all notes that they fit."""
    own = {NOTES: list(_shipped()), FURTHER: list(_further())}
    if vault:
        own[vault / "notes"] = list(_exam(vault))
    found = [Asked(notes, *pair) for notes, pairs in own.items() for pair in pairs]
    for notes in own:
        found += [Asked(notes, case.question, "out") for case in load_cases(OUT)]
        # The vault and the shipped note are of one subject, so only the third is another.
        others = [one for one in own if (one == FURTHER) != (notes == FURTHER)]
        foreign = [text for one in others for text, kind in own[one] if _is_foreign(one, kind)]
        found += [Asked(notes, text, "out") for text in foreign]
    return found


def _is_foreign(notes: Path, kind: str) -> bool:
    return kind == "answerable" or (notes == FURTHER and kind == "near")


def _shipped() -> Iterator[tuple[str, str]]:
    for case in _alone(CASES):
        far = case.id.startswith("far-")
        yield case.question, "answerable" if case.answerable else "out" if far else "near"
    yield from ((case.question, "near") for case in load_cases(NEAR))


def _alone(path: Path) -> Iterator[Case]:
    """Cases that are neither a follow-up nor answered by one of their options."""
    return (case for case in load_cases(path) if not case.before and not case.options)


def _further() -> Iterator[tuple[str, str]]:
    for line in (FURTHER / "questions.jsonl").read_text("utf-8").splitlines():
        found = json.loads(line)
        yield found["question"], found["kind"]
    yield from (
        (case.question, "answerable" if case.answerable else "near") for case in _alone(KINDS)
    )


def _exam(vault: Path) -> Iterator[tuple[str, str]]:
    yield from ((question, "answerable") for question, _ in exam(vault))
    yield from ((case.question, "near") for case in load_cases(NEAR_EXAM))
