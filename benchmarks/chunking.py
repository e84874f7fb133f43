"""Does the way notes are cut matter? Our chunker and its variants against LangChain's splitters.

    python -m benchmarks.chunking --bench FOLDER [--json FILE]

"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt

from benchmarks.exam import CASES, NOTES, cell, exam, require_vault, says
from benchmarks.spans import Place, Question, iou, precision, precision_omega, recall, recall_within
from benchmarks.splitters import Splitter, langchain
from eval.loading import load_cases
from eval.text import find_quote
from ingest.chunking import StructureChunker
from ingest.protocols import Chunker
from ingest.readers import READERS
from ingest.sources.folder import Folder
from ingest.types import ReadNote
from rag.catalog import Catalog
from rag.config import load_settings
from rag.embedding import MiniLM, load_embedder, passage_text
from rag.prompts import passage
from rag.protocols import TokenCounter
from rag.retrieval import DEPTH, fuse
from rag.sentences import sentence_spans
from rag.types import Chunk, FileState, Hit, Role, Span
from rag.words import content_words

K = 5
TOKENS = (250, 500, 1000)
MOST_PLACES = 5
ROLES = (Role.NOTE,)
BUDGETS = (96, 128, 200, 240)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Notes with the questions that are asked of them."""

    notes: Sequence[ReadNote]
    questions: Sequence[Question]


