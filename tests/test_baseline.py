"""What is usual in a library is measured of that library, and a question is judged by it."""

import json
import math
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import astuple, replace

import numpy as np
import pytest
from fakes import make_chunk, make_note, make_state

from commands import ingestion
from rag import index_wiring as wiring
from rag.answer_wiring import build_assistant
from rag.answers.writers import NoModel
from rag.index_wiring import build_reader, build_retriever, open_store
from rag.retrieval import HybridRetriever
from rag.search.baseline import (
    ASKED,
    HIGH,
    USUAL,
    USUAL_HIGH,
    baseline,
    general_questions,
    high,
    is_due,
    languages,
    measure,
    pool,
)
from rag.search.confidence import SHIPPED, Confidence, load
from rag.store.catalog import Catalog
from rag.types import Evidence, Role, Status, Support

LANGUAGES = {
    "English": "The cell is the smallest unit of life, and in it the energy is won by a chain.\n",
    "German": "Die Zelle ist die kleinste Einheit des Lebens, und in ihr wird Energie gewonnen.\n",
    "French": "La cellule est la plus petite unité de la vie, et elle produit une énergie.\n",
    "Spanish": "La célula es la unidad más pequeña de la vida, y en ella se produce la energía.\n",
}
OTHER_SCRIPTS = {
    "Russian": "Клетка является наименьшей единицей жизни. Ядро хранит наследственность.\n",
    "Korean": "세포는 생명의 가장 작은 단위이다. 핵은 유전 정보를 보관한다.\n",
    "Arabic": "الخلية هي أصغر وحدة في الحياة. النواة تحفظ المادة الوراثية.\n",
    "Japanese": "細胞は生命の最小単位です。核は遺伝情報を保持しています。\n",
    "Hindi": "कोशिका जीवन की सबसे छोटी इकाई है। केंद्रक आनुवंशिक जानकारी रखता है।\n",
}


@pytest.fixture
def catalog(tmp_path):
    opened = Catalog(tmp_path / "catalog.sqlite3")
    yield opened
    opened.close()


def fill(catalog, count, text="words"):
    """So many notes of one passage, in place of what there is."""
    catalog.delete(list(catalog.states()))
    for number in range(count):
        path = f"/notes/{number:03}.md"
        chunk = replace(make_chunk(text, path=path), id=path)
        catalog.replace(make_note(path, text), make_state(), [chunk], [(path, b"")])


class Scripted:
    """Retriever and reader in one: each question in turn finds as much, or fails so."""

    def __init__(self, *found):
        self._found = found
        self.asked = []

    def retrieve(self, question, _scope=None):
        self.asked.append(question)
        found = self._found[(len(self.asked) - 1) % len(self._found)]
        if isinstance(found, BaseException):
            raise found
        return []

    def read(self, question, hits):
        found = self._found[(len(self.asked) - 1) % len(self._found)]
        return Evidence(question, tuple(hits), (), found)


def measured(catalog, *found):
    scripted = Scripted(*found)
    measure(catalog, scripted, scripted)
    return scripted.asked


# What is kept


def test_the_medians_of_what_is_found_are_kept(catalog):
    """By hand: the middle one of three that come as often; each figure by itself."""
    fill(catalog, 3)
    asked = measured(catalog, Support(0.1, 0.5), Support(0.9, 0.2), Support(0.3, 0.3))
    assert len(asked) == ASKED
    assert baseline(catalog) == Support(0.3, 0.3)


def test_a_few_questions_that_are_answered_after_all_do_not_move_it(catalog):
    fill(catalog, 3)
    measured(catalog, *[Support(0.3, 0.2)] * 9, Support(1.5, 0.9))
    assert baseline(catalog) == Support(0.3, 0.2)


def test_it_is_read_back_to_the_last_digit_after_a_restart(catalog):
    fill(catalog, 3)
    measured(catalog, Support(1 / 3, 2 / 3))
    catalog.close()
    with closing(Catalog(catalog.path)) as again:
        assert baseline(again) == Support(1 / 3, 2 / 3)


def test_a_library_that_was_not_measured_has_what_is_usual_elsewhere(catalog):
    assert baseline(catalog) == USUAL
    fill(catalog, 3)
    assert baseline(catalog) == USUAL


def test_where_no_question_finds_a_sentence_nothing_is_learned_and_nothing_tried_again(catalog):
    """Nought would make anything look well supported. Notes of headings alone are such."""
    fill(catalog, 3, "# A heading")
    measured(catalog, Support())
    assert baseline(catalog) == USUAL
    assert not is_due(catalog)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), MemoryError(), RuntimeError("it broke")])
