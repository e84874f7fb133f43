"""Exam questions with options: does the model do better with the notes than without?

Asked is the product's own way (rag/answers/choosing.py), so that what is measured is what is used:
what the notes say of each option, beside how probable the model holds each letter, so that an
answer in other words is no error. Closed book is that letter alone. The limits in rag/answers were
chosen on the questions at even places and on half of 28 others over notes that say something else
than a model believes.

Not kept: lines for each option in the prompt, which cost five times the seconds and mended none of
the first 13 questions; letters less their mean over all questions (32 of 38 right where the letters
alone have 34); the question without its "Which option best meets this requirement?" (as many); the
model's doubt, with the passages before it, of options that little speaks for (10 to 35 seconds
more, and 0.02 to 0.5 for questions that the notes do not answer).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.exam import cell
from commands.ingestion import ingest
from commands.reports import show_ingest
from eval.posing import LETTERS
from rag.answers.choosing import named_in
from rag.answers.options import Choices, choices_in
from rag.config import Settings
from rag.protocols import Choosing
from rag.types import Role, Status
from rag.wiring import build_assistant, load_answerer, open_store


@dataclass(frozen=True, slots=True)
class Exam:
    """A question as it is typed, with its options, and the place of the right one."""

    typed: str
    right: int

    @property
    def choices(self) -> Choices:
        """The options that are found in it."""
        found = choices_in(self.typed)
        assert found, self.typed  # noqa: S101 (each of them has options)
        return found


def choose(settings: Settings, vault: Path) -> Iterator[str]:
    """Ask all questions whose answer stands in the notes, with notes and without."""
    show_ingest(ingest(settings, str(vault / "notes")))
    store = open_store(settings)
    answerer = load_answerer(settings, store)
    assistant = build_assistant(settings, store, lambda: answerer, roles=(Role.NOTE,))
    closed, noted, cited = [], [], []
    for exam in _exam(vault):
        likely = answerer.letters(exam.choices) if isinstance(answerer, Choosing) else None
        closed.append(float(likely is not None and likely.index(max(likely)) == exam.right))
        answer = assistant.ask(exam.typed)
        is_right = answer.status is not Status.REFUSED and _taken(exam, answer.text) == [exam.right]
        noted.append(float(is_right))
        if not is_right:
            yield f"  wrong: {exam.typed!r} -> {answer.text!r}"
        if answer.status is not Status.REFUSED:
            cited.append(float(bool(answer.citations)))
    for name, part in (
        ("all", slice(None)),
        ("even", slice(0, None, 2)),
        ("odd", slice(1, None, 2)),
    ):
        without, beside = closed[part], noted[part]
        yield f"{name:5} closed book {fmean(without):.3f}, with notes {cell(without, beside)}"
    yield f"answered {len(cited)} of {len(noted)}, {sum(cited):.0f} of them with a citation"


def _taken(exam: Exam, text: str) -> list[int]:
    return named_in(text.partition("\n")[0], exam.choices)


def _exam(vault: Path) -> Iterator[Exam]:
    for line in (vault / "questions.jsonl").read_text("utf-8").splitlines():
        found = json.loads(line)
        if found["answer_term_in_notes"]:
            options = zip(LETTERS, found["options"].values(), strict=False)
            typed = [found["question"], *(f"{letter}. {one}" for letter, one in options)]
            yield Exam("\n".join(typed), list(found["options"]).index(found["correct"]))
