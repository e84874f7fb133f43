"""What a judge is asked of an answer, and how its reply is read.

A vote counts only if it quotes, word for word, what it rests on: a quote that is not there is a
sign that the judge has not read what it judges.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from eval.texts.text import parts, shown, words
from eval.types import Case
from rag.types import Answer, Message

CHARS = 6000
"""Of passages that a judge is shown at most: what fits a small model, beside the rest."""

_QUOTE = re.compile(r"^\W*(?:quote|evidence)\W*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_VERDICT = re.compile(r"^\W*verdict\W*:\W*(\w+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict: its worth, what it means, and where what it quotes has to stand."""

    worth: float
    meaning: str
    of_answer: bool = True


@dataclass(frozen=True, slots=True)
class Rubric:
    """What is judged, and the verdicts there are, with an example of each: material and quote.

    Without examples a small model repeats the instruction.
    """

    asks: str
    marks: Mapping[str, Mark]
    examples: Mapping[str, tuple[str, str]]
    shows_passages: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """A verdict with the words that it rests on."""

    word: str
    worth: float
    quote: str


_TIDES = (
    "Question: What causes the tides?\n\nRight answers: the moon\n\n"
    "Note: Tides: the moon pulls at the sea"
)
_SEAS = (
    "Question: What causes the tides?\n\n"
    "Passages:\nThe moon pulls at the sea. So there are two tides a day."
)

JUDGED = Rubric(
    "You mark a student's answer. Compare it with the right answers and with the note.",
    MappingProxyType(
        {
            "correct": Mark(1.0, "it says what one of the right answers says, in whatever words"),
            "partly": Mark(0.5, "it says a part of that, or adds something false to it"),
            "wrong": Mark(0.0, "it says something else"),
        }
    ),
    MappingProxyType(
        {
            "correct": (f"{_TIDES}\n\nAnswer: It is mostly the moon.", "mostly the moon"),
            "partly": (
                "Question: What do plants take up?\n\nRight answers: water and carbon dioxide\n\n"
                "Note: Plants take up water and carbon dioxide\n\nAnswer: They take up water.",
                "They take up water",
            ),
            "wrong": (f"{_TIDES}\n\nAnswer: The wind makes them.", "The wind makes them"),
        }
    ),
)

FAITHFUL = Rubric(
    "You check whether an answer was made up. Compare it with the passages.",
    MappingProxyType(
        {
            "yes": Mark(1.0, "the passages state all that the answer says", of_answer=False),
            "partly": Mark(0.5, "they state some of it"),
            "no": Mark(0.0, "they do not state it"),
        }
    ),
    MappingProxyType(
        {
            "yes": (f"{_SEAS}\n\nAnswer: The moon.", "The moon pulls at the sea"),
            "partly": (f"{_SEAS}\n\nAnswer: The moon and the wind.", "the wind"),
            "no": (f"{_SEAS}\n\nAnswer: The wind makes them.", "The wind makes them"),
        }
    ),
    shows_passages=True,
)

RUBRICS: Mapping[str, Rubric] = MappingProxyType({"judged": JUDGED, "judged_faithful": FAITHFUL})
"""By the name of the metric."""


def asked(rubric: Rubric, case: Case, answer: Answer, turn: int) -> list[Message]:
    """What the judge is sent for its vote number `turn`, from 0.

    The verdicts come in another order each time, so that none gains by its place.
    """
    names = list(rubric.marks)
    names = names[turn % len(names) :] + names[: turn % len(names)]
    about = [f"- {name}: {rubric.marks[name].meaning}" for name in names]
    source = "the passages or the answer" if rubric.shows_passages else "the answer"
    rules = [
        rubric.asks,
        *about,
        "Reply with two lines and nothing else:",
        f"Quote: the words of {source} that decide, copied exactly",
        f"Verdict: {', '.join(names[:-1])} or {names[-1]}",
    ]
    examples = [
        message
        for name in names
        for message in (
            Message("user", rubric.examples[name][0]),
            Message("assistant", f"Quote: {rubric.examples[name][1]}\nVerdict: {name}"),
        )
    ]
    material = Message("user", _material(rubric, case, answer))
    return [Message("system", "\n".join(rules)), *examples, material]


def read(reply: str, rubric: Rubric, answer: Answer) -> Vote | None:
    """The vote in a reply; None if there is none, or if it quotes what is not there."""
    verdict, quote = _VERDICT.search(reply), _QUOTE.search(reply)
    word = verdict[1].casefold() if verdict else ""
    mark = rubric.marks.get(word)
    if not (mark and quote):
        return None
    passages = [hit.chunk.text for hit in answer.hits[: answer.read]]
    sources = [answer.text] if mark.of_answer else passages
    said = quote[1].strip().strip("\"'`\u201c\u201d\u00ab\u00bb").strip()
    return Vote(word, mark.worth, said) if _stands(said, sources) else None


def _stands(quote: str, sources: Sequence[str]) -> bool:
    """True if the words of `quote` stand in a row in one of the sources, whatever the dress."""
    row = words(quote)
    return bool(row) and any(
        f" {' '.join(row)} " in f" {' '.join(words(source))} " for source in sources
    )


def _material(rubric: Rubric, case: Case, answer: Answer) -> str:
    if rubric.shows_passages:
        passages = "\n\n".join(hit.chunk.text for hit in answer.hits[: answer.read])
        given = [f"Passages:\n{passages[:CHARS]}"]
    else:
        right = [" and ".join(parts(reference)) for reference in case.references]
        given = [f"Right answers: {'; or: '.join(right)}"]
        given += [f"Note: {target.quote}" for target in case.targets]
    said = shown(answer.text).strip()
    return "\n\n".join([f"Question: {case.question}", *given, f"Answer: {said}"])
