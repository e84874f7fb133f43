"""Scores worked out by hand."""

import math

import pytest
from eval_fakes import CANVAS, CLARIFY, make_answer, make_case, make_chunk
from hypothesis import given
from hypothesis import strategies as st

from eval.scorers import SCORERS
from eval.texts.tokens import grader_words
from rag.types import Claim, Grounding, Status, Timings, Usage

WORDS = st.lists(st.sampled_from(["clarify", "bias", "The", "model", "real-time"]), max_size=6)
TEXTS = WORDS.map(" ".join)


def score(name, case, answer):
    return SCORERS[name](case, answer)


def refused(**others):
    return make_answer("The notes do not say.", status=Status.REFUSED, **others)


# Retrieval


def test_recall_is_the_share_of_targets_that_the_first_k_hits_hold():
    case = make_case(quotes=("explains biases", "without code"))
    answer = make_answer(chunks=[make_chunk("Nothing."), make_chunk(CLARIFY), make_chunk(CANVAS)])
    assert [score(f"recall@{k}", case, answer) for k in (1, 3, 5)] == [0.0, 1.0, 1.0]
    assert score("recall@1", case, make_answer(chunks=[make_chunk(CANVAS)])) == 0.5


def test_the_reciprocal_rank_is_that_of_the_first_hit_with_any_target():
    case = make_case(quotes=("explains biases", "without code"))
    nothing = make_chunk("Nothing.")
    answer = make_answer(chunks=[nothing, make_chunk(CANVAS), make_chunk(CLARIFY)])
    assert score("mrr", case, answer) == 1 / 2
    assert score("mrr", case, make_answer(chunks=[nothing])) == 0.0


@pytest.mark.parametrize(
    ("chunk", "held"),
    [
        (make_chunk("Clarify\n  explains\tbiases."), 1.0),
        (make_chunk("Clarify explains"), 0.0),
        (make_chunk("clarify explains biases."), 0.0),
        (make_chunk(CLARIFY, path="/notes/bedrock.md"), 0.0),
        (make_chunk(CLARIFY, path="/notes/my-sagemaker.md"), 0.0),
        (make_chunk(CLARIFY, path="sagemaker.md"), 1.0),
    ],
    ids=["other blanks", "half", "other case", "other note", "name that ends alike", "bare name"],
)
def test_a_hit_holds_a_target_if_it_has_the_whole_quote_of_that_note(chunk, held):
    assert score("recall@1", make_case(), make_answer(chunks=[chunk])) == held


def test_the_retrieval_of_a_refused_question_is_scored_too():
    assert score("recall@1", make_case(), refused(chunks=[make_chunk()])) == 1.0


@given(st.permutations([CLARIFY, CANVAS, "a", "b", "c", "d"]))
def test_recall_never_falls_as_more_hits_are_looked_at(texts):
    case = make_case(quotes=("explains biases", "without code"))
    answer = make_answer(chunks=[make_chunk(text) for text in texts])
    at = [score(f"recall@{k}", case, answer) for k in (1, 3, 5)]
    assert at == sorted(at)
    assert (score("mrr", case, answer) == 1.0) == (at[0] > 0)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_recall_and_precision_count_targets_and_hits_each_their_own(k):
    """Two targets in one hit, the same quote in two hits, and one in none."""
    case = make_case(quotes=("explains biases", "debugs predictions", "without code", "not there"))
    texts = ["Nothing.", CLARIFY, CLARIFY, CANVAS]
    answer = make_answer(chunks=[make_chunk(text) for text in texts])
    assert score(f"recall@{k}", case, answer) == {1: 0, 3: 2 / 4, 5: 3 / 4}[k]
    assert score("precision@5", case, answer) == 3 / 5


def test_ndcg_gives_a_hit_what_it_adds_and_owes_what_no_hit_holds():
    case = make_case(quotes=("explains biases", "debugs predictions", "without code", "not there"))
    texts = ["Nothing.", CLARIFY, CLARIFY, CANVAS]
    answer = make_answer(chunks=[make_chunk(text) for text in texts])
    # Gains 0, 2, 0, 1; at best they were 2, 1 and, of the one that was not found, 1.
    found = 2 / math.log2(3) + 1 / math.log2(5)
    best = 2 + 1 / math.log2(3) + 1 / math.log2(4)
    assert score("ndcg@5", case, answer) == pytest.approx(found / best)
    assert score("ndcg@5", case, make_answer()) == 0.0


def test_the_measures_of_one_target_are_those_of_a_textbook():
    """Rank 3: reciprocal rank 1/3, nDCG 1/log2(4), precision 1/5."""
    chunks = [make_chunk("Nothing."), make_chunk(CANVAS), make_chunk(CLARIFY)]
    answer = make_answer(chunks=chunks)
    names = ("mrr", "ndcg@5", "precision@5")
    assert [score(name, make_case(), answer) for name in names] == pytest.approx([1 / 3, 0.5, 0.2])


# Spans, in characters that are not blank


