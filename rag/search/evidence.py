"""How well do the passages found fit the question, sentence by sentence?

A sentence's score is its cosine to the question and half the share of the question's words, by
rarity, that it holds. Passages are not ordered by it: over the vaults of benchmarks/vaults.py that
found no more, and sources were shown 0.2 seconds later.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

import numpy as np

from rag.protocols import Embedder, Index
from rag.text.language import language
from rag.text.sentences import reading, sentence_spans
from rag.text.words import asked_words, content_words, stem, stems, words
from rag.types import Chunk, Evidence, Hit, Sentence, Span, Support

MAX_SENTENCES = 80
"""Sentences that are read of what was found, from the first passage on."""

DEFINES = 0.5
"""What it adds to a passage that it begins a section which is called like the question."""


class _Asked(NamedTuple):
    """A question's language, the weight of each of its stems, and those that name a thing.

    Of "What is it?" words are asked by that name nothing.
    """

    language: str
    weights: Mapping[str, float]
    naming: Mapping[str, float]


class EvidenceReader:
    """Scores the sentences of passages against the question."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    def definitions_first(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits, best first, where a section that is called like the question counts for more.

        No vector is needed for it: sources are shown before any sentence is read.
        """
        asked = self._asked(question)
        rarity = self._rarity_of_headings(hits, asked.language)
        called = (
            replace(hit, score=hit.score + DEFINES * _defines(hit.chunk, asked, rarity))
            for hit in hits
        )
        return sorted(called, key=lambda hit: (-hit.score, hit.chunk.id))

    def read(self, question: str, hits: Sequence[Hit]) -> Evidence:
        """Sentences of `hits`, best first, and the support they give as a whole."""
        sentences = self._sentences(question, hits, self._asked(question))
        ranked = sorted(sentences, key=lambda one: (-one.score, one.passage, one.span))
        spoken = spoken_in(question, self._index)
        return Evidence(question, tuple(hits), tuple(ranked), _support(ranked), language=spoken)

    def likeness(self, claims: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """Cosines of each claim to each of `texts`."""
        vectors = np.asarray(self._embedder.embed_documents([*claims, *texts]), np.float32)
        cosines: list[list[float]] = (vectors[: len(claims)] @ vectors[len(claims) :].T).tolist()
        return cosines

    def rarity(self, text: str, spoken: str = "English") -> Mapping[str, float]:
        """Inverse document frequency, in nats, of each stem of `text` that says something."""
        counts = self._index.document_frequencies(content_words(text, spoken))
        return self._weighed(counts, spoken)

    def _rarity_of_headings(self, hits: Sequence[Hit], spoken: str) -> Mapping[str, float]:
        begun = (hit.chunk for hit in hits if hit.chunk.text.startswith("#"))
        named = " ".join(chunk.headings[-1] for chunk in begun if chunk.headings)
        return self.rarity(named, spoken)

    def _weighed(self, counts: Mapping[str, int], spoken: str = "English") -> dict[str, float]:
        total = self._index.counts()[1]
        return {stem(w, spoken): math.log((total + 1) / (n + 0.5)) for w, n in counts.items()}

    def _asked(self, question: str) -> _Asked:
        spoken = spoken_in(question, self._index)
        counts = self._index.document_frequencies(asked_words(question, spoken))
        telling = frozenset(content_words(question, spoken))
        # That no note says "used" is no sign of a question that notes do not touch on.
        kept = {word: n for word, n in counts.items() if n or word in telling}
        weights = self._weighed(kept, spoken)
        naming = {one: weights[one] for one in stems(question, spoken) if one in weights}
        return _Asked(spoken, weights, naming)

    def _sentences(self, question: str, hits: Sequence[Hit], asked: _Asked) -> list[Sentence]:
        """Those of the passages, in order."""
        places = [
            (place, span, hit.chunk)
            for place, hit in enumerate(hits)
            for span in sentence_spans(hit.chunk.text)
            if not hit.chunk.text.startswith(("#", "!["), span.start)
        ][:MAX_SENTENCES]
        texts = [in_context(chunk, span) for _, span, chunk in places]
        rarity = self._rarity_of_headings(hits, asked.language)
        own = np.asarray(self._embedder.embed_query(question), np.float32)
        vectors = np.asarray(self._embedder.embed_documents(texts), np.float32)
        cosines = vectors.reshape(len(texts), -1) @ own if texts else np.zeros(0)
        return [
            Sentence(
                passage=place,
                span=span,
                text=chunk.text[span.start : span.end],
                cosine=float(cosine),
                coverage=_held(asked, text),
                defines=_defines(chunk, asked, rarity) if _is_first(chunk, span) else 0.0,
            )
            for (place, span, chunk), text, cosine in zip(places, texts, cosines, strict=True)
        ]


def in_context(chunk: Chunk, span: Span) -> str:
    """A unit as it is understood alone: under its heading, an item with its lead, a row by columns.

    The embedding of it, and the words it holds, are those of this text.
    """
    return ": ".join([*chunk.headings[-1:], reading(chunk.text, span, chunk.context)])


def spoken_in(question: str, index: Index) -> str:
    """The language of a question; where its words do not tell, that of the notes, if they have one.

    English where nothing is known.
    """
    known = index.languages()
    return language(question, known[0] if len(known) == 1 else "English")


def _held(asked: _Asked, text: str) -> float:
    """Share of the question's words, by weight, that `text` holds; 0 for a question of none."""
    spoken, total = asked.language, sum(asked.weights.values())
    held = stems(text, spoken) | {stem(word, spoken) for word in words(text)}
    return sum(w for word, w in asked.weights.items() if word in held) / total if total else 0.0


def _defines(chunk: Chunk, asked: _Asked, rarity: Mapping[str, float]) -> float:
    """How far a chunk begins a section that is called like the question, in [0, 1].

    By weight, the words that heading and question share, of those that either has; squared, because
    a heading that has one of the question's words is not what is asked for. The deeper, the less.
    """
    if not (asked.naming and chunk.headings and chunk.text.startswith("#")):
        return 0.0
    called = stems(chunk.headings[-1], asked.language)
    shared = sum(asked.naming.get(word, 0.0) for word in called)
    own = sum(rarity.get(word, 0.0) for word in called - asked.naming.keys())
    either = sum(asked.naming.values()) + own
    return (shared / either) ** 2 / len(chunk.headings) if either else 0.0


def _is_first(chunk: Chunk, span: Span) -> bool:
    """True of the unit right below the heading that the chunk begins with."""
    return not chunk.text[: span.start].rstrip(" \t\r\n-*+").count("\n")


def _support(ranked: Sequence[Sentence]) -> Support:
    """How well the passages fit: what rag/search/confidence.py judges by."""
    if not ranked:
        return Support()
    return Support(fmean(one.score for one in ranked[:2]), max(one.cosine for one in ranked))
