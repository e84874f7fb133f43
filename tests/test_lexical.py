"""Search by words: misspelt ones, signs, humps, and scripts that put no blanks between words."""

import sqlite3

import pytest
from fakes import make_chunk, make_note, make_state
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.store.catalog import Catalog
from rag.store.lexical import _MOST_MATCHES
from rag.text.words import SHORTEST, content_words, spelling_key, unseen
from rag.types import Role, Scope

ROLES = tuple(Role)


@pytest.fixture
def catalog(tmp_path):
    opened = Catalog(tmp_path / "catalog.sqlite3", is_word={"bread", "bias"}.__contains__)
    yield opened
    opened.close()


def put(catalog, *texts, path="/notes/n.md", heading="", **note):
    chunks = [make_chunk(text, heading, path=path) for text in texts]
    catalog.replace(
        make_note(path, **note), make_state(), chunks, [(chunk.id, b"") for chunk in chunks]
    )


def found(catalog, question, k=9, scope=Scope()):
    return [c.text for c, _ in catalog.search(content_words(question), k, ROLES, scope)]


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("automatic tuning", "Automatic model tunning"),  # the note is misspelt
        ("can it visualise data", "explore, vizualize and preview"),
        ("batch inference", "passing to infererence"),
        ("tunning", "Tuning of models"),  # and here the question
        ("what is infrence", "Deployment for inference"),
        ("hyperparamters", "choose the hyperparameters"),
        ("hyeprparameter", "choose the hyperparameters"),
        ("aceppt the licence", "to accept a license"),
        ("nference", "Deployment for inference"),
        ("behaviour", "the behavior of a model"),
    ],
)
def test_a_word_is_found_misspelt_on_either_side(catalog, asked, written):
    put(catalog, "something else entirely", written, "and more of that")
    assert found(catalog, asked) == [written]


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("sage maker", "SageMaker trains models"),
        ("sage maker", "sagemaker trains models"),
        ("groundtruth", "Ground Truth labels data"),
        ("trainTestSplit", "call train_test_split first"),
        ("train test split", "call trainTestSplit first"),
        ("train_test_split", "call train_test_split(x, y) first"),
        ("XML parser", "an XMLParser reads it"),
        ("Estimator", "fit a SageMaker.Estimator"),
        ("SageMaker.Estimator", "fit a SageMaker.Estimator"),
        ("--dry-run", "pass --dry-run to see"),
        ("hyperparam", "choose the hyperparameters"),
        ("Strasse", "die Straße"),
        ("file", "a \N{LATIN SMALL LIGATURE FI}le from a PDF"),
        ("Éléments", "the elements of a set"),
        ("elements", "les éléments d'un ensemble"),
    ],
)
def test_names_are_found_whole_and_by_part(catalog, asked, written):
    put(catalog, "something else entirely", written, "what is split or trained or true or a test")
    assert found(catalog, asked)[0] == written


def test_a_name_with_a_sign_is_another_one(catalog):
    put(catalog, "C is old", "C++ has classes", "C# has a runtime", "F# is functional")
    assert found(catalog, "what is C++?") == ["C++ has classes"]
    assert found(catalog, "what is c#?") == ["C# has a runtime"]
    assert catalog.lexical.document_frequencies(["c++", "f#"]) == {"c++": 1, "f#": 1}
    put(catalog, "plain C only")
    assert found(catalog, "what is C++?") == ["plain C only"]


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("東京の天気は?", "明日の東京は晴れ、天気は良い"),
        ("データの偏り", "モデルは\uff83\uff9e\uff70\uff80から学ぶ"),
        ("车", "电动车很贵"),
        ("什么是机器学习", "监督式机器学习需要标签"),
        ("서울은 어디?", "대한민국의 수도는 서울이다"),
        ("ค่าใช้จ่ายเท่าไร", "บริการนี้มีค่าใช้จ่ายสูง"),
    ],
)  # fmt: skip
def test_a_script_without_blanks_is_found_by_its_characters(catalog, asked, written):
    put(catalog, "something else", "無関係な文", "无关的句子", "ไม่เกี่ยวกัน", written)
    assert found(catalog, asked)[0] == written


