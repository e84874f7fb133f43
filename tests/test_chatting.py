"""A model's stream from a real server: limits, attempts, ends, and what must never be seen."""

import gc
import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, cast

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from model_server import ModelServer, event, head, model_server, raw, refuses, says, starts

from rag.chat_models.adapting import Learned
from rag.chat_models.background import Stop
from rag.chat_models.chatting import Terms, stream_answer
from rag.chat_models.connections import MOST_BYTES
from rag.chat_models.factory import named_chat, terms_of
from rag.chat_models.llama import MAX_ANSWER_TOKENS
from rag.chat_models.providers import named
from rag.config import Settings
from rag.errors import ModelServerError, StoppedError
from rag.protocols import Writing
from rag.types import Event, Usage
from web.asking import EventStream

pytestmark = pytest.mark.usefixtures("no_keys")

CANARY = "canary-key-0123456789"
GOOD = says("Clarify explains ", "biases [1].")


def asked(server: ModelServer, **more: Any) -> Writing:
    """A question to the server, through the package that speaks its language."""
    address: dict[str, Any] = {"llm_api_key": CANARY, "llm_base_url": server.url, **more}
    settings = Settings(llm="openai:fake", **address)
    one = named(settings, "openai:fake")
    messages = [HumanMessage("What explains biases?")]
    terms = replace(terms_of(settings, one), learned=Learned())  # it is known not to think
    return stream_answer(named_chat(settings, one), messages, one.title, terms)


def failure(*replies, **more: Any) -> tuple[str, ModelServer]:
    """What is said of a server that answers so before a first word, and the server."""
    with model_server(*replies) as server:
        with pytest.raises(ModelServerError) as caught:
            list(asked(server, **more))
    said = str(caught.value)
    assert "\n" not in said and len(said) < 700 and CANARY not in said
    return said, server


# As it should be


def test_words_are_passed_on_as_they_come_with_what_they_took():
    usage = {"prompt_tokens": 412, "completion_tokens": 9, "total_tokens": 421}
    with model_server(says("Clarify explains ", "biases [1].", usage=usage)) as server:
        writing = asked(server)
        assert list(writing) == ["Clarify explains ", "biases [1]."]
    assert writing.usage == Usage(412, 9)
    assert server.asked[0]["stream_options"] == {"include_usage": True}


def test_what_one_question_wants_otherwise_is_sent_along_with_it():
    with model_server(GOOD) as server:
        settings = Settings(llm="openai:fake", llm_base_url=server.url)
        one = named(settings, "openai:fake")
        request = (named_chat(settings, one), [HumanMessage("?")], "m", terms_of(settings, one))
        list(stream_answer(*request, {"max_tokens": 77}))
        uncounted = stream_answer(*request)
        list(uncounted)
    sent = [one.get("max_tokens", one.get("max_completion_tokens")) for one in server.asked]
    assert sent == [77, MAX_ANSWER_TOKENS]
    assert uncounted.usage is None  # the server counts nothing


def test_half_a_character_at_the_border_of_two_pieces_is_whole_again():
    body = event({"content": "é ü 漢"}).replace(b"\\u00e9", "é".encode())
    body = body.replace(b"\\u00fc", "ü".encode()).replace(b"\\u6f22", "漢".encode())
    end = event({}, "stop") + b"data: [DONE]\n\n"
    for cut in range(body.index("é".encode()), body.index("漢".encode()) + 3):
        with model_server(raw(body[:cut], body[cut:] + end, pause=0.01)) as server:
            assert list(asked(server)) == ["é ü 漢"]


# How an answer ends


def test_an_answer_that_reached_its_longest_says_that_more_was_to_come():
    with model_server(says("Clarify", finish="length")) as server:
        assert list(asked(server)) == ["Clarify", " …"]


@pytest.mark.parametrize("words", [(), ("Clarify",)])
def test_a_model_that_declines_is_said_to_have_declined(words):
    with model_server(says(*words, finish="content_filter")) as server:
        pieces = asked(server)
        for word in words:
            assert next(pieces) == word
        with pytest.raises(ModelServerError, match=r"^openai:fake declined .*content_filter"):
            next(pieces)
    assert len(server.asked) == 1


def test_a_server_that_goes_away_in_the_middle_is_an_error_after_its_words():
    """LangChain takes the end of the connection for the end of the answer."""
    with model_server(starts("Clarify explains ", "biases")) as server:
        pieces = asked(server)
        assert [next(pieces), next(pieces)] == ["Clarify explains ", "biases"]
        with pytest.raises(ModelServerError, match=r"^openai:fake went away in the middle"):
            next(pieces)
    assert len(server.asked) == 1


