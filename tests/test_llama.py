"""llama.cpp in this process, and its own server spoken to as any other, with a tiny model."""

import gc
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import ROOT
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.messages.utils import convert_to_messages
from tiny_gguf import write_model

from rag.chat_models.background import Stop
from rag.chat_models.chatting import Terms, stream_answer
from rag.chat_models.factory import named_chat, terms_of
from rag.chat_models.health import available, configured
from rag.chat_models.llama import MAX_ANSWER_TOKENS, LlamaChat
from rag.chat_models.providers import named
from rag.config import Settings
from rag.errors import ModelError, ModelServerError, StoppedError
from rag.prompts import prefix
from rag.protocols import Writing

LOCAL = Terms(end_mark="finish_reason")
LONG = "Tell me more. " * 3
PROMPT = 4000
"""Bytes of a prompt that takes seconds to read; a token of this model is a byte."""


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """A model that reads some thousand tokens a second."""
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf", width=128, layers=6)


class Watched:
    """llama.cpp's server, and how many events it gave of each request."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.listening_address = server.listening_address
        self.on_event: Callable[[], object] = lambda: None
        self.counts: list[int] = []

    def handle_chat_completions(self, request: dict[str, Any], take: Callable[..., bool]) -> None:
        self.counts.append(0)

        def watched(event: Any) -> bool:
            self.counts[-1] += 1
            self.on_event()
            return take(event)

        self._server.handle_chat_completions(request, watched)


@pytest.fixture
def watched(chat, monkeypatch) -> Watched:
    made = Watched(chat._engine._server)
    monkeypatch.setattr(chat._engine, "_server", made)
    return made


@pytest.fixture(scope="module")
def chat(path, tmp_path_factory) -> Iterator[LlamaChat]:
    """It, loaded once for all of these tests."""
    states = tmp_path_factory.mktemp("states")
    loaded = LlamaChat(path=path, states=states, context=6000, threads=1)
    loaded.load()
    yield loaded


def asked(chat, question: str, terms: Terms = LOCAL) -> Writing:
    return stream_answer(chat, [HumanMessage(question)], "m", terms)


def first(pieces: Writing) -> str:
    """A first word; random weights may end an answer before it."""
    word = next(pieces, "")
    assert word, "the model's weights are random, but always the same: choose another question"
    return word


def tokens_at_hand(chat: LlamaChat, messages: list[Any]) -> int:
    """How many tokens of a prompt need not be read, since they just were."""
    told = [piece.response_metadata for piece in chat.stream(messages, max_tokens=2)]
    return next(int(one["timings"]["cache_n"]) for one in told if "timings" in one)


def test_an_answer_is_streamed_and_counted(chat):
    pieces = asked(chat, LONG)
    assert len("".join(pieces)) > 3
    usage = pieces.usage
    assert usage
    assert usage.prompt_tokens > len(LONG)
    assert 3 < usage.completion_tokens <= MAX_ANSWER_TOKENS
    again = asked(chat, LONG)
    list(again)
    assert again.usage == usage  # what it need not read again is counted too


def test_the_beginning_of_its_prompts_is_read_once_for_all_processes(tmp_path, tmp_path_factory):
    """What an earlier process computed is taken up, unless it is damaged or of another prompt."""
    path = write_model(tmp_path_factory.mktemp("models") / "tiny.gguf")
    beginning = convert_to_messages(prefix())

    def tokens_read(messages: Sequence[BaseMessage]) -> int:
        chat = LlamaChat(path=path, states=tmp_path, context=6000, threads=2)
        chat.load()
        chat.read_ahead(messages)
        asked = [*messages, ("user", "[1] Oak\n\nQuestion: What is it?")]
        return tokens_at_hand(chat, asked)

    computed = tokens_read(beginning)
    (state,) = tmp_path.iterdir()
    assert computed > 200
    before = state.stat().st_mtime_ns
    assert tokens_read(beginning) == computed
    assert state.stat().st_mtime_ns == before
    whole = state.stat().st_size
    state.write_bytes(state.read_bytes()[: whole // 2])
    assert tokens_read(beginning) == computed  # llama.cpp would abort the process here
    assert [one.stat().st_size for one in tmp_path.iterdir()].count(whole) == 1
    tokens_read(beginning[:-2])
    assert len([one for one in tmp_path.iterdir() if one.stat().st_size > whole // 2]) == 2


def test_it_stops_when_its_stream_is_closed(chat, watched):
    """The next question would else wait for an answer that nobody reads."""
    list(asked(chat, LONG))
    pieces = asked(chat, LONG)
    first(pieces)
    pieces.close()
    chat.first_tokens([HumanMessage("Say yes.")])  # whose turn comes once that has ended
    whole, stopped, _ = watched.counts
    assert stopped < whole / 2


def test_a_question_can_be_taken_back_while_its_prompt_is_read(chat, watched):
    """A batch of the prompt, and no more, is read to its end; and the next one is answered."""
    stop, taken_back = Stop(), "b" * PROMPT
    watched.on_event = stop.set  # of the first batch
    with stop, pytest.raises(StoppedError):
        next(asked(chat, taken_back))
    watched.on_event = lambda: None
    assert tokens_at_hand(chat, [("user", taken_back)]) < 0.8 * PROMPT
    first(asked(chat, "Say yes."))


def test_one_that_waits_in_the_line_can_be_taken_back(chat):
    ahead, stop = asked(chat, LONG), Stop()
    first(ahead)
    threading.Timer(0.1, stop.set).start()
    with stop, pytest.raises(StoppedError):
        list(asked(chat, "b" * PROMPT))
    assert len(list(ahead)) > 3


def test_a_context_that_is_too_small_is_one_line(chat):
    with pytest.raises(ModelServerError, match=r"^llama\.cpp failed: .*context") as caught:
        list(asked(chat, "word " * 3000))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.001, 0.02, 0.5, 0.99])
def test_a_model_that_was_cut_short_is_one_line(path, tmp_path, share):
    """And the process goes on."""
    data = path.read_bytes()
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ModelError, match=r"cut\.gguf: it is cut short or damaged.*fetch it again"):
        LlamaChat(path=cut, states=tmp_path, context=512, threads=1).load()


def test_a_model_that_is_let_go_gives_its_memory_back(path, tmp_path):
    chat = LlamaChat(path=path, states=tmp_path, context=512, threads=1)
    chat.load()
    loaded = chat._engine
    assert loaded
    address = urlsplit(loaded._server.listening_address)
    engine = weakref.ref(loaded)
    del loaded
    list(asked(chat, LONG))
    del chat
    gc.collect()
    assert engine() is None
    with pytest.raises(OSError, match="refused"), socket.socket() as knocking:
        knocking.connect((address.hostname, address.port))


LEAVES = """
import sys, threading, time
from pathlib import Path
from langchain_core.messages import HumanMessage
from rag.chat_models.chatting import Terms, stream_answer
from rag.chat_models.llama import LlamaChat
chat = LlamaChat(path=Path(sys.argv[1]), states=Path(sys.argv[2]), context=6000, threads=1)
pieces = stream_answer(chat, [HumanMessage("a" * 3000)], "m", Terms())
if sys.argv[3] == "writes":
    next(pieces)
