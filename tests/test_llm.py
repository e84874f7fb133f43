"""Settings -> a chat model that answers: on a server, hosted, or in this process."""

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from fakes import make_hit
from langchain_core.messages import BaseMessage
from loopback import serving

from ingest.types import Report
from ingestion import ingest
from rag.answering import prefix
from rag.config import Settings
from rag.errors import (
    ExtraMissingError,
    ModelError,
    ModelMissingError,
    ModelServerError,
)
from rag.llama import MAX_ANSWER_TOKENS, LlamaChat
from rag.llm import local_chat, named_chat, stays_here
from rag.types import Evidence, Finished, Role, Status, Support, Token
from rag.wiring import Store, build_assistant, load_answerer

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    """Nobody's own keys or proxies."""
    for name in (*KEYS, "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def settings(llm: str, **more: object) -> Settings:
    return Settings(llm=llm, **more)


# What is named


@pytest.mark.parametrize(
    ("llm", "error", "message"),
    [
        ("gpt", ModelError, r"CRIB_LLM='gpt' is not a model; use none, local, ollama:NAME"),
        ("nobody:x", ModelError, r"CRIB_LLM=nobody:x cannot be used: "),
        ("openai:gpt-5", ModelError, r"CRIB_LLM=openai:gpt-5 cannot be used: .*OPENAI_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_used_says_why_in_one_line(llm, error, message):
    with pytest.raises(error, match=message) as caught:
        named_chat(settings(llm))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("llm", "missing", "extra"),
    [
        ("openai:gpt-5", "langchain_openai", "'cribsheet[openai]'"),
        ("anthropic:claude", "langchain_anthropic", "'cribsheet[anthropic]'"),
        ("ollama:qwen3", "langchain_ollama", "'cribsheet[ollama]'"),
        ("ollama:qwen3", "langchain", "'cribsheet[ollama]'"),
        ("groq:llama", "langchain_groq", "langchain langchain-groq"),
    ],
)
def test_a_package_that_is_not_installed_is_answered_with_the_extra(
    monkeypatch, llm, missing, extra
):
    # LangChain keeps what it once imported, so that goes too.
    for name in [name for name in sys.modules if name.partition(".")[0] in {missing, "langchain"}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ExtraMissingError) as caught:
        named_chat(settings(llm))
    assert f"pip install {extra}" in str(caught.value)


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


def test_a_file_that_is_no_model_is_one_line(tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"no model at all" * 100)
    with pytest.raises(ModelError, match=r"llama\.cpp cannot load .*broken\.gguf"):
        LlamaChat(path=path, states=tmp_path / "states", context=512, threads=1).load()


@pytest.mark.parametrize(
    ("llm", "base_url", "stays"),
    [
        ("none", None, True),
        ("local", None, True),
        ("local:qwen2.5-coder-0.5b", None, True),
        ("ollama:qwen3", None, True),
        ("ollama:qwen3", "http://192.168.1.5:11434", False),
        ("openai:gpt-5", None, False),
        ("openai:mine", "http://127.0.0.1:8080/v1", True),
        ("openai:mine", "http://localhost:8080/v1", True),
        ("openai:mine", "http://[::1]:8080/v1", True),
        ("openai:mine", "https://api.example.com/v1", False),
        ("openai:mine", "http://localhost.evil.example/v1", False),
        ("openai:mine", "http://127.0.0.1@evil.example/v1", False),
        ("anthropic:claude", None, False),
    ],
)
def test_the_page_knows_whether_passages_leave_this_machine(llm, base_url, stays):
    assert stays_here(settings(llm, llm_base_url=base_url)) is stays


def test_ollama_is_asked_where_the_settings_say_and_nowhere_else(monkeypatch):
    """OLLAMA_HOST could name another machine, while the page says that nothing leaves this one."""
    monkeypatch.setenv("OLLAMA_HOST", "http://evil.example:11434")
    assert named_chat(settings("ollama:qwen3")).base_url == "http://localhost:11434"
    elsewhere = settings("ollama:qwen3", llm_base_url="http://127.0.0.1:1234")
    assert named_chat(elsewhere).base_url == "http://127.0.0.1:1234"


# A server that speaks OpenAI's language


@dataclass
class FakeServer:
    """Streams `pieces` as server-sent events, and remembers what it was sent."""

    url: str = ""
    pieces: tuple[str, ...] = ("Clarify explains ", "biases [1].")
    status: int = 200
    finish: str | None = "stop"
    silent: threading.Event | None = None
    asked: list[dict[str, object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one chat completion."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.asked.append(json.loads(body))
        self.keys.append(request.headers["Authorization"])
        if self.silent:
            self.silent.wait(30)
            return
        request.send_response(self.status)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        if self.status == 200:
            for piece in self.pieces:
                self._send(request, {"content": piece}, None)
            if self.finish:
                self._send(request, {}, self.finish)
                request.wfile.write(b"data: [DONE]\n\n")

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, delta: dict[str, str], reason: str | None) -> None:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": reason}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
        request.wfile.write(f"data: {json.dumps({**event, 'choices': [choice]})}\n\n".encode())
        request.wfile.flush()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    with serving(fake.answer) as url:
        fake.url = f"{url}/v1"
        yield fake
        if fake.silent:
            fake.silent.set()


EVIDENCE = Evidence("What explains biases?", (make_hit("Explains biases", "Clarify"),), (), 1.0)


def stream(server: FakeServer, store: Store, **more: object) -> Iterator[str]:
    chosen = settings("openai:fake", llm_base_url=server.url, **more)
    return load_answerer(chosen, store).stream(EVIDENCE, ())


def test_an_openai_compatible_server_is_asked_and_streams(server, store):
    assert list(stream(server, store)) == ["Clarify explains ", "biases [1]."]
    (asked,) = server.asked
    assert (asked["model"], asked["stream"], asked["temperature"]) == ("fake", True, 0.0)
    assert "Question: What explains biases?" in asked["messages"][-1]["content"]


def test_a_server_of_ones_own_needs_no_key_but_may_have_one(server, store):
    list(stream(server, store))
    list(stream(server, store, llm_api_key="secret"))
    assert server.keys == ["Bearer none", "Bearer secret"]


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_server_that_fails_is_asked_once_and_named_in_one_line(server, store, status):
    server.status = status
    with pytest.raises(ModelServerError, match=rf"^openai:fake failed: .*{status}") as caught:
        list(stream(server, store, llm_api_key="canary-key"))
    assert len(server.asked) == 1
    assert "canary-key" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_in_one_line(server, store):
    server.url = "http://127.0.0.1:9/v1"  # nobody listens on the discard port
    with pytest.raises(ModelServerError, match=r"^openai:fake failed: "):
        list(stream(server, store))


def test_a_server_that_says_nothing_is_not_waited_for_without_end(server, store):
    server.silent = threading.Event()
    with pytest.raises(ModelServerError, match=r"^openai:fake failed: .*timed out"):
        list(stream(server, store, llm_timeout=0.3))
    assert len(server.asked) == 1


def test_a_server_that_goes_away_in_the_middle_is_an_error_after_its_words(server, store):
    """LangChain takes the end of the connection for the end of the answer."""
    server.finish = None
    pieces = stream(server, store)
    assert next(pieces) == "Clarify explains "
    assert next(pieces) == "biases [1]."
    with pytest.raises(ModelServerError, match=r"^openai:fake went away in the middle"):
        next(pieces)


@pytest.mark.parametrize("ends", [True, False])
def test_an_ollama_that_goes_away_in_the_middle_is_noticed_too(store, ends):
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["Content-Length"]))
        request.send_response(200)
        request.send_header("Content-Type", "application/x-ndjson")
        request.end_headers()
        said = {"model": "m", "message": {"role": "assistant", "content": "Clarify [1]."}}
        last = {**said, "message": {"role": "assistant", "content": ""}, "done_reason": "stop"}
        for line in [{**said, "done": False}, {**last, "done": True}][: 1 + ends]:
            request.wfile.write(json.dumps(line).encode() + b"\n")

    with serving(answer) as url:
        chosen = settings("ollama:m", llm_base_url=url)
        pieces = load_answerer(chosen, store).stream(EVIDENCE, ())
        assert next(pieces) == "Clarify [1]."
        if ends:
            assert list(pieces) == []
        else:
            with pytest.raises(ModelServerError, match=r"^ollama:m went away in the middle"):
                next(pieces)


@pytest.mark.parametrize("ends", [True, False])
def test_an_anthropic_that_goes_away_in_the_middle_is_noticed_too(store, monkeypatch, ends):
    start = {"id": "1", "type": "message", "role": "assistant", "model": "m", "content": []}
    usage = {"input_tokens": 1, "output_tokens": 1}
    events = [
        {"type": "message_start", "message": {**start, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "Clarify [1]."},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": usage,
        },
        {"type": "message_stop"},
    ]

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["Content-Length"]))
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        for event in events if ends else events[:3]:
            line = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            request.wfile.write(line.encode())

    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    with serving(answer) as url:
        chosen = settings("anthropic:m", llm_base_url=url)
        pieces = load_answerer(chosen, store).stream(EVIDENCE, ())
        assert next(pieces) == "Clarify [1]."
        if ends:
            assert list(pieces) == []
        else:
            with pytest.raises(ModelServerError, match=r"^anthropic:m went away in the middle"):
                next(pieces)


