"""How long does retrieval take in a large library?

    python -m benchmarks.latency [PASSAGES]

The notes are made by Zipf's law (benchmarks/vault.py), and their vectors lie around those of the
shipped notes' sentences, since embedding so many would take an hour and a search costs the same.
Half of the questions are the shipped cases; the others are a few of a passage's words each, common
ones among them, as a person remembers them.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.corpora import read_notes
from benchmarks.exam import CASES, NOTES
from benchmarks.vault import make_vault
from eval.case_files import load_cases
from ingest.chunking import StructureChunker
from rag.config import Settings, load_settings
from rag.index_wiring import Store, open_next
from rag.retrieval import DEPTH, Budget, HybridRetriever, PackingRetriever, characters
from rag.text.sentences import sentence_spans
from rag.text.words import asked_words
from rag.types import FileState, Role, Scope

ROLES = (Role.NOTE,)
SCOPES = {
    "one note": Scope(notes=("note000123.md",)),
    "a folder of forty": Scope(folders=("folder07",)),
    "four folders of forty": Scope(folders=tuple(f"folder{number:02}" for number in range(4))),
}
_CHUNKS_A_NOTE = 3.0
_NOISE = 0.4  # length of what is added to the mixture, which is 0.6 to 1 long
_MADE = 60  # questions


def latencies(settings: Settings, chunks: int, rounds: int = 3) -> Iterator[str]:
    """Fill a library with so many passages and ask; a line for each part of a search."""
    with tempfile.TemporaryDirectory() as home:
        store = open_next(settings.model_copy(update={"home": Path(home)}))
        questions = list(fill(store, chunks))
        notes, held = store.index.counts()
        yield f"{held:,} passages of {notes:,} notes, {len(questions)} questions, warm"
        yield from _timed(store, questions * rounds)
        for said, scope in SCOPES.items():
            yield f"in {said}:"
            yield from _timed(store, questions, scope)
        store.index.delete([store.index.catalog.all_chunks()[0].note_path])
        yield "the same while notes come in, from the catalog's own vectors:"
        yield from _timed(store, questions[:: max(1, len(questions) // 20)])
        store.close()


def fill(store: Store, chunks: int) -> Iterator[str]:
    """Bring made notes in, three passages each; yields what to ask."""
    draw = random.Random(11)  # noqa: S311 (a sample, not a secret)
    with tempfile.TemporaryDirectory() as folder:
        make_vault(Path(folder), round(chunks / _CHUNKS_A_NOTE))
        chunker = StructureChunker(store.embedder.count_tokens)
        vectors = _Vectors(store)
        with store.index.transaction():
            for number, read in enumerate(read_notes(Path(folder))):
                cut = chunker.chunk(read)
                state = FileState(folder, 0, 0, read.note.digest, "made")
                store.index.replace(read.note, state, cut, vectors.take(len(cut)))
                if number < _MADE:
                    some = draw.sample(cut[0].text.split(), min(6, len(cut[0].text.split())))
                    yield f"What did I note about {' '.join(some)}?"
    store.index.sync()
    yield from (case.question for case in load_cases(CASES))


class _Vectors:
    """Unit vectors, each near a mixture of three sentences of the shipped notes."""

    def __init__(self, store: Store) -> None:
        texts = [read.note.text for read in read_notes(NOTES)]
        sentences = [text[s.start : s.end] for text in texts for s in sentence_spans(text)]
        self._real = np.asarray(store.embedder.embed_documents(sentences))
        self._random = np.random.default_rng(11)

    def take(self, count: int) -> list[list[float]]:
        three = self._real[self._random.integers(len(self._real), size=(count, 3))]
        shares = self._random.dirichlet((1, 1, 1), count)
        noise = self._random.standard_normal((count, self._real.shape[1]))
        noise *= _NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        vectors = (three * shares[:, :, None]).sum(axis=1) + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        found: list[list[float]] = vectors.tolist()
        return found


def _timed(store: Store, questions: Sequence[str], scope: Scope = Scope()) -> Iterator[str]:
    index, embedder = store.index, store.embedder
    hybrid = HybridRetriever(index, embedder, DEPTH, ROLES)
    retriever = PackingRetriever(hybrid, 5, Budget(4000, characters))
    vectors = {question: embedder.embed_query(question) for question in questions}
    parts: dict[str, Callable[[str], object]] = {
        "retrieval, all of it": lambda q: retriever.retrieve(q, scope),
        "  embedding the question": embedder.embed_query,
        "  dense search": lambda q: index.search_dense(vectors[q], DEPTH, ROLES, scope),
        "  lexical search": lambda q: index.search_lexical(asked_words(q), DEPTH, ROLES, scope),
        "  frequencies of words": lambda q: index.document_frequencies(asked_words(q)),
    }
    for name, part in parts.items():
        part(questions[0])
        taken = [_milliseconds(part, question) for question in questions]
        p50, p95 = np.percentile(taken, [50, 95])
        yield f"{name:28} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms"


def _milliseconds(part: Callable[[str], object], question: str) -> float:
    begin = time.perf_counter()
    part(question)
    return 1000 * (time.perf_counter() - begin)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How long does retrieval take in a large library?")
    parser.add_argument("passages", type=int, nargs="?", default=50_000)
    for line in latencies(load_settings(), parser.parse_args().passages):
        print(line)


if __name__ == "__main__":
    main()