# Attempts


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_a_failure_that_may_pass_is_tried_again(status):
    with model_server(refuses(status), refuses(status), GOOD) as server:
        assert "".join(asked(server)) == "Clarify explains biases [1]."
    assert len(server.asked) == 3


def test_a_server_that_goes_on_failing_is_asked_three_times_and_no_more():
    said, server = failure(refuses(500, '{"error": {"message": "out of memory"}}'))
    assert said.startswith("openai:fake failed: ")
    assert "500" in said and "out of memory" in said
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "body", "fix"),
    [
        (400, "no such parameter", "no such parameter"),
        (400, "This model's maximum context length is 4096 tokens", "lower CRIB_PROMPT_TOKENS"),
        (400, "the request exceeds the available context size", "lower CRIB_PROMPT_TOKENS"),
        (401, f"Incorrect API key provided: {CANARY}", "set CRIB_LLM_API_KEY"),
        (403, "not allowed", "set CRIB_LLM_API_KEY"),
        (404, "model not found", "crib models lists what there is"),
    ],
)
def test_what_will_not_pass_is_asked_once_and_said_with_what_to_do(status, body, fix):
    said, server = failure(refuses(status, f'{{"error": {{"message": "{body}"}}}}'))
    assert fix in said
    assert len(server.asked) == 1


def test_a_server_is_left_alone_for_as_long_as_it_asks():
    with model_server(refuses(429, Retry_After="0.6"), GOOD) as server:
        assert "".join(asked(server)) == "Clarify explains biases [1]."
    first, second = server.times
    assert second - first >= 0.6


@pytest.mark.timeout(60)
def test_one_that_asks_to_be_left_alone_longer_than_one_waits_is_given_up_at_once():
    said, server = failure(refuses(429, Retry_After="3600"), llm_timeout=3000)
    assert "asked too often" in said
    assert len(server.asked) == 1


def test_nothing_is_asked_again_after_the_first_word():
    breaks = event({"content": "Clarify"}) + b'data: {"error": {"message": "out of memory"}}\n\n'
    with model_server(raw(breaks), GOOD) as server:
        pieces = asked(server)
        assert next(pieces) == "Clarify"
        with pytest.raises(ModelServerError, match=r"^openai:fake failed: .*out of memory"):
            list(pieces)
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_named_in_one_line():
    server = ModelServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"  # bound, and nobody listens
        with pytest.raises(ModelServerError, match=r"^openai:fake failed: nothing listens at"):
            list(asked(server))


# Silence


@pytest.mark.parametrize("before", [lambda _: None, raw(event({"content": ""}))])
def test_a_server_that_never_answers_is_waited_for_as_long_as_the_settings_say(before):
    """VLLM sends the role before it has read the prompt."""
    with model_server() as server:
        server.replies = [server.hangs(before)]
        with pytest.raises(ModelServerError, match=r"wrote nothing for 0\.4 s.*CRIB_LLM_TIMEOUT"):
            list(asked(server, llm_timeout=0.4))
        assert server.gone.wait(20)
    assert len(server.asked) == 1


def test_one_that_falls_silent_in_the_middle_is_an_error_after_its_words():
    with model_server() as server:
        server.replies = [server.hangs(starts("Clarify"))]
        pieces = asked(server, llm_token_timeout=0.3)
        assert next(pieces) == "Clarify"
        with pytest.raises(ModelServerError, match=r"fell silent for 0\.3 s in the middle"):
            next(pieces)
        assert server.gone.wait(20)


# Taking a question back


def test_closing_hangs_up_in_the_middle_of_an_answer():
    with model_server() as server:
        server.replies = [server.hangs(starts("Clarify"))]
        pieces = asked(server)
        assert next(pieces) == "Clarify"
        pieces.close()
        assert server.gone.wait(20)


@pytest.mark.parametrize("says_who", [False, True])
def test_a_question_that_waits_for_its_first_word_can_be_taken_back(says_who):
    """Before the headers of the answer there is no stream yet that could be closed."""
    with model_server() as server:
        server.replies = [server.hangs(head if says_who else lambda _: None)]
        stop, caught = Stop(), []

        def read() -> None:
            with stop, pytest.raises(StoppedError) as raised:
                next(asked(server))
            caught.append(raised.value)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        assert server.waiting.wait(20)
        stop.set()
        assert server.gone.wait(20)
        thread.join(20)
        assert caught
    assert len(server.asked) == 1


