"""Sentences are ranked by the question, and support tells what the notes touch on."""

from dataclasses import replace
from statistics import fmean

import pytest
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_hit, make_note, make_state

from rag.retrieval import HybridRetriever
from rag.search.evidence import DEFINES, MAX_SENTENCES, EvidenceReader
from rag.types import Chunk, Evidence, Support

CLARIFY = make_chunk(
    "## Clarify\n- Explains biases in a dataset\n- Debugs predictions\n![bias](bias.png)", "Clarify"
)
STUDIO = make_chunk("## Studio\n\nA web IDE. Teams share notebooks in it.", "Studio")


def index_of(*chunks: Chunk) -> MemoryIndex:
    index = MemoryIndex()
    vectors = WordEmbedder().embed_documents([chunk.text for chunk in chunks])
    index.replace(make_note(), make_state(), chunks, vectors)
    return index


def read(question: str, *chunks: Chunk, k: int = 5) -> Evidence:
    embedder, index = WordEmbedder(), index_of(*chunks)
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
    assert on_topic.best > beside.best + 0.5
    assert on_topic.sentence > beside.sentence


def test_support_is_the_mean_of_the_two_best_scores_and_the_best_cosine_of_any():
    evidence = read("What explains biases in a dataset?", CLARIFY, STUDIO)
    scores = [one.score for one in evidence.sentences]
    cosines = [one.cosine for one in evidence.sentences]
    assert evidence.support == Support(fmean(scores[:2]), max(cosines))
    (only,) = read("bias", make_chunk("A bias here.")).sentences
    assert read("bias", make_chunk("A bias here.")).support == Support(only.score, only.cosine)


def test_the_score_is_the_cosine_and_half_of_what_is_covered_and_defined():
    (one,) = read("bias", make_chunk("A bias here.")).sentences
    assert one.score == pytest.approx(one.cosine + 0.5 * one.coverage)
    assert replace(one, defines=1.0).score == pytest.approx(one.score + 0.5)


def test_a_word_that_no_note_holds_counts_and_is_not_covered():
    """A question on a stranger is no better off for a word that it shares."""
    known = read("biases of a dataset", CLARIFY, STUDIO)
    stranger = read("biases of a zeppelin", CLARIFY, STUDIO)
    assert known.sentences[0].coverage == pytest.approx(1.0)
    assert 0 < stranger.sentences[0].coverage < 0.5
    assert stranger.support.best < known.support.best


def test_a_verb_that_is_asked_by_counts_where_a_note_has_it_and_is_nothing_unknown_else():
    """Only where there is hardly another word to go by."""
    made = make_chunk("Clarify was made for trust", "Clarify")
    asked = "What is Clarify made for?"
    assert read(asked, made).sentences[0].coverage == pytest.approx(1.0)
    assert read(asked, CLARIFY).sentences[0].coverage == pytest.approx(1.0)
    partly = read(asked, CLARIFY, made).sentences
    assert min(one.coverage for one in partly) < 1.0


def test_a_sentence_is_read_under_its_heading():
    """The heading names what the line is about; the line is cited without it."""
    under = make_chunk("## Opening hours\nNine to five.", "Library", "Opening hours")
    alone = make_chunk("Nine to five.")
    asked = "What are the opening hours?"
    assert read(asked, under).sentences[0].coverage == pytest.approx(1.0)
    assert read(asked, under).sentences[0].text == "Nine to five."
    assert read(asked, alone).sentences[0].coverage == 0.0


def test_a_row_is_read_by_its_columns():
    """The header is no part of the row, and says what is in its cells."""
    table = make_chunk("| course | room |\n|---|---|\n| Databases | 214 |\n| Law | 12 |")
    best = read("In which room is Databases?", table).sentences[0]
    assert "Databases" in best.text
    assert "214" in best.text
    assert best.coverage == pytest.approx(1.0)
    assert table.text[best.span.start : best.span.end] == best.text


def test_the_first_line_of_a_section_that_is_called_like_the_question_defines():
    evidence = read("What is Clarify?", CLARIFY, STUDIO)
    defining = [one.text for one in evidence.sentences if one.defines]
    assert defining == ["Explains biases in a dataset"]
    assert evidence.sentences[0].text == "Explains biases in a dataset"
    assert evidence.sentences[0].defines == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("headings", "asked"),
    [
        (("AWS", "Clarify"), "What is Clarify?"),  # it is deeper
        (("Clarify jobs",), "What is Clarify?"),  # it says more
        (("Clarify",), "What does Clarify cost?"),  # the question does
    ],
)
def test_a_section_that_is_called_somewhat_like_it_defines_less(headings, asked):
    section = make_chunk("## Clarify\nExplains biases.", *headings)
    (one,) = read(asked, section).sentences
    assert 0 < one.defines < 0.7


@pytest.mark.parametrize(
    ("text", "headings", "asked"),
    [
        ("Explains biases.", ("Clarify",), "What is Clarify?"),  # another part of the section
        ("## Studio\nExplains biases.", ("Studio",), "What is Clarify?"),
        ("# Clarify\nExplains biases.", (), "What is Clarify?"),
        ("# Clarify\nExplains biases.", ("Clarify",), "what is it"),
    ],
)
def test_what_is_not_called_so_defines_nothing(text, headings, asked):
    assert {one.defines for one in read(asked, make_chunk(text, *headings)).sentences} == {0.0}


def test_nothing_found_supports_nothing():
    evidence = read("bias")
    assert (evidence.passages, evidence.sentences, evidence.support) == ((), (), Support())


def test_a_passage_of_a_heading_alone_supports_nothing():
    evidence = read("Clarify", make_chunk("## Clarify", "Clarify"))
    assert (len(evidence.passages), evidence.sentences, evidence.support) == (1, (), Support())


def test_a_question_costs_no_more_than_so_many_sentences():
    long = make_chunk("\n".join(f"- item {number}" for number in range(200)))
    assert len(read("item", long).sentences) == MAX_SENTENCES


# The order of passages


def ranked(question: str, *hits):
    index = index_of(*(hit.chunk for hit in hits))
    return EvidenceReader(index, WordEmbedder()).definitions_first(question, hits)


def test_what_a_definition_adds_to_a_passage():
    """By hand: its heading is the question, below no other."""
    section = make_hit("# Bias\n\na tree stands", "Bias", score=0.1)
    (found,) = ranked("What is bias?", section)
    (line,) = read("What is bias?", section.chunk).sentences
    assert line.defines == pytest.approx(1.0)
    assert found.score == pytest.approx(0.1 + DEFINES)


def test_where_no_section_is_called_like_the_question_the_order_is_as_it_was():
    hits = [make_hit(f"tree {number}", score=1 - number / 100) for number in range(9)]
    assert ranked("bias", *hits) == hits


def test_nothing_is_lost_in_ordering_and_only_scores_change():
    hits = [make_hit(f"# Trees\n\ntree {n} of bias", "Trees", score=n / 40) for n in range(9)]
    found = ranked("the bias of trees", *hits)
    assert sorted((hit.chunk.id, hit.similarity, hit.ranks) for hit in found) == sorted(
        (hit.chunk.id, hit.similarity, hit.ranks) for hit in hits
    )
