"""CRIB_LLM -> a model in this process, by its name in the catalogue or by its path."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from fakes import make_hit
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.utils import convert_to_messages

from commands.ingestion import ingest
from ingest.types import Report
from rag.answer_wiring import build_assistant, build_prompter, load_writers
from rag.answers.writers import UNLIKELY, ChatWriter
from rag.chat_models.factory import DirectModel, context_of, load_direct, local_chat
from rag.chat_models.llama import LlamaChat, LlamaEngine
from rag.config import Settings
from rag.errors import ModelError, ModelMissingError, ModelServerError
from rag.index_wiring import Store
from rag.prompts import REFUSAL, SMALL, prefix
from rag.types import Evidence, Finished, Message, Role, Status, Token


def settings(llm: str, **more: Any) -> Settings:
    return Settings(llm=llm, **more)


def test_a_local_model_that_is_not_here_is_answered_with_the_command(tmp_path):
    with pytest.raises(ModelMissingError, match=r"run: crib models pull qwen2\.5-coder-1\.5b"):
        local_chat(settings("local", cache=tmp_path))
    with pytest.raises(ModelMissingError, match=r"no model is called 'qwen9'.*qwen2\.5-coder"):
        local_chat(settings("local:qwen9"))


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


CUT = r"cut short or damaged.*fetch it again"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is no GGUF file"),
        (b"GG", "it is no GGUF file"),
        (b"<!DOCTYPE html>" * 100, "it is no GGUF file"),
        (b"GGUF", CUT),
        (b"GGUF\x03\0\0\0" + b"\xff" * 16 + b"\0" * 1000, CUT),
        (b"GGUF\x63\0\0\0" + b"\0" * 5000, CUT),
        (b"GGUF\x03" + bytes(11) + (1).to_bytes(8, "little") + b"\xff" * 99, CUT),
    ],
)
def test_a_file_that_is_no_model_or_damaged_is_one_line(tmp_path, data, says):
    """And the process goes on: llama.cpp gives up on it without ending it."""
    path = tmp_path / "broken.gguf"
    path.write_bytes(data)
    chat = LlamaChat(path=path, states=tmp_path / "states", context=512, threads=1)
    with pytest.raises(ModelError, match=rf"llama\.cpp cannot load .*broken\.gguf: .*{says}"):
        chat.load()


@pytest.mark.slow
def test_the_real_model_answers_from_the_note_and_cites_the_line(store: Store):
    """End to end: the note that ships, the default model, and the default settings."""
    chosen = settings("local")
    *_, report = ingest(chosen, str(ROOT / "notes"))
    assert isinstance(report, Report)
    ready = build_assistant(chosen, store, load_writers(chosen), roles=(Role.NOTE,))
    *events, finished = ready.stream("Which tool prepares data with SQL support?")
    assert isinstance(finished, Finished)
    assert len([event for event in events if isinstance(event, Token)]) > 1
    answer = finished.answer
    assert answer.status is Status.ANSWERED
    assert "Data Wrangler" in answer.text
    assert answer.usage
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
    ready = build_assistant(chosen, store, load_writers(chosen), roles=(Role.NOTE,))
    answer = ready.ask("What does Jumpstart offer? A. Labels by people B. A public hub of models")
    assert answer.text.startswith("B. A public hub of models [1]")
    assert "A public hub of most known models" in answer.citations[0].quote
    told = ready.ask("What does Jumpstart cost an hour? A. $0.10 B. $1 C. $5")
    assert told.status is Status.REFUSED


@pytest.mark.slow
def test_the_real_model_doubts_what_the_passages_do_not_say_more_than_what_they_do(store: Store):
    chosen = settings("local")
    (writer,) = load_writers(chosen)()
    prompter = build_prompter(chosen, store)
    hit = make_hit("- A web IDE for notebooks\n- part of SageMaker Studio", "JupyterLab")
    questions = ("Of what is JupyterLab a part?", "How much does JupyterLab cost?")
    prompts = (prompter.messages(Evidence(one, (hit,)), (hit,), SMALL) for one in questions)
    scores = [writer.score(one, (REFUSAL,)) for one in prompts]
    said, unsaid = (math.exp(score[0]) for score in scores if score)
    assert 0 <= said < 0.5 < unsaid <= 1


def test_the_first_tokens_of_the_model_in_the_process_come_with_their_chances(tmp_path):
    """As llama.cpp sends them: the token it took, and the likeliest ones beside it."""

    class Scripted(LlamaEngine):
        async def events(self, request):
            self.request = request
            likely = [{"token": "Not", "logprob": -0.2}, {"token": "It", "logprob": -1.9}]
            chances = {"content": [{"token": "Not", "logprob": -0.2, "top_logprobs": likely}]}
            yield {"choices": [{"delta": {"role": "assistant"}}]}
            yield {"choices": [{"delta": {"content": "Not"}, "logprobs": chances}]}
            yield {"choices": [{"delta": {}, "finish_reason": "length"}]}

        def slot(self, action, name):
            return False

    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    chat = LlamaChat(path=path, states=tmp_path, context=100, threads=1)
    chat._engine = engine = Scripted(None, "")
    assert chat.first_tokens(convert_to_messages(prefix())) == {"Not": -0.2, "It": -1.9}
    assert engine.request["max_tokens"] == 1
    assert len(engine.request["messages"]) == len(prefix())
    writer = ChatWriter(chat, "a model", first_tokens=chat.first_tokens)
    assert writer.score(prefix(), (REFUSAL, "Yes")) == pytest.approx([-0.2, UNLIKELY])


QUESTION = [Message("user", "?")]


def scores(tokens: dict[str, float] | None, *texts: str) -> Sequence[float] | None:
    """Of texts, by a model whose first tokens are these."""
    tell = None if tokens is None else lambda _: tokens
    chat = GenericFakeChatModel(messages=iter([]))
    return ChatWriter(chat, "a model", first_tokens=tell).score(QUESTION, texts)


@pytest.mark.parametrize(
    ("token", "begins"),
    [
        ("Not", (REFUSAL,)),
        (" not", (REFUSAL,)),
        ("No", ("No",)),
        ("NO", ("No",)),
        ("N", ()),
        ("Nothing", ()),
        ("yes", ("Yes",)),
        (" B", ("B",)),
        ("Be", ()),
        (" ", ()),
        ("", ()),
    ],
)
def test_a_first_token_tells_what_it_begins_for_sure(token, begins):
    """Three letters of a longer text, or the whole of a shorter one."""
    texts = (REFUSAL, "Yes", "No", "A", "B")
    found = scores({token: math.log(0.5)}, *texts)
    assert found == pytest.approx([math.log(0.5) if one in begins else UNLIKELY for one in texts])


def test_the_chances_of_all_tokens_that_begin_a_text_add_up():
    tokens = {"Yes": math.log(0.5), " yes": math.log(0.25), "YES": math.log(0.2), "No": -9.0}
    assert scores(tokens, "Yes", "No") == pytest.approx([math.log(0.95), -9.0])
    assert scores(None, "Yes", "No") is None  # nobody tells


def test_a_model_in_the_process_forgets_what_it_was_asked_and_one_on_a_server_is_left_alone():
    class Local(GenericFakeChatModel):
        def read_ahead(self, messages: Sequence[BaseMessage]) -> None:
            read.append(messages)

    read: list[Sequence[BaseMessage]] = []
    writer = ChatWriter(Local(messages=iter([])), "a model")
    writer.start_over()
    writer.start_over([Message("system", "Be brief.")])
    assert [len(messages) for messages in read] == [len(prefix()), 1]
    assert (read[1][0].type, read[1][0].text) == ("system", "Be brief.")
    ChatWriter(GenericFakeChatModel(messages=iter([])), "a model").start_over()


# Asked directly

PROMPT = [("system", "Be brief."), ("human", "Hello?"), ("ai", "Yes?"), ("human", "Who is it?")]


class Recording(GenericFakeChatModel):
    """Remembers what it was asked."""

    def _stream(self, messages, *args, **kwargs):
        self.metadata = {"asked": [(one.type, one.text) for one in messages]}
        return super()._stream(messages, *args, **kwargs)


def test_a_model_that_is_asked_directly_gets_the_messages_as_they_are():
    chat = Recording(messages=iter([AIMessage(" It is the  postman.\n")]))
    assert DirectModel(chat, "a model").ask(PROMPT, 20) == "It is the  postman."
    assert chat.metadata == {"asked": PROMPT}
    with pytest.raises(ModelServerError, match="a model failed"):
        DirectModel(GenericFakeChatModel(messages=iter([])), "a model").ask(PROMPT, 20)


def test_the_first_model_that_can_be_asked_directly_is_taken():
    """Why the first of all cannot is said where none can."""
    with pytest.raises(ModelError, match="takes a language model; set CRIB_LLM to local"):
        load_direct(settings("none"))
    with pytest.raises(ModelError, match=r"no file /none\.gguf"):
        load_direct(settings("local:/none.gguf"))
    chosen = settings("local:/none.gguf,openai:gpt-none", llm_api_key="x")
    assert "gpt-none" in load_direct(chosen).title
