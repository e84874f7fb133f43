"""A follow-up is made to stand alone; any other question is left as it is."""

import pytest
from fakes import MemoryIndex, make_chunk, make_note, make_state

from rag.rewriting import AS_TYPED, RECENT, TopicRewriter, turn_after
from rag.types import Answer, Citation, Status, Turn

NOTES = (
    make_chunk("Encrypted remote shell on port 22.", "Networks", "SSH"),
    make_chunk("Old remote shell on port 23, all in clear text.", "Networks", "Telnet"),
    make_chunk("Finds addresses for names. Attack: poisoning of the cache.", "Networks", "DNS"),
    make_chunk("Finds the MAC address. Attack: spoofing by an answer.", "Networks", "ARP"),
)
SSH = Turn("Which port does SSH listen on?", "22 [1].", "", ("Networks", "SSH"))
DNS = Turn("What does DNS do?", "It finds addresses [1].", "", ("Networks", "DNS"))


@pytest.fixture(scope="module")
def standalone():
    index = MemoryIndex()
    index.replace(make_note(), make_state(), NOTES, [[1.0]] * len(NOTES))
    return TopicRewriter(index).standalone


def test_a_question_of_words_that_no_note_holds_is_not_taken_for_a_follow_up(standalone):
    """It is about something else, and there is nothing on it."""
    question = "What is the capital of France?"
    assert standalone(question, [DNS, SSH]) == question


@pytest.mark.parametrize(
    "question",
    [
        *("What does it cost?", "Is this encrypted?", "Who made them?", "What about its keys?"),
        *("Why?", "Why is that?", "tell me more", "And the other one?", "And Paris?"),
    ],
)
def test_what_points_back_or_says_nothing_takes_heading_and_words_of_the_turn_before(
    standalone, question
):
    """Of the last turn only, and of its question: an answer may be wrong."""
    assert standalone(question, [DNS, SSH]) == f"{question} (ssh port listen)"


def test_what_the_last_topic_holds_as_well_as_any_is_about_it(standalone):
    """`Attack` alone would find another note's, too."""
    assert standalone("Attack?", [DNS]) == "Attack? (dns)"
    assert standalone("Which attack?", [SSH, DNS]) == "Which attack? (dns)"


def test_a_new_topic_takes_what_was_asked_and_leaves_the_old_topic(standalone):
    assert standalone("And Telnet?", [SSH]) == "And Telnet? (port listen)"
    assert standalone("no, I meant Telnet", [SSH]) == "no, I meant Telnet (port listen)"


@pytest.mark.parametrize(
    "question",
    [
        *("How does ARP find a MAC address?", "Which remote shell is old?"),
        *("no, I meant the clear text", "Which attack is done by spoofing?"),
    ],
)
def test_a_question_that_other_notes_hold_better_is_left_as_it_is(standalone, question):
    assert standalone(question, [DNS]) == question


def test_a_pronoun_may_point_to_what_the_question_itself_has_named(standalone):
    question = "And Telnet, what is it there for?"
    assert standalone(question, [SSH]) == f"{question} (port listen)"


def test_a_pronoun_behind_much_that_notes_hold_points_to_that(standalone):
    question = "Does spoofing by an answer find a MAC address before it is used?"
    assert standalone(question, [SSH]) == question


def test_a_number_is_no_pronoun(standalone):
    assert standalone("Does ARP answer one request?", [SSH]) == "Does ARP answer one request?"


def test_an_earlier_topic_can_be_named_or_called_the_first(standalone):
    named = "Thanks. Back to SSH, is that encrypted?"
    assert standalone(named, [SSH, DNS]) == named
    first = "Is there a key in the first protocol?"
    assert standalone(first, [SSH, DNS]) == f"{first} (ssh port listen)"
    assert standalone("And the former?", [SSH, DNS]) == "And the former? (ssh port listen)"
    about_last = "What is the first attack?"
    assert standalone(about_last, [SSH, DNS]) == f"{about_last} (dns)"


def test_turns_of_long_ago_are_forgotten(standalone):
    assert "ssh" not in standalone("Which was the first one?", [SSH, *[DNS] * RECENT])


def test_words_that_are_there_are_not_added_again(standalone):
    assert standalone("Is it the port?", [SSH]) == "Is it the port? (ssh listen)"


def test_where_nothing_was_cited_the_topic_is_what_was_searched_for(standalone):
    asked = Turn("And its keys?", "Not in the notes.", "And its keys? (ssh)")
    assert standalone("Why?", [asked]) == "Why? (keys ssh)"


@pytest.mark.parametrize("said", ["thanks!", "OK, great.", "Thank you", "Ah, well..."])
def test_thanks_are_about_nothing(standalone, said):
    """They are no question on the last topic, whose answer would only be repeated."""
    assert standalone(said, [SSH]) == said


def test_the_first_question_has_nothing_to_point_back_to(standalone):
    assert standalone("What is it?", []) == "What is it?"


def test_a_turn_without_a_topic_adds_nothing(standalone):
    assert standalone("Why is it?", [Turn("What is it?", "")]) == "Why is it?"


def test_without_a_rewriter_a_question_is_searched_for_as_typed():
    assert AS_TYPED.standalone("What does it cost?", [SSH]) == "What does it cost?"


def test_a_turn_remembers_what_was_searched_for_and_the_headings_of_what_was_cited_first():
    cited = (Citation(1, NOTES[1], 0, 3), Citation(2, NOTES[0], 0, 3))
    answer = Answer("And?", "And? (port)", "23 [1].", Status.ANSWERED, "m", citations=cited)
    assert turn_after(answer) == Turn("And?", "23 [1].", "And? (port)", ("Networks", "Telnet"))
