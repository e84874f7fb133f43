"""Notes that answer a question differently are noticed, and nothing else is."""

import pytest
from fakes import make_chunk

from rag.search.agreement import differ, with_disagreement
from rag.types import Evidence, Hit, Sentence, Span


def evidence(
    question: str, *texts: str, paths: str = "abc", low: float = 1.0, below: tuple[str, ...] = ()
) -> Evidence:
    """Of each text a note, under a heading of `below`; all but the first score `low`."""
    scores = [1.0, *[low] * (len(texts) - 1)]
    below = below or ("Hours",) * len(texts)
    hits = tuple(
        Hit(make_chunk(text, "Handbook", heading, path=f"/{path}.md"), score, score)
        for text, path, score, heading in zip(texts, paths, scores, below, strict=False)
    )
    sentences = tuple(
        Sentence(place, Span(0, len(hit.chunk.text)), hit.chunk.text, hit.score, 0.0)
        for place, hit in enumerate(hits)
    )
    return Evidence(question, hits, sentences)


def disagreeing(found: Evidence) -> list[str]:
    return [sentence.text for sentence in with_disagreement(found, {}).disagreeing]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "When does it open?",
            "The harbour opens at 6 in the morning",
            "The harbour opens at 7 in the morning",
        ),
        ("When does it close?", "The office closes at 18:30", "The office closes at 17:00"),
        (
            "When did Trajan die?",
            "Emperor Trajan died on 8 August 117",
            "Emperor Trajan died on 11 August 117",
        ),
        (
            "When is the open day?",
            "Open day: Sat 21 June, 11-4",
            "Open day moved to Sat 28 June because of the fete",
        ),
        (
            "What is the fee of the club?",
            "Fee of the club: 25 euros",
            "From May on the fee of the club is 30 euros",
        ),
        ("Are dogs allowed?", "Dogs are allowed on the ferry", "Dogs are not allowed on the ferry"),
        (
            "May one fish?",
            "Fishing from the pier is permitted",
            "Fishing from the pier is forbidden",
        ),
        ("Who is the master?", "The master of harbour is Ragna", "The master of harbour is Tove"),
        ("Which lamp?", "Boats show a green lamp at night", "Boats show a red lamp at night"),
        (
            "Wie lange ruht der Teig?",
            "Der Teig ruht 30 Minuten im Kühlschrank",
            "Der Teig ruht 45 Minuten im Kühlschrank",
        ),
        (
            "Peut-on plaider ?",
            "Le mineur peut plaider seul",
            "Le mineur ne peut pas plaider seul",
        ),
    ],
)
def test_another_number_date_name_word_or_a_no_is_a_disagreement(question, one, other):
    assert disagreeing(evidence(question, one, other)) == [one, other]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("When does it open?", "The harbour opens at 6", "The harbour opens at 6"),
        ("When does it open?", "The harbour opens at 6", "At 6, the harbour opens daily for all"),
        ("When does it open?", "The harbour opens at 6", "The crane lifts 12 tonnes"),
        ("What does Polly cost?", "Polly costs 4 crowns a page", "Lex costs 9 crowns a page"),
        ("What is in the harbour?", "Boats and a crane", "No fish is sold on Mondays"),
        (
            "How long do red cells live?",
            "Red cells live for 120 days",
            "White cells live for 13 days",
        ),
        ("How much flour?", "Buns take 500 g of flour", "Buns take 20 g of yeast"),
        ("When is the open day?", "Open day: Sat 21 June", "On the open day 3 people help"),
    ],
)
def test_the_same_or_something_else_is_none(question, one, other):
    """What is said of another thing than was asked about is no other answer."""
    assert disagreeing(evidence(question, one, other)) == []


def test_one_section_does_not_disagree_with_itself_but_a_later_one_of_the_note_may():
    """Its two lines are two cases of what it tells of."""
    texts = ("It opens at 6 on weekdays", "It opens at 8 on weekdays")
    assert disagreeing(evidence("When?", *texts)) == list(texts)
    assert disagreeing(evidence("When?", *texts, paths="aa")) == []
    minutes = evidence("When?", *texts, paths="aa", below=("3 March", "24 March"))
    assert disagreeing(minutes) == list(texts)


def test_what_stands_under_the_heading_of_another_thing_is_no_other_answer():
    """Though its words are those of what was asked about."""
    texts = ("It ruled the town for 40 years", "It ruled the town for 9 years")
    found = evidence("How long did the Senate rule?", *texts, below=("Senate", "Assembly"))
    assert disagreeing(found) == []
    assert disagreeing(evidence("How long did the Senate rule?", *texts)) == list(texts)


def test_a_sentence_far_from_the_question_does_not_count():
    texts = ("It opens at 6 on weekdays", "It opens at 8 on weekdays")
    assert disagreeing(evidence("When?", *texts, low=0.3)) == []


def test_of_three_notes_that_disagree_all_are_found():
    texts = tuple(f"The pool opens at {hour} on Sundays" for hour in (8, 9, 10))
    assert disagreeing(evidence("When does the pool open?", *texts)) == list(texts)


def test_a_third_that_agrees_with_one_of_them_adds_nothing():
    texts = tuple(f"The pool opens at {hour} on Sundays" for hour in (8, 9, 9))
    assert disagreeing(evidence("When does the pool open?", *texts)) == list(texts[:2])


def test_without_sentences_nobody_disagrees():
    found = Evidence("When?", ())
    assert with_disagreement(found, {}) is found


def test_sentences_whose_telling_words_are_others_do_not_differ():
    """They share what every sentence of these notes has."""
    one, other = "The court of Lyon hears appeals", "The court of Nancy hears witnesses"
    usual = {"court": 0.1, "hear": 0.1}
    rare = {"lyon": 5.0, "nanci": 5.0, "appeal": 5.0, "wit": 5.0, "witness": 5.0}
    assert differ(one, other.replace("witnesses", "appeals"), {})
    assert not differ(one, other, usual | rare)


def test_what_was_asked_for_is_no_difference():
    """One of them is about it, the other is not."""
    one, other = "The north gate closes at dusk", "The south gate closes at dusk"
    assert differ(one, other, {})
    assert not differ(one, other, {}, frozenset({"north"}))


def test_a_word_that_only_one_of_them_adds_is_no_disagreement():
    assert not differ("The ferry leaves at 7", "The ferry leaves daily at 7", {})
