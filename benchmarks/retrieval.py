"""Are the right lines found? Cribsheet's retrieval against what a user would pick instead.

    python -m benchmarks.retrieval [--vault FOLDER]

The same embedding model for all: Cribsheet's hybrid search, each of its halves alone, and
LangChain's default (`RecursiveCharacterTextSplitter`, 1,000 characters with 200 of overlap, dense
search). What is found counts by rank, and then by how many characters of passages a reader has to
be given, since a longer passage holds more and costs more. Behind a mean, the 95% interval of its
paired difference to Cribsheet's, by bootstrap; none where no question came out differently.

Without `--vault` the questions are the shipped cases, and right is the whole quote. With it they
are the exam questions of `FOLDER/questions.jsonl` over `FOLDER/notes` whose answer stands in the
notes, and right is a passage that holds the answer's words in a row.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.exam import CASES, NOTES, cell, exam, require_vault, says
from eval.loading import load_cases
from eval.text import find_quote
from ingestion import ingest
from rag.config import load_settings
from rag.retrieval import DEPTH, HybridRetriever
from rag.types import Role
from rag.wiring import Store, open_store
from rag.words import content_words
from terminal import show_ingest

RANKS = (1, 3, 5)
BUDGETS = (1000, 2000, 4000)  # characters of passages
ROLES = (Role.NOTE,)

Search = Callable[[str], Sequence[str]]
Holds = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and a test for each thing that a passage has to hold."""

    text: str
    wanted: tuple[Holds, ...]


def shipped(cases: Path) -> Iterator[Question]:
    """The cases that come with Cribsheet, by their quotes."""
    for case in load_cases(cases):
        if case.targets:
            wanted = tuple(partial(find_quote, target.quote) for target in case.targets)
            yield Question(case.question, wanted)


def examined(vault: Path) -> Iterator[Question]:
    """Exam questions over a vault, by the words of their answers."""
    for text, answer in exam(vault):
        yield Question(text, (partial(says, answer=answer),))


def searches(store: Store) -> Iterator[tuple[str, Search]]:
    """What is compared, by name; the first is Cribsheet's."""
    index, embedder = store.index, store.embedder
    retriever = HybridRetriever(index, embedder, DEPTH, ROLES)
    yield "hybrid (Cribsheet)", lambda q: [hit.chunk.text for hit in retriever.retrieve(q)]
    yield (
        "dense half alone",
        lambda q: [c.text for c, _ in index.search_dense(embedder.embed_query(q), DEPTH, ROLES)],
    )
    yield (
        "lexical half alone",
        lambda q: [c.text for c, _ in index.search_lexical(content_words(q), DEPTH, ROLES)],
    )
    yield "LangChain's default", langchain_default(store)


def langchain_default(store: Store) -> Search:
    """Characters instead of structure, and dense search; quiz sections left out here too."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    by_note: dict[str, list[str]] = {}
    for chunk in store.index.catalog.all_chunks():
        if chunk.role is Role.NOTE:
            by_note.setdefault(chunk.note_path, []).append(chunk.text)
    texts = [text for parts in by_note.values() for text in splitter.split_text("\n\n".join(parts))]
    vectors = np.asarray(store.embedder.embed_documents(texts))

    def search(question: str) -> Sequence[str]:
        similarity = vectors @ np.asarray(store.embedder.embed_query(question))
        return [texts[place] for place in np.argsort(-similarity)[:DEPTH]]

    return search


def at_rank(found: Sequence[str], question: Question, k: int) -> float:
    """Share of what is wanted that one of the first `k` passages holds."""
    return fmean(any(map(holds, found[:k])) for holds in question.wanted)


def within(found: Sequence[str], question: Question, characters: int) -> float:
    """Share of what is wanted that the first passages hold, cut at so many characters."""
    given, left = [], characters
    for text in found:
        given.append(text[:left])
        left -= len(given[-1])
    return fmean(any(map(holds, given)) for holds in question.wanted)


def table(store: Store, questions: Sequence[Question]) -> Iterator[str]:
    """A line for each search: means, and below them the differences to the first."""
    measures = [(f"recall@{k}", partial(at_rank, k=k)) for k in RANKS]
    measures += [(f"in {n:,} chars", partial(within, characters=n)) for n in BUDGETS]
    yield f"{'':22}{'chars of 5':>12}" + "".join(f"{name:>24}" for name, _ in measures)
    ours: list[list[float]] = []
    for name, search in searches(store):
        found = [search(question.text) for question in questions]
        scores = [
            [
                measure(passages, question)
                for passages, question in zip(found, questions, strict=True)
            ]
            for _, measure in measures
        ]
        ours = ours or scores
        cells = [cell(own, theirs) for own, theirs in zip(ours, scores, strict=True)]
        length = fmean(sum(map(len, passages[:5])) for passages in found)
        yield f"{name:22}{length:12,.0f}" + "".join(f"{cell:>24}" for cell in cells)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vault", type=Path, help="a folder with notes/ and questions.jsonl")
    vault = parser.parse_args().vault
    if vault:
        require_vault(vault, "--vault, or leave it out")
    notes = vault / "notes" if vault else NOTES
    asked = examined(vault) if vault else shipped(CASES)
    questions = list(asked)
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings().model_copy(update={"home": Path(home)})
        report = show_ingest(ingest(settings, str(notes)))
        store = open_store(settings)
        print(f"{len(questions)} questions over {report.notes} notes, {report.chunks} passages")
        for line in table(store, questions):
            print(line)


if __name__ == "__main__":
    main()
