"""Sentences are ranked by the question, and support tells what the notes touch on."""

import pytest
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_note, make_state

from rag.retrieval import HybridRetriever
from rag.search.evidence import MAX_SENTENCES, EvidenceReader, support
from rag.types import Evidence, Hit, Support

CLARIFY = make_chunk(
    "## Clarify\n- Explains biases in a dataset\n- Debugs predictions\n![bias](bias.png)", "Clarify"
)
STUDIO = make_chunk("## Studio\n\nA web IDE. Teams share notebooks in it.", "Studio")


def read(question: str, *chunks, k: int = 5) -> Evidence:
    embedder, index = WordEmbedder(), MemoryIndex()
    vectors = embedder.embed_documents([chunk.text for chunk in chunks])
    index.replace(make_note(), make_state(), chunks, vectors)
    hits = HybridRetriever(index, embedder, k).retrieve(question)
    return EvidenceReader(index, embedder).read(question, hits)


def test_the_sentence_that_answers_comes_first_with_its_exact_place():
    evidence = read("What explains biases of a dataset?", STUDIO, CLARIFY)
    best = evidence.sentences[0]
    assert best.text == "Explains biases in a dataset"
    assert evidence.passages[best.passage].chunk == CLARIFY
    assert CLARIFY.text[best.span.start : best.span.end] == best.text
    assert best.coverage == pytest.approx(1.0)


def test_sentences_are_in_order_of_their_score():
    scores = [sentence.score for sentence in read("notebooks", STUDIO, CLARIFY).sentences]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 4


def test_headings_and_pictures_are_no_answers():
    texts = [sentence.text for sentence in read("Clarify bias", CLARIFY).sentences]
    assert texts
    assert not [text for text in texts if text.startswith(("#", "!["))]


def test_a_rare_word_covers_more_than_a_common_one():
    """Both sentences hold one of two words; the one that few chunks hold says more."""
    common = [make_chunk(f"model number {number}") for number in range(8)]
    rare = make_chunk("A bias here. A model there.")
    found = {s.text: s.coverage for s in read("model bias", rare, *common, k=9).sentences}
    assert found["A bias here."] > found["A model there."] > 0


def test_support_is_high_where_the_notes_touch_the_question_and_low_where_not():
    on_topic = read("What explains biases in a dataset?", CLARIFY, STUDIO).support
    beside = read("What is the capital of France?", CLARIFY, STUDIO).support
    assert (on_topic.covered, on_topic.unknown) == (pytest.approx(1.0), 0.0)
    assert (beside.covered, beside.unknown) == (0.0, pytest.approx(1.0))
    assert on_topic.passage > beside.passage
    assert on_topic.sentence > beside.sentence


def test_a_word_that_the_notes_hold_elsewhere_is_not_covered_but_not_unknown_either():
    """Only one passage is found; the other word stands in a note that was not."""
    support = read("biases notebooks", CLARIFY, STUDIO, k=1).support
    assert support.covered == pytest.approx(0.5)
    assert support.unknown == 0.0


def test_a_verb_that_is_asked_by_counts_where_a_note_has_it_and_is_nothing_unknown_else():
    """Only where there is hardly another word to go by."""
    made = make_chunk("Clarify was made for trust", "Clarify")
    asked = "What is Clarify made for?"
    assert read(asked, made).sentences[0].coverage == pytest.approx(1.0)
    assert read(asked, CLARIFY, made).support.covered == pytest.approx(1.0)
    without = read(asked, CLARIFY).support
    assert (without.covered, without.unknown) == (pytest.approx(1.0), 0.0)
    partly = read(asked, CLARIFY, made).sentences
    assert min(one.coverage for one in partly) < 1.0


def test_nothing_found_supports_nothing():
    evidence = read("bias")
    assert (evidence.passages, evidence.sentences, evidence.support) == ((), (), Support())


def test_support_is_made_of_the_best_cosines_and_the_weights_of_words():
    """Worked out by hand: the best passage at 0.6, no sentence, a quarter of the weight covered."""
    hits = [Hit(make_chunk("other"), 1.0, 0.2), Hit(make_chunk("bias"), 0.5, 0.6)]
    weights = {"bias": 1.0, "model": 2.0, "lambda": 1.0}
    assert support(hits, [], weights, ["lambda"]) == Support(0.6, 0.0, 0.25, 0.25)
    assert support(hits, [], {}) == Support(0.6, 0.0, 0.0, 0.0)


def test_a_question_costs_no_more_than_so_many_sentences():
    long = make_chunk("\n".join(f"- item {number}" for number in range(200)))
    assert len(read("item", long).sentences) == MAX_SENTENCES
