"""Hybrid retrieval: scores worked out by hand, then a whole search over the fake index."""

import math
from dataclasses import replace

import pytest
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_note, make_state

from rag.embedding import passage_text
from rag.retrieval import Budget, HybridRetriever, PackingRetriever, characters, fuse, most_bm25
from rag.store.catalog import Catalog
from rag.types import Chunk, Ranks, Role

A, B, C, D = (make_chunk(name) for name in "abcd")


def test_cosines_and_shares_of_the_possible_are_weighed_and_summed():
    """Shares of 20: b 0.6, d 0.1. The dense half weighs 0.4.

    Of d, which dense search did not return, the cosine is taken to be the lowest that it did.
    """
    hits = fuse([(A, 0.9), (B, 0.7), (C, 0.5)], [(B, 12.0), (D, 2.0)], 20.0)
    assert [(hit.chunk.id, hit.score, hit.similarity, hit.ranks) for hit in hits] == [
        ("b", pytest.approx(0.4 * 0.7 + 0.6 * 0.6), 0.7, Ranks(2, 1)),
        ("a", pytest.approx(0.4 * 0.9), 0.9, Ranks(dense=1)),
        ("d", pytest.approx(0.4 * 0.5 + 0.6 * 0.1), 0.5, Ranks(lexical=2)),
        ("c", pytest.approx(0.4 * 0.5), 0.5, Ranks(dense=3)),
    ]
    assert [hit.chunk.id for hit in fuse([(C, 0.5), (A, 0.5)], [], 0.0)] == ["a", "c"]


def test_one_search_alone_ranks_as_it_did():
    found = fuse([], [(B, 3.0), (A, 2.0), (C, 1.0)], 5.0)
    assert [hit.chunk.id for hit in found] == ["b", "a", "c"]
    assert [hit.similarity for hit in fuse([], [(B, 3.0)], 5.0)] == [0.0]
    assert fuse([], [], 0.0) == []


def test_a_weak_match_of_common_words_does_not_count_as_the_best_there_could_be():
    """The best of bad matches is not stretched: the dense half decides."""
    hits = fuse([(A, 0.6), (B, 0.5)], [(B, 1.0), (A, 0.0)], 30.0)
    assert [hit.chunk.id for hit in hits] == ["a", "b"]


def test_the_most_is_what_a_text_full_of_the_words_would_have():
    """By hand for 100 texts: 2.2 times the idf of one word in 4 of them and one in none."""
    idfs = math.log(96.5 / 4.5) + math.log(100.5 / 0.5)
    assert most_bm25({"bias": 4, "drift": 0}, 100) == pytest.approx(2.2 * idfs)
    assert most_bm25({"the": 90}, 100) == pytest.approx(2.2e-6)
    assert most_bm25({}, 100) == 0.0


def test_no_score_of_the_catalog_exceeds_the_most(tmp_path):
    """A text of nothing but the words asked for comes near it."""
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    others = [make_chunk(f"entry {number} on other matters") for number in range(40)]
    full = make_chunk("bias drift " * 40)
    chunks = [full, *others]
    catalog.replace(make_note(), make_state(), chunks, [("", b"")] * len(chunks))
    most = most_bm25({"bias": 1, "drift": 1}, len(chunks))
    ((best, score),) = catalog.search(["bias", "drift"], 5, [Role.NOTE])
    catalog.close()
    assert best == full
    assert 0.8 * most < score <= most


EXPLAINS = make_chunk("Clarify explains the bias of a model", "Clarify")
LABELS = make_chunk("Ground Truth has people label data", "Ground Truth")
TRAINS = make_chunk("A training job fits a model", "Training")
QUIZ = make_chunk("Clarify explains bias: true or false?", "Quiz", role=Role.QUIZ)


def index_of(*chunks: Chunk) -> MemoryIndex:
    """An index of nothing but these."""
    index = MemoryIndex()
    vectors = WordEmbedder().embed_documents([passage_text(chunk) for chunk in chunks])
    index.replace(make_note(), make_state(), chunks, vectors)
    return index


def retriever_of(*chunks: Chunk, k: int = 5) -> HybridRetriever:
    return HybridRetriever(index_of(*chunks), WordEmbedder(), k)


@pytest.fixture
def index() -> MemoryIndex:
    return index_of(LABELS, TRAINS, EXPLAINS, QUIZ)


