"""The answer cache: what was asked before is not asked again, unless anything has changed."""

from dataclasses import replace

import pytest
from conftest import ROOT
from fakes import (
    MemoryIndex,
    ScriptedAnswerer,
    WordEmbedder,
    make_chunk,
    make_confidence,
    make_note,
    make_state,
)

from rag.answering import ChatAnswerer
from rag.answers.answer_cache import FILE, AnswerCache, CachedAnswerer, Replayed, key_of, normalised
from rag.assistant import Assistant
from rag.code import sources
from rag.errors import ModelError
from rag.retrieval import HybridRetriever
from rag.search.evidence import EvidenceReader
from rag.types import AskOptions, Chunk, Evidence, Finished, Found, Hit, Status, Style, Token
from rag.wiring import load_cached_answerer

CLARIFY = make_chunk("- Explains biases in a dataset\n- Debugs predictions", "Clarify")
QUESTION = "What explains biases in a dataset?"
PIECES = ("Clarify explains ", "biases [1].")


@pytest.fixture
def cache(tmp_path) -> AnswerCache:
    return AnswerCache(tmp_path)


def evidence(question: str = QUESTION, chunk: Chunk = CLARIFY) -> Evidence:
    return Evidence(question, (Hit(chunk, 1.0, 0.5),), (), 1.0)


def assistant(answerer, chunk: Chunk = CLARIFY) -> Assistant:
    embedder, index = WordEmbedder(), MemoryIndex()
    index.replace(make_note(), make_state(), [chunk], embedder.embed_documents([chunk.text]))
    retriever, reader = HybridRetriever(index, embedder), EvidenceReader(index, embedder)
    return Assistant(
        retriever, reader, lambda: answerer, confidence=make_confidence(), question_chars=2000
    )


def asked(answerer: CachedAnswerer, question: str = QUESTION, **changes: object) -> str:
    return "".join(answerer.stream(evidence(question, replace(CLARIFY, **changes)), ()))


def test_the_same_question_is_answered_at_once_with_the_same_answer_and_it_is_told(cache):
    scripted = ScriptedAnswerer(*PIECES)
    asking = assistant(CachedAnswerer(scripted, cache, ""))
    first = asking.ask(QUESTION)
    found, _, _, token, finished = asking.stream("  what explains BIASES in a dataset ")
    assert isinstance(found, Found)
    assert isinstance(finished, Finished)
    assert token == Token("".join(PIECES))
    again = finished.answer
    assert (first.cached, again.cached) == (False, True)
    assert (again.text, again.citations, again.status) == (
        first.text,
        first.citations,
        Status.ANSWERED,
    )
    assert again.model == "a script"
    assert 0 < again.timings.sources <= again.timings.first_token <= again.timings.total
    assert len(scripted.asked) == 1


def test_an_edited_note_is_read_again(cache):
    scripted = ScriptedAnswerer(*PIECES)
    answerer = CachedAnswerer(scripted, cache, "")
    assistant(answerer).ask(QUESTION)
    edited = replace(CLARIFY, text=CLARIFY.text.replace("Debugs", "Monitors"))
    assert not assistant(answerer, edited).ask(QUESTION).cached
    assert len(scripted.asked) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"question": "What debugs predictions?"},
        {"text": "- Explains biases"},
        {"headings": ("Studio",)},
        {"context": "| tool | use |"},
        {"id": "in another note"},
    ],
)
def test_whatever_an_answer_depends_on_makes_it_another(cache, change):
    scripted = ScriptedAnswerer(*PIECES)
    answerer = CachedAnswerer(scripted, cache, "")
    asked(answerer)
    asked(answerer, **change)
    assert len(scripted.asked) == 2
    asked(answerer)
    assert len(scripted.asked) == 2


def test_so_do_style_model_settings_and_the_code_that_asks(monkeypatch):
    short, steps = (key_of(evidence(), style, "a") for style in (Style.SHORT, Style.STEPS))
    assert len({short, steps, key_of(evidence(), Style.SHORT, "b")}) == 3
    monkeypatch.setattr("rag.answers.answer_cache.code_digest", lambda: "another prompt")
    assert key_of(evidence(), Style.SHORT, "a") != short


def test_the_code_that_asks_is_all_of_rag_in_whichever_package_it_lies():
    names = {path.relative_to(ROOT).as_posix() for path in sources()}
    assert {"rag/prompts.py", "rag/search/packing.py", "rag/answers/citations.py"} <= names
    assert all(name.startswith("rag/") for name in names)


def test_another_model_or_other_settings_are_asked_themselves(cache):
    one, other = ScriptedAnswerer(*PIECES), ScriptedAnswerer("Something else [1].")
    other.model = "another script"
    asked(CachedAnswerer(one, cache, "tokens 600"))
    assert asked(CachedAnswerer(other, cache, "tokens 600")) == "Something else [1]."
    asked(CachedAnswerer(one, cache, "tokens 900"))
    assert len(one.asked) == 2