class Embedding:
    """The embedding model, which embeds the same text once for all variants."""

    def __init__(self, model: MiniLM) -> None:
        self.model = model
        self._known: dict[str, Sequence[float]] = {}

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """A unit vector for each text, as rows."""
        missing = list(dict.fromkeys(text for text in texts if text not in self._known))
        if missing:
            vectors = self.model.embed_documents(missing)
            self._known.update(zip(missing, vectors, strict=True))
        return np.asarray([self._known[text] for text in texts], np.float32)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found for each question, best first, and all there was to find."""

    chunks: Sequence[Chunk]
    dense: Sequence[Sequence[Chunk]]
    hybrid: Sequence[Sequence[Chunk]]


def vault_corpus(bench: Path) -> Corpus:
    """The exam; an answer that stands in many places says little about any of them."""
    notes = _read(bench / "notes")
    asked = [(text, _stands(answer, notes)) for text, answer in exam(bench)]
    questions = [Question(text, (places,)) for text, places in asked if places]
    return Corpus(notes, [one for one in questions if len(one.wanted[0]) <= MOST_PLACES])


def shipped_corpus() -> Corpus:
    """The shipped cases, by their quotes."""
    notes = _read(NOTES)
    questions = []
    for case in load_cases(CASES):
        wanted = [_quoted(target.quote, notes) for target in case.targets]
        if wanted:
            questions.append(Question(case.question, tuple(wanted)))
    return Corpus(notes, questions)


def _read(folder: Path) -> list[ReadNote]:
    readers = {suffix: reader for reader in READERS for suffix in reader.suffixes}
    source = Folder(folder, frozenset(readers))
    files = source.listing().files
    return [readers[file.suffix].read(file, source.read(file)) for file in files]


def _stands(answer: str, notes: Sequence[ReadNote]) -> tuple[Place, ...]:
    """The sentences, items and rows that say it."""
    return tuple(
        (read.note.path, span)
        for read in notes
        for span in sentence_spans(read.note.text)
        if says(read.note.text[span.start : span.end], answer)
    )


def _quoted(quote: str, notes: Sequence[ReadNote]) -> tuple[Place, ...]:
    found = [(read.note.path, span) for read in notes for span in find_quote(quote, read.note.text)]
    return tuple(found)


class Altered:
    """Our chunker with its chunks changed, to see what a rule of it is worth."""

    def __init__(self, ours: Chunker, change: Callable[[Chunk], Chunk]) -> None:
        self.fingerprint = f"{ours.fingerprint} {change}"
        self._ours = ours
        self._change = change

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """Our chunks, changed."""
        return [self._change(chunk) for chunk in self._ours.chunk(read)]


def variants(model: MiniLM) -> Iterator[tuple[str, Chunker]]:
    """What is compared, by name; the first is ours."""
    ours = StructureChunker(model.count_tokens)
    yield "ours", ours
    yield "ours, no headings in front", Altered(ours, lambda c: replace(c, headings=()))
    yield "ours, last heading only", Altered(ours, lambda c: replace(c, headings=c.headings[-1:]))
    for budget in BUDGETS:
        yield f"ours, {budget} tokens", StructureChunker(model.count_tokens, budget)
    yield from langchain(ours, model.count_tokens)


def search(corpus: Corpus, chunker: Chunker, embed: Embedding) -> Found:
    """Cut, index and search: every vector is compared, words are found by the real catalog."""
    cut = [chunker.chunk(read) for read in corpus.notes]
    chunks = [chunk for of_note in cut for chunk in of_note if chunk.role in ROLES]
    vectors = embed([passage_text(chunk) for chunk in chunks])
    dense, hybrid = [], []
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "catalog.sqlite3")
        for read, of_note in zip(corpus.notes, cut, strict=True):
            state = FileState("", 0, 0, "", "")
            catalog.replace(read.note, state, of_note, [("", b"")] * len(of_note))
        for question in corpus.questions:
            cosines = vectors @ embed([question.text])[0]
            best = np.argsort(-cosines, kind="stable")[:DEPTH]
            near = [(chunks[place], float(cosines[place])) for place in best]
            matching = catalog.search(content_words(question.text), DEPTH, ROLES)
            dense.append([chunk for chunk, _ in near])
            hybrid.append([hit.chunk for hit in fuse(near, matching)])
        catalog.close()
    return Found(chunks, dense, hybrid)


def scores(corpus: Corpus, found: Found, ranked: Sequence[Sequence[Chunk]], count: TokenCounter) -> dict[str, list[float]]:
    """Every measure of every question."""
    cost = cache(partial(_cost, count))
    measures: dict[str, Callable[[Sequence[Chunk], Question], float]] = {
        f"recall@{K}": lambda passages, question: recall(passages[:K], question),
        f"precision@{K}": lambda passages, question: precision(passages[:K], question),
        f"IoU@{K}": lambda passages, question: iou(passages[:K], question),
        "precision_omega": lambda _, question: precision_omega(found.chunks, question),
    }
    for tokens in TOKENS:
        measures[f"in {tokens:,} tokens"] = partial(recall_within, tokens=tokens, cost=cost)
    pairs = list(zip(ranked, corpus.questions, strict=True))
    return {name: [measure(*pair) for pair in pairs] for name, measure in measures.items()}


def _cost(count: TokenCounter, chunk: Chunk) -> int:
    """Tokens that a passage takes in a prompt."""
    shown = passage(1, Hit(chunk, 0.0, 0.0)) if chunk.headings else chunk.text
    return count([shown])[0]


def rows(corpora: Sequence[Corpus], model: MiniLM) -> Iterator[dict]:
    embed = Embedding(model)
    for name, chunker in variants(model):
        found = [search(corpus, chunker, embed) for corpus in corpora]
        chunks = [chunk for one in found for chunk in one.chunks]
        row = {"name": name, "chunks": len(chunks), "tokens": fmean(model.count_tokens([c.text for c in chunks])),
            "lost": getattr(chunker, "lost", 0)}
        for kind in ("dense", "hybrid"):
            parts = [scores(corpus, one, getattr(one, kind), model.count_tokens) for corpus, one in zip(corpora, found, strict=True)]
            row[kind] = {key: [part[key] for part in parts] for key in parts[0]}
        yield row


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--split", action="store_true")
    options = parser.parse_args()
    require_vault(options.bench, "--bench")
    corpora = [vault_corpus(options.bench), shipped_corpus()]
    model = load_embedder(load_settings().cache)
    found = list(rows(corpora, model))
    ours = found[0]
    print([len(c.questions) for c in corpora])
    for part in ([0], [1], [0, 1]) if options.split else ([0, 1],):
      for kind in ("dense", "hybrid"):
        print(kind, part)
        print(f"{'':32}{'chunks':>7}{'tokens':>7}{'lost':>5}" + "".join(f"{k:>22}" for k in ours[kind]))
        for row in found:
            cells = []
            for key in ours[kind]:
                own = [x for p in part for x in ours[kind][key][p]]
                their = [x for p in part for x in row[kind][key][p]]
                cells.append(cell(own, their))
            print(f"{row['name']:32}{row['chunks']:7}{row['tokens']:7.0f}{row['lost']:5}" + "".join(f"{c:>22}" for c in cells))
    if options.json:
        options.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
