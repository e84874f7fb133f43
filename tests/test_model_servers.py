"""What servers and models do that is not as it should be, and the one line that is said of it.

Real servers on loopback, asked through the package that speaks their language.
"""

import json
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from model_server import ModelServer, Reply, event, model_server, raw, refuses, says

from rag.chat_models.adapting import SERVERS_FILE, THOUGHT_TOKENS, ThoughtFilter
from rag.chat_models.chatting import stream_answer
from rag.chat_models.factory import named_chat, terms_of
from rag.chat_models.health import configured
from rag.chat_models.providers import named
from rag.config import Settings, load_settings
from rag.errors import ModelError, ModelServerError, SettingsError

pytestmark = pytest.mark.usefixtures("no_keys")

ANSWER = "Chlorophyll absorbs red light [1]."


@pytest.fixture(autouse=True)
def home(settings) -> Path:
    """A home that is there, so that what is learned of a server can be kept."""
    settings.home.mkdir()
    return settings.home


def ask(url: str, llm: str = "openai:m", tokens: int = 200, **more: Any) -> str:
    """What is shown of the model's answer. Raises ModelServerError."""
    settings = load_settings().model_copy(update={"llm": llm, "llm_base_url": url, **more})
    one = named(settings, llm)
    messages = [SystemMessage("Answer from the lines."), HumanMessage("What absorbs red light?")]
    terms = terms_of(settings, one)
    options = {terms.limit: tokens} if terms.limit else {}
    return "".join(stream_answer(named_chat(settings, one), messages, llm, terms, options))


def failure(url: str, llm: str = "openai:m", **more: Any) -> str:
    """The line that is said of a failure."""
    with pytest.raises(ModelServerError) as caught:
        ask(url, llm, **more)
    line = str(caught.value)
    assert "\n" not in line and len(line) < 500
    return line


# Thoughts


@pytest.mark.parametrize(
    "pieces",
    [
        ("<think>Red? Blue?</think>", ANSWER),
        ("<th", "ink>\nRed?", " Blue?\n</thi", "nk>\n\n", ANSWER),
        ("Red? Blue?\n</think>\n\n", ANSWER),
        ("<thinking>Red?</thinking> ", ANSWER),
        ("<reasoning>Red?</reasoning>", *ANSWER),
        ("<|think|>Red?<|/think|>", ANSWER),
        ("[THINK]Red?[/THINK]", ANSWER),
        ("<|channel|>analysis<|message|>Red?<|end|>", "<|channel|>final<|mess", "age|>", ANSWER),
        ("<think></think>", ANSWER),
        ("<think>a</think><think>b</think>", ANSWER),
        (ANSWER,),
    ],
)
def test_thoughts_are_never_shown(pieces):
    with model_server(says(*pieces)) as server:
        assert ask(server.url) == ANSWER
        assert ask(server.url) == ANSWER  # and not when it is known how it thinks


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thoughts_beside_the_answer_are_not_part_of_it(name):
    thinks = event({name: "Red? Blue?"})
    with model_server(raw(thinks + event({"content": ANSWER}) + event({}, "stop"))) as server:
        assert ask(server.url) == ANSWER


def test_an_ollama_is_told_not_to_think_and_its_thoughts_are_not_shown():
    last = {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 9}
    lines: list[dict[str, Any]] = [
        {"message": {"role": "assistant", "content": "", "thinking": "Red?"}, "done": False},
        {"message": {"role": "assistant", "content": ANSWER}, "done": False},
        {"message": {"role": "assistant", "content": ""}, **last},
    ]
    body = "".join(json.dumps({"model": "m", **line}) + "\n" for line in lines)
    with model_server(raw(body.encode(), kind="application/x-ndjson")) as server:
        assert ask(server.url.removesuffix("/v1"), "ollama:m") == ANSWER
    assert server.asked[0]["think"] is False


def test_what_may_be_thoughts_is_held_back_until_it_is_known_and_words_flow_from_then_on():
    filtered = ThoughtFilter(is_held_back=True)
    assert [filtered.take("Red?"), filtered.take("</think>"), filtered.take("It")] == ["", "", "It"]
    filtered = ThoughtFilter()
    assert [filtered.take("a < b"), filtered.take(" [1]"), filtered.take(" <t")] == [
        "a < b",
        " [1]",
        " ",
    ]
    assert filtered.rest() == "<t"