GERMAN = "Die Auswirkung des Calvin-Zyklus ist groß, und er findet in den Häusern der Zellen statt."
FRENCH = "La réaction se déroule dans le noyau, et les journaux généraux en ont mangé les éléments."
SPANISH = (
    "La función de las células es muy importante, y los científicos la estudiaron en las raíces."
)


@pytest.mark.parametrize("written", [GERMAN, FRENCH, SPANISH])
@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("Auswirkungen", GERMAN),
        ("Haus", GERMAN),
        ("Zelle", GERMAN),
        ("réactions", FRENCH),
        ("reaction", FRENCH),
        ("journal", FRENCH),
        ("général", FRENCH),
        ("dérouler", FRENCH),
        ("manger", FRENCH),
        ("élément", FRENCH),
        ("funciones", SPANISH),
        ("célula", SPANISH),
        ("estudiar", SPANISH),
    ],
)
def test_other_forms_of_a_word_are_found_in_each_language(catalog, asked, spoken, written):
    """Alone, and in a library of two languages."""
    put(catalog, written)
    put(catalog, "The notes that are in English have training, and other things.", path="/n/e.md")
    assert found(catalog, asked) == ([written] if written == spoken else [])
    assert len(found(catalog, "trained")) == 1


def test_a_word_is_looked_up_by_its_stem_in_each_language_of_the_notes(catalog):
    frequencies = catalog.lexical.document_frequencies
    put(catalog, "The nations of the world are in the Haus.", path="/notes/english.md")
    assert frequencies(["nation", "hauser"]) == {"nation": 1, "hauser": 0}
    put(catalog, "Die Nationen und die Häuser sind in ihr, und das ist neu.", path="/notes/d.md")
    assert frequencies(["nation", "nations", "hauser"]) == {"nation": 2, "nations": 2, "hauser": 2}
    assert len(found(catalog, "nations")) == 2
    catalog.delete(["/notes/d.md"])
    assert frequencies(["nation", "hauser"]) == {"nation": 1, "hauser": 0}


def test_no_chunk_counts_a_word_twice_for_two_languages(catalog):
    """Where its stems are equal, and where a chunk holds both: then the higher score counts."""
    put(catalog, "What is said of the insulin and of running is in here.", path="/notes/english.md")
    put(catalog, "Das Insulin ist in der Zelle, und run und running auch.", path="/notes/d.md")
    database = sqlite3.connect(catalog.path)

    def by_fts5(stem):
        query = "SELECT rowid, -bm25(chunks_fts, 1, 2, 0.5, 1) FROM chunks_fts WHERE chunks_fts = ?"
        return dict(database.execute(query, (stem,)).fetchall())

    run, running = by_fts5("run"), by_fts5("running")
    (german,) = running
    assert german in run
    highest = {slot: max(score, running.get(slot, 0)) for slot, score in run.items()}
    for paths in (None, ["/notes/english.md", "/notes/d.md"]):
        assert dict(catalog.lexical.search(["running"], 9, ROLES, paths)) == highest
        assert dict(catalog.lexical.search(["insulin"], 9, ROLES, paths)) == by_fts5("insulin")
    assert dict(catalog.lexical.search(["running"], 9, ROLES, ["/notes/d.md"])) == {
        german: highest[german]
    }
    database.close()


def test_a_word_that_is_one_is_no_misspelling(catalog):
    put(catalog, "a broad view", "a base")
    assert found(catalog, "bread") == []
    assert catalog.lexical.corrected("Is bread good?") == "Is bread good?"


def test_a_word_that_stands_in_the_notes_is_not_corrected(catalog):
    put(catalog, "modal verbs", "model training", "the statue stands", "state of the art")
    assert found(catalog, "modal") == ["modal verbs"]
    assert catalog.lexical.corrected("modal or statue?") == "modal or statue?"


def test_codes_and_short_words_are_what_they_are(catalog):
    put(catalog, "ml.m4.large", "port 8443", "a cat sat")
    assert found(catalog, "m5x 8444 car") == []


