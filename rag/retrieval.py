"""Hybrid retrieval: dense and lexical search, fused by the sum of their normalised scores.

The sum was chosen over reciprocal-rank fusion, which lost to it on public question sets; against
each half alone and LangChain's default, benchmarks/retrieval.py measures it. Both halves look at
the same chunks.
"""

from collections.abc import Collection, Mapping, Sequence

from rag.protocols import Embedder, Index, Reranker
from rag.types import Chunk, Hit, Ranks, Role, Scope
from rag.words import content_words

DEPTH = 50
"""Hits that each search contributes before fusion."""

LEXICAL_WEIGHT = 0.5
"""Weight of the lexical half; weights from 0.4 to 0.8 were seen to make no difference."""


class HybridRetriever:
    """Finds the `k` best passages of the given roles."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        k: int = 5,
        roles: Collection[Role] = (Role.NOTE, Role.QUIZ),
        reranker: Reranker | None = None,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._k = k
        self._roles = tuple(roles)
        self._reranker = reranker

    def retrieve(self, question: str, scope: Scope = Scope()) -> list[Hit]:
        """The best passages for `question`, best first; empty if the index is."""
        vector = self._embedder.embed_query(question)
        dense = self._index.search_dense(vector, DEPTH, self._roles, scope)
        words = content_words(question)
        lexical = self._index.search_lexical(words, DEPTH, self._roles, scope)
        hits = fuse(dense, lexical)
        if self._reranker:
            hits = self._reranker.rerank(question, hits)
        return hits[: self._k]


def fuse(dense: Sequence[tuple[Chunk, float]], lexical: Sequence[tuple[Chunk, float]]) -> list[Hit]:
    """Sum of both scores, each scaled to [0, 1] over its own hits; best first, ties by id.

    A chunk that one search did not return counts 0 there. Its `similarity` is then the lowest
    that dense search did return, which is an upper bound of its own.
    """
    chunks = {chunk.id: chunk for chunk, _ in [*dense, *lexical]}
    near, matching = _scaled(dense), _scaled(lexical)
    cosines = {chunk.id: cosine for chunk, cosine in dense}
    floor = min(cosines.values(), default=0.0)
    dense_ranks, lexical_ranks = _ranks(dense), _ranks(lexical)

    def hit(identity: str) -> Hit:
        lexical_part = LEXICAL_WEIGHT * matching.get(identity, 0.0)
        return Hit(
            chunk=chunks[identity],
            score=(1 - LEXICAL_WEIGHT) * near.get(identity, 0.0) + lexical_part,
            similarity=cosines.get(identity, floor),
            ranks=Ranks(dense_ranks.get(identity), lexical_ranks.get(identity)),
        )

    return sorted(map(hit, chunks), key=lambda h: (-h.score, h.chunk.id))


def _ranks(found: Sequence[tuple[Chunk, float]]) -> Mapping[str, int]:
    return {chunk.id: place for place, (chunk, _) in enumerate(found, 1)}


def _scaled(found: Sequence[tuple[Chunk, float]]) -> Mapping[str, float]:
    if not found:
        return {}
    scores = [score for _, score in found]
    low, span = min(scores), max(scores) - min(scores)
    return {chunk.id: (score - low) / span if span else 1.0 for chunk, score in found}
