"""The answer cache: what was asked before is not asked again, unless anything has changed."""

import math
from dataclasses import replace

import pytest
from conftest import ROOT
from fakes import (
    MemoryIndex,
    ScriptedWriter,
    WordEmbedder,
    make_chunk,
    make_confidence,
    make_note,
    make_state,
)
from model_server import model_server, refuses, says

from rag.answer_wiring import load_writers, what_matters
from rag.answers.answer_cache import CACHE_FILE, AnswerCache, CachedWriter, code_files
from rag.answers.writers import ChatWriter, NoModel, kept
from rag.assistant import Assistant
from rag.errors import ModelError
from rag.prompts import CUT, REFUSAL, SMALL, Prompter
from rag.retrieval import HybridRetriever
from rag.search.evidence import EvidenceReader
from rag.types import AskOptions, Chunk, Evidence, Finished, Found, Hit, Status, Style, Token

CLARIFY = make_chunk("- Explains biases in a dataset\n- Debugs predictions", "Clarify")
QUESTION = "What explains biases in a dataset?"
PIECES = ("Clarify explains ", "biases [1].")
PROMPTER = Prompter(WordEmbedder().count_tokens, 600)
FIRST = (REFUSAL, "Yes", "No")
CERTAIN = {REFUSAL: math.log(0.01), "Yes": math.log(0.02), "No": math.log(0.01)}
DOUBTING = {REFUSAL: math.log(0.97), "Yes": math.log(0.01), "No": math.log(0.01)}
FRESH = AskOptions(fresh=True)


@pytest.fixture
def cache(tmp_path) -> AnswerCache:
    return AnswerCache(tmp_path)


def assistant(writers, chunk: Chunk = CLARIFY) -> Assistant:
    """One whose notes are a single passage."""
    embedder, index = WordEmbedder(), MemoryIndex()
    note = make_note(chunk.note_path)
    index.replace(note, make_state(), [chunk], embedder.embed_documents([chunk.text]))
    retriever, reader = HybridRetriever(index, embedder), EvidenceReader(index, embedder)
    return Assistant(
        retriever,
        reader,
        writers,
        confidence=make_confidence(),
        prompter=PROMPTER,
        question_chars=2000,
    )


def asking(writer, chunk: Chunk = CLARIFY) -> Assistant:
    return assistant(lambda: [writer], chunk)


def prompt(question: str = QUESTION, style: Style = Style.SHORT, **changes: object):
    """What a model is told of a question and a passage."""
    hits = (Hit(replace(CLARIFY, **changes), 1.0, 0.5),)
    return PROMPTER.messages(Evidence(question, hits), hits, SMALL, style)


def asked(writer: CachedWriter, question: str = QUESTION, **changes: object) -> str:
    return "".join(writer.generate(prompt(question, **changes), 200))


def test_the_same_question_is_answered_at_once_with_the_same_answer_and_it_is_told(cache):
    scripted = ScriptedWriter(*PIECES)
    ready = asking(CachedWriter(scripted, cache, ""))
    first = ready.ask(QUESTION)
    found, _, _, token, finished = ready.stream(f"  {QUESTION.replace(' ', '  ')} ")
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
    scripted = ScriptedWriter(*PIECES)
    writer = CachedWriter(scripted, cache, "")
    asking(writer).ask(QUESTION)
    edited = replace(CLARIFY, text=CLARIFY.text.replace("Debugs", "Monitors"))
    assert not asking(writer, edited).ask(QUESTION).cached
    assert len(scripted.asked) == 2


def test_what_is_kept_is_cited_where_it_stands_now(cache):
    """The same words in another note, further down: a model would say the same of them."""
    writer = CachedWriter(ScriptedWriter(*PIECES), cache, "")
    asking(writer).ask(QUESTION)
    moved = replace(CLARIFY, note_path="/notes/other.md", start_line=7, end_line=8)
    answer = asking(writer, moved).ask(QUESTION)
    assert answer.cached
    assert [one.location for one in answer.citations] == ["/notes/other.md:7"]


@pytest.mark.parametrize(
    "change",
    [
        {"question": "What debugs predictions?"},
        {"question": QUESTION.casefold()},
        {"style": Style.STEPS},
        {"text": "- Explains biases"},
        {"headings": ("Studio",)},
    ],
)
def test_whatever_an_answer_depends_on_makes_it_another(cache, change):
    scripted = ScriptedWriter(*PIECES)
    writer = CachedWriter(scripted, cache, "")
    asked(writer)
    asked(writer, **change)
    assert len(scripted.asked) == 2
    asked(writer)
    assert len(scripted.asked) == 2


