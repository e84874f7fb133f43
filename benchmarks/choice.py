"""Exam questions with options: does the model do better with the notes than without?

The model is asked for the letter of an option, and what counts is how probable it holds each
letter, so that an answer in other words is no error. With notes, what speaks for an option there is
added to the logarithm of that: the nearness of the question to the best passage that names the
option, and the score of the best sentence that does, under its heading. The weight was chosen on
the questions at even places.

Not kept: lines for each option in the prompt, which cost five times the seconds and mended none of
the first 13 questions; letters less their mean over all questions (32 of 38 right where the letters
alone have 34); the question without its "Which option best meets this requirement?" (as many).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from langchain_core.messages.utils import convert_to_messages

from benchmarks.exam import cell
from commands.ingestion import ingest
from commands.reports import show_ingest
from rag.config import Settings
from rag.llm import local_chat
from rag.retrieval import HybridRetriever
from rag.search.evidence import EvidenceReader
from rag.text.words import stems
from rag.types import Chunk, Role
from rag.wiring import Store, open_store

SYSTEM = "Answer the multiple choice question with the letter of the right option only."
LETTERS = "ABCD"
WEIGHT = 4.0  # of what speaks for an option in the notes
UNLIKELY = -25.0  # a letter that is not among the twenty likeliest tokens

Server = Callable[[list[dict[str, str]]], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Exam:
    """A question, its options in order, and the place of the right one."""

    question: str
    options: tuple[str, ...]
    right: int


def choose(settings: Settings, vault: Path) -> Iterator[str]:
    """Ask all questions whose answer stands in the notes, with notes and without."""
    show_ingest(ingest(settings, str(vault / "notes")))
    support, ask = _Support(open_store(settings)), _server(settings)
    closed, noted = [], []
    for exam in _exam(vault):
        likely = letters(exam, ask)
        speaks = [support(exam.question, option) for option in exam.options]
        both = [one + WEIGHT * other for one, other in zip(likely, speaks, strict=True)]
        closed.append(float(_best(likely) == exam.right))
        noted.append(float(_best(both) == exam.right))
    for name, part in (
        ("all", slice(None)),
        ("even", slice(0, None, 2)),
        ("odd", slice(1, None, 2)),
    ):
        without, beside = closed[part], noted[part]
        yield f"{name:5} closed book {fmean(without):.3f}, with notes {cell(without, beside)}"


def letters(exam: Exam, ask: Server) -> list[float]:
    """The logarithm of the probability of each option's letter."""
    options = "\n".join(
        f"{letter}. {one}" for letter, one in zip(LETTERS, exam.options, strict=True)
    )
    asked = f"{exam.question}\n{options}\nAnswer with the letter only."
    likely = ask([{"role": "system", "content": SYSTEM}, {"role": "user", "content": asked}])
    return [likely.get(letter, UNLIKELY) for letter in LETTERS[: len(exam.options)]]


def _best(scores: Sequence[float]) -> int:
    return max(range(len(scores)), key=lambda place: scores[place])


class _Support:
    """What in the notes speaks for an option, in about [0, 1.2]; 0 where none names it."""

    def __init__(self, store: Store) -> None:
        self._embedder = store.embedder
        self._retriever = HybridRetriever(store.index, store.embedder, 10, (Role.NOTE,))
        self._reader = EvidenceReader(store.index, store.embedder)

    def __call__(self, question: str, option: str) -> float:
        named = stems(option)
        found = self._retriever.retrieve(question)
        for searched in (option, f"{option} {question}"):
            found += self._retriever.retrieve(searched)[:4]
        hits = list({hit.chunk.id: hit for hit in found if named <= _words(hit.chunk)}.values())
        if not hits:
            return 0.0
        asked = np.asarray(self._embedder.embed_query(question))
        texts = [f"{hit.chunk.breadcrumb}: {hit.chunk.text}" for hit in hits]
        near = float(max(np.asarray(self._embedder.embed_documents(texts)) @ asked))
        scores = [
            sentence.score
            for sentence in self._reader.read(question, hits).sentences
            if named <= stems(f"{sentence.text} {_heading(hits[sentence.passage].chunk)}")
        ]
        return (near + max(scores, default=0.0)) / 2


def _words(chunk: Chunk) -> frozenset[str]:
    return stems(f"{chunk.breadcrumb} {chunk.text}")


def _heading(chunk: Chunk) -> str:
    return "".join(chunk.headings[-1:])


def _server(settings: Settings) -> Server:
    chat, _ = local_chat(settings)
    chat.load()

    def ask(messages: list[dict[str, str]]) -> dict[str, float]:
        """Log-probability of each letter as the first token."""
        likely: dict[str, float] = {}
        top = chat.first_tokens(convert_to_messages(messages))
        for token, chance in sorted(top.items(), key=lambda one: one[1]):
            likely[token.strip()] = chance  # the best of "A" and " A" last
        return likely

    return ask


def _exam(vault: Path) -> Iterator[Exam]:
    for line in (vault / "questions.jsonl").read_text("utf-8").splitlines():
        found = json.loads(line)
        if found["answer_term_in_notes"]:
            names = list(found["options"])
            options = tuple(found["options"].values())
            yield Exam(found["question"], options, names.index(found["correct"]))
