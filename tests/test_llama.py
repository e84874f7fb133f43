"""The real model in this process, and llama.cpp's own server spoken to as any other."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from langchain_core.messages import BaseMessage, HumanMessage

from rag.answering import prefix
from rag.background import Stop
from rag.chatting import write
from rag.config import Settings
from rag.errors import ModelServerError, StoppedError
from rag.health import available, configured
from rag.llama import LlamaChat
from rag.llm import local_chat, named_chat, terms_of
from rag.providers import named
from rag.serving import BATCH

pytestmark = pytest.mark.slow

LONG = "Count from one to one hundred, in words."


def settings(llm: str = "local", **more: object) -> Settings:
    return Settings(llm=llm, **more)


@pytest.fixture(scope="module")
def chat(tmp_path_factory) -> Iterator[LlamaChat]:
    """The default model, loaded once for all of these tests."""
    loaded, _ = local_chat(settings())
    loaded.states = tmp_path_factory.mktemp("states")
    loaded.load()
    yield loaded


def asked(chat, question: str, chosen: Settings | None = None):
    chosen = chosen or settings()
    one = named(chosen, chosen.llm)
    return write(chat, [HumanMessage(question)], one.title, terms_of(chosen, one))


def seconds_until_free(chat: LlamaChat) -> float:
    """How long the next one waits for a first word."""
    started = time.monotonic()
    pieces = asked(chat, "Say yes.")
    next(pieces)
    pieces.close()
    return time.monotonic() - started


def test_the_beginning_of_its_prompts_is_read_once_for_all_processes(tmp_path):
    """What an earlier process computed is taken up, unless it is damaged or of another prompt."""
    chosen = settings()
    beginning = prefix()

    def tokens_read(messages: Sequence[BaseMessage]) -> int:
        chat, _ = local_chat(chosen)
        chat.states = tmp_path
        chat.load()
        chat.read_ahead(messages)
        pieces = chat.stream([*messages, ("user", "[1] Oak\n\nQuestion: What is it?")])
        told = [piece.response_metadata for piece in pieces]
        return next(int(one["timings"]["cache_n"]) for one in told if "timings" in one)

    def states() -> list[Path]:
        return [one for one in tmp_path.iterdir() if one.stat().st_size > 1_000_000]

    computed = tokens_read(beginning)
    (state,) = tmp_path.iterdir()
    assert computed > 200
    before = state.stat().st_mtime_ns
    assert tokens_read(beginning) == computed
    assert state.stat().st_mtime_ns == before
    state.write_bytes(state.read_bytes()[:100_000])
    assert tokens_read(beginning) == computed  # llama.cpp would abort the process here
    assert len(states()) == 1
    tokens_read(beginning[:-2])
    assert len(states()) == 2


def test_it_stops_when_its_stream_is_closed(chat):
    """The next question would else wait for an answer that nobody reads."""
    free = seconds_until_free(chat)
    pieces = asked(chat, LONG)
    next(pieces)
    pieces.close()
    assert seconds_until_free(chat) < 4 * free + 2  # an answer to its end is 200 tokens


def test_a_question_can_be_taken_back_while_its_prompt_is_read(chat):
    """A batch of the prompt, and no more, is read to its end."""
    passage = " ".join(f"Item {number} weighs {number * 7} grams." for number in range(30))
    stop, began = Stop(), time.monotonic()
    pieces = asked(chat, f"{passage} {LONG}")

    def give_up() -> None:
        time.sleep(0.5)
        stop.set()

    threading.Thread(target=give_up).start()
    with stop, pytest.raises(StoppedError):
        next(pieces)
    assert time.monotonic() - began < 3
    assert BATCH * 2 < len(passage) // 3  # so it was taken back in the middle


def test_a_context_that_is_too_small_is_one_line(tmp_path):
    small, _ = local_chat(settings())
    small.context, small.states = 128, tmp_path
    with pytest.raises(ModelServerError, match=r"context") as caught:
        list(asked(small, "word " * 1000))
    assert "\n" not in str(caught.value)


# llama.cpp's own server


@pytest.fixture(scope="module")
def served(chat) -> dict[str, object]:
    """Settings that reach the server that llama.cpp itself runs, as one's own."""
    engine = chat._engine
    return {"llm_base_url": f"{engine._server.listening_address}/v1", "llm_api_key": engine._key}


def test_its_server_lists_the_model_and_is_healthy(served):
    chosen = settings("openai:?", **served)
    (name,) = [o.llm for o in available(chosen) if o.llm.startswith("openai:")]
    (offer,) = configured(settings(name, **served))
    assert offer.ok and offer.is_local and offer.detail.startswith("reachable, has it")


def test_its_server_answers_as_an_openai_compatible_one_and_counts(served):
    chosen = settings("openai:qwen", **served)
    pieces = asked(named_chat(chosen, named(chosen, chosen.llm)), "Say yes.", chosen)
    assert "yes" in "".join(pieces).lower()
    assert pieces.outcome.usage.prompt_tokens > 5
    assert pieces.outcome.usage.completion_tokens >= 1


def test_its_server_stops_the_model_when_the_connection_is_closed(served, chat):
    chosen = settings("openai:qwen", **served)
    free = seconds_until_free(chat)
    pieces = asked(named_chat(chosen, named(chosen, chosen.llm)), LONG, chosen)
    next(pieces)
    pieces.close()
    assert seconds_until_free(chat) < 4 * free + 3


def test_its_server_refuses_a_wrong_key_in_one_line(served):
    chosen = settings("openai:qwen", **{**served, "llm_api_key": "wrong-key-canary"})
    with pytest.raises(ModelServerError, match="set CRIB_LLM_API_KEY") as caught:
        list(asked(named_chat(chosen, named(chosen, chosen.llm)), "Say yes.", chosen))
    assert "canary" not in str(caught.value)