def test_so_does_what_a_row_of_a_table_is_read_with(cache):
    scripted = ScriptedWriter(*PIECES)
    writer = CachedWriter(scripted, cache, "")
    for context in ("| tool | use |", "| tool | fault |", ""):
        asked(writer, text="| Clarify | biases |", context=context)
    assert len(scripted.asked) == 3


def test_so_does_the_code_that_asks(cache, monkeypatch):
    scripted = ScriptedWriter(*PIECES)
    writer = CachedWriter(scripted, cache, "")
    asked(writer)
    monkeypatch.setattr("rag.answers.answer_cache.code_digest", lambda: "another prompt")
    asked(writer)
    assert len(scripted.asked) == 2


def test_the_code_that_asks_is_all_of_rag_in_whichever_package_it_lies():
    names = {path.relative_to(ROOT).as_posix() for path in code_files()}
    assert {"rag/prompts.py", "rag/retrieval.py", "rag/answers/composing.py"} <= names
    assert all(name.startswith("rag/") for name in names)


def test_another_model_or_other_settings_are_asked_themselves(cache):
    one, other = ScriptedWriter(*PIECES), ScriptedWriter("Something else [1].")
    other.name = "another script"
    asked(CachedWriter(one, cache, "tokens 600"))
    assert asked(CachedWriter(other, cache, "tokens 600")) == "Something else [1]."
    asked(CachedWriter(one, cache, "tokens 900"))
    assert len(one.asked) == 2


@pytest.mark.parametrize("llm", ["local:{}", "local:{},none"])
def test_so_is_another_file_of_the_same_name(settings, tmp_path, llm):
    path = tmp_path / "mine.gguf"
    chosen = settings.model_copy(update={"llm": llm.format(path)})
    path.write_bytes(b"GGUF")
    before = what_matters(chosen)
    assert what_matters(chosen) == before
    path.write_bytes(b"GGUF, other weights")
    assert what_matters(chosen) != before


def test_a_style_reaches_the_cache(cache):
    ready = asking(CachedWriter(ScriptedWriter(*PIECES), cache, ""))
    ready.ask(QUESTION)
    assert not ready.ask(QUESTION, options=AskOptions(style=Style.LIST)).cached
    assert ready.ask(QUESTION, options=AskOptions(style=Style.LIST)).cached


def test_an_answer_that_is_asked_for_anew_is_written_anew_and_kept(cache):
    scripted = ScriptedWriter(*PIECES, likely=CERTAIN)
    ready = asking(CachedWriter(scripted, cache, ""))
    ready.ask(QUESTION)
    scripted._pieces = ("It explains biases [1].",)
    fresh = ready.ask(QUESTION, options=FRESH)
    assert (fresh.text, fresh.cached) == ("It explains biases [1].", False)
    assert (len(scripted.asked), len(scripted.scored)) == (2, 4)  # before and after it writes
    again = ready.ask(QUESTION)
    assert (again.text, again.cached) == (fresh.text, True)
    assert (len(scripted.asked), len(scripted.scored)) == (2, 4)


def test_a_model_on_a_server_is_asked_once_and_told_to_have_been(settings):
    """As the page and the command line load it, one of several."""
    lists = refuses(200, '{"data": [{"id": "big"}]}')
    other = says("It explains biases [1].")
    with model_server(lists, says(*PIECES), lists, lists, other) as server:
        chosen = settings.model_copy(update={"llm": "openai:big,none", "llm_base_url": server.url})
        first, again = (
            assistant(load_writers(chosen, cached=True)).ask(QUESTION) for _ in range(2)
        )
        assert [one.cached for one in (first, again)] == [False, True]
        assert (again.text, again.model) == (first.text, "openai:big")
        fresh = assistant(load_writers(chosen, cached=True)).ask(QUESTION, options=FRESH)
    assert (fresh.text, fresh.cached) == ("It explains biases [1].", False)
    assert len(server.asked) == 2


# What a model says of what it would write


def test_what_a_model_scored_is_kept_once_it_wrote(cache):
    scripted = ScriptedWriter(*PIECES, likely=CERTAIN)
    writer = CachedWriter(scripted, cache, "")
    told = [writer.score(prompt(), FIRST) for _ in range(2)]
    assert len(scripted.scored) == 2
    asked(writer)
    for one in (writer, CachedWriter(scripted, cache, "")):
        told.append(one.score(prompt(), FIRST))
    assert len(scripted.scored) == 2
    assert told == [[CERTAIN[one] for one in FIRST]] * 4
    writer.score(prompt(), ("A", "B"))
    writer.score(prompt("What debugs predictions?"), FIRST)
    assert len(scripted.scored) == 4


