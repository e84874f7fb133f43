"""Exam questions with options: does the model do better with the notes than without?

Asked is the product's own way (rag/answers/choosing.py), so that what is measured is what is used:
what the notes say of each option, beside how probable the model holds each letter, so that an
answer in other words is no error. Closed book is that letter alone. A small model leans towards a
place, so that one order of the options says little of it, with the notes and without: each question
is asked in every order (each option at each place once; the orders of Zheng and others 2024), what
is counted of it is the share of orders in which it is right, and the interval is one over
questions. The limits in rag/answers were chosen on the questions at even places and on half of 28
others over notes that say something else than a model believes.

What it brought on 76 questions, each in four orders of its options (0.855 right without the notes,
0.895 by the letters of all four orders together): 0.885 before; 0.914 where every passage that
names an option is read whole; 0.918 where what an item says is said of the line above it, too;
0.924 with the rarity of an option's words; 0.947 with the letters of all orders where what is taken
leads by less than two nats; 0.954 with a weight of 10, not 8. The search refuses one of them: 0.938
(+0.01 to +0.16 against no notes, -0.03 to +0.12 against the letters of all orders together).

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
from functools import cache
from pathlib import Path
from statistics import fmean

from benchmarks.exam import cell
from commands.ingestion import ingest
from commands.reports import show_ingest
from eval.posing import LETTERS
from rag.answers.choosing import named_in
from rag.answers.options import Choices, choices_in
from rag.answers.orders import in_every_place
from rag.assistant import Assistant
from rag.config import Settings
from rag.protocols import Choosing
from rag.types import Role, Status
from rag.wiring import build_assistant, load_answerer, open_store


@dataclass(frozen=True, slots=True)
class Exam:
    """A question with its options, and the place of the right one."""

    stem: str
    options: tuple[str, ...]
    right: int

    def turned(self, by: int) -> "Exam":
        """The same with its options moved on by so many places."""
        options = (*self.options[by:], *self.options[:by])
        return Exam(self.stem, options, (self.right - by) % len(options))

    @property
    def turns(self) -> list["Exam"]:
        """It as it is asked, and with each other option at the first place, in turn."""
        return [self.turned(by) for by in range(len(self.options))]

    @property
    def typed(self) -> str:
        """As a person types it."""
        lettered = zip(LETTERS, self.options, strict=False)
        return "\n".join([self.stem, *(f"{letter}. {one}" for letter, one in lettered)])

    @property
    def choices(self) -> Choices:
        """The options that are found in it."""
        found = choices_in(self.typed)
        assert found, self.typed  # noqa: S101 (each of them has options)
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question went, each a share of its turns; `first` are those of it as it is asked.

    `together` is 1 where the letters of all turns together hold the right option, without notes.
    """

    closed: float
    noted: float
    first: tuple[float, float]
    together: float
    answered: float
    cited: float


def choose(settings: Settings, vault: Path, *, held: bool) -> Iterator[str]:
    """Ask all questions whose answer's name stands in the notes, or all others; with and without.

    Of the others those that are answered count: what the notes do not hold is to be refused.
    """
    show_ingest(ingest(settings, str(vault / "notes")))
    store = open_store(settings)
    answerer = load_answerer(settings, store)
    if not isinstance(answerer, Choosing):
        yield "the model does not tell how likely it holds a letter: nothing to compare with"
        return
    assistant = build_assistant(settings, store, lambda: answerer, roles=(Role.NOTE,))
    asked = []
    for exam in _exam(vault, held=held):
        one, wrong = _ask(exam, assistant, answerer)
        yield from wrong
        asked.append(one)
    yield from _parts(asked) if held else _of_answered(asked)
    yield f"answered {fmean(one.answered for one in asked):.3f} of {len(asked)}; " + (
        f"of these with a citation {_share_cited(asked):.3f}"
    )


def _ask(exam: Exam, assistant: Assistant, answerer: Choosing) -> tuple[Asked, list[str]]:
    """A question in every order of its options, and what went wrong."""
    closed, noted, wrong, answers = [], [], [], []
    letters = cache(answerer.letters)
    for turn in exam.turns:
        likely = letters(turn.choices)
        assert likely is not None, turn.typed  # noqa: S101 (letters of a model in this process)
        closed.append(float(likely.index(max(likely)) == turn.right))
        answer = assistant.ask(turn.typed)
        is_answered = answer.status is not Status.REFUSED
        answers.append((is_answered, is_answered and bool(answer.citations)))
        noted.append(float(is_answered and _taken(turn, answer.text) == [turn.right]))
        if not noted[-1]:
            wrong.append(f"  wrong: {turn.typed!r} -> {answer.text!r}")
    lean = in_every_place(letters, exam.choices, letters(exam.choices) or ())
    return Asked(
        fmean(closed),
        fmean(noted),
        (closed[0], noted[0]),
        float(lean.index(max(lean)) == exam.right),
        fmean(is_answered for is_answered, _ in answers),
        fmean(is_cited for _, is_cited in answers),
    ), wrong


def _share_cited(asked: Sequence[Asked]) -> float:
    return sum(one.cited for one in asked) / max(1e-9, sum(one.answered for one in asked))


def _parts(asked: Sequence[Asked]) -> Iterator[str]:
    yield from _lines("all", asked)
    yield from _lines("even", asked[::2])
    yield from _lines("odd", asked[1::2])


def _of_answered(asked: Sequence[Asked]) -> Iterator[str]:
    for name, wanted in (("answered", True), ("refused", False)):
        if part := [one for one in asked if (one.answered > 1 / 2) is wanted]:
            yield from _lines(name, part)


def _lines(name: str, asked: Sequence[Asked]) -> Iterator[str]:
    """Means, each with the interval of what the notes bring beside it."""
    noted = [one.noted for one in asked]
    first = [one.first[1] for one in asked]
    for what, closed, with_notes in (
        ("as it is asked", [one.first[0] for one in asked], first),
        ("in every order", [one.closed for one in asked], noted),
        ("letters of all orders together", [one.together for one in asked], noted),
    ):
        yield f"{name:9}{what:32}closed book {fmean(closed):.3f}, notes {cell(closed, with_notes)}"


def _taken(exam: Exam, text: str) -> list[int]:
    return named_in(text.partition("\n")[0], exam.choices)


def _exam(vault: Path, *, held: bool) -> Iterator[Exam]:
    for line in (vault / "questions.jsonl").read_text("utf-8").splitlines():
        found = json.loads(line)
        if found["answer_term_in_notes"] is held:
            right = list(found["options"]).index(found["correct"])
            yield Exam(found["question"], tuple(found["options"].values()), right)
