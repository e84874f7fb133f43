"""Exam questions with options: does the model do better with the notes than without?

The model is asked for the letter of an option, and what counts is how probable it holds each
letter, so that an answer in other words is no error. With notes it reads the lines of the notes
that are nearest to each option and the question, then those nearest to the question alone.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.exam import cell
from ingestion import ingest
from rag.config import Settings
from rag.evidence import EvidenceReader
from rag.llm import local_chat
from rag.retrieval import HybridRetriever
from rag.types import Chunk, Role, Sentence
from rag.wiring import Store, open_store
from rag.words import stems
from terminal import show_ingest

SYSTEM = "Answer the multiple choice question with the letter of the right option only."
WITH_NOTES = f"{SYSTEM} The notes may help; where they do not, use what you know."
LETTERS = "ABCD"
LINE = 220  # characters of a line at most
CONTEXT = 1500  # tokens, of which a question takes about 400

Server = Callable[[list[dict[str, str]]], dict[str, float]]
Notes = Callable[["Exam"], str]


@dataclass(frozen=True, slots=True)
class Exam:
    """A question, its options in order, and the place of the right one."""

    question: str
    options: tuple[str, ...]
    right: int


def choose(settings: Settings, vault: Path) -> Iterator[str]:
    """Ask all questions whose answer stands in the notes, with notes and without."""
    show_ingest(ingest(settings, str(vault / "notes")))
    store = open_store(settings)
    ask = _server(settings)
    scores: dict[str, list[float]] = {}
    exam = list(_exam(vault))
    for name, notes in (("closed book", lambda _: ""), ("with notes", _Lines(store))):
        scores[name] = [float(picked(one, notes(one), ask) == one.right) for one in exam]
        yield f"{name:16}{cell(scores['closed book'], scores[name])} n={len(exam)}"
    halves = [fmean(scores["with notes"][place::2]) for place in (0, 1)]
    yield f"with notes, by halves: development {halves[0]:.3f}, held out {halves[1]:.3f}"


def picked(exam: Exam, notes: str, ask: Server) -> int:
    """The place of the option whose letter is the most probable."""
    options = "\n".join(
        f"{letter}. {one}" for letter, one in zip(LETTERS, exam.options, strict=True)
    )
    given = f"Notes:\n{notes}\n\n" if notes else ""
    asked = f"{given}{exam.question}\n{options}\nAnswer with the letter only."
    system = {"role": "system", "content": WITH_NOTES if notes else SYSTEM}
    likely = ask([system, {"role": "user", "content": asked}])
    return max(range(len(exam.options)), key=lambda place: likely.get(LETTERS[place], -100.0))


class _Lines:
    """The lines of the notes that speak of the options, then those that speak of the question."""

    def __init__(self, store: Store) -> None:
        self._retriever = HybridRetriever(store.index, store.embedder, 4, (Role.NOTE,))
        self._reader = EvidenceReader(store.index, store.embedder)

    def __call__(self, exam: Exam) -> str:
        lines: dict[str, None] = {}
        for option in exam.options:
            named = stems(option)
            found = self._nearest(option, f"{option}: {exam.question}")
            kept = [line for line in found if named <= stems(line)]
            lines |= dict.fromkeys(kept[:2])
        lines |= dict.fromkeys(list(self._nearest(exam.question, exam.question))[:3])
        return "\n".join(f"- {line}" for line in lines)

    def _nearest(self, searched: str, question: str) -> Iterator[str]:
        hits = self._retriever.retrieve(searched)
        for sentence in self._reader.read(question, hits).sentences:
            yield _line(sentence, hits[sentence.passage].chunk)


def _line(sentence: Sentence, chunk: Chunk) -> str:
    return f"{''.join(chunk.headings[-1:])}: {' '.join(sentence.text.split())[:LINE]}"


def _server(settings: Settings) -> Server:
    chat, _ = local_chat(settings.model_copy(update={"prompt_tokens": CONTEXT}))
    chat.load()

    def ask(messages: list[dict[str, str]]) -> dict[str, float]:
        """Log-probability of each letter as the first token."""
        events: list[dict[str, Any]] = []
        request = {"messages": messages, "temperature": 0.0, "max_tokens": 1, "stream": False}
        request |= {"logprobs": True, "top_logprobs": 20}
        chat._server.handle_chat_completions(request, lambda event: events.append(event))
        top = events[0]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        likely: dict[str, float] = {}
        for token in reversed(top):  # the best of "A" and " A" last
            likely[token["token"].strip()] = token["logprob"]
        return likely

    return ask


def _exam(vault: Path) -> Iterator[Exam]:
    for line in (vault / "questions.jsonl").read_text("utf-8").splitlines():
        found = json.loads(line)
        if found["answer_term_in_notes"]:
            letters: Sequence[str] = list(found["options"])
            options = tuple(found["options"].values())
            yield Exam(found["question"], options, letters.index(found["correct"]))