def test_a_question_is_corrected_as_the_notes_spell_it(catalog):
    put(catalog, "Hyperparameters of inference", "inference again", "infernal")
    asked = "What is (infrence), hyperparamters and bias?"
    assert catalog.lexical.corrections(asked) == {
        "infrence": "inference",
        "hyperparamters": "hyperparameters",
    }
    assert catalog.lexical.corrected(asked) == "What is (inference), hyperparameters and bias?"
    assert catalog.lexical.corrected("Infrence?") == "inference?"


@pytest.mark.parametrize(
    "asked",
    [
        "Wo findet der Calvin-Zyklus statt?",
        "Was sind die Auswirkungen der Infrenz?",
        "Où est la infrence ?",
        "statt infrence2",
        "What does Infrence do?",  # a name
        "What is InfrEnce or INFRENCE?",
        "run infrence() or `infrence` or my.infrence or infrence_now",
        "what is train_tset_split",
        "während überhaupt",
    ],
)
def test_names_code_and_other_languages_are_left_as_they_are(catalog, asked):
    put(catalog, "The state of the start is in inference, infer it.", "call train_test_split")
    put(catalog, "The aftermath of the weekend is what it is, and overhaul it.", path="/n/more.md")
    assert catalog.lexical.corrected(asked) == asked
    assert catalog.lexical.corrections(asked) == {}


def test_in_other_languages_only_long_words_are_taken_for_misspelt(catalog):
    """No embedding model's tokenizer knows all their words; accents come from the notes."""
    put(catalog, "La définition de la respiration est dans les conduits de la cellule.")
    ask = catalog.lexical.corrected
    assert ask("Quelle est la défintion de la respiraton ?") == (
        "Quelle est la définition de la respiration ?"
    )
    assert ask("Que produit la cellulle ?") == "Que produit la cellule ?"
    assert ask("Quels sont les produits de la vision ?") == "Quels sont les produits de la vision ?"


def test_german_nouns_are_no_names(catalog):
    put(catalog, "Die Photosynthese findet in der Pflanze statt, und nicht in der Nacht.")
    asked = "Wo findet die Fotosynthese statt?"
    assert catalog.lexical.corrected(asked) == "Wo findet die photosynthese statt?"
    assert catalog.lexical.corrected("What is Photosynthesys?") == "What is Photosynthesys?"


def test_a_correction_is_never_a_word_of_notes_that_have_gone(catalog):
    put(catalog, "inference")
    put(catalog, "something else")
    assert catalog.lexical.corrected("infrence") == "infrence"
    assert found(catalog, "infrence") == []


def test_filters_hold_for_words(catalog):
    put(catalog, "bias in one", path="/notes/one.md")
    put(catalog, "bias in two", path="/notes/two.md")
    assert found(catalog, "bias", scope=Scope(notes=("two.md",))) == ["bias in two"]
    assert set(found(catalog, "bias")) == {"bias in one", "bias in two"}


def test_few_notes_are_found_however_many_others_hold_the_word(catalog):
    """The first look takes the best of all, and none of them may be in scope."""
    put(catalog, *(f"bias {n}" for n in range(300)), path="/notes/many.md")
    put(catalog, f"bias {'and much more ' * 50}", path="/notes/one.md")
    assert len(found(catalog, "bias", k=5, scope=Scope(notes=("one.md",)))) == 1
    assert len(found(catalog, "bias", k=5)) == 5


def test_in_a_large_library_rare_words_decide_and_common_ones_still_find(catalog, monkeypatch):
    monkeypatch.setattr("rag.store.lexical._MOST_MATCHES", 20)
    assert _MOST_MATCHES > 1000
    put(catalog, *(f"model number{n}" for n in range(40)), "model of bias")
    assert found(catalog, "model bias", k=1) == ["model of bias"]
    assert len(found(catalog, "model", k=30)) == 30
    assert len(found(catalog, "model bias", k=30)) == 30