def test_a_measuring_that_is_cut_short_leaves_what_was_measured_before(catalog, failure):
    fill(catalog, 3)
    measured(catalog, Support(0.3, 0.2))
    with pytest.raises(type(failure)):
        measured(catalog, *[Support(0.9, 0.9)] * (ASKED - 1), failure)
    assert baseline(catalog) == Support(0.3, 0.2)


# When it is measured


@pytest.mark.parametrize(
    ("before", "now", "due"),
    [
        (100, 100, False),
        (100, 109, False),
        (100, 112, True),
        (100, 92, False),
        (100, 90, True),
        (1, 1, False),
        (1, 2, True),
        (9, 0, False),
    ],
)
def test_it_is_due_where_the_library_grew_or_shrank_by_a_tenth(catalog, before, now, due):
    fill(catalog, before)
    assert is_due(catalog)
    measured(catalog, Support(0.3, 0.2))
    fill(catalog, now)
    assert is_due(catalog) == due


def test_what_other_code_measured_is_used_and_measured_anew(catalog):
    fill(catalog, 3)
    measured(catalog, Support(0.3, 0.2))
    kept = json.loads(catalog.kept("baseline"))
    catalog.keep("baseline", json.dumps(kept | {"version": 0}))
    assert is_due(catalog)
    assert baseline(catalog) == Support(0.3, 0.2)


def test_what_few_general_questions_come_to_is_kept_too(catalog):
    assert high(catalog) == USUAL_HIGH
    fill(catalog, 3)
    measured(catalog, *(Support(n / 100, 0.0) for n in range(1, ASKED + 1)))
    assert high(catalog) == pytest.approx(np.quantile(np.arange(1, ASKED + 1) / 100, HIGH))


def test_an_empty_library_is_never_measured(catalog):
    assert not is_due(catalog)


# What is asked


def test_there_are_enough_questions_of_each_language_each_once():
    assert set(pool()) == set(LANGUAGES)
    for asked in pool().values():
        assert len(asked) >= ASKED
        assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("name", LANGUAGES)
def test_notes_are_asked_in_their_own_language(catalog, name):
    fill(catalog, 5, LANGUAGES[name])
    assert languages(catalog) == [name]
    asked = measured(catalog, Support(0.3, 0.2))
    assert len(asked) == ASKED
    assert set(asked) <= set(pool()[name])