def test_the_first_answer_of_a_server_tells_if_later_ones_can_be_shown_as_they_come(home):
    """Some templates write the opening mark themselves, so that only the closing one is sent."""
    with model_server(says("Chloro", "phyll.")) as server:
        ask(server.url)
        (plain_one,) = json.loads((home / SERVERS_FILE).read_text()).values()
        server.replies = [says("Red?", "</think>", ANSWER)]
        ask(server.url)
        (hiding,) = json.loads((home / SERVERS_FILE).read_text()).values()
    assert (plain_one["hides"], hiding["hides"]) == (False, True)


@pytest.mark.parametrize(
    "thought", [event({"content": "<think>Red? Blue?"}), event({"reasoning_content": "Red?"})]
)
def test_a_model_that_thinks_gets_room_for_it(thought):
    """Its thoughts do not count against the tokens of its answer."""
    cut = raw(thought + event({}, "length"))
    with model_server(cut, says(f"<think>Red?</think>{ANSWER}")) as server:
        assert ask(server.url) == ANSWER
        assert ask(server.url) == ANSWER
    limits = [one["max_completion_tokens"] for one in server.asked]
    assert limits == [200, 200 + THOUGHT_TOKENS, 200 + THOUGHT_TOKENS]


def test_one_that_only_thinks_is_said_to():
    with model_server(raw(event({"content": "<think>Red?"}) + event({}, "length"))) as server:
        assert failure(server.url) == "openai:m spent all its tokens on thinking"
    assert len(server.asked) == 2


# Nothing


@pytest.mark.parametrize(
    "reply",
    [
        says(""),
        says("<think>Red?</think>"),
        raw(event({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]})
            + event({}, "tool_calls")),
        raw(event({"reasoning_content": "Red?"}) + event({}, "stop")),
    ],
)  # fmt: skip
def test_who_writes_nothing_is_said_to_have_written_nothing(reply):
    with model_server(reply) as server:
        assert failure(server.url) == "openai:m wrote nothing"


# What a server does not take


