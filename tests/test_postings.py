"""BM25 read out of the full text's index: the scores that FTS5 itself gives."""

import numpy as np
import pytest
from fakes import make_chunk, make_note, make_state
from hypothesis import given
from hypothesis import strategies as st

from rag.store.catalog import PUT_CHUNK, SCHEMA, SCHEMA_VERSION, put_note, row_of
from rag.store.database import Database
from rag.store.fulltext import FullText, Postings, forget_words, index_note
from rag.store.lexical import best

TEXTS = {
    1: ("a model learns from data, and a model is tuned", "Training", "Machine learning"),
    2: ("models", "Model cards", "SageMaker"),
    5: ("state-of-the-art data; C++ and trainTestSplit", "Data, data, data", "Notes on data"),
    6: ("--- ***", "", ""),
    9: ("data " * 200, "Long", "Long"),
    10: ("model " + "word " * 17_000, "Longer", "Longer"),
    11: ("模型学习数据", "数据", "Notes"),
}
PHRASES = ('"model"', '"data"', '"state-of-the-art"', '"c"', '"long"', '"nowhere"', '"train"')


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    opened = Database(tmp_path_factory.mktemp("db") / "c.sqlite3", SCHEMA, SCHEMA_VERSION)
    FullText(opened)
    with opened.writing() as connection:
        for slot, (text, heading, title) in TEXTS.items():
            path = f"/notes/{slot}.md"
            put_note(connection, make_note(path, title=title), make_state(), [])
            row = row_of(make_chunk(text, heading, path=path))
            connection.execute(PUT_CHUNK, (slot, "key", 0, *row))
            index_note(connection, path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def postings(db):
    return Postings(db)


def by_fts5(db, phrase):
    query = (
        "SELECT rowid, -bm25(chunks_fts, 1.0, 2.0, 0.5, 1.0) "
        "FROM chunks_fts WHERE chunks_fts MATCH ?"
    )
    return db.rows(query, (phrase,))


def scores(postings, phrase):
    slots, found = postings.scores(phrase)
    return list(zip(slots.tolist(), found.tolist(), strict=True))


@pytest.mark.parametrize("phrase", PHRASES)
def test_the_scores_are_those_of_fts5_to_the_last_digit(db, postings, phrase):
    assert scores(postings, phrase) == by_fts5(db, phrase)
    assert (phrase == '"nowhere"') == (not scores(postings, phrase))


@pytest.mark.parametrize("word", ["数据", "学", "c++", "don't", "train_test"])
def test_so_are_those_of_what_is_not_one_term(db, postings, word):
    (phrase,) = FullText(db).phrases(word)
    assert scores(postings, phrase) == by_fts5(db, phrase)


def test_they_heed_what_has_been_forgotten_since(db, postings):
    before = scores(postings, '"model"')
    with db.writing() as connection:
        forget_words(connection, [2])
    after = scores(postings, '"model"')
    with db.writing() as connection:
        index_note(connection, "/notes/2.md")
    assert after != before == scores(postings, '"model"')
    assert [slot for slot, _ in after] == [1, 10]


def test_an_empty_library_holds_no_phrase(tmp_path):
    opened = Database(tmp_path / "c.sqlite3", SCHEMA, SCHEMA_VERSION)
    FullText(opened)
    assert scores(Postings(opened), '"model"') == []
    opened.close()


@given(
    st.dictionaries(st.integers(1, 99), st.sampled_from([0.5, 1.0, 2.0, 3.5])), st.integers(0, 9)
)
def test_the_best_come_first_and_of_equals_the_lower_slot(given_scores, k):
    slots = np.array([*given_scores], np.int64)
    ordered = sorted(given_scores.items(), key=lambda item: (-item[1], item[0]))
    assert best(slots, np.array([*given_scores.values()]), k) == ordered[:k]
