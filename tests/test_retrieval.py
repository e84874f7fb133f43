"""Hybrid retrieval: scores worked out by hand, then a whole search over the fake index."""

import pytest
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_note, make_state

from rag.retrieval import HybridRetriever, fuse
from rag.types import Ranks, Role

A, B, C, D = (make_chunk(name) for name in "abcd")


def test_scores_are_scaled_and_summed():
    """Dense: a 1, b 0.5, c 0. Lexical: b 1, d 0. Each half weighs 0.5."""
    hits = fuse([(A, 0.9), (B, 0.7), (C, 0.5)], [(B, 12.0), (D, 2.0)])
    assert [(hit.chunk.id, hit.score) for hit in hits] == [
        ("b", pytest.approx(0.75)),
        ("a", pytest.approx(0.5)),
        ("c", 0.0),
        ("d", 0.0),
    ]


def test_a_hit_tells_where_each_search_had_it():
    found = {hit.chunk.id: hit for hit in fuse([(A, 0.9), (B, 0.7)], [(B, 12.0), (D, 2.0)])}
    assert found["a"].ranks == Ranks(dense=1)
    assert found["b"].ranks == Ranks(dense=2, lexical=1)
    assert found["d"].ranks == Ranks(lexical=2)


def test_the_similarity_is_the_raw_cosine():
    """Of a chunk that dense search did not return it is at most the lowest that it did."""
    found = {hit.chunk.id: hit.similarity for hit in fuse([(A, 0.9), (B, 0.7)], [(D, 2.0)])}
    assert found == {"a": 0.9, "b": 0.7, "d": 0.7}


def test_ties_are_broken_by_id():
    assert [hit.chunk.id for hit in fuse([(C, 0.5), (A, 0.5)], [])] == ["a", "c"]


def test_one_search_alone_ranks_as_it_did():
    assert [h.chunk.id for h in fuse([], [(B, 3.0), (A, 2.0), (C, 1.0)])] == ["b", "a", "c"]
    assert [h.similarity for h in fuse([], [(B, 3.0)])] == [0.0]
    assert fuse([], []) == []


EXPLAINS = make_chunk("Clarify explains the bias of a model", "Clarify")
LABELS = make_chunk("Ground Truth has people label data", "Ground Truth")
TRAINS = make_chunk("A training job fits a model", "Training")
QUIZ = make_chunk("Clarify explains bias: true or false?", "Quiz", role=Role.QUIZ)


@pytest.fixture
def index() -> MemoryIndex:
    embedder = WordEmbedder()
    chunks = [LABELS, TRAINS, EXPLAINS, QUIZ]
    vectors = embedder.embed_documents([chunk.text for chunk in chunks])
    index = MemoryIndex()
    index.replace(make_note(), make_state(), chunks, vectors)
    return index


def test_the_passage_that_shares_most_with_the_question_comes_first(index):
    hits = HybridRetriever(index, WordEmbedder(), roles=(Role.NOTE,)).retrieve(
        "What explains a model's bias?"
    )
    assert [hit.chunk for hit in hits][:2] == [EXPLAINS, TRAINS]
    assert hits[0].score == 1.0
    assert hits[0].ranks == Ranks(1, 1)


def test_only_k_passages_of_the_wanted_roles_are_returned(index):
    retriever = HybridRetriever(index, WordEmbedder(), k=2)
    assert {hit.chunk for hit in retriever.retrieve("Clarify explains bias")} == {EXPLAINS, QUIZ}
    notes = HybridRetriever(index, WordEmbedder(), k=9, roles=[Role.NOTE])
    assert QUIZ not in [hit.chunk for hit in notes.retrieve("Clarify explains bias")]


def test_a_question_of_nothing_but_function_words_still_finds_by_meaning(index):
    hits = HybridRetriever(index, WordEmbedder(), k=1).retrieve("What is it?")
    assert len(hits) == 1
    assert hits[0].ranks.lexical is None


def test_an_empty_index_gives_no_passages():
    assert HybridRetriever(MemoryIndex(), WordEmbedder()).retrieve("bias") == []