def test_notes_in_two_languages_are_asked_in_both_alike(catalog):
    for number in range(10):
        text = LANGUAGES["English" if number % 2 else "German"]
        catalog.replace(make_note(f"/notes/{number}.md", text), make_state(), [], [])
    assert languages(catalog) == ["English", "German"]
    of = {question: name for name in pool() for question in pool()[name]}
    asked = Counter(of[question] for question in general_questions(languages(catalog)))
    assert asked == {"English": ASKED // 2, "German": ASKED // 2}


def test_a_language_of_few_of_the_notes_does_not_count(catalog):
    for number in range(20):
        text = LANGUAGES["English" if number % 10 == 0 else "French"]
        catalog.replace(make_note(f"/notes/{number:02}.md", text), make_state(), [], [])
    assert languages(catalog) == ["French"]


@pytest.mark.parametrize("text", [*OTHER_SCRIPTS.values(), "", "\n", "4711 0815", "🙂"])
def test_notes_of_no_language_that_is_known_are_asked_in_english(catalog, text):
    fill(catalog, 3, text)
    assert languages(catalog) == ["English"]


def test_without_notes_english_is_all_there_is(catalog):
    assert languages(catalog) == ["English"]


def test_the_questions_are_spread_over_the_pool_and_the_same_each_time():
    asked = general_questions(["German"])
    places = [pool()["German"].index(question) for question in asked]
    assert len(asked) == ASKED
    assert places == sorted(set(places))
    assert places[-1] - places[0] >= 0.7 * len(pool()["German"])
    assert general_questions(["German"]) == asked


# An ingest, with the real embedding model


@pytest.fixture
def root(tmp_path):
    """A folder for notes, empty."""
    path = tmp_path / "notes"
    path.mkdir()
    return path


@pytest.fixture
def count(monkeypatch):
    """How often a library was measured."""
    calls = []

    def spy(*things):
        calls.append(things)
        measure(*things)

    monkeypatch.setattr(wiring, "measure", spy)
    return lambda: len(calls)


def write(root, count, text="# Oven {0}\n\nOven number {0} is heated to {0}0 degrees.\n"):
    for path in root.glob("*.md"):
        path.unlink()
    for number in range(count):
        (root / f"{number:03}.md").write_text(text.format(number), encoding="utf-8")


def run(settings, root):
    *_, report = ingestion.ingest(settings, str(root), allow_deletions=True)
    return report


@contextmanager
def opened(settings):
    with closing(open_store(settings)) as store:
        yield store


def usual(settings):
    with opened(settings) as store:
        return baseline(store.index.catalog)


def test_an_ingest_gives_a_small_library_a_baseline_of_its_own(root, settings, count):
    write(root, 3)
    run(settings, root)
    found = usual(settings)
    assert count() == 1
    assert found != USUAL
    assert 0 < found.best < USUAL.best
    assert 0 < found.sentence < USUAL.sentence
    with opened(settings) as store:
        kept = json.loads(store.index.catalog.kept("baseline"))
    assert (kept["passages"], kept["median"]) == (3, list(astuple(found)))


def test_it_is_the_median_of_what_the_library_says_to_the_questions(root, settings):
    """Searched, packed and read as any question is."""
    write(root, 3)
    run(settings, root)
    with opened(settings) as store:
        retriever, reader = build_retriever(settings, store, (Role.NOTE,)), build_reader(store)
        found = [
            reader.read(one, retriever.retrieve(one)).support
            for one in general_questions(["English"])
        ]
        bests = sorted(support.best for support in found)
        assert bests[23] <= baseline(store.index.catalog).best <= bests[24]


def test_an_ingest_that_changes_little_measures_nothing(root, settings, count):
    write(root, 20)
    run(settings, root)
    first = usual(settings)
    assert run(settings, root).unchanged == 20
    write(root, 21)
    assert run(settings, root).new == 1
    assert (count(), usual(settings)) == (1, first)


def test_an_ingest_after_which_there_is_more_or_less_measures_anew(root, settings, count):
    write(root, 10)
    run(settings, root)
    write(root, 14)
    run(settings, root)
    assert count() == 2
    write(root, 10)
    run(settings, root)
    assert count() == 3


def test_an_ingest_of_unchanged_notes_measures_a_library_that_was_not(root, settings, count):
    """One of before there was such a thing."""
    write(root, 3)
    run(settings, root)
    with opened(settings) as store, store.index.catalog.transaction() as db:
        db.execute("DELETE FROM meta WHERE key = 'baseline'")
    assert usual(settings) == USUAL
    assert run(settings, root).unchanged == 3
    assert count() == 2
    assert usual(settings) != USUAL


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("it broke")])
def test_an_ingest_that_is_killed_in_the_measuring_loses_nothing(
    root, settings, failure, monkeypatch
):
    write(root, 5)
    run(settings, root)
    before = usual(settings)
    write(root, 15, "# Kiln {0}\n\nKiln number {0} bakes bricks at {0}00 degrees.\n")
    asked = []

    def killed(retriever, question, *scope):
        asked.append(question)
        if len(asked) > ASKED // 2:
            raise failure
        return retrieve(retriever, question, *scope)

    retrieve = HybridRetriever.retrieve
    with monkeypatch.context() as patch, pytest.raises(type(failure)):
        patch.setattr(HybridRetriever, "retrieve", killed)
        run(settings, root)
    assert len(asked) == ASKED // 2 + 1
    with opened(settings) as store:
        catalog = store.index.catalog
        assert baseline(catalog) == before
        assert is_due(catalog)
        assert catalog.counts() == (15, 15)
        assert {chunk.text.split()[1] for chunk in catalog.all_chunks()} == {"Kiln"}
        assert catalog.is_sound()
        assert store.index.is_whole()
        assert ask(settings, store, "How hot is kiln number 7?").status is Status.EXTRACTIVE
    assert run(settings, root).unchanged == 15
    assert usual(settings) != before


def test_a_first_ingest_that_is_killed_in_the_measuring_is_gone_on_with(
    root, settings, monkeypatch
):
    write(root, 5)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(HybridRetriever, "retrieve", killed)
        run(settings, root)
    assert usual(settings) == USUAL
    report = run(settings, root)
    assert (report.unchanged, report.embedded) == (5, 0)
    assert usual(settings) != USUAL


def ask(settings, store, question):
    return build_assistant(settings, store, lambda: [NoModel()]).ask(question)


NOTHING_MUCH = {
    "one note": ["# Oven\n\nIt is heated to 200 degrees.\n"],
    "one word": ["oven\n"],
    "headings alone": ["# Oven\n", "# Kiln\n"],
    "empty": ["", "\n\n", "---\ntags: [a]\n---\n"],
    "one empty among others": ["", "The oven is heated to 200 degrees.\n"],
    "numbers": ["1 2 3\n", "4 5 6\n"],
    "a quiz alone": ["## Quiz\n\nQ: How hot is an oven?\nA: 200 degrees.\n"],
}


