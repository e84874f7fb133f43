"""How well do the passages found fit the question, sentence by sentence?

A fused, normalised score is a poor confidence: the best passage always gets about 1. So support is
taken from raw similarities and from the question's words, and rag/search/confidence.py makes a
probability of it. What support does not know: whether the fact itself is there when the topic is.
That takes reading.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from rag.protocols import Embedder, Index
from rag.search.asking import essence
from rag.text.sentences import sentence_spans
from rag.text.words import asked_words, content_words, stem, stems, words
from rag.types import Chunk, Evidence, Hit, Sentence, Span, Support

MAX_SENTENCES = 40
"""Sentences scored for a question, from the best passage on: about 0.1 s on two cores."""


class EvidenceReader:
    """Scores the sentences of passages against the question."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    def read(self, question: str, hits: Sequence[Hit], most: int = MAX_SENTENCES) -> Evidence:
        """Sentences of `hits`, best first, and the support they give as a whole.

        `most` sentences are read, from the first passage on.
        """
        about = essence(question)
        weights, unknown = self._weights(about)
        places = list(islice(_places(hits), most))
        texts = [_in_context(hits[place].chunk, span) for place, span in places]
        asked = self._embedder.embed_query(about)  # models may read a question in another way
        vectors = self._embedder.embed_documents(texts)
        sentences = [
            Sentence(
                passage=place,
                span=span,
                text=hits[place].chunk.text[span.start : span.end],
                cosine=_dot(asked, vector),
                coverage=_covered(weights, text),
            )
            for (place, span), text, vector in zip(places, texts, vectors, strict=True)
        ]
        ranked = sorted(sentences, key=lambda s: (-s.score, s.passage, s.span))
        found = support(hits, ranked, weights, unknown)
        return Evidence(question, tuple(hits), tuple(ranked), found)

    def likeness(self, claims: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """Cosines of each claim to each of `texts`."""
        vectors = self._embedder.embed_documents([*claims, *texts])
        said, given = vectors[: len(claims)], vectors[len(claims) :]
        return [[_dot(one, other) for other in given] for one in said]

    def rarity(self, text: str) -> Mapping[str, float]:
        """Inverse document frequency, in nats, of each stem of `text` that says something."""
        return self._weights(text)[0]

    def _weights(self, question: str) -> "tuple[dict[str, float], frozenset[str]]":
        """Inverse document frequency of each stem of the question, in nats; those in no note."""
        telling = frozenset(content_words(question))
        counts = self._index.document_frequencies(asked_words(question))
        # That no note says "used" is no sign of a question that notes do not touch on.
        found = {word: n for word, n in counts.items() if n or word in telling}
        total = self._index.counts()[1]
        weights = {stem(word): math.log((total + 1) / (n + 0.5)) for word, n in found.items()}
        return weights, frozenset(stem(word) for word, count in found.items() if not count)


def support(
    hits: Sequence[Hit],
    sentences: Sequence[Sentence],
    weights: Mapping[str, float],
    unknown: Collection[str] = (),
) -> Support:
    """How well the passages fit; `unknown` are the stems, of those with a weight, in no note.

    Of eighteen features tried, these four told notes that were not fitted on apart as well as any
    more did. Length of the question, margin of the best passage and agreement of both searches
    only told apart the notes that were (benchmarks/refusal.py).
    """
    if not hits:
        return Support()
    everything = " ".join(f"{hit.chunk.breadcrumb} {hit.chunk.text}" for hit in hits)
    total = sum(weights.values())
    return Support(
        passage=max(hit.similarity for hit in hits),
        sentence=max((one.cosine for one in sentences), default=0.0),
        covered=_covered(weights, everything),
        unknown=sum(weights[word] for word in unknown) / total if total else 0.0,
    )


def _places(hits: Sequence[Hit]) -> "list[tuple[int, Span]]":
    """Sentences that can answer; a heading or a picture names a topic and is left out."""
    return [
        (place, span)
        for place, hit in enumerate(hits)
        for span in sentence_spans(hit.chunk.text)
        if not hit.chunk.text.startswith(("#", "!["), span.start)
    ]


def _in_context(chunk: Chunk, span: Span) -> str:
    """A list item means little without the heading it stands under."""
    heading = chunk.headings[-1] if chunk.headings else ""
    return f"{heading}: {chunk.text[span.start : span.end]}"


def _covered(weights: Mapping[str, float], text: str) -> float:
    """Share of the question's words, by weight, that `text` holds; 0 for a question of none."""
    total = sum(weights.values())
    held = stems(text) | {stem(word) for word in words(text)}  # words that are asked by, too
    return sum(w for word, w in weights.items() if word in held) / total if total else 0.0


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