def test_a_stop_on_the_page_hangs_up_before_the_first_word():
    with model_server() as server:
        server.replies = [server.hangs()]
        events = EventStream(cast(Iterator[Event], asked(server)))
        events.begin()
        reader = threading.Thread(target=lambda: list(events), daemon=True)
        reader.start()
        assert server.waiting.wait(20)
        events.stop()
        reader.join(20)
        assert not reader.is_alive()
        assert server.gone.wait(20)


def test_a_question_that_was_taken_back_before_it_was_asked_is_not_answered():
    stop = Stop()
    stop.set()
    with model_server() as server:
        server.replies = [server.hangs()]
        with stop, pytest.raises(StoppedError):
            next(asked(server))


def test_what_was_asked_by_nobody_who_listens_costs_nothing():
    """An iterator that is dropped unread."""
    with model_server(GOOD) as server:
        asked(server)
        gc.collect()
    assert server.asked == []


# Nonsense


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (raw(b"data: {this is no JSON\n\n"), "openai:fake failed: "),
        (raw(b'data: {"choices": 7}\n\n'), "openai:fake failed: "),
        (raw(b"data: \xff\xfe\n\n"), "openai:fake failed: "),
        (raw(b"\x00\x01\x02 nothing of the kind \r\r\n\n"), "answered with nothing"),
        (raw(b""), "answered with nothing"),
        (starts(), "answered with nothing"),
        (raw(b"<html><b>Sign in</b>", kind="text/html; charset=utf-8"), "answered with a web page"),
        (raw(b'{"choices": []}', kind="application/json"), "all at once, or something else"),
        (refuses(404, "<!DOCTYPE html><h1>Nothing here", "text/html"), "no such model or address"),
        (refuses(502, f"<html>{CANARY}" + "x" * 10_000, "text/html"), "502"),
    ],
)
def test_whatever_a_server_sends_ends_in_one_line(reply, said):
    assert said in failure(reply)[0]


def test_a_line_without_end_is_given_up():
    flood = [b"data: " + b"x" * 100_000] + [b"x" * 1_000_000] * (MOST_BYTES // 1_000_000 + 2)
    said, server = failure(raw(*flood))
    assert "more than 16 MB" in said
    assert len(server.asked) == 1


def test_pieces_without_words_and_without_end_are_given_up(monkeypatch):
    monkeypatch.setattr("rag.chat_models.chatting.MOST_CHUNKS", 50)
    said, _ = failure(raw(event({"content": ""}) * 200))
    assert "more than 50 pieces" in said


# Keys and passages


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_neither_key_nor_passages_follow_a_redirect(status):
    with model_server(GOOD) as elsewhere:
        said, _ = failure(refuses(status, Location=f"{elsewhere.url}/chat/completions"))
    assert elsewhere.asked == elsewhere.keys == []
    assert "which is not followed" in said


def test_passages_for_a_server_on_this_machine_do_not_go_through_a_proxy(monkeypatch):
    with model_server(GOOD) as server, model_server(GOOD) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert list(asked(server))
    assert proxy.asked == []
    assert len(server.asked) == 1


def test_a_key_is_in_no_log_and_in_no_traceback(caplog):
    """Not even if the server repeats it, which some do."""
    echo = f'{{"error": {{"message": "bad key {CANARY} in Bearer {CANARY}"}}}}'
    with caplog.at_level(logging.DEBUG), model_server(refuses(401, echo)) as server:
        with pytest.raises(ModelServerError) as caught:
            list(asked(server))
    assert server.keys == [f"Bearer {CANARY}"]
    shown = "".join(traceback.format_exception(caught.value))
    assert CANARY not in shown
    logged = [r for r in caplog.records if not r.name.startswith(("asyncio", "httpcore"))]
    assert CANARY not in " ".join(record.getMessage() for record in logged)


# Any other chat model


class Slow(GenericFakeChatModel):
    """A package that knows no asyncio, and waits."""

    def _stream(self, *args: object, **kwargs: object) -> Iterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk(content="Clarify"))
        time.sleep(0.6)
        yield ChatGenerationChunk(message=AIMessageChunk(content=" late"))


def test_limits_hold_for_a_package_that_knows_none():
    terms = Terms(between=0.2)
    pieces = stream_answer(Slow(messages=iter([])), [HumanMessage("?")], "slow", terms)
    with closing(pieces):
        assert next(pieces) == "Clarify"
        with pytest.raises(ModelServerError, match=r"fell silent for 0\.2 s"):
            next(pieces)