def test_the_passage_that_shares_most_with_the_question_comes_first(index):
    hits = HybridRetriever(index, WordEmbedder(), roles=(Role.NOTE,)).retrieve(
        "What explains a model's bias?"
    )
    assert [hit.chunk for hit in hits][:2] == [EXPLAINS, TRAINS]
    assert hits[0].ranks == Ranks(1, 1)


def test_only_k_passages_of_the_wanted_roles_are_returned(index):
    retriever = HybridRetriever(index, WordEmbedder(), k=2)
    assert {hit.chunk for hit in retriever.retrieve("Clarify explains bias")} == {EXPLAINS, QUIZ}
    notes = HybridRetriever(index, WordEmbedder(), k=9, roles=[Role.NOTE])
    assert QUIZ not in [hit.chunk for hit in notes.retrieve("Clarify explains bias")]
    (hit,) = HybridRetriever(index, WordEmbedder(), k=1).retrieve("What is it?")
    assert hit.ranks.lexical is None  # of nothing but function words: by meaning alone
    assert HybridRetriever(MemoryIndex(), WordEmbedder()).retrieve("bias") == []


def test_a_question_of_hardly_a_word_is_told_by_what_it_asks(index):
    """The name in it is in all of these passages, so that the verb is what there is to go by."""
    about = [f"SageMaker {said}" for said in ("costs money", "takes time", "was made for science")]
    chunks = [make_chunk(text, "SageMaker") for text in about]
    index.replace(make_note("/notes/s.md"), make_state(), chunks, [[0.0] * 64] * 3)
    hits = HybridRetriever(index, WordEmbedder()).retrieve("Who is SageMaker made for?")
    assert (hits[0].chunk, hits[0].ranks.lexical) == (chunks[2], 1)


MENTIONS = [
    make_chunk(f"## {name}\nClarify is what {name} hands its data to, as Clarify wants.", name)
    for name in ("Wrangler", "Pipelines", "Monitor", "Studio")
]
OTHERS = [make_chunk(f"## Step {n}\nDefine the goal of step {n}.", f"Step {n}") for n in range(9)]


SECTION = make_chunk("# Clarify\nFinds biases of a data set.\nIt debugs, too.", "Clarify")


@pytest.mark.parametrize("asked", ["What is Clarify?", "clarify", "define Clarify", "Clarify??"])
@pytest.mark.parametrize(
    "others",
    [
        # It stands below them all, and says the word but in its heading.
        [*MENTIONS, *OTHERS],
        # Of one name, the one that is less deep; and none whose name says more.
        [make_chunk("### Clarify\nFinds biases of a data set.", "AWS", "Tools", "Clarify")],
        [make_chunk("## Clarify Processing Job\nRuns an hour.", "Clarify Processing Job")],
        # A later part of the section does not begin with its heading.
        [make_chunk("It is billed by the hour, as Clarify is young.", "Clarify")],
    ],
)
def test_the_section_that_is_called_like_the_question_comes_first(asked, others):
    found = retriever_of(*others, SECTION).retrieve(asked)
    assert found[0].chunk == SECTION


@pytest.mark.parametrize(
    ("asked", "name", "longer"),
    [
        ("Was ist eine Zelle?", "Zelle", "Zellen und Kerne"),
        ("Qu'est-ce qu'une cellule ?", "Cellule", "Cellules et noyaux"),
        ("¿Qué es una célula?", "Célula", "Células y núcleos"),
    ],
)
def test_a_definition_comes_first_in_other_languages_too(asked, name, longer):
    """Headings are weighed in the language of the question, or a longer one were as good."""
    section = make_chunk(f"## {name}\nXylem, phloem.", name)
    more = make_chunk(f"## {longer}\nXylem, phloem.", longer)
    found = retriever_of(more, section).retrieve(asked)
    assert [hit.chunk for hit in found] == [section, more]
    assert found[0].score > found[1].score + 0.3


def test_what_is_found_is_packed():
    """As it was found, one passage a line, and no more than there is room for."""
    lines = ["- bias is explained", "- bias is measured", "- labels are made"]
    text = "\n".join(lines)
    starts = [text.index(line) for line in lines]
    chunks = [
        replace(make_chunk(line), start=start, end=start + len(line), start_line=at, end_line=at)
        for at, (line, start) in enumerate(zip(lines, starts, strict=True), 1)
    ]
    found = retriever_of(*chunks, k=50)
    room = Budget(len(lines[0]) + len(lines[1]) + 1, characters)
    hits = PackingRetriever(found, 5, room).retrieve("explain the bias")
    assert [hit.chunk for hit in hits] == chunks[:2]
