"""CRIB_LLM -> a model in this process, by its name in the catalogue or by its path."""

from pathlib import Path

import pytest
from conftest import ROOT
from fakes import make_hit

from commands.ingestion import ingest
from ingest.types import Report
from rag.answering import prefix
from rag.chat_models.llama import LlamaChat
from rag.config import Settings
from rag.errors import ModelError, ModelMissingError
from rag.llm import context_of, local_chat
from rag.types import Evidence, Finished, Role, Status, Support, Token
from rag.wiring import Store, build_assistant, load_answerer


def settings(llm: str, **more: object) -> Settings:
    return Settings(llm=llm, **more)


def test_a_local_model_that_is_not_in_the_catalogue_is_named_with_those_that_are():
    with pytest.raises(
        ModelMissingError, match=r"no model is called 'qwen9'.*qwen2\.5-coder-1\.5b"
    ):
        local_chat(settings("local:qwen9"))


def test_a_local_model_that_is_not_here_is_answered_with_the_command(tmp_path):
    with pytest.raises(ModelMissingError, match=r"run: crib models pull qwen2\.5-coder-1\.5b"):
        local_chat(settings("local", cache=tmp_path))


def test_a_gguf_file_may_be_named_by_its_path(tmp_path):
    path = tmp_path / "mine.gguf"
    with pytest.raises(ModelMissingError, match="no file"):
        local_chat(settings(f"local:{path}"))
    path.write_bytes(b"GGUF")
    chat, title = local_chat(settings(f"local:{path}"))
    assert (chat.path, title) == (path, "mine")


def test_the_context_holds_prompt_and_answer_and_may_be_larger():
    assert context_of(settings("local", prompt_tokens=600)) > 800
    assert context_of(settings("local", prompt_tokens=600, llm_context=8192)) == 8192
    assert context_of(settings("local", prompt_tokens=9000, llm_context=1024)) > 9200


def llama(path: Path) -> LlamaChat:
    return LlamaChat(path=path, states=path.parent / "states", context=512, threads=1)


@pytest.mark.parametrize("data", [b"", b"GG", b"no model at all" * 100, b"<!DOCTYPE html>"])
def test_a_file_that_is_no_model_is_one_line(tmp_path, data):
    path = tmp_path / "broken.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"llama\.cpp cannot load .*broken\.gguf: it is no GGUF"):
        llama(path).load()


@pytest.mark.parametrize(
    "data",
    [
        b"GGUF",
        b"GGUF\x03\0\0\0" + b"\xff" * 16 + b"\0" * 1000,
        b"GGUF\x63\0\0\0" + b"\0" * 5000,
        b"GGUF\x03\0\0\0" + (0).to_bytes(8, "little") + (1).to_bytes(8, "little") + b"\xff" * 99,
    ],
)
def test_a_model_that_was_cut_short_or_damaged_is_one_line(tmp_path, data):
    """And the process goes on: llama.cpp gives up on it without ending it."""
    path = tmp_path / "cut.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"cannot load .*cut short or damaged.*fetch it again"):
        llama(path).load()


@pytest.mark.slow
def test_the_real_model_that_was_cut_short_is_one_line(tmp_path):
    whole, _ = local_chat(settings("local"))
    path = tmp_path / "cut.gguf"
    with whole.path.open("rb") as file:
        path.write_bytes(file.read(20_000_000))
    with pytest.raises(ModelError, match=r"cannot load .*cut short or damaged"):
        llama(path).load()


@pytest.mark.slow
def test_the_real_model_answers_from_the_note_and_cites_the_line(store: Store):
    """End to end: the note that ships, the default model, and the default settings."""
    chosen = settings("local")
    *_, report = ingest(chosen, str(ROOT / "notes"))
    assert isinstance(report, Report)
    answerer = load_answerer(chosen, store)
    ready = build_assistant(chosen, store, lambda: answerer, roles=(Role.NOTE,))
    *events, finished = ready.stream("Which tool prepares data with SQL support?")
    assert isinstance(finished, Finished)
    assert len([event for event in events if isinstance(event, Token)]) > 1
    answer = finished.answer
    assert answer.status is Status.ANSWERED
    assert "Data Wrangler" in answer.text
    assert answer.usage.prompt_tokens > 300
    assert 3 < answer.usage.completion_tokens < 200
    lines = (ROOT / "notes" / "sagemaker.md").read_text("utf-8").splitlines()
    heading = lines.index("### Data Wrangler")
    assert answer.citations
    for citation in answer.citations:
        path, _, line = citation.location.rpartition(":")
        assert citation.quote.splitlines()[0] in lines[int(line) - 1]
        assert heading < int(line) - 1 <= heading + 6
        assert Path(path) == ROOT / "notes" / "sagemaker.md"


@pytest.mark.slow
def test_the_real_model_takes_options_that_the_note_carries_and_refuses_the_rest(store: Store):
    chosen = settings("local")
    *_, report = ingest(chosen, str(ROOT / "notes"))
    assert isinstance(report, Report)
    answerer = load_answerer(chosen, store)
    ready = build_assistant(chosen, store, lambda: answerer, roles=(Role.NOTE,))
    answer = ready.ask("What does Jumpstart offer? A. Labels by people B. A public hub of models")
    assert answer.text.startswith("B. A public hub of models [1]")
    assert "A public hub of most known models" in answer.citations[0].quote
    told = ready.ask("What does Jumpstart cost an hour? A. $0.10 B. $1 C. $5")
    assert told.status is Status.REFUSED


@pytest.mark.slow
def test_the_real_model_doubts_what_the_passages_do_not_say_more_than_what_they_do(store: Store):
    answerer = load_answerer(settings("local"), store)
    hit = make_hit("- A web IDE for notebooks\n- part of SageMaker Studio", "JupyterLab")
    told, untold = (
        answerer.doubt(Evidence(question, (hit,), (), Support()), ())
        for question in ("Of what is JupyterLab a part?", "How much does JupyterLab cost?")
    )
    assert 0 <= told < 0.5 < untold <= 1


def test_the_first_tokens_of_the_model_in_the_process_come_with_their_chances():
    """As llama.cpp sends them: the token it took, and the likeliest ones beside it."""

    class Engine:
        async def events(self, request):
            self.request = request
            likely = [{"token": "Not", "logprob": -0.2}, {"token": "It", "logprob": -1.9}]
            told = {"content": [{"token": "Not", "logprob": -0.2, "top_logprobs": likely}]}
            yield {"choices": [{"delta": {"role": "assistant"}}]}
            yield {"choices": [{"delta": {"content": "Not"}, "logprobs": told}]}
            yield {"choices": [{"delta": {}, "finish_reason": "length"}]}

    chat = LlamaChat(path=Path("m.gguf"), states=Path("states"), context=100, threads=1)
    chat._engine = engine = Engine()
    assert chat.first_tokens(prefix()) == {"Not": -0.2, "It": -1.9}
    assert engine.request["max_tokens"] == 1
    assert len(engine.request["messages"]) == len(prefix())