def test_spans_are_counted_by_the_character_of_what_is_wanted_and_given():
    """The quote has 22 characters without blanks, the passage 46."""
    answer = make_answer(chunks=[make_chunk()])
    assert score("span_recall", make_case(), answer) == 1.0
    assert score("span_precision", make_case(), answer) == 22 / 46
    assert score("span_iou", make_case(), answer) == 22 / 46


def test_a_passage_found_twice_costs_precision_and_adds_no_recall():
    case, answer = make_case(), make_answer(chunks=[make_chunk(), make_chunk()])
    assert score("span_recall", case, answer) == 1.0
    assert score("span_precision", case, answer) == 22 / 92


@pytest.mark.parametrize(
    ("texts", "recall"),
    [
        (["Before. Clarify explains"], 15 / 22),
        (["explains biases. After."], 15 / 22),
        (["Before. Clarify explains", "explains biases. After."], 1.0),
        (["Clarify explai"], 13 / 22),
        (["ends in Clar"], 0.0),  # four characters may be there by chance
        (["biases. Clarify"], 0.0),
    ],
)
def test_a_quote_that_was_cut_counts_by_what_is_left_of_it(texts, recall):
    answer = make_answer(chunks=[make_chunk(text) for text in texts])
    assert score("span_recall", make_case(), answer) == recall
    assert score("recall@5", make_case(), answer) == 0.0


def test_only_what_was_given_to_whoever_answered_counts_in_spans():
    answer = make_answer(chunks=[make_chunk("Nothing."), make_chunk()], read=1)
    assert score("span_recall", make_case(), answer) == score("span_iou", make_case(), answer) == 0
    assert score("recall@5", make_case(), answer) == 1.0
    assert score("span_precision", make_case(), make_answer()) is None


def test_a_quote_within_another_is_wanted_once():
    case = make_case(quotes=("Clarify explains biases.", "explains biases", "explains biases"))
    assert score("span_recall", case, make_answer(chunks=[make_chunk()])) == 1.0
    assert score("span_iou", case, make_answer(chunks=[make_chunk()])) == 22 / 46


# Correctness


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("SageMaker Clarify", "It is **SageMaker Clarify** [1]."),
        ("the Model Card", "A model card [1, 2] tells."),
        ("bias", "It explains biases"),
        ("real-time inference", "Real time inference."),
        ("naïve", "naive"),
        ("K-means", "`k-means` groups"),
        ("Clarify", "See [Clarify](http://x.example/other)."),
        ("model explainability", "model [1] explainability"),
        ("processing & training", "training, then processing"),
        ("0.5", "exactly 0.5."),
    ],
)
def test_an_answer_matches_a_reference_whatever_its_dress(reference, text):
    assert score("reference_match", make_case(references=(reference,)), make_answer(text)) == 1.0


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("art", "a smart start"),
        ("model card", "card model"),
        ("model card", "model of a card"),
        ("processing & training", "processing only"),
        ("1", "Clarify [1]"),
        ("5", "exactly 0.5"),
        ("example", "See [Clarify](http://x.example/other)."),
        ("the", "the"),
        ("Clarify", ""),
    ],
)
def test_an_answer_without_the_words_in_a_row_does_not_match(reference, text):
    assert score("reference_match", make_case(references=(reference,)), make_answer(text)) == 0.0


def test_any_one_reference_is_enough():
    case = make_case(references=("Wrangler", "Clarify"))
    assert score("reference_match", case, make_answer("Clarify")) == 1.0


def test_a_refusal_that_happens_to_hold_the_reference_is_not_right():
    case = make_case(references=("notes",))
    assert score("reference_match", case, refused()) == 0.0
    assert score("token_f1", case, refused()) == 0.0


@pytest.mark.parametrize(
    ("references", "text", "f1"),
    [
        (("Denver Broncos",), "The Denver Broncos!", 1.0),
        # Shared: denver, broncos; precision 2/3, recall 2/2.
        (("Denver Broncos",), "Denver Broncos won", 0.8),
        # Repeated words count once for each time they are in both; precision 1/2, recall 1/1.
        (("bias",), "bias bias", 2 / 3),
        (("Carolina Panthers",), "Denver Broncos", 0.0),
        (("Carolina", "Denver Broncos"), "Denver Broncos", 1.0),
        (("Denver & Broncos",), "Broncos Denver", 1.0),
        (("Denver",), "", 0.0),
    ],
)
def test_token_f1_is_that_of_squad(references, text, f1):
    answer = make_answer(text)
    assert score("token_f1", make_case(references=references), answer) == pytest.approx(f1)


@given(TEXTS.filter(str.split), TEXTS)
def test_token_f1_is_symmetric_and_one_only_for_the_same_words(reference, text):
    one = score("token_f1", make_case(references=(reference,)), make_answer(text))
    other = score("token_f1", make_case(references=(text,)), make_answer(reference))
    assert one == other
    same = sorted(grader_words(reference)) == sorted(grader_words(text)) != []
    assert (one == 1.0) == same


@given(TEXTS, TEXTS, TEXTS)
def test_saying_more_around_a_reference_never_unmatches_it(before, reference, after):
    case = make_case(references=(reference,))
    alone = score("reference_match", case, make_answer(reference))
    assert score("reference_match", case, make_answer(f"{before} {reference} {after}")) >= alone


