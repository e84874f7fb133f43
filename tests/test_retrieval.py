"""Hybrid retrieval: scores worked out by hand, then a whole search over the fake index."""

import math
from dataclasses import replace

import pytest
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_note, make_state

from rag.embedding import passage_text
from rag.retrieval import HybridRetriever, fuse, most_bm25
from rag.search.packing import Budget, PackingRetriever, characters
from rag.store.catalog import Catalog
from rag.types import Chunk, Ranks, Role

A, B, C, D = (make_chunk(name) for name in "abcd")


def test_cosines_and_shares_of_the_possible_are_weighed_and_summed():
    """Shares of 20: b 0.6, d 0.1. The dense half weighs 0.4; d has at most the cosine of c."""
    hits = fuse([(A, 0.9), (B, 0.7), (C, 0.5)], [(B, 12.0), (D, 2.0)], 20.0)
    assert [(hit.chunk.id, hit.score) for hit in hits] == [
        ("b", pytest.approx(0.4 * 0.7 + 0.6 * 0.6)),
        ("a", pytest.approx(0.4 * 0.9)),
        ("d", pytest.approx(0.4 * 0.5 + 0.6 * 0.1)),
        ("c", pytest.approx(0.4 * 0.5)),
    ]


def test_a_hit_tells_where_each_search_had_it():
    hits = fuse([(A, 0.9), (B, 0.7)], [(B, 12.0), (D, 2.0)], 20.0)
    found = {hit.chunk.id: hit for hit in hits}
    assert found["a"].ranks == Ranks(dense=1)
    assert found["b"].ranks == Ranks(dense=2, lexical=1)
    assert found["d"].ranks == Ranks(lexical=2)


def test_the_similarity_is_the_raw_cosine():
    """Of a chunk that dense search did not return it is at most the lowest that it did."""
    found = {hit.chunk.id: hit.similarity for hit in fuse([(A, 0.9), (B, 0.7)], [(D, 2.0)], 9.0)}
    assert found == {"a": 0.9, "b": 0.7, "d": 0.7}


def test_ties_are_broken_by_id():
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


def test_a_question_of_hardly_a_word_is_told_by_what_it_asks(index):
    """The name in it is in all of these passages, so that the verb is what there is to go by."""
    about = [f"SageMaker {said}" for said in ("costs money", "takes time", "was made for science")]
    chunks = [make_chunk(text, "SageMaker") for text in about]
    index.replace(make_note("/notes/s.md"), make_state(), chunks, [[0.0] * 64] * 3)
    hits = HybridRetriever(index, WordEmbedder()).retrieve("Who is SageMaker made for?")
    assert (hits[0].chunk, hits[0].ranks.lexical) == (chunks[2], 1)


def test_an_empty_index_gives_no_passages():
    assert HybridRetriever(MemoryIndex(), WordEmbedder()).retrieve("bias") == []


def test_a_word_that_questions_are_often_asked_with_is_searched_for_as_any_other():
    """No word of a question is left out for being one of a list."""
    company = make_chunk("The company has to file the return in March", "Taxes")
    others = [make_chunk(f"The {who} has to file the return", "Taxes") for who in ("widow", "heir")]
    embedder, index = WordEmbedder(), MemoryIndex()
    chunks = [*others, company]
    vectors = embedder.embed_documents([chunk.text for chunk in chunks])
    index.replace(make_note(), make_state(), chunks, vectors)
    found = HybridRetriever(index, embedder).retrieve("When must the company file the return?")
    assert found[0].chunk == company


def retriever_of(*chunks: Chunk, k: int = 5) -> HybridRetriever:
    """Over an index of nothing but these."""
    embedder, index = WordEmbedder(), MemoryIndex()
    vectors = embedder.embed_documents([passage_text(chunk) for chunk in chunks])
    index.replace(make_note(), make_state(), chunks, vectors)
    return HybridRetriever(index, embedder, k)


def test_passages_stay_in_the_order_of_their_scores():
    chunks = [make_chunk(f"bias {'and drift ' * n}of model {n}", "Bias") for n in range(30)]
    found = retriever_of(*chunks, k=30).retrieve("the drift of model 7")
    assert len(found) == 30
    read = [hit.score for hit in found]
    assert read == sorted(read, reverse=True)
    assert found[0].chunk == chunks[7]


MENTIONS = [
    make_chunk(f"## {name}\nClarify is what {name} hands its data to, as Clarify wants.", name)
    for name in ("Wrangler", "Pipelines", "Monitor", "Studio")
]
OTHERS = [make_chunk(f"## Step {n}\nDefine the goal of step {n}.", f"Step {n}") for n in range(9)]


@pytest.mark.parametrize("asked", ["What is Clarify?", "clarify", "define Clarify", "Clarify??"])
def test_the_section_that_is_called_like_the_question_comes_before_those_that_mention_it(asked):
    """It stands below them all, and says the word but in its heading."""
    section = make_chunk("## Clarify\nFinds biases of a data set.\nIt debugs, too.", "Clarify")
    found = retriever_of(*MENTIONS, *OTHERS, section).retrieve(asked)
    assert found[0].chunk == section


def test_of_sections_of_one_name_the_one_that_is_less_deep_comes_first():
    deep = make_chunk("### Clarify\nFinds biases of a data set.", "AWS", "Tools", "Clarify")
    high = make_chunk("# Clarify\nFinds biases of a data set.", "Clarify")
    assert [hit.chunk for hit in retriever_of(deep, high).retrieve("What is Clarify?")] == [
        high,
        deep,
    ]


def test_a_section_whose_name_says_more_is_not_the_one_that_was_asked_for():
    longer = make_chunk("## Clarify Processing Job\nRuns for an hour.", "Clarify Processing Job")
    section = make_chunk("## Clarify\nFinds biases of a data set.", "Clarify")
    found = retriever_of(longer, *MENTIONS, section).retrieve("What is Clarify?")
    assert found[0].chunk == section


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


def test_a_later_part_of_the_section_is_no_definition():
    """Only the passage that begins with the heading is what the section begins with."""
    first = make_chunk("## Clarify\nFinds biases of a data set.", "Clarify")
    later = make_chunk("It is billed by the hour, as Clarify is young.", "Clarify")
    assert retriever_of(later, *MENTIONS, first).retrieve("What is Clarify?")[0].chunk == first


def test_the_same_question_finds_the_same_in_the_same_order():
    retriever = retriever_of(*MENTIONS, EXPLAINS, LABELS, TRAINS)
    first = retriever.retrieve("What does Clarify explain?")
    assert all(retriever.retrieve("What does Clarify explain?") == first for _ in range(3))


def test_what_is_found_is_packed():
    """As it was found, one passage a line, and no more than there is room for."""
    lines = ["- bias is explained", "- bias is measured", "- labels are made"]
    text = "\n".join(lines)
    starts = [text.index(line) for line in lines]
    chunks = [
        replace(make_chunk(line), start=start, end=start + len(line), start_line=at, end_line=at)
        for at, (line, start) in enumerate(zip(lines, starts, strict=True), 1)
    ]
    index = MemoryIndex()
    vectors = WordEmbedder().embed_documents(lines)
    index.replace(make_note(text=text), make_state(), chunks, vectors)
    found = HybridRetriever(index, WordEmbedder(), 50)
    room = Budget(len(lines[0]) + len(lines[1]) + 1, characters)
    hits = PackingRetriever(found, 5, room).retrieve("explain the bias")
    assert [hit.chunk for hit in hits] == chunks[:2]
