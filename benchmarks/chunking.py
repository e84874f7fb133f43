"""Does it matter how notes are cut? Our chunker and its variants against LangChain's splitters.

    python -m benchmarks.chunking --bench FOLDER [--json FILE]

The same embedding model searches what each has cut, alone ("dense") and together with the words
as Cribsheet does ("hybrid"). What is found is measured by the characters that answer a question
(benchmarks/spans.py): in the first five passages, in all that hold any of them, and in the first
so many tokens of a prompt, headings and context included. Asked are the shipped cases, whose
answers are their quotes, and exam questions over the notes in FOLDER, whose answers are the
sentences, items and rows that hold the answer's words. Figures are percentages over both; in
brackets the 95% interval of the paired difference to ours, by bootstrap.

What was tried in ingest/chunking.py and not kept:

- Tiny sections joined with their siblings: recall is no better, precision clearly worse.
- No headings in front, or only the last: dense search finds less, in 250 tokens clearly so. The
  hybrid search makes up for most of it, since it finds headings by their words.
- 96 or 128 tokens: more precise, and less is found in five passages. 200 or 240: no better in any
  number of tokens, and less precise.
- Not in the table, since none made a clear difference: parts of equal length instead of full ones;
  lists cut at their outermost items first; the items above a nested one as its context; a block
  that has to be cut begun in whatever chunk has room.

What cannot be seen here, since the notes hold no table, code or list that is cut behind words that
lead in to it: what a chunk's context is worth.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt

from benchmarks.corpora import Corpus, shipped_corpus, vault_corpus
from benchmarks.exam import cell, require_vault
from benchmarks.spans import Question, iou, precision, precision_omega, recall, recall_within
from benchmarks.splitters import Splitter, langchain
from benchmarks.variants import variants
from ingest.chunking import StructureChunker
from ingest.protocols import Chunker
from rag.config import load_settings
from rag.embedding import SentenceEmbedder, load_embedder, passage_text
from rag.prompts import passage
from rag.protocols import TokenCounter
from rag.retrieval import DEPTH, fuse, most_bm25
from rag.store.catalog import Catalog
from rag.text.words import asked_words
from rag.types import Chunk, FileState, Hit, Role

K = 5
TOKENS = (250, 500, 1000)
ROLES = (Role.NOTE,)

Scores = Mapping[str, list[float]]
Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found for each question, best first, and all there was to find."""

    chunks: Sequence[Chunk]
    ranked: Mapping[str, Sequence[Sequence[Chunk]]]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one way to cut; `scores` by search, a value for each question."""

    name: str
    chunks: int
    mean_tokens: float
    lost: int
    scores: Mapping[str, Scores]


def remembering(model: SentenceEmbedder) -> Embed:
    """Embeds a text once, however many variants hold it. A row for each text."""
    known: dict[str, Sequence[float]] = {}

    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(missing, model.embed_documents(missing), strict=True))
        return np.asarray([known[text] for text in texts], np.float32)

    return embed


def search(corpus: Corpus, chunker: Chunker, embed: Embed) -> Found:
    """Cut and search: every vector is compared, words are found by the real catalog."""
    cut = [(read.note, chunker.chunk(read)) for read in corpus.notes]
    chunks = [chunk for _, found in cut for chunk in found if chunk.role in ROLES]
    vectors = embed([passage_text(chunk) for chunk in chunks])
    dense, hybrid = [], []
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "catalog.sqlite3")
        for note, found in cut:
            catalog.replace(note, FileState("", 0, 0, "", ""), found, [("", b"")] * len(found))
        for question in corpus.questions:
            words = asked_words(question.text)
            cosines = vectors @ embed([question.text])[0]
            best = np.argsort(-cosines, kind="stable")[:DEPTH]
            near = [(chunks[place], float(cosines[place])) for place in best]
            matching = catalog.search(words, DEPTH, ROLES)
            most = most_bm25(catalog.lexical.document_frequencies(words), catalog.counts()[1])
            dense.append([chunk for chunk, _ in near])
            hybrid.append([hit.chunk for hit in fuse(near, matching, most)])
        catalog.close()
    return Found(chunks, {"dense": dense, "hybrid": hybrid})


def measured(
    found: Found, questions: Sequence[Question], count_tokens: TokenCounter
) -> Iterator[tuple[str, Scores]]:
    """For each search, every measure by name: a value for each question."""
    cost = cache(partial(_cost, count_tokens))
    for name, ranked in found.ranked.items():
        pairs = list(zip(ranked, questions, strict=True))
        first = [(passages[:K], question) for passages, question in pairs]
        scores = {
            f"recall@{K}": [recall(*pair) for pair in first],
            f"precision@{K}": [precision(*pair) for pair in first],
            f"IoU@{K}": [iou(*pair) for pair in first],
            "precision_omega": [precision_omega(found.chunks, one) for one in questions],
        }
        for most in TOKENS:
            scores[f"in {most:,} tokens"] = [recall_within(*pair, most, cost) for pair in pairs]
        yield name, scores


def _cost(count_tokens: TokenCounter, chunk: Chunk) -> int:
    """Tokens that a passage takes in a prompt."""
    shown = passage(1, Hit(chunk, 0.0, 0.0)) if chunk.headings else chunk.text
    return count_tokens([shown])[0]


def rows(corpora: Sequence[Corpus], model: SentenceEmbedder) -> Iterator[Row]:
    """One for each way to cut; the first is ours."""
    embed = remembering(model)
    count_tokens = model.count_tokens
    ours = StructureChunker(count_tokens)
    for name, chunker in [*variants(count_tokens), *langchain(ours, count_tokens)]:
        found = [search(corpus, chunker, embed) for corpus in corpora]
        chunks = [chunk for one in found for chunk in one.chunks]
        parts = [
            dict(measured(one, corpus.questions, count_tokens))
            for one, corpus in zip(found, corpora, strict=True)
        ]
        yield Row(
            name=name,
            chunks=len(chunks),
            mean_tokens=fmean(count_tokens([chunk.text for chunk in chunks])),
            lost=chunker.lost if isinstance(chunker, Splitter) else 0,
            scores={kind: _together([part[kind] for part in parts]) for kind in parts[0]},
        )


def _together(parts: Sequence[Scores]) -> Scores:
    return {name: [score for part in parts for score in part[name]] for name in parts[0]}


def table(found: Sequence[Row]) -> Iterator[str]:
    """A line for each way to cut, under each search."""
    for kind, ours in found[0].scores.items():
        yield f"{kind + ' search':34}{'chunks':>7}{'tokens':>7}" + "".join(f"{n:>20}" for n in ours)
        for row in found:
            cells = [
                cell([100 * own for own in ours[name]], [100 * their for their in theirs], digits=1)
                for name, theirs in row.scores[kind].items()
            ]
            lost = f" ({row.lost} chunks not found in their notes)" if row.lost else ""
            cut = f"{row.name:34}{row.chunks:7,}{row.mean_tokens:7.0f}"
            yield cut + "".join(f"{one:>20}" for one in cells) + lost


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", type=Path, required=True, help="notes/ and questions.jsonl")
    parser.add_argument("--json", type=Path, help="where to write every score")
    options = parser.parse_args()
    require_vault(options.bench, "--bench")
    corpora = [vault_corpus(options.bench), shipped_corpus()]
    found = list(rows(corpora, load_embedder(load_settings().cache)))
    asked = " and ".join(f"{len(one.questions)} over {len(one.notes)} notes" for one in corpora)
    print(f"questions: {asked}")
    for line in table(found):
        print(line)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in found]), encoding="utf-8")


if __name__ == "__main__":
    main()