@pytest.mark.parametrize("how", [*NOTHING_MUCH, *OTHER_SCRIPTS])
def test_notes_that_teach_little_stop_neither_an_ingest_nor_a_question(how, root, settings):
    texts = NOTHING_MUCH.get(how) or [OTHER_SCRIPTS[how]] * 2
    for number, text in enumerate(texts):
        (root / f"{number}.md").write_text(text, encoding="utf-8")
    report = run(settings, root)
    assert all(map(math.isfinite, astuple(usual(settings))))
    assert usual(settings) != Support()
    assert run(settings, root).embedded == 0
    with opened(settings) as store:
        assert not is_due(store.index.catalog)
        if report.chunks:
            far = ask(settings, store, "Which moons does the planet Neptune have?")
            assert far.status is Status.REFUSED


@pytest.mark.parametrize("texts", [NOTHING_MUCH["empty"], NOTHING_MUCH["headings alone"]])
def test_a_library_without_a_sentence_falls_back_to_what_is_usual_elsewhere(texts, root, settings):
    for number, text in enumerate(texts):
        (root / f"{number}.md").write_text(text, encoding="utf-8")
    run(settings, root)
    assert usual(settings) == USUAL


def test_a_german_library_is_asked_german_questions(root, settings, monkeypatch):
    texts = (
        "Der Backofen wird auf {0}0 Grad vorgeheizt, und der Teig ruht für {0} Stunden.",
        "Die Besprechung mit Frau Weber ist am {0}. Mai, und wir sind im Raum {0}.",
    )
    for number in range(6):
        text = f"# Notiz {number}\n\n{texts[number % 2].format(number)}\n"
        (root / f"{number}.md").write_text(text, encoding="utf-8")
    asked = []
    retrieve = HybridRetriever.retrieve

    def spy(retriever, question, *scope):
        asked.append(question)
        return retrieve(retriever, question, *scope)

    monkeypatch.setattr(HybridRetriever, "retrieve", spy)
    run(settings, root)
    assert asked == general_questions(["German"])
    with opened(settings) as store:
        found = ask(settings, store, "Auf wie viel Grad wird der Backofen vorgeheizt?")
        assert found.status is Status.EXTRACTIVE
        assert ask(settings, store, "Welche Monde hat der Neptun?").status is Status.REFUSED


# What it is for

FACT = "# Oven\n\nFor rye bread the oven is first heated to 250 degrees.\n"
ASKED_FOR = "How hot is the oven for rye bread?"


def test_the_same_find_is_an_answer_in_one_library_and_refused_in_another(tmp_path, settings):
    """Both hold the same note. In the other one whatever is asked finds as much, and more."""
    found = {}
    for name, others in (("small", []), ("encyclopedia", general_questions(["English"]))):
        own = settings.model_copy(update={"home": tmp_path / name})
        folder = tmp_path / f"{name} notes"
        folder.mkdir()
        (folder / "oven.md").write_text(FACT)
        for number, other in enumerate(others):
            (folder / f"{number}.md").write_text(f"# Asked\n\nSomebody asked: {other}\n")
        run(own, folder)
        with opened(own) as store:
            hits = build_retriever(own, store, (Role.NOTE,)).retrieve(ASKED_FOR)
            evidence = build_reader(store).read(ASKED_FOR, hits)
            found[name] = (
                evidence.sentences[0].text,
                evidence.support.sentence,
                ask(own, store, ASKED_FOR),
            )
    (one, near, answered), (other, as_near, refused) = found.values()
    assert one == other
    assert near == pytest.approx(as_near, abs=1e-4)
    assert (answered.status, refused.status) == (Status.EXTRACTIVE, Status.REFUSED)
    assert answered.confidence > refused.confidence


def test_the_higher_what_is_usual_the_less_is_answered():
    found, shipped = Support(0.9, 0.6), load(SHIPPED)
    chances = [
        Confidence(shipped, 5, lambda level=level: Support(level, level)).of_search(found).chance
        for level in (0.0, 0.2, 0.4, 0.6)
    ]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[-1]


def test_whoever_is_answering_judges_by_what_the_last_ingest_measured(root, settings):
    """A page is open for weeks, and the library grows under it."""
    write(root, 3)
    run(settings, root)
    with opened(settings) as store:
        assistant = build_assistant(settings, store, lambda: [NoModel()])
        before = assistant.ask("How hot is oven number 2?")
        store.index.catalog.keep("baseline", json.dumps({"passages": 3, "median": [1.4, 0.9]}))
        after = assistant.ask("How hot is oven number 2?")
    assert (before.status, after.status) == (Status.EXTRACTIVE, Status.REFUSED)
    assert before.confidence > after.confidence
