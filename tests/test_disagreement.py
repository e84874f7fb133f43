"""Two notes that answer a question differently are noticed, and nothing else is."""

import pytest
from fakes import make_chunk

from rag.answers.disagreement import disagreeing
from rag.types import Evidence, Hit, Sentence, Span


def evidence(question: str, one: str, other: str, *, same: bool = False, low: float = 1.0):
    texts = [(one, "/old.md", 1.0), (other, "/old.md" if same else "/new.md", low)]
    hits = tuple(Hit(make_chunk(t, "Handbook", path=path), s, s) for t, path, s in texts)
    sentences = tuple(
        Sentence(place, Span(0, len(text)), text, score, 0.0)
        for place, (text, _, score) in enumerate(texts)
    )
    return Evidence(question, hits, sentences, 1.0)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "When does it open?",
            "The harbour opens at 6 in the morning",
            "The harbour opens at 7 in the morning",
        ),
        ("When does it close?", "The office closes at 18:30", "The office closes at 17:00"),
        ("Are dogs allowed?", "Dogs are allowed on the ferry", "Dogs are not allowed on the ferry"),
        ("May one fish?", "Fishing is permitted here", "Fishing is forbidden here"),
        ("Who is the master?", "The master of harbour is Ragna", "The master of harbour is Tove"),
        ("Which lamp?", "Boats show a green lamp at night", "Boats show a red lamp at night"),
    ],
)
def test_another_number_name_word_or_a_no_is_a_disagreement(question, one, other):
    found = disagreeing(evidence(question, one, other))
    assert found
    assert [sentence.text for sentence in found] == [one, other]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("When does it open?", "The harbour opens at 6", "The harbour opens at 6"),
        ("When does it open?", "The harbour opens at 6", "The crane lifts 12 tonnes"),
        ("What does Polly cost?", "Polly costs 4 crowns a page", "Lex costs 9 crowns a page"),
        ("What is in the harbour?", "Boats and a crane", "No fish is sold on Mondays"),
    ],
)
def test_the_same_or_something_else_is_none(question, one, other):
    assert disagreeing(evidence(question, one, other)) is None


def test_one_note_does_not_disagree_with_itself():
    pair = ("When?", "It opens at 6 on weekdays", "It opens at 8 on weekdays")
    assert disagreeing(evidence(*pair))
    assert disagreeing(evidence(*pair, same=True)) is None


def test_a_sentence_far_from_the_question_does_not_count():
    pair = ("When?", "It opens at 6 on weekdays", "It opens at 8 on weekdays")
    assert disagreeing(evidence(*pair, low=0.3)) is None


def test_without_sentences_nobody_disagrees():
    assert disagreeing(Evidence("When?", (), (), 0.0)) is None