def test_a_style_reaches_the_cache(cache):
    scripted = ScriptedAnswerer(*PIECES)
    asking = assistant(CachedAnswerer(scripted, cache, ""))
    asking.ask(QUESTION)
    assert not asking.ask(QUESTION, options=AskOptions(style=Style.LIST)).cached
    assert asking.ask(QUESTION, options=AskOptions(style=Style.LIST)).cached


def test_an_answer_that_is_asked_for_anew_is_written_anew_and_kept(cache):
    scripted = ScriptedAnswerer(*PIECES)
    asking = assistant(CachedAnswerer(scripted, cache, ""))
    asking.ask(QUESTION)
    assert not asking.ask(QUESTION, options=AskOptions(fresh=True)).cached
    assert len(scripted.asked) == 2
    assert asking.ask(QUESTION).cached


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("What is S3?", " what  is s3 ", True),
        ("What is S3?!", "What is S3", True),
        ("Ｗhat is S3", "What is S3", True),  # noqa: RUF001 (as wide as an ideograph)
        ("What is S3?", "What is EC2?", False),
        ("What is C?", "What is C++?", False),
        ("What is C?", "What is C#?", False),
    ],
)
def test_questions_that_are_the_same_but_for_their_looks_are_one(left, right, same):
    assert (normalised(left) == normalised(right)) == same


# What is not kept


def test_an_answer_that_fails_is_not_kept(cache):
    failing = CachedAnswerer(ScriptedAnswerer("Clarify ", failure="gone"), cache, "")
    for _ in range(2):
        with pytest.raises(ModelError, match="gone"):
            asked(failing)
    answer = assistant(failing).ask(QUESTION)
    assert (answer.status, answer.cached) == (Status.INTERRUPTED, False)


def test_an_answer_that_is_stopped_is_not_kept_and_its_model_is_stopped(cache):
    scripted = ScriptedAnswerer(*PIECES)
    stream = CachedAnswerer(scripted, cache, "").stream(evidence(), ())
    assert next(stream) == PIECES[0]
    stream.close()
    assert scripted.closed
    assert asked(CachedAnswerer(scripted, cache, "")) == "".join(PIECES)
    assert len(scripted.asked) == 2


@pytest.mark.parametrize("text", ["Clarify explains …", "", " \n"])
def test_an_answer_that_was_cut_or_is_none_is_not_kept(cache, text):
    scripted = ScriptedAnswerer(text)
    for _ in range(2):
        asked(CachedAnswerer(scripted, cache, ""))
    assert len(scripted.asked) == 2


def test_a_model_that_may_say_something_else_each_time_is_asked_each_time(
    settings, store, monkeypatch
):
    for temperature, kept in ((0.7, False), (None, False), (0.0, True)):
        chat = type("Chat", (), {"temperature": temperature})()
        answerer = ChatAnswerer(chat, "a model", lambda texts: [1] * len(texts), 600)
        monkeypatch.setattr("rag.wiring.load_answerer", lambda *_, one=answerer: one)
        loaded = load_cached_answerer(settings, store)
        assert isinstance(loaded, CachedAnswerer) == kept
    off = settings.model_copy(update={"answer_cache": False})
    assert load_cached_answerer(off, store) is answerer


def test_the_notes_own_sentences_are_not_kept_since_they_cost_nothing(settings, store):
    load_cached_answerer(settings, store)
    assert not (settings.home / FILE).exists()


# The file


def test_what_was_not_asked_for_the_longest_makes_room(tmp_path):
    cache = AnswerCache(tmp_path, most=3)
    for key in "abc":
        cache.put(key, key.upper())
    assert cache.get("a") == "A"
    cache.put("d", "D")
    assert [cache.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    cache.put("c", "other")
    assert [cache.get(key) for key in "acd"] == ["A", "other", "D"]


def test_another_process_finds_what_was_kept(cache, tmp_path):
    cache.put("a", "A")
    assert AnswerCache(tmp_path).get("a") == "A"
    cache.clear()
    assert AnswerCache(tmp_path).get("a") is None


def test_a_file_that_is_damaged_or_none_costs_no_answer(cache, tmp_path):
    cache.put("a", "A")
    (tmp_path / FILE).write_bytes(b"no database at all" * 1000)
    assert cache.get("a") is None
    cache.put("a", "A")
    assert cache.get("a") == "A"
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is wanted")
    nowhere = AnswerCache(blocked)
    nowhere.put("a", "A")
    assert nowhere.get("a") is None
    nowhere.clear()


def test_a_replayed_answer_is_closed_like_any_other(cache):
    stream = Replayed("A")
    assert list(stream) == ["A"]
    assert list(stream) == []
