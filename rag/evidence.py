"""How well do the passages found fit the question, sentence by sentence?

A fused, normalised score is a poor confidence: the best passage always gets about 1. So support is
taken from raw similarities: the best passage's cosine, the best sentence's cosine, and how much of
what the question asks for (its words, weighted by idf) the passages hold at all. What this does
not know: whether the fact itself is there when the topic is. That takes reading.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import islice

from rag.asking import essence
from rag.protocols import Embedder, Index
from rag.sentences import sentence_spans
from rag.types import Chunk, Evidence, Hit, Sentence, Span
from rag.words import content_words, stem, stems

MAX_SENTENCES = 40
"""Sentences scored for a question, from the best passage on: about 0.1 s on two cores."""


MAX_KNOWN = 400
"""Sentences whose vectors are kept: those of some ten questions, about 5 MB."""


class EvidenceReader:
    """Scores the sentences of passages against the question."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder
        self._known: dict[str, Sequence[float]] = {}

    def read(self, question: str, hits: Sequence[Hit]) -> Evidence:
        """Sentences of `hits`, best first, and the support they give as a whole."""
        about = essence(question)
        weights = self._weights(about)
        places = list(islice(_places(hits), MAX_SENTENCES))
        texts = [_in_context(hits[place].chunk, span) for place, span in places]
        asked = self._embedder.embed_query(about)  # models may read a question in another way
        vectors = self._vectors(texts)
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
        return Evidence(question, tuple(hits), tuple(ranked), support(hits, ranked, weights))

    def likeness(self, claims: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """Cosines of each claim to each of `texts`."""
        vectors = self._vectors([*claims, *texts])
        said, given = vectors[: len(claims)], vectors[len(claims) :]
        return [[_dot(one, other) for other in given] for one in said]

    def _vectors(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """A vector for each text. An answer is judged by the sentences that were read before it."""
        known = self._known
        new = list(dict.fromkeys(text for text in texts if text not in known))
        embedded = self._embedder.embed_documents(new) if new else []
        found = known | dict(zip(new, embedded, strict=True))
        self._known = dict(list(found.items())[-MAX_KNOWN:])
        return [found[text] for text in texts]

    def _weights(self, question: str) -> dict[str, float]:
        """Inverse document frequency of each stem of the question, in nats."""
        found = self._index.document_frequencies(content_words(question))
        total = self._index.counts()[1]
        return {stem(word): math.log((total + 1) / (count + 0.5)) for word, count in found.items()}


def support(
    hits: Sequence[Hit], sentences: Sequence[Sentence], weights: Mapping[str, float]
) -> float:
    """How well the passages fit, in about [0, 2]: mean of the two best cosines, plus coverage."""
    if not hits:
        return 0.0
    passage = max(hit.similarity for hit in hits)
    sentence = max((one.cosine for one in sentences), default=0.0)
    everything = " ".join(f"{hit.chunk.breadcrumb} {hit.chunk.text}" for hit in hits)
    return (passage + sentence) / 2 + _covered(weights, everything)


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
    held = stems(text)
    return sum(w for word, w in weights.items() if word in held) / total if total else 0.0


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