@pytest.mark.parametrize("kept", [("n1.md", "n2.md"), ("n1.md", "n11.md"), ("n12.md",)])
def test_in_a_small_scope_the_same_is_found_as_everywhere_and_no_more(catalog, kept):
    """Whether its passages stand in a row in the tables or not."""
    for number in range(14):
        put(catalog, f"bias n{number}.md", f"model n{number}.md", path=f"/notes/n{number}.md")
    everywhere = found(catalog, "model bias", k=99)
    inside = found(catalog, "model bias", k=99, scope=Scope(notes=kept))
    assert len(everywhere) == 28
    assert inside == [text for text in everywhere if text.split()[1] in kept]


def test_a_small_scope_is_known_by_roles_and_anew_once_it_has_changed(catalog):
    for number in range(9):
        put(catalog, f"bias {number}", path=f"/notes/n{number}.md")
    scope = Scope(notes=("n2.md",))
    assert found(catalog, "bias", scope=scope) == ["bias 2"]
    assert catalog.search(["bias"], 9, (Role.QUIZ,), scope) == []
    put(catalog, "bias 2", "more bias", path="/notes/n2.md")
    assert set(found(catalog, "bias", scope=scope)) == {"bias 2", "more bias"}


def test_how_many_passages_hold_a_word_follows_every_change(catalog):
    """Also one by another process, and whatever else has been counted."""
    other = Catalog(catalog.path)
    for count, writer in enumerate((catalog, other, catalog), 1):
        put(writer, f"bias {count}", path=f"/notes/n{count}.md")
        many = [f"word{number}" for number in range(50)]
        assert catalog.lexical.document_frequencies(["bias", *many])["bias"] == count
        assert catalog.lexical.document_frequencies(["bias"]) == {"bias": count}
        assert len(found(catalog, "bias")) == count
    other.close()


@pytest.mark.parametrize("version", ["", "2"])
def test_an_older_catalog_is_made_searchable_anew(tmp_path, version):
    """As ones of former versions left it: nothing is read or embedded again."""
    path = tmp_path / "catalog.sqlite3"
    first = Catalog(path)
    put(first, "Automatic model tunning", title="SageMaker", heading="Tools")
    put(first, GERMAN, path="/notes/deutsch.md")
    first.close()
    database = sqlite3.connect(path)
    database.executescript(
        "DELETE FROM meta WHERE key = 'lexical'; DROP TABLE vocabulary; DROP TABLE chunks_fts;"
        "DROP INDEX notes_by_facts; CREATE VIRTUAL TABLE chunks_fts USING fts5 "
        "(body, headings, title, tokenize = 'porter unicode61 remove_diacritics 2');"
        "CREATE TABLE vocabulary (word TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;"
    )
    if version:
        database.execute("INSERT INTO meta VALUES ('lexical', ?)", (version,))
        database.commit()
    database.close()
    again = Catalog(path)
    for asked in ("tuning", "tools", "sagemaker", "sage maker"):
        assert found(again, asked) == ["Automatic model tunning"]
    assert found(again, "Auswirkungen") == [GERMAN]
    again.close()


WORDS = st.text("abcde", min_size=5, max_size=10)


@given(WORDS, st.data())
@settings(max_examples=20)
def test_every_single_edit_is_within_reach(tmp_path_factory, word, data):
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("xyz"))
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    edited = (word[:at] + word[at + 1 :], word[:at] + letter + word[at:], swapped)
    catalog = Catalog(tmp_path_factory.mktemp("edit") / "catalog.sqlite3")
    put(catalog, f"say {word}")
    for wrong in (*edited, word[:at] + letter + word[at + 1 :]):
        if len(wrong) >= SHORTEST and wrong != word:
            assert found(catalog, wrong) == [f"say {word}"]
    catalog.close()


def test_common_misspellings_share_a_key_and_other_words_do_not():
    for one, other in (("tunning", "tuning"), ("vizualize", "visualise"), ("colour", "color")):
        assert spelling_key(one) == spelling_key(other)
    words = "model modal metal medal train drain static statistic predict product".split()
    assert len({spelling_key(word) for word in words}) == len(words)


@given(st.text())
def test_any_text_can_be_indexed_and_asked_for(text):
    assert all(part and not part.isspace() for part in unseen(text))