# Grounding


def test_sentences_are_shared_out_by_how_far_they_are_carried():
    marks = [Grounding.GROUNDED, Grounding.WEAK, Grounding.NOT_FOUND, Grounding.GROUNDED]
    answer = make_answer(claims=tuple(Claim(0, 1, mark) for mark in marks))
    assert score("grounded", make_case(), answer) == 0.5
    assert score("not_found", make_case(), answer) == 0.25


@pytest.mark.parametrize("answer", [make_answer(), refused(claims=(Claim(0, 1, "weak"),))])
def test_an_answer_that_says_nothing_has_no_grounding(answer):
    assert score("grounded", make_case(), answer) is score("not_found", make_case(), answer) is None


# Citations


def test_citation_precision_is_the_share_of_citations_that_touch_a_quote():
    chunk = make_chunk()
    cited = [(chunk, "explains"), (chunk, "debugs predictions")]
    assert score("citation_precision", make_case(), make_answer(cited=cited)) == 0.5


def test_a_citation_need_touch_no_more_than_one_of_the_targets():
    case = make_case(quotes=("explains biases", "debugs predictions"))
    answer = make_answer(cited=[(make_chunk(), "biases")])
    assert score("citation_precision", case, answer) == 1.0


def test_a_citation_that_ends_where_the_quote_begins_does_not_touch_it():
    case = make_case(quotes=("explains biases",))
    answer = make_answer(cited=[(make_chunk(), "Clarify ")])
    assert score("citation_precision", case, answer) == 0.0


def test_citation_recall_is_the_share_of_targets_that_a_citation_touches():
    case = make_case(quotes=("explains biases", "debugs predictions"))
    assert score("citation_recall", case, make_answer(cited=[(make_chunk(), "biases")])) == 0.5
    assert score("citation_recall", case, make_answer()) == 0.0


def test_the_same_words_in_another_note_are_not_the_target():
    answer = make_answer(cited=[(make_chunk(path="/notes/bedrock.md"), "explains biases")])
    assert score("citation_precision", make_case(), answer) == 0.0
    assert score("citation_recall", make_case(), answer) == 0.0


def test_citations_that_are_not_owed_are_not_judged():
    assert score("citation_precision", make_case(), make_answer()) is None
    assert score("citation_recall", make_case(), refused()) is None


# Refusals, seconds, and what cannot be judged


def test_refusing_is_right_for_what_the_notes_do_not_say_and_wrong_for_what_they_do():
    open_case, quiz_case = make_case(answerable=False), make_case(answerable=False, quiz_only=True)
    assert score("refusal_right", open_case, refused()) == 1.0
    assert score("refusal_right", open_case, make_answer()) == 0.0
    assert score("refusal_right_quiz_only", open_case, refused()) is None
    assert score("refusal_right_quiz_only", quiz_case, refused()) == 1.0
    assert score("refusal_right", quiz_case, refused()) == 1.0
    assert score("refusal_wrong", make_case(), refused()) == 1.0
    assert score("refusal_wrong", make_case(), make_answer(status=Status.EXTRACTIVE)) == 0.0


def test_seconds_are_those_of_the_answer_and_missing_where_nothing_happened():
    answer = make_answer(timings=Timings(sources=0.1, total=0.4))
    names = ("seconds_to_sources", "seconds_to_first_token", "seconds_total")
    assert [score(name, make_case(), answer) for name in names] == [0.1, None, 0.4]


def test_tokens_and_dollars_are_those_that_the_model_told():
    answer = make_answer(usage=Usage(900, 40))
    names = ("prompt_tokens", "generated_tokens", "dollars")
    assert [score(name, make_case(), answer) for name in names] == [900.0, 40.0, None]
    assert score("dollars", make_case(), make_answer(usage=Usage(900, 40, 0.002))) == 0.002
    assert [score(name, make_case(), make_answer()) for name in names] == [None] * 3


def test_an_unanswerable_case_is_judged_by_its_refusal_and_seconds_alone():
    judged = {
        name
        for name, scorer in SCORERS.items()
        if scorer(make_case(answerable=False), make_answer(chunks=[make_chunk()])) is not None
    }
    seconds = {"seconds_to_sources", "seconds_to_first_token", "seconds_total"}
    assert judged == seconds | {"refusal_right"}


@given(
    text=TEXTS,
    chunks=st.lists(st.sampled_from([make_chunk(), make_chunk(CANVAS)]), max_size=4),
    status=st.sampled_from(Status),
    answerable=st.booleans(),
    cites=st.booleans(),
)
def test_every_score_is_missing_or_a_finite_share(text, chunks, status, answerable, cites):
    cited = [(chunk, chunk.text[:9]) for chunk in chunks] if cites else []
    answer = make_answer(text, chunks, cited, status)
    for scorer in SCORERS.values():
        value = scorer(make_case(answerable=answerable), answer)
        assert value is None or (math.isfinite(value) and 0 <= value <= 1)