def test_an_answer_that_reached_its_longest_says_that_more_was_to_come(server, store):
    server.finish = "length"
    assert list(stream(server, store)) == ["Clarify explains ", "biases [1].", " …"]


# The real model


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
    lines = (ROOT / "notes" / "sagemaker.md").read_text("utf-8").splitlines()
    heading = lines.index("### Data Wrangler")
    assert answer.citations
    for citation in answer.citations:
        path, _, line = citation.location.rpartition(":")
        assert citation.quote.splitlines()[0] in lines[int(line) - 1]
        assert heading < int(line) - 1 <= heading + 6
        assert Path(path) == ROOT / "notes" / "sagemaker.md"


class Counting:
    """llama.cpp, and how many events it has sent."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.events = 0

    def handle_chat_completions(self, request: dict[str, Any], take: Callable[..., bool]) -> None:
        """Hand the request on, and count what comes back."""

        def count(event: dict[str, Any]) -> bool:
            self.events += 1
            return take(event)

        self._server.handle_chat_completions(request, count)


@pytest.mark.slow
def test_the_real_model_reads_the_beginning_of_its_prompts_once_for_all_processes(tmp_path):
    """What an earlier process computed is taken up, unless it is damaged or of another prompt."""
    chosen = settings("local")
    beginning = prefix()

    def tokens_read(messages: Sequence[BaseMessage]) -> int:
        chat, _ = local_chat(chosen)
        chat.states = tmp_path
        chat.load()
        chat.read_ahead(messages)
        pieces = chat.stream([*messages, ("user", "[1] Oak\n\nQuestion: What is it?")])
        told = [piece.response_metadata for piece in pieces]
        return next(int(one["timings"]["cache_n"]) for one in told if "timings" in one)

    computed = tokens_read(beginning)
    (state,) = tmp_path.iterdir()
    assert computed > 200
    before = state.stat().st_mtime_ns
    assert tokens_read(beginning) == computed
    assert state.stat().st_mtime_ns == before
    state.write_bytes(state.read_bytes()[:100_000])
    assert tokens_read(beginning) == computed  # llama.cpp would abort the process here
    assert len([one for one in tmp_path.iterdir() if one.stat().st_size > 1_000_000]) == 1
    tokens_read(beginning[:-2])
    assert len([one for one in tmp_path.iterdir() if one.stat().st_size > 1_000_000]) == 2


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

    class Server:
        def handle_chat_completions(self, request, take):
            self.request = request
            likely = [{"token": "Not", "logprob": -0.2}, {"token": "It", "logprob": -1.9}]
            told = {"content": [{"token": "Not", "logprob": -0.2, "top_logprobs": likely}]}
            take({"choices": [{"delta": {"role": "assistant"}}]})
            take({"choices": [{"delta": {"content": "Not"}, "logprobs": told}]})
            take({"choices": [{"delta": {}, "finish_reason": "length"}]})

    chat = LlamaChat(path=Path("m.gguf"), states=Path("states"), context=100, threads=1)
    chat._server = server = Server()
    assert chat.first_tokens(prefix()) == {"Not": -0.2, "It": -1.9}
    assert server.request["max_tokens"] == 1
    assert len(server.request["messages"]) == len(prefix())


@pytest.mark.slow
def test_the_real_model_stops_when_its_stream_is_closed():
    """The next question would else wait for an answer that nobody reads."""
    chat, _ = local_chat(settings("local"))
    chat.load()
    chat._server = counting = Counting(chat._server)
    pieces = chat.stream("Count from one to one hundred, in words.")
    next(pieces)
    pieces.close()
    for thread in threading.enumerate():
        if thread.name == "llama":
            thread.join(60)
    assert 0 < counting.events < MAX_ANSWER_TOKENS // 4
