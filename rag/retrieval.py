"""Hybrid retrieval: dense and lexical search, fused by a weighted sum of their absolute scores.

The cosine is taken as it is. The BM25 score is divided by the most that the question's words could
give, so that a question of which no word matters is left to the dense half, instead of its least
bad match being stretched to 1: the theoretical min-max of Bruch, Gai and Ingber, "An Analysis of
Fusion Functions for Hybrid Retrieval" (2023). A section that is called like the question then
counts for more (rag/search/evidence.py). benchmarks/vaults.py measures it against plain ways.
Limitation: an embedding model whose cosines lie closer together than MiniLM's gives the lexical
half more weight.

Of what is found as much is given as there is room for: the best come first, and the last one ends
with the sentence that still fits. Only a passage whose words a better one holds to the last is left
out. Passages are not joined with their neighbours: over textbooks that loses 1 to 3 of 100 answers
in equal room, since what lies between two takes the room of a third.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from rag.protocols import Embedder, Index, Reranker, Retriever
from rag.search.evidence import EvidenceReader, spoken_in
from rag.store.fulltext import K1, idf
from rag.text.sentences import sentence_spans
from rag.text.words import asked_words
from rag.types import Chunk, Hit, Ranks, Role, Scope

DEPTH = 50
"""Hits that each search contributes before fusion."""

LEXICAL_WEIGHT = 0.6
"""Weight of the lexical half. From 0.5 to 0.7 makes no difference; less finds less."""


class HybridRetriever:
    """Finds the `k` best passages of the given roles."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        k: int = 5,
        roles: Collection[Role] = (Role.NOTE, Role.QUIZ),
        reranker: Reranker | None = None,
        reader: EvidenceReader | None = None,
    ) -> None:
        """Take what is searched. `reranker` orders what is found; else `reader`, by headings."""
        self._index = index
        self._embedder = embedder
        self._k = k
        self._roles = tuple(roles)
        self._reranker = reranker
        self._reader = reader or EvidenceReader(index, embedder)
        # SQLite and the embedding engine both let go of Python's lock, and take as long.
        self._beside = ThreadPoolExecutor(2, "words")

    def retrieve(self, question: str, scope: Scope = Scope()) -> list[Hit]:
        """The best passages for `question`, best first; empty if the index is."""
        lexical = self._beside.submit(
            self._by_words, asked_words(question, spoken_in(question, self._index)), scope
        )
        vector = self._embedder.embed_query(question)
        dense = self._index.search_dense(vector, DEPTH, self._roles, scope)
        hits = fuse(dense, *lexical.result())
        order = self._reranker.rerank if self._reranker else self._reader.definitions_first
        return order(question, hits)[: self._k]

    def _by_words(
        self, words: Sequence[str], scope: Scope
    ) -> tuple[list[tuple[Chunk, float]], float]:
        """What lexical search finds, and the score that no chunk exceeds."""
        found = self._index.search_lexical(words, DEPTH, self._roles, scope)
        most = most_bm25(self._index.document_frequencies(words), self._index.counts()[1])
        return found, most


def most_bm25(frequencies: Mapping[str, int], total: int) -> float:
    """The limit of the BM25 score, as FTS5 computes it, of a text that is full of all the words.

    `frequencies` says in how many of the `total` texts each word occurs.
    """
    return (K1 + 1) * sum(idf(count, total) for count in frequencies.values())


def fuse(
    dense: Sequence[tuple[Chunk, float]], lexical: Sequence[tuple[Chunk, float]], most: float
) -> list[Hit]:
    """Cosine and share of `most`, the BM25 score that no text exceeds; best first, ties by id.

    Of a chunk that dense search did not return, the cosine is taken to be the lowest that it did,
    which is an upper bound; of one that lexical search did not return, the share to be 0.
    """
    chunks = {chunk.id: chunk for chunk, _ in [*dense, *lexical]}
    cosines = {chunk.id: cosine for chunk, cosine in dense}
    shares = {chunk.id: min(1.0, score / most) for chunk, score in lexical if most > 0}
    floor = min(cosines.values(), default=0.0)
    dense_ranks, lexical_ranks = _ranks(dense), _ranks(lexical)

    def hit(identity: str) -> Hit:
        cosine, share = cosines.get(identity, floor), shares.get(identity, 0.0)
        return Hit(
            chunk=chunks[identity],
            score=(1 - LEXICAL_WEIGHT) * cosine + LEXICAL_WEIGHT * share,
            similarity=cosine,
            ranks=Ranks(dense_ranks.get(identity), lexical_ranks.get(identity)),
        )

    return sorted(map(hit, chunks), key=lambda h: (-h.score, h.chunk.id))


def _ranks(found: Sequence[tuple[Chunk, float]]) -> Mapping[str, int]:
    return {chunk.id: place for place, (chunk, _) in enumerate(found, 1)}


Cost = Callable[[Chunk], int]


@dataclass(frozen=True, slots=True)
class Budget:
    """What passages may cost together: `limit`, in the unit that `cost` counts in."""

    limit: int
    cost: Cost


def characters(chunk: Chunk) -> int:
    """What a passage costs a reader: its characters, and those of what stands above it."""
    return len(chunk.breadcrumb) + len(chunk.context) + len(chunk.text)


class PackingRetriever:
    """What `retriever` finds, packed: at most `most` passages, which cost no more than `budget`."""

    def __init__(self, retriever: Retriever, most: int, budget: Budget) -> None:
        self._retriever = retriever
        self._most = most
        self._budget = budget

    def retrieve(self, question: str, scope: Scope = Scope()) -> list[Hit]:
        """The best passages for `question`, best first, see `pack`."""
        return pack(self._retriever.retrieve(question, scope), self._most, self._budget)


def pack(hits: Sequence[Hit], most: int, budget: Budget) -> list[Hit]:
    """What fits of `hits`, which are best first; where there are any, at least the best.

    Args:
        hits: passages that were found, none of which overlaps another.
        most: passages that are returned at most.
        budget: what they may cost together.
    """
    kept: list[Hit] = []
    left = budget.limit
    for hit in _distinct(hits):
        cost = budget.cost(hit.chunk)
        if len(kept) == most or left <= 0:
            break
        if cost > left:
            begun = _begun(hit.chunk, left, budget.cost)
            if begun or not kept:
                kept.append(replace(hit, chunk=begun or hit.chunk))
            break
        kept.append(hit)
        left -= cost
    return kept


def _distinct(hits: Sequence[Hit]) -> Iterator[Hit]:
    """The hits without those that say, word for word, what a better one says."""
    said: list[str] = []
    for hit in hits:
        words = f"{hit.chunk.breadcrumb} {hit.chunk.context} {hit.chunk.text}".split()
        own = f" {' '.join(words)} "  # "takes 4" is no part of "takes 40"
        if not any(own in other for other in said):
            said.append(own)
            yield hit


def _begun(chunk: Chunk, left: int, cost: Cost) -> Chunk | None:
    """As many whole sentences from its beginning as cost no more than `left`; None if none do."""
    spans = sentence_spans(chunk.text)
    parts = [_until(chunk, span.end) for span in spans]
    fit = bisect_right(parts, left, key=cost)
    says = any(not chunk.text.startswith(("#", "!["), span.start) for span in spans[:fit])
    return parts[fit - 1] if says else None


def _until(chunk: Chunk, end: int) -> Chunk:
    return replace(
        chunk,
        id=f"{chunk.id}:{end}",
        end=chunk.start + end,
        end_line=chunk.line_at(end),
        text=chunk.text[:end],
        anchors=tuple(anchor for anchor in chunk.anchors if anchor.offset < end),
    )
