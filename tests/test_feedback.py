"""What a person thinks of an answer is kept with it, and makes a case of it."""

from dataclasses import replace

import pytest
from test_conversations import answered

from eval.drafts.reviewing import case_of
from eval.types import Standing, Target
from rag.chats.conversations import Conversations, Place
from rag.chats.kept import FEEDBACK_CHARS, Feedback, Kept, feedback_from_json
from rag.errors import ChatError
from rag.types import Answer, Status

GOOD = Feedback(good=True)


@pytest.fixture
def chats(tmp_path) -> Conversations:
    return Conversations(tmp_path)


def kept(feedback: Feedback | None, **changed: object) -> Kept:
    return Kept(7, 0.0, replace(answered(), **changed), feedback=feedback)


# Kept


def test_what_was_thought_comes_back_with_the_answer(chats) -> None:
    place = chats.keep(answered())
    assert chats.chat(place.chat).exchanges[0].feedback is None
    thought = Feedback(good=False, reason="off the topic", correction="Clarify\ndoes.")
    chats.rate(place, thought)
    assert chats.chat(place.chat).exchanges[0].feedback == thought
    chats.rate(place, None)
    assert chats.chat(place.chat).exchanges[0].feedback is None


def test_all_that_was_said_something_of_is_found(chats) -> None:
    first = chats.keep(answered("One?"))
    chats.keep(answered("Two?"), first.chat)
    third = chats.keep(answered("Three?"))
    for place in (third, first):
        chats.rate(place, GOOD)
    found = [(place, one.answer.question) for place, one in chats.rated()]
    assert found == [(first, "One?"), (third, "Three?")]


def test_an_answer_that_is_given_anew_is_not_thought_of_yet(chats) -> None:
    place = chats.keep(answered())
    chats.rate(place, GOOD)
    chats.amend(place, answered(text="Studio does [1]."))
    assert chats.rated() == []


def test_an_answer_that_is_gone_cannot_be_rated(chats) -> None:
    with pytest.raises(ChatError, match="no conversation 3"):
        chats.rate(Place(3, 1), GOOD)


def test_what_is_too_long_is_cut_and_halves_of_pairs_are_no_text(chats) -> None:
    place = chats.keep(answered())
    chats.rate(place, Feedback(good=False, reason="x" * 9999, correction=" \ud800 "))
    found = chats.rated()[0][1].feedback
    assert found == Feedback(good=False, reason="x" * FEEDBACK_CHARS, correction="?")


@pytest.mark.parametrize("text", ["", "yes", "[]", '{"good": "perhaps"}', '{"reason": "x"}'])
def test_what_is_no_feedback_is_none(text: str) -> None:
    assert feedback_from_json(text) is None


# As a case


def test_a_good_answer_is_a_reference_with_what_it_cites() -> None:
    case = case_of(kept(GOOD))
    assert case is not None
    assert case.references == ("Clarify does.",)
    assert case.targets == (Target("aws.md", "Explains bias"),)
    assert (case.answerable, case.standing) == (True, Standing.DRAFT)


def test_a_follow_up_is_asked_by_itself() -> None:
    case = case_of(kept(GOOD, question="And why?", standalone="Why does Clarify explain bias?"))
    assert case is not None
    assert case.question == "Why does Clarify explain bias?"


def test_a_correction_is_the_reference_whatever_was_thought_of_the_answer() -> None:
    for good in (True, False):
        case = case_of(kept(Feedback(good, correction="It is  Clarify.")))
        assert case is not None
        assert case.references == ("It is Clarify.",)


def test_a_refusal_that_was_right_is_a_question_without_an_answer() -> None:
    refused = {"status": Status.REFUSED, "citations": (), "text": "Not in your notes."}
    case = case_of(kept(GOOD, **refused))
    assert case is not None
    assert (case.answerable, case.references, case.targets) == (False, (), ())


@pytest.mark.parametrize(
    ("feedback", "status"),
    [
        (None, Status.ANSWERED),
        (Feedback(good=False, reason="wrong"), Status.ANSWERED),
        (GOOD, Status.INTERRUPTED),
    ],
)
def test_nothing_to_measure_by_makes_no_case(feedback, status) -> None:
    assert case_of(kept(feedback, status=status)) is None


def test_a_correction_of_an_answer_without_a_source_makes_no_case() -> None:
    corrected = Feedback(good=False, correction="It is Clarify.")
    assert case_of(kept(corrected, status=Status.REFUSED, citations=())) is None


def test_what_is_cited_twice_is_quoted_once() -> None:
    answer: Answer = answered()
    case = case_of(kept(GOOD, citations=answer.citations * 2))
    assert case is not None
    assert len(case.targets) == 1