def test_what_a_model_scored_before_it_failed_or_was_stopped_is_not_kept(cache):
    scripted = ScriptedWriter("Clarify ", failure="gone", likely=CERTAIN)
    writer = CachedWriter(scripted, cache, "")
    writer.score(prompt(), FIRST)
    stopped = writer.generate(prompt(), 200)
    next(stopped)
    stopped.close()
    writer.score(prompt(), FIRST)
    with pytest.raises(ModelError, match="gone"):
        asked(writer)
    writer.score(prompt(), FIRST)
    assert len(scripted.scored) == 3


def test_a_question_that_a_model_doubts_is_put_to_it_again_the_next_time(cache):
    scripted = ScriptedWriter(*PIECES, likely=DOUBTING)
    ready = asking(CachedWriter(scripted, cache, ""))
    assert [ready.ask(QUESTION).status for _ in range(2)] == [Status.REFUSED] * 2
    assert (len(scripted.scored), scripted.asked) == (2, [])


def test_one_that_does_not_tell_how_likely_it_would_say_what_goes_on_not_telling(cache):
    writer = CachedWriter(ScriptedWriter(*PIECES), cache, "")
    assert writer.score(prompt(), FIRST) is None
    asked(writer)
    assert writer.score(prompt(), FIRST) is None


# What is not kept


def test_an_answer_that_fails_is_not_kept(cache):
    failing = CachedWriter(ScriptedWriter("Clarify ", failure="gone"), cache, "")
    for _ in range(2):
        with pytest.raises(ModelError, match="gone"):
            asked(failing)
    answer = asking(failing).ask(QUESTION)
    assert (answer.status, answer.cached) == (Status.INTERRUPTED, False)


def test_an_answer_that_is_stopped_is_not_kept_and_its_model_is_stopped(cache):
    scripted = ScriptedWriter(*PIECES)
    stream = CachedWriter(scripted, cache, "").generate(prompt(), 200)
    assert next(stream) == PIECES[0]
    stream.close()
    assert scripted.closed
    assert asked(CachedWriter(scripted, cache, "")) == "".join(PIECES)
    assert len(scripted.asked) == 2


@pytest.mark.parametrize(
    "text", [f"Clarify explains {CUT}", "", " \n", REFUSAL, f"{REFUSAL} They are on Clarify [1]."]
)
def test_an_answer_that_was_cut_or_is_none_or_a_refusal_is_not_kept(cache, text):
    scripted = ScriptedWriter(text, likely=CERTAIN)
    for _ in range(2):
        writer = CachedWriter(scripted, cache, "")
        writer.score(prompt(), FIRST)
        assert asked(writer) == text
    assert (len(scripted.asked), len(scripted.scored)) == (2, 2)


def test_a_refusal_is_asked_for_again_and_shown_as_one_each_time(cache):
    scripted = ScriptedWriter("Not in ", "the notes.")
    ready = asking(CachedWriter(scripted, cache, ""))
    answers = [ready.ask(QUESTION) for _ in range(2)]
    assert [(one.status, one.cached) for one in answers] == [(Status.REFUSED, False)] * 2
    assert len(scripted.asked) == 2


def test_a_model_that_may_say_something_else_each_time_is_asked_each_time(settings, monkeypatch):
    for temperature, is_kept in ((0.7, False), (None, False), (0.0, True)):
        chat = type("Chat", (), {"temperature": temperature})()
        writer = ChatWriter(chat, "a model")
        monkeypatch.setattr("rag.answer_wiring._writer", lambda *_, one=writer: one)
        (choice,) = load_writers(settings, cached=True)()
        assert isinstance(choice.loaded(), CachedWriter) == is_kept
    off = settings.model_copy(update={"answer_cache": False})
    for loaded in (load_writers(off, cached=True), load_writers(settings)):
        assert loaded()[0].loaded() is writer


def test_the_notes_own_sentences_are_not_kept_since_they_cost_nothing(settings):
    (choice,) = load_writers(settings, cached=True)()
    assert isinstance(choice.loaded(), NoModel)
    assert not (settings.home / CACHE_FILE).exists()


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
    (tmp_path / CACHE_FILE).write_bytes(b"no database at all" * 1000)
    assert cache.get("a") is None
    cache.put("a", "A")
    assert cache.get("a") == "A"
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is wanted")
    nowhere = AnswerCache(blocked)
    nowhere.put("a", "A")
    assert nowhere.get("a") is None
    nowhere.clear()


def test_what_was_kept_is_one_piece_and_is_closed_like_any_other():
    stream = kept("A")
    assert stream.cached
    assert list(stream) == ["A"]
    assert list(stream) == []
    stream.close()