else:
    threading.Thread(target=lambda: next(pieces), daemon=True).start()
    time.sleep(0.3)
print("ended")
"""


@pytest.mark.parametrize("what", ["reads", "writes"])
def test_a_process_may_end_while_the_model_is_at_work(path, tmp_path, what):
    """A thread that comes back from llama.cpp into a Python that has ended would abort it."""
    run = [sys.executable, "-c", LEAVES, str(path), str(tmp_path), what]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr


# llama.cpp's own server


@pytest.fixture(scope="module")
def served(chat) -> dict[str, Any]:
    """Settings that reach the server that llama.cpp itself runs, as one's own."""
    engine = chat._engine
    return {"llm_base_url": f"{engine._server.listening_address}/v1", "llm_api_key": engine._key}


def test_its_server_lists_the_model_and_is_healthy(served):
    (name,) = [
        offer.llm
        for offer in available(Settings(llm="openai:?", **served))
        if offer.llm.startswith("openai:")
    ]
    (offer,) = configured(Settings(llm=name, **served))
    assert offer.ok and offer.is_local and offer.detail.startswith("reachable, has it")


def test_its_server_answers_as_an_openai_compatible_one_and_counts(served):
    pieces = asked_of_its_server(served, LONG)
    assert len("".join(pieces)) > 3
    assert pieces.usage
    assert pieces.usage.prompt_tokens > len(LONG)
    assert 3 < pieces.usage.completion_tokens <= MAX_ANSWER_TOKENS


def test_its_server_says_in_one_line_what_is_wrong(served):
    with pytest.raises(ModelServerError, match="lower CRIB_PROMPT_TOKENS"):
        list(asked_of_its_server(served, "word " * 3000))
    with pytest.raises(ModelServerError, match="set CRIB_LLM_API_KEY") as caught:
        list(asked_of_its_server({**served, "llm_api_key": "wrong-key-canary"}, "Say yes."))
    assert "canary" not in str(caught.value)


def asked_of_its_server(served: dict[str, Any], question: str) -> Writing:
    chosen = Settings(llm="openai:tiny", **served)
    one = named(chosen, chosen.llm)
    return asked(named_chat(chosen, one), question, terms_of(chosen, one))
