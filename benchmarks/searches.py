"""What benchmarks/retrieval.py compares: Cribsheet's search whole and in parts, and LangChain's.

Each gives passages to a reader who has room for so many characters.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter

from rag.retrieval import DEPTH, HybridRetriever, fuse, most_bm25
from rag.search.asking import essence
from rag.search.packing import Budget, pack
from rag.text.words import asked_words
from rag.types import Chunk, Hit, Role
from rag.wiring import Store

ROLES = (Role.NOTE,)
RANK_CONSTANT = 60

Given = Callable[[int], Sequence[str]]
"""The texts that a reader is given who has room for so many characters; the last may be cut."""

Search = Callable[[str], Given]
Scored = Sequence[tuple[Chunk, float]]


def searches(store: Store) -> Iterator[tuple[str, Search]]:
    """What is compared, by name; the first is Cribsheet's, the last LangChain's."""
    halves, text_of = partial(_halves, store), store.index.text

    def packed(hits: Sequence[Hit]) -> Given:
        return lambda room: [
            shown(hit.chunk) for hit in pack(hits, DEPTH, Budget(room, _size), text_of)
        ]

    def whole(hits: Sequence[Hit]) -> Given:
        return lambda room: [shown(hit.chunk) for hit in hits]

    retriever = HybridRetriever(store.index, store.embedder, DEPTH, ROLES)
    yield "Cribsheet", lambda q: packed(retriever.retrieve(q))
    yield "passages not packed", lambda q: whole(retriever.retrieve(q))
    yield "the question as asked", lambda q: packed(fuse(*halves(q)))
    yield "fused by scaled scores", lambda q: packed(_summed(_scaled, *halves(essence(q))))
    yield "fused by ranks", lambda q: packed(_summed(_reciprocal, *halves(essence(q))))
    yield "dense half alone", lambda q: packed(fuse(halves(essence(q))[0], [], 0.0))
    yield "lexical half alone", lambda q: packed(fuse([], *halves(essence(q))[1:]))
    yield "LangChain's default", langchain_default(store)


def shown(chunk: Chunk) -> str:
    """A passage as a reader gets it."""
    return "\n".join(filter(None, (chunk.breadcrumb, chunk.context, chunk.text)))


def _size(chunk: Chunk) -> int:
    return len(shown(chunk))


def _halves(store: Store, question: str) -> tuple[Scored, Scored, float]:
    """What each search finds, and the BM25 score that no passage exceeds."""
    index, words = store.index, asked_words(question)
    dense = index.search_dense(store.embedder.embed_query(question), DEPTH, ROLES)
    most = most_bm25(index.document_frequencies(words), index.counts()[1])
    return dense, index.search_lexical(words, DEPTH, ROLES), most


def _summed(
    scores: Callable[[Scored], Scored], dense: Scored, lexical: Scored, _: float
) -> list[Hit]:
    """Fused by the sum of what `scores` makes of each half's scores; ties by id."""
    chunks = {chunk.id: chunk for chunk, _ in [*dense, *lexical]}
    total = dict.fromkeys(chunks, 0.0)
    for chunk, score in [*scores(dense), *scores(lexical)]:
        total[chunk.id] += score
    best = sorted(total, key=lambda identity: (-total[identity], identity))
    return [Hit(chunks[identity], total[identity], 0.0) for identity in best]


def _scaled(found: Scored) -> Scored:
    """Scores from 0 to 1: what was found last has 0."""
    low, high = (pick([s for _, s in found], default=0.0) for pick in (min, max))
    return [(chunk, (score - low) / (high - low or 1.0)) for chunk, score in found]


def _reciprocal(found: Scored) -> Scored:
    """Reciprocal ranks: Cormack, Clarke and Büttcher (2009)."""
    return [(chunk, 1 / (RANK_CONSTANT + rank)) for rank, (chunk, _) in enumerate(found, 1)]


def langchain_default(store: Store) -> Search:
    """Characters instead of structure, and dense search; quiz sections left out here too."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    texts = [piece for text in _without_quizzes(store) for piece in splitter.split_text(text)]
    vectors = np.asarray(store.embedder.embed_documents(texts))

    def search(question: str) -> Given:
        similarity = vectors @ np.asarray(store.embedder.embed_query(question))
        found = [texts[place] for place in np.argsort(-similarity, kind="stable")[:DEPTH]]
        return lambda room: found

    return search


def _without_quizzes(store: Store) -> Iterator[str]:
    """The text of each note, verbatim but for its quizzes."""
    chunks = store.index.catalog.all_chunks()
    for path, own in groupby(chunks, key=lambda chunk: chunk.note_path):
        text, kept, position = store.index.text(path), "", 0
        for chunk in own:
            if chunk.role is not Role.NOTE:
                kept += text[position : chunk.start]
                position = chunk.end
        yield kept + text[position:]
