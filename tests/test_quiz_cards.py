"""Exports of flashcards, as their readers read them, are cases too."""

import pytest
from test_reader_apkg import old_schema, zipped

from commands.quiz.extract import search


@pytest.fixture
def found(tmp_path):
    """What is found in a file of this name with these bytes, as plain values."""

    def look(name, data):
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return [
            (case.origin.start_line, case.origin.form, case.question, case.references)
            for case in search(tmp_path).cases
        ]

    return look


def test_a_deck_of_anki(found):
    """A cloze is filled in by its reader, so that it is asked about as a statement."""
    assert found("deck.apkg", zipped(anki2=old_schema().serialize())) == [
        (1, "card", "What is drift?", ("a change",)),
        (6, "card", "What does Clarify explain?", ("bias",)),
        (10, "card", "What is bias?", ("A skew & a slant of data",)),
    ]


def test_rows_under_a_header_whatever_the_order_of_its_columns(found):
    rows = 'answer;no;question\n"S3; the\nstore";1;Where do objects go?\nLambda;2;What runs code?\n'
    assert found("deck.csv", rows) == [
        (2, "card", "Where do objects go?", ("S3; the store",)),
        (4, "card", "What runs code?", ("Lambda",)),
    ]


def test_rows_without_a_header(found):
    assert found("deck.tsv", "RLHF\tlearning from people\n\nCanvas\tno code\n") == [
        (1, "card", "What does RLHF mean?", ("learning from people",)),
        (3, "card", "What is Canvas?", ("no code",)),
    ]


def test_a_table_of_data_is_no_quiz(found):
    assert found("costs.csv", "service,cost\nS3,3\nEC2,40\n") == []


def test_a_page_and_an_outline_have_quizzes_too(found):
    page = "<h1>Notes</h1><p>a = b</p><h2>Quiz</h2><p>S3 = a store of objects</p>"
    ((_, form, question, answers),) = found("page.html", page)
    assert (form, question, answers) == (
        "term = definition",
        "What is S3?",
        ("a store of objects",),
    )


def test_an_outline_of_org(found):
    outline = "* Notes\na = b\n* Quiz\nS3 = a store of objects\n#+begin_src\nx = y\n#+end_src\n"
    assert found("outline.org", outline) == [
        (4, "term = definition", "What is S3?", ("a store of objects",))
    ]