def takes(refused: str, message: str, status: int = 400) -> Reply:
    """A server that refuses requests which have this field, and else answers."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        asked = server_of[0].asked[-1]
        has = refused in asked or any(one["role"] == refused for one in asked["messages"])
        error = json.dumps({"error": {"message": message}})
        (refuses(status, error) if has else says(ANSWER))(request)

    server_of: list[ModelServer] = []
    reply.server_of = server_of  # type: ignore[attr-defined]
    return reply


@pytest.mark.parametrize(
    ("field", "message", "status"),
    [
        ("temperature", "Unsupported value: 'temperature' does not support 0", 400),
        ("temperature", "`temperature` and top_p cannot both be given", 422),
        ("stream_options", "Extra inputs are not permitted: stream_options", 422),
        ("chat_template_kwargs", "Unrecognized request argument: chat_template_kwargs", 400),
        ("max_completion_tokens", "unknown field max_completion_tokens", 400),
        ("system", "System role not supported", 400),
        ("system", "Jinja Exception: system messages are not supported", 500),
    ],
)
def test_what_a_server_refuses_is_left_out_once_and_for_all(field, message, status):
    reply = takes(field, message, status)
    with model_server(reply) as server:
        reply.server_of.append(server)  # type: ignore[attr-defined]
        assert ask(server.url) == ANSWER
        refused = len(server.asked) - 1
        assert ask(server.url) == ANSWER
    assert len(server.asked) == refused + 2  # the second question is asked once
    last = server.asked[-1]
    assert field not in last and "What absorbs red light?" in str(last["messages"])
    assert "Answer from the lines." in str(last["messages"])
    if field == "max_completion_tokens":
        assert last["max_tokens"] == 200


def whole(request: BaseHTTPRequestHandler) -> None:
    """An answer all at once, whatever was asked for."""
    choice = {"index": 0, "finish_reason": "stop"}
    choice |= {"message": {"role": "assistant", "content": ANSWER}}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    body |= {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
    raw(json.dumps(body).encode(), kind="application/json")(request)


def test_a_server_without_streams_is_asked_for_an_answer_all_at_once():
    with model_server(whole) as server:
        assert ask(server.url) == ANSWER
        assert ask(server.url) == ANSWER
    assert [bool(one.get("stream")) for one in server.asked] == [True, False, False]


@pytest.mark.parametrize(
    ("message", "attempts"), [("this model is retired", 1), ("temperature", 2)]
)
def test_what_is_refused_all_the_same_is_not_asked_without_end(message, attempts):
    with model_server(refuses(400, json.dumps({"error": {"message": message}}))) as server:
        assert message in failure(server.url)
    assert len(server.asked) == attempts


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"openai:m": 7}', '"\\ud800"'])
def test_what_was_learned_is_learned_anew_where_its_file_is_damaged(kept, home, tmp_path):
    """And nothing is, where it cannot be written."""
    (home / SERVERS_FILE).write_text(kept)
    (tmp_path / "file").write_text("no folder")
    with model_server(says(ANSWER)) as server:
        assert ask(server.url) == ANSWER
        assert ask(server.url, home=tmp_path / "file") == ANSWER


# Servers that are not reached


def said_of(url: str, **more: Any) -> list[str]:
    """What `ask` and `crib models --check` say."""
    settings = load_settings().model_copy(update={"llm": "openai:m", "llm_base_url": url, **more})
    (offer,) = configured(settings, ask=True)
    assert not offer.ok
    return [failure(url, **more), offer.detail]


NOT_FOUND = refuses(404, "not found", "text/plain")


@pytest.mark.parametrize(
    ("reply", "change", "says_so"),
    [
        (NOT_FOUND, ("/v1", ""), "was CRIB_LLM_BASE_URL={url}/v1 meant?"),
        (lambda request: request.connection.close(), ("", ""), "hung up without an answer"),
        (says(ANSWER), ("http://", "https://"), "does not speak TLS"),
        (says(ANSWER), ("127.0.0.1", "no-such-machine.invalid"), "no machine called no-such-mach"),
        (None, ("", ""), "nothing listens at {url}; start the server"),
    ],
)
def test_a_server_that_is_not_reached_is_named_with_what_to_do(reply, change, says_so):
    with model_server(*([reply] if reply else [])) as server:
        url = server.url.replace(*change)
        lines = said_of(url) if reply else []
    for line in lines or said_of(url):
        assert says_so.format(url=url) in line


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of its own making for this machine, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    file, key = folder / "cert.pem", folder / "key.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*made, "-keyout", key, "-out", file], check=True, capture_output=True)
    return file, key


def test_a_certificate_of_ones_own_is_taken_where_it_is_named(certificate, monkeypatch):
    file, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    with model_server(says(ANSWER), tls=context) as server:
        for line in said_of(server.url):
            assert "SSL_CERT_FILE" in line and "certificate" in line
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert ask(server.url) == ANSWER
        monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
        with pytest.raises(ModelError, match="SSL_CERT_FILE=/no/such/file cannot be read"):
            ask(server.url)


def test_an_address_without_a_scheme_is_refused_with_the_right_one(monkeypatch):
    monkeypatch.setenv("CRIB_LLM_BASE_URL", "127.0.0.1:8080/v1")
    with pytest.raises(SettingsError, match=r"was http://127\.0\.0\.1:8080/v1 meant\?"):
        load_settings()


def test_a_key_with_a_line_end_is_the_key(monkeypatch):
    monkeypatch.setenv("CRIB_LLM_API_KEY", "secret-0123\n")
    with model_server(says(ANSWER)) as server:
        assert ask(server.url) == ANSWER
    assert server.keys == ["Bearer secret-0123"]
    monkeypatch.delenv("CRIB_LLM_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", "secret-0123\n")
    settings = Settings(llm="openai:gpt-5")
    chat: Any = named_chat(settings, named(settings, "openai:gpt-5"))
    assert chat.openai_api_key.get_secret_value() == "secret-0123"
