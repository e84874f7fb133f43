"""What CRIB_LLM names: which package, which server, whose key, and whether passages leave."""

import importlib.util
import json
import sys
from typing import Any

import pytest
from model_server import model_server, raw, refuses, says

from rag.answer_wiring import load_writers
from rag.chat_models.factory import named_chat, terms_of
from rag.chat_models.providers import PROVIDERS, all_named, hosts, named
from rag.config import Settings
from rag.errors import ExtraMissingError, ModelError, ModelServerError
from rag.types import Message, Usage

pytestmark = pytest.mark.usefixtures("no_keys")

ASKED = [Message("system", "Be brief."), Message("user", "What explains biases?")]
CANARY = "canary-key-0123456789"


def settings(llm: str, **more: Any) -> Settings:
    return Settings(llm=llm, **more)


def chat_of(chosen: Settings):
    return named_chat(chosen, named(chosen, chosen.llm))


# Names


@pytest.mark.parametrize(
    ("llm", "error", "message"),
    [
        ("gpt", ModelError, r"CRIB_LLM='gpt' is not a model; use none, local, ollama:NAME"),
        ("nobody:x", ModelError, r"CRIB_LLM=nobody:x cannot be used: "),
        ("openai:gpt-5", ModelError, r"CRIB_LLM=openai:gpt-5 cannot be used: .*OPENAI_API_KEY"),
        (",", ModelError, r"CRIB_LLM names no model"),
    ],
)
def test_a_model_that_cannot_be_used_says_why_in_one_line(llm, error, message):
    with pytest.raises(error, match=message) as caught:
        load_writers(settings(llm))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("llm", "missing", "extra"),
    [
        ("openai:gpt-5", "langchain_openai", "'cribsheet[openai]'"),
        ("anthropic:claude", "langchain_anthropic", "'cribsheet[anthropic]'"),
        ("ollama:qwen3", "langchain_ollama", "'cribsheet[ollama]'"),
        ("google:gemini", "langchain_google_genai", "'cribsheet[google]'"),
        ("mistral:small", "langchain_mistralai", "'cribsheet[mistral]'"),
        ("bedrock:nova", "langchain_aws", "'cribsheet[bedrock]'"),
        ("groq:llama", "langchain_groq", "langchain-groq"),
    ],
)
def test_a_package_that_is_not_installed_is_answered_with_the_extra(
    monkeypatch, llm, missing, extra
):
    # LangChain keeps what it once imported, so that goes too.
    for name in [name for name in sys.modules if name.partition(".")[0] in {missing, "langchain"}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    if llm.startswith("bedrock"):
        monkeypatch.setitem(sys.modules, "botocore", None)
    with pytest.raises(ExtraMissingError) as caught:
        chat_of(settings(llm))
    assert f"pip install {extra}" in str(caught.value)


# Where passages go


@pytest.mark.parametrize(
    ("llm", "base_url", "to"),
    [
        ("none", None, []),
        ("local", None, []),
        ("local:qwen2.5-coder-0.5b", None, []),
        ("ollama:qwen3", None, []),
        ("ollama:qwen3", "http://192.168.1.5:11434", ["192.168.1.5"]),
        ("openai:gpt-5", None, ["api.openai.com"]),
        ("openai:mine", "http://127.0.0.1:8080/v1", []),
        ("openai:mine", "http://localhost:8080/v1", []),
        ("openai:mine", "http://[::1]:8080/v1", []),
        ("openai:mine", "https://api.example.com/v1", ["api.example.com"]),
        ("openai:mine", "http://localhost.evil.example/v1", ["localhost.evil.example"]),
        ("openai:mine", "http://127.0.0.1@evil.example/v1", ["evil.example"]),
        ("anthropic:claude", None, ["api.anthropic.com"]),
        ("google:gemini", None, ["generativelanguage.googleapis.com"]),
        ("bedrock:nova", None, ["bedrock"]),
        ("groq:llama", None, ["groq"]),
        ("ollama:qwen3,local,none", None, []),
        ("local,mistral:small", None, ["api.mistral.ai"]),
        ("gpt", None, []),
    ],
)
def test_who_gets_passages_is_known_by_name(llm, base_url, to):
    assert hosts(settings(llm, llm_base_url=base_url), [llm]) == to


def test_an_address_and_a_key_belong_to_the_first_named_that_is_on_a_server():
    """So that neither goes to another one when the first fails."""
    chosen = settings(
        "local, openai:mine, anthropic:claude,openai:other",
        llm_base_url="http://127.0.0.1:8080/v1",
        llm_api_key=CANARY,
    )
    local, mine, claude, other = all_named(chosen)
    assert local.is_in_process and not local.key
    assert mine.url == other.url == "http://127.0.0.1:8080/v1"
    assert mine.key == other.key == chosen.llm_api_key
    assert (claude.url, claude.key) == ("https://api.anthropic.com", None)
    assert "api.anthropic.com" in claude.title and "leave" in claude.title
    assert "leave" not in mine.title


def test_servers_are_asked_where_the_settings_say_and_nowhere_else(monkeypatch):
    """OLLAMA_HOST could name another machine, while the page says that nothing leaves this one."""
    monkeypatch.setenv("OLLAMA_HOST", "http://evil.example:11434")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://evil.example/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://evil.example/v1")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    assert chat_of(settings("ollama:qwen3")).base_url == "http://localhost:11434"
    elsewhere = settings("ollama:qwen3", llm_base_url="http://127.0.0.1:1234")
    assert chat_of(elsewhere).base_url == "http://127.0.0.1:1234"
    assert str(chat_of(settings("openai:x")).root_async_client.base_url) == (
        "https://api.openai.com/v1/"
    )
    claude = chat_of(settings("anthropic:x"))
    assert str(claude._async_client.base_url) == "https://api.anthropic.com"


def test_the_key_of_openai_does_not_go_to_a_server_of_ones_own(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with model_server() as server:
        list(stream("openai:fake", server.url))
        list(stream("openai:fake", server.url, llm_api_key="secret"))
    assert server.keys == ["Bearer none", "Bearer secret"]


# The packages, each with a server that speaks its language


def stream(llm: str, url: str, **more: Any):
    chosen = settings(llm, llm_base_url=url, **more)
    return load_writers(chosen)()[0].generate(ASKED, 200)


def test_an_openai_compatible_server_is_asked_and_streams():
    with model_server(says("Clarify explains ", "biases [1].")) as server:
        assert "".join(stream("openai:fake", server.url)) == "Clarify explains biases [1]."
    (asked,) = server.asked
    assert (asked["model"], asked["stream"], asked["temperature"]) == ("fake", True, 0.0)
    said = [(one["role"], one["content"]) for one in asked["messages"]]
    assert said == [("system", "Be brief."), ("user", "What explains biases?")]
    assert asked["max_completion_tokens"] == 200


SAID: dict[str, Any] = {
    "model": "m",
    "message": {"role": "assistant", "content": "Clarify [1]."},
    "done": False,
}
LAST = {"message": {"role": "assistant", "content": ""}, "done_reason": "stop", "done": True}
OLLAMA = [SAID, SAID | LAST | {"prompt_eval_count": 300, "eval_count": 7}]


CLAUDE: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {"id": "1", "type": "message", "role": "assistant", "model": "m", "content": []}
        | {"usage": {"input_tokens": 300, "output_tokens": 1}},
    },
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
        "usage": {"input_tokens": 300, "output_tokens": 7},
    },
    {"type": "message_stop"},
]


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("llm", ["ollama:m", "anthropic:m"])
def test_each_package_streams_counts_and_is_noticed_to_go_away(llm, ends):
    kind, lines = "application/x-ndjson", [json.dumps(one) + "\n" for one in OLLAMA]
    if llm == "anthropic:m":
        kind = "text/event-stream"
        lines = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in CLAUDE]
    sent = "".join(lines if ends else lines[: len(lines) // 2])
    with model_server(raw(sent.encode(), kind=kind)) as server:
        url = server.url.removesuffix("/v1")
        pieces = stream(llm, url, prompt_tokens=8000, llm_api_key=CANARY)
        assert next(pieces) == "Clarify [1]."
        if ends:
            assert list(pieces) == []
            assert pieces.usage == Usage(300, 7)
        else:
            with pytest.raises(ModelServerError, match=rf"^{llm} went away in the middle"):
                next(pieces)
    if llm == "ollama:m":  # it would cut a longer prompt, and say nothing
        assert server.asked[0]["options"]["num_ctx"] >= 8000


@pytest.mark.parametrize("llm", ["openai:m", "ollama:m", "anthropic:m"])
def test_no_package_follows_a_redirect_with_the_key(llm):
    """Anthropic's key travels in a header of its own, which nobody takes off on the way."""
    with model_server() as elsewhere, model_server() as server:
        server.replies = [refuses(307, Location=f"{elsewhere.url}/messages")]
        with pytest.raises(ModelServerError, match="which is not followed") as caught:
            list(stream(llm, server.url, llm_api_key=CANARY))
    assert CANARY not in str(caught.value)
    assert elsewhere.keys == []
    assert len(server.keys) == 1


@pytest.mark.parametrize("llm", ["openai:m", "ollama:m", "anthropic:m"])
@pytest.mark.parametrize("status", [401, 404, 429])
def test_every_package_says_in_one_line_what_to_do(llm, status, monkeypatch):
    monkeypatch.setattr("rag.chat_models.chatting.ATTEMPTS", 1)
    with model_server(refuses(status, f'{{"error": "{CANARY}"}}')) as server:
        with pytest.raises(ModelServerError, match=rf"^{llm} failed: .*") as caught:
            list(stream(llm, server.url, llm_api_key=CANARY))
    said = {401: "set CRIB_LLM_API_KEY", 404: "crib models", 429: "asked too often"}[status]
    assert said in str(caught.value)
    assert CANARY not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("llm", ["openai:m", "ollama:m", "anthropic:m"])
def test_every_package_hangs_up_when_it_is_waited_for_no_longer(llm):
    with model_server() as server:
        server.replies = [server.hangs()]
        with pytest.raises(ModelServerError, match="wrote nothing"):
            list(stream(llm, server.url, llm_api_key=CANARY, llm_timeout=0.4))
        assert server.gone.wait(20)


@pytest.mark.parametrize(
    ("llm", "key", "region"),
    [
        ("google:gemini-3-flash", "GOOGLE_API_KEY", ""),
        ("mistral:mistral-small-latest", "MISTRAL_API_KEY", ""),
        ("bedrock:amazon.nova-lite-v1:0", "AWS_BEARER_TOKEN_BEDROCK", "eu-west-1"),
    ],
)
def test_hosted_models_take_the_settings_where_their_package_is_installed(
    monkeypatch, llm, key, region
):
    chosen = settings(llm)
    known = PROVIDERS[llm.partition(":")[0]]
    if importlib.util.find_spec(known.module) is None:
        pytest.skip(f"{known.module} is not installed")
    monkeypatch.setenv(key, CANARY)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if region:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        monkeypatch.setenv("AWS_REGION", region)
    chat = chat_of(chosen)
    assert CANARY not in repr(chat)
    assert terms_of(chosen, named(chosen, llm)).end_mark
