"""Exam questions with options: does the model do better with the notes than without?

Asked is the product's own way (rag/answers/choosing.py), so that what is measured is what is used:
what the notes say of each option, beside how probable the model holds each letter, so that an
answer in other words is no error. Closed book is that letter alone. The limits in rag/answers were
chosen on the questions at even places and on half of 28 others over notes that say something else
than a model believes.

What it brought on 76 questions, each in four orders of its options (0.855 right without the notes,
0.895 by the letters of all four orders together): 0.885 before; 0.914 where every passage that
names an option is read whole; 0.918 where what an item says is said of the line above it, too;
0.924 with the rarity of an option's words; 0.947 with the letters of all orders where what is taken
leads by less than two nats; 0.954 with a weight of 10, not 8. The search refuses one of them: 0.941
(+0.01 to +0.16 against no notes, +0.01 to +0.10 against before).

Not kept: letters of two orders (0.94 to 0.95 where those of four had 0.957); more for what the
heading names (less sure of the right option on both halves); no credit for a sentence that names
another option, and words of an option only where they stand in one line (as many right); lines for
each option in the prompt, which cost five times the seconds and mended none of the first 13
questions; letters less their mean over all questions (32 of 38 right where the letters alone have
34); the question without its "Which option best meets this requirement?" (as many); the model's
doubt, with the passages before it, of options that little speaks for (10 to 35 seconds more, and
0.02 to 0.5 for questions that the notes do not answer).
"""

import json
from collections.abc import Iterator, Sequence
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


def choose(settings: Settings, vault: Path, *, held: bool) -> Iterator[str]:
    """Ask all questions whose answer's name stands in the notes, or all others; with and without.

    Of the others those that are answered count: what the notes do not hold is to be refused.
    """
    show_ingest(ingest(settings, str(vault / "notes")))
    store = open_store(settings)
    answerer = load_answerer(settings, store)
    assistant = build_assistant(settings, store, lambda: answerer, roles=(Role.NOTE,))
    closed, noted, answered, cited = [], [], [], []
    for exam in _exam(vault, held=held):
        likely = answerer.letters(exam.choices) if isinstance(answerer, Choosing) else None
        closed.append(float(likely is not None and likely.index(max(likely)) == exam.right))
        answer = assistant.ask(exam.typed)
        is_right = answer.status is not Status.REFUSED and _taken(exam, answer.text) == [exam.right]
        noted.append(float(is_right))
        if not is_right:
            yield f"  wrong: {exam.typed!r} -> {answer.text!r}"
        answered.append(answer.status is not Status.REFUSED)
        cited.append(bool(answer.citations))
    yield from _parts(closed, noted) if held else _of_answered(closed, noted, answered)
    yield f"answered {sum(answered)} of {len(noted)}, {sum(cited)} of them with a citation"


def _parts(closed: Sequence[float], noted: Sequence[float]) -> Iterator[str]:
    for name, part in (
        ("all", slice(None)),
        ("even", slice(0, None, 2)),
        ("odd", slice(1, None, 2)),
    ):
        yield _line(name, closed[part], noted[part])


def _of_answered(
    closed: Sequence[float], noted: Sequence[float], answered: Sequence[bool]
) -> Iterator[str]:
    for name, wanted in (("answered", True), ("refused", False)):
        places = [place for place, is_so in enumerate(answered) if is_so is wanted]
        if places:
            yield _line(name, [closed[at] for at in places], [noted[at] for at in places])


def _line(name: str, closed: Sequence[float], noted: Sequence[float]) -> str:
    return f"{name:9}closed book {fmean(closed):.3f}, with notes {cell(closed, noted)}"


def _taken(exam: Exam, text: str) -> list[int]:
    return named_in(text.partition("\n")[0], exam.choices)


def _exam(vault: Path, *, held: bool) -> Iterator[Exam]:
    for line in (vault / "questions.jsonl").read_text("utf-8").splitlines():
        found = json.loads(line)
        if found["answer_term_in_notes"] is held:
            options = zip(LETTERS, found["options"].values(), strict=False)
            typed = [found["question"], *(f"{letter}. {one}" for letter, one in options)]
            yield Exam("\n".join(typed), list(found["options"]).index(found["correct"]))
